//! How much a margin covers, and how procyclical it is.

use super::DAY;
use prices::Point;
use serde::Serialize;
use std::collections::VecDeque;

/// Days within which a rise counts.
const RISE_SECS: u64 = 5 * DAY;

/// The moves over a horizon that begin in what is measured of a path.
#[derive(Clone, Debug, PartialEq)]
pub struct Moves {
    /// Index of the point where the first one begins.
    first: usize,
    /// Sizes, as shares of the price where each begins; one for each point from the first on.
    sizes: Vec<f64>,
}

impl Moves {
    /// Of `points` from index `first` on: to the price at the first point at least `horizon` seconds later.
    pub fn new(points: &[Point], first: usize, horizon: u64) -> Self {
        let mut end = first;
        let mut sizes = Vec::new();
        for from in points.iter().skip(first) {
            while points
                .get(end)
                .is_some_and(|to| to.time < from.time.saturating_add(horizon))
            {
                end += 1;
            }
            let Some(to) = points.get(end) else { break };
            sizes.push((to.price / from.price - 1.0).abs());
        }
        Self { first, sizes }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.sizes.len()
    }

    /// How many are within `ranges`, one for each point of the path, at the point where they begin.
    pub fn covered(&self, ranges: &[f64]) -> usize {
        self.with(ranges)
            .filter(|(size, range)| size <= range)
            .count()
    }

    /// Each move as a multiple of the range where it begins, in order of size.
    pub fn multiples(&self, ranges: &[f64]) -> Vec<f64> {
        let mut multiples: Vec<f64> = self
            .with(ranges)
            .map(|(size, range)| size / range)
            .collect();
        multiples.sort_by(f64::total_cmp);
        multiples
    }

    fn with(&self, ranges: &[f64]) -> impl Iterator<Item = (f64, f64)> {
        let ranges = ranges.iter().skip(self.first);
        self.sizes.iter().copied().zip(ranges.copied())
    }
}

/// How a margin behaves over time. Levels are shares of the price.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Behaviour {
    /// Mean over time.
    pub mean: f64,
    /// Its lowest level.
    pub trough: f64,
    /// Its highest level.
    pub peak: f64,
    /// Highest over lowest level.
    pub peak_to_trough: f64,
    /// Largest rise within five days, as a share of the level it rises from: 1 is a doubling.
    pub relative_rise: f64,
    /// Largest rise within five days, as a share of the price: what a holder has to find for each dollar of notional.
    pub absolute_rise: f64,
}

impl Behaviour {
    /// Of levels at times in order, both one for each point.
    pub fn of(times: &[u64], levels: &[f64]) -> Self {
        let (trough, peak) = extremes(levels);
        let (relative_rise, absolute_rise) = largest_rises(times, levels, RISE_SECS);
        Self {
            mean: levels.iter().sum::<f64>() / levels.len().max(1) as f64,
            trough,
            peak,
            peak_to_trough: peak_to_trough(levels),
            relative_rise,
            absolute_rise,
        }
    }
}

/// Highest over lowest of `levels`, which are positive; one if there are none.
pub fn peak_to_trough(levels: &[f64]) -> f64 {
    let (trough, peak) = extremes(levels);
    if levels.is_empty() {
        1.0
    } else {
        peak / trough
    }
}

fn extremes(levels: &[f64]) -> (f64, f64) {
    let widen = |(low, high): (f64, f64), level: &f64| (low.min(*level), high.max(*level));
    levels.iter().fold((f64::INFINITY, 0.0), widen)
}

/// The largest rises from any level to one at most `within` seconds later: as a share of the level it rises from, and
/// in itself.
pub(super) fn largest_rises(times: &[u64], levels: &[f64], within: u64) -> (f64, f64) {
    // Times and levels that may still be the lowest of a window: rising, so that the first is the lowest now.
    let mut lows: VecDeque<(u64, f64)> = VecDeque::new();
    let (mut relative, mut absolute) = (0.0_f64, 0.0_f64);
    for (&time, &level) in times.iter().zip(levels) {
        while lows.back().is_some_and(|low| low.1 >= level) {
            lows.pop_back();
        }
        lows.push_back((time, level));
        while lows
            .front()
            .is_some_and(|low| low.0.saturating_add(within) < time)
        {
            lows.pop_front();
        }
        if let Some(&(_, low)) = lows.front() {
            relative = relative.max(level / low - 1.0);
            absolute = absolute.max(level - low);
        }
    }
    (relative, absolute)
}
