//! ETH on 12 and 13 March 2020.

use super::{Path, STEP_SECONDS, bridge::bridge};

/// Midnight of 12 March 2020 UTC, in seconds since the Unix epoch.
const MIDNIGHT: u64 = 1_583_971_200;

/// Hour, minute and dollars. The first day's open (194) and close (112) and the low (86, at 02:15 on the second day) are
/// the widely published ones; the others are rounded from public accounts of that day. Hours past 24 are the 13th.
const LEVELS: [(u64, u64, f64); 24] = [
    (0, 0, 194.0),
    (3, 0, 189.0),
    (6, 0, 185.0),
    (9, 0, 179.0),
    (10, 0, 173.0),
    (10, 40, 166.0),
    (10, 48, 147.0), // the first cascade of liquidations
    (11, 5, 137.0),
    (12, 0, 142.0),
    (13, 30, 134.0),
    (15, 0, 141.0),
    (17, 0, 131.0),
    (19, 0, 137.0),
    (21, 0, 129.0),
    (22, 45, 122.0),
    (23, 25, 115.0),
    (23, 32, 101.0), // the day's low
    (24, 0, 112.0),
    (24, 40, 119.0),
    (26, 11, 104.0),
    (26, 15, 86.0), // the crash's low
    (26, 25, 103.0),
    (27, 0, 108.0),
    (28, 0, 117.0),
];

/// The day's path: the published levels, joined minute by minute by a bridge that `seed` determines.
pub fn black_thursday(seed: u64) -> Path {
    let levels: Vec<_> = LEVELS
        .iter()
        .map(|&(hour, minute, price)| (MIDNIGHT + (hour * 60 + minute) * 60, price))
        .collect();
    Path {
        title: "ETH, 12-13 March 2020".into(),
        points: bridge(&levels, seed),
        longest_step: STEP_SECONDS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_low_is_86_dollars_at_a_quarter_past_two_on_the_second_day() {
        for seed in 0..20 {
            let path = black_thursday(seed);
            let low = path
                .points
                .iter()
                .min_by(|a, b| a.price.total_cmp(&b.price))
                .unwrap();
            assert_eq!((low.time, low.price), (1_584_065_700, 86.0), "seed {seed}");
            assert_eq!(
                (path.points[0].time, path.points[0].price),
                (1_583_971_200, 194.0)
            );
        }
    }
}
