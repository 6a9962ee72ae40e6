//! How far the guard's prices stay behind the primary source's: what a bound on the stable price costs on the day of a true move.

use super::guard::{ROUNDING, Step};
use serde::Serialize;
use std::fmt;

/// Distance of the stable price from the mark, as a share of the mark, from which it counts as off.
const OFF: f64 = 0.05;

/// How far the guard's prices stayed behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Lag {
    /// Seconds in which the stable price was 5 % or more off the mark: initial margin and withdrawals count the worse of both.
    pub seconds_off: u64,
    /// Pokes at which one of two sources had fallen silent and what the other said was held to 10 % around the stable price.
    pub clamped: usize,
    /// The longest, in seconds, that the primary source was at a price at which it had never been, or beyond it, and the mark was not
    /// yet: how late the latest liquidation was.
    pub latest: u64,
}

impl Lag {
    /// In `steps`.
    pub fn of(steps: &[Step]) -> Self {
        let off = |step: &Step| (step.stable - step.mark).abs() >= OFF * step.mark;
        let pairs = steps.windows(2).filter(|pair| off(&pair[0]));
        let seconds = pairs.map(|pair| pair[1].moment.time - pair[0].moment.time);
        Self {
            seconds_off: seconds.sum(),
            clamped: steps.iter().filter(|step| is_clamped(step)).count(),
            latest: latest(steps, |price| price).max(latest(steps, |price| -price)),
        }
    }
}

/// Whether one of two sources is silent and the mark is not what the other one says.
fn is_clamped(step: &Step) -> bool {
    let Some(secondary) = step.moment.secondary else {
        return false;
    };
    let sole = match step.moment.silent() {
        [false, true] => step.moment.primary,
        [true, false] => secondary,
        _ => return false,
    };
    (step.mark - sole).abs() > ROUNDING * sole
}

/// The longest wait, in seconds, from a new low of the primary source's until the mark was as low or the source was above it again,
/// with `sign` turning rises into falls. A wait that the path does not end counts up to its end.
fn latest(steps: &[Step], sign: fn(f64) -> f64) -> u64 {
    let (mut lowest, mut longest) = (f64::INFINITY, 0);
    for (at, step) in steps.iter().enumerate() {
        let price = sign(step.moment.primary);
        if price >= lowest {
            continue;
        }
        lowest = price;
        let limit = price + ROUNDING * price.abs();
        let waiting = |step: &&Step| sign(step.mark) > limit && sign(step.moment.primary) <= limit;
        let waited = steps[at..].iter().take_while(waiting).count();
        let end = &steps[(at + waited).min(steps.len() - 1)];
        longest = longest.max(end.moment.time - step.moment.time);
    }
    longest
}

impl fmt::Display for Lag {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let minutes = self.seconds_off as f64 / 60.0;
        let clamped = self.clamped;
        writeln!(
            f,
            "  stable price 5 % or more off the mark: {minutes:.1} min; a sole source clamped: {clamped} times"
        )?;
        let latest = self.latest;
        writeln!(
            f,
            "  latest liquidation: {latest} s after the primary source's price"
        )
    }
}
