//! Plain exponentially weighted moving averages of variance, to compare with: no floor, no stressed value, no cap, no limit on how
//! fast they rise.

use super::DAY;
use oracle::RangeLimits;
use prices::Point;

/// Seconds after which a return weighs 1/e in RiskMetrics' average, whose factor is 0.94 a day: 86,400 / -ln 0.94, or 16.2 days
/// (J.P. Morgan and Reuters, RiskMetrics Technical Document, fourth edition, 1996, chapter 5).
pub const RISK_METRICS_PERIOD: f64 = DAY as f64 / 0.061_875_403_718_087_47;

/// Standard deviation of a second's log return at every point: a return r over t seconds counts as r^2 / t and weighs
/// 1 - exp(-t / `period`). It starts from the guard's stressed volatility, so that both know the same.
pub fn deviations(points: &[Point], period: f64) -> Vec<f64> {
    const YEAR: f64 = 365.0 * DAY as f64;
    let stressed = RangeLimits::DEFAULT.stressed as f64 / 1e18;
    let mut variance = stressed * stressed / YEAR;
    let mut last: Option<&Point> = None;
    let next = |point| {
        if let Some(before) = last.replace(point) {
            variance = after(variance, before, point, period);
        }
        variance.sqrt()
    };
    points.iter().map(next).collect()
}

/// The average of `variance` and the return from `before` to `point`; never zero, so that one may divide by it.
fn after(variance: f64, before: &Point, point: &Point, period: f64) -> f64 {
    let secs = point.time.saturating_sub(before.time).max(1) as f64;
    let kept = (-secs / period).exp();
    let log = (point.price / before.price).ln();
    (kept * variance + (1.0 - kept) * log * log / secs).max(f64::MIN_POSITIVE)
}

/// What the multiplier is larger by, so that rounding does not lose the move at its edge.
const EDGE: f64 = 1.0 + 1e-12;

/// The least multiplier with which a range covers `covered` of moves that are `multiples` of it, sorted: the
/// `covered`-th smallest, and a trillionth more; or zero.
pub fn least_multiplier(multiples: &[f64], covered: usize) -> f64 {
    let last = covered.min(multiples.len()).checked_sub(1);
    last.map_or(0.0, |index| EDGE * multiples[index])
}
