//! What is replayed: what the guard's sources say, moment by moment.

use super::{DAY, ReplayError, regimes};
use prices::{self, Path as PricePath, Point, Tick, ticks};
use std::path::{Path, PathBuf};

/// Seconds for which an answer counts, as in the demo; no shorter than the steps of a path without gaps.
pub(super) const HEARTBEAT: u64 = 3_600;

/// How long the guard learns before a file is measured.
const LEARNING: u64 = 90 * DAY;
/// Somebody pokes at least so often, seconds.
const POKE_SECS: u64 = 60;

/// Where prices come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// A price file, minute by minute.
    File(PathBuf),
    /// Files of two venues, print by print.
    Venues {
        /// The primary source's.
        primary: PathBuf,
        /// The secondary source's.
        secondary: PathBuf,
    },
    /// Eight synthetic years, from this seed.
    Regimes(u64),
}

/// What the sources say at a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// Seconds since the Unix epoch, UTC.
    pub time: u64,
    /// The primary source's price.
    pub primary: f64,
    /// The secondary source's price, if there is one.
    pub secondary: Option<f64>,
    /// Seconds since the primary source last said anything, and since the secondary one did.
    pub ages: [u64; 2],
}

impl Moment {
    /// Whether the primary source has said nothing for longer than an answer counts, and whether the secondary one has.
    pub(super) fn silent(&self) -> [bool; 2] {
        self.ages.map(|age| age > HEARTBEAT)
    }
}

impl From<&Tick> for Moment {
    fn from(tick: &Tick) -> Self {
        Self {
            time: tick.time,
            primary: tick.price,
            secondary: None,
            ages: [tick.age, 0],
        }
    }
}

impl From<&Point> for Moment {
    fn from(point: &Point) -> Self {
        Self::from(&Tick::from(point))
    }
}

/// A path, and from when on it is measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// What it is, for titles.
    pub title: String,
    /// The prices, in order of time.
    pub moments: Vec<Moment>,
    /// Seconds at the start in which the guard learns and nothing is measured.
    pub learning: u64,
}

impl Series {
    /// Reads or makes what `source` names.
    ///
    /// A file is measured after a quarter in which every day was like its first, the synthetic years after their first ninety
    /// days. Two venues are measured from the first moment of both, at which the guard knows no more than the stressed volatility
    /// it starts with.
    pub fn load(source: &Source) -> Result<Self, ReplayError> {
        match source {
            Source::File(file) => Ok(learned(prices::read(file)?)),
            Source::Venues { primary, secondary } => venues(primary, secondary),
            Source::Regimes(seed) => Ok(Self {
                title: format!("eight synthetic years, seed {seed}"),
                moments: regimes(*seed).iter().map(Moment::from).collect(),
                learning: LEARNING,
            }),
        }
    }
}

/// A path after a quarter in which its first day is played back and forth, so that the price at the end is that of its first
/// point; as much of it as the time since the epoch has room for.
fn learned(path: PricePath) -> Series {
    let PricePath {
        title,
        points,
        longest_step,
    } = path;
    let start = points.first().map_or(0, |point| point.time);
    let end = points.partition_point(|point| point.time < start.saturating_add(DAY));
    let (day, last) = (&points[..end], points[end - 1].time - start);
    let length = last + POKE_SECS;
    let days = LEARNING.min(start) / length;
    let mut played = Vec::new();
    for left in (1..=days).rev() {
        let begin = start - left * length;
        let at = |point: &Point, secs: u64| Point {
            time: begin + secs,
            ..*point
        };
        if left % 2 == 0 {
            played.extend(day.iter().map(|point| at(point, point.time - start)));
        } else {
            let back = day.iter().rev();
            played.extend(back.map(|point| at(point, start + last - point.time)));
        }
    }
    played.extend(points);
    let ticks = ticks(&played, longest_step.max(POKE_SECS));
    Series {
        title,
        moments: ticks.iter().map(Moment::from).collect(),
        learning: days * length,
    }
}

fn venues(primary: &Path, secondary: &Path) -> Result<Series, ReplayError> {
    let (primary, secondary) = (
        prices::read_prints(primary)?,
        prices::read_prints(secondary)?,
    );
    let moments = together(&primary.points, &secondary.points);
    if moments.is_empty() {
        return Err(ReplayError::Apart {
            primary: primary.title,
            secondary: secondary.title,
        });
    }
    Ok(Series {
        title: format!("{} and {}", primary.title, secondary.title),
        moments,
        learning: 0,
    })
}

/// What two venues say whenever one of them prints, and every minute, from the first print of the later one to the last of
/// the one that ends earlier. A price stands until the venue's next print.
pub(super) fn together(primary: &[Point], secondary: &[Point]) -> Vec<Moment> {
    let (Some(from), Some(to)) = (
        primary.first().zip(secondary.first()),
        primary.last().zip(secondary.last()),
    ) else {
        return Vec::new();
    };
    let (from, to) = (from.0.time.max(from.1.time), to.0.time.min(to.1.time));
    let prints = primary.iter().chain(secondary).map(|point| point.time);
    let minutes = (from..=to).step_by(POKE_SECS as usize);
    let mut times: Vec<u64> = prints.chain(minutes).collect();
    times.retain(|time| (from..=to).contains(time));
    times.sort_unstable();
    times.dedup();
    let moment = |time| {
        let (primary, secondary) = (last_before(primary, time), last_before(secondary, time));
        Moment {
            time,
            primary: primary.price,
            secondary: Some(secondary.price),
            ages: [primary, secondary].map(|print| time - print.time),
        }
    };
    times.into_iter().map(moment).collect()
}

/// The last of `prints` at `time` or before, of which there is one.
fn last_before(prints: &[Point], time: u64) -> &Point {
    let after = prints.partition_point(|print| print.time <= time);
    &prints[after.saturating_sub(1)]
}
