//! A seeded Brownian bridge in the logarithm of the price.

use super::{Point, STEP_SECONDS};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

/// Standard deviation of a minute's log return between two levels: 0.2 %, about 145 % a year.
const MINUTE_VOLATILITY: f64 = 0.002;

/// One point a minute from the first level's time to the last one's, exactly at every level's price at its time. The
/// same seed gives the same path. No point lies outside the range of the levels: a published low is a low.
///
/// Levels are (seconds, price), in order of time, whole minutes apart.
pub fn bridge(levels: &[(u64, f64)], seed: u64) -> Vec<Point> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let low = levels
        .iter()
        .fold(f64::INFINITY, |low, level| low.min(level.1));
    let high = levels.iter().fold(0.0_f64, |high, level| high.max(level.1));
    let mut points = Vec::new();
    for pair in levels.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        points.push(Point {
            time: from.0,
            price: from.1,
        });
        let steps = (to.0 - from.0) / STEP_SECONDS;
        let mut log_price = from.1.ln();
        for step in 1..steps {
            log_price += increment(log_price, to.1.ln(), steps - step + 1, &mut random);
            let price = log_price.exp().clamp(low, high);
            points.push(Point {
                time: from.0 + step * STEP_SECONDS,
                price,
            });
        }
    }
    points.extend(levels.last().map(|&(time, price)| Point { time, price }));
    points
}

/// One step of a bridge that reaches `target` in `left` steps: drift (target - x) / left, variance v^2 (left - 1) / left.
fn increment(log_price: f64, target: f64, left: u64, random: &mut ChaCha8Rng) -> f64 {
    let left = left as f64;
    let noise: f64 = random.sample(StandardNormal);
    (target - log_price) / left + MINUTE_VOLATILITY * ((left - 1.0) / left).sqrt() * noise
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEVELS: [(u64, f64); 3] = [(0, 100.0), (6000, 80.0), (6600, 90.0)];

    #[test]
    fn a_seed_determines_the_path() {
        assert_eq!(bridge(&LEVELS, 7), bridge(&LEVELS, 7));
        assert_ne!(bridge(&LEVELS, 7), bridge(&LEVELS, 8));
    }

    #[test]
    fn the_path_meets_every_level_and_leaves_their_range_nowhere() {
        for seed in 0..50 {
            let points = bridge(&LEVELS, seed);
            assert_eq!(points.len(), 111, "one point a minute, both ends included");
            for (time, price) in LEVELS {
                assert!(
                    points.contains(&Point { time, price }),
                    "seed {seed}: no {price} at {time}"
                );
            }
            assert!(
                points
                    .iter()
                    .all(|point| (80.0..=100.0).contains(&point.price)),
                "seed {seed}"
            );
            assert!(
                points
                    .windows(2)
                    .all(|pair| pair[1].time - pair[0].time == STEP_SECONDS)
            );
        }
    }
}
