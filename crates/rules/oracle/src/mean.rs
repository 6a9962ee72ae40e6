//! The time-weighted mean that a move is measured against.

use risk::Mark;

use crate::math::interpolate;

/// Buckets that the window is cut into.
const BUCKETS: usize = 3;

/// A mean of marks, WAD; zero of none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct MeanPrice(pub u128);

/// A time-weighted mean over a window, in constant space.
///
/// Time is cut into buckets of a third of the window. The mean covers the running bucket and as much of the three
/// before it as makes up the window; the oldest counts as if its price had been steady, which is exact at each
/// bucket's end and otherwise misjudges the age of a steadily moving price by at most 1/72 of the window.
/// A price counts from when it was observed until the next observation, so frequent observations weigh no more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mean {
    /// Means of the buckets before the running one, newest first; zero if there was none.
    pub past: [MeanPrice; BUCKETS],
    /// Mean of the running bucket so far; at its very start, the mark at that moment.
    pub current: MeanPrice,
    /// Start of the running bucket.
    pub start: u64,
}

impl Mean {
    /// A mean that knows nothing but `mark` at time `now`.
    pub fn restart(mark: Mark, now: u64) -> Self {
        Self {
            past: [MeanPrice(0); BUCKETS],
            current: MeanPrice(mark.0),
            start: now,
        }
    }

    /// Whether it has a mark to begin with.
    pub fn is_known(&self) -> bool {
        self.current != MeanPrice(0)
    }

    /// Counts `mark`, in force from `from` until `to`, with `to - from <= window` and `from` the last time counted.
    /// `window` is rounded down to a multiple of three seconds and must not become zero.
    pub fn advance(mut self, mark: Mark, mut from: u64, to: u64, window: u32) -> Self {
        let bucket = bucket_secs(window);
        if from < self.start || from - self.start > bucket {
            return Self::restart(mark, to);
        }
        // At most four rounds, since `to - from <= window`.
        while to - self.start >= bucket {
            let end = self.start + bucket;
            let [newest, middle, _] = self.past;
            self.past = [self.including(mark, from, end), newest, middle];
            (self.current, self.start, from) = (MeanPrice(mark.0), end, end);
        }
        self.current = self.including(mark, from, to);
        self
    }

    /// Mean of the running bucket, with `mark` added from `from` until `to`.
    fn including(&self, Mark(mark): Mark, from: u64, to: u64) -> MeanPrice {
        if to == self.start {
            return MeanPrice(mark);
        }
        let (part, whole) = (to - from, to - self.start);
        MeanPrice(interpolate(self.current.0, mark, part, whole))
    }

    /// The mean over the `window` that ends at `now`, the last time counted, or over what is known of it.
    pub fn value(&self, now: u64, window: u32) -> MeanPrice {
        let bucket = bucket_secs(window);
        let elapsed = now.saturating_sub(self.start).min(bucket);
        let [newest, middle, oldest] = self.past;
        let parts = [
            (self.current, elapsed),
            (newest, bucket),
            (middle, bucket),
            (oldest, bucket - elapsed),
        ];
        let known = parts.iter().filter(|(mean, _)| *mean != MeanPrice(0));
        let total: u128 = known.map(|&(_, secs)| u128::from(secs)).sum();
        if total == 0 {
            return self.current;
        }
        // Exact: quotients and remainders of the division by the total are weighed apart, so that nothing overflows.
        let (mut whole, mut rest) = (0, 0);
        for (MeanPrice(mean), secs) in parts {
            whole += mean / total * u128::from(secs);
            rest += mean % total * u128::from(secs);
        }
        MeanPrice(whole + rest / total)
    }
}

fn bucket_secs(window: u32) -> u64 {
    u64::from(window) / BUCKETS as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WINDOW: u32 = 300;

    #[test]
    fn a_steady_price_is_its_own_mean() {
        let mut mean = Mean::restart(Mark(2_000), 1_000);
        for k in 0..40 {
            let from = 1_000 + 37 * k;
            mean = mean.advance(Mark(2_000), from, from + 37, WINDOW);
            assert_eq!(mean.value(from + 37, WINDOW), MeanPrice(2_000));
        }
    }

    #[test]
    fn it_is_exact_at_the_end_of_a_bucket() {
        let mut mean = Mean::restart(Mark(1_000), 0);
        mean = mean.advance(Mark(1_000), 0, 100, WINDOW); // 100 s at 1000
        mean = mean.advance(Mark(4_000), 100, 300, WINDOW); // 200 s at 4000
        assert_eq!(
            mean,
            Mean {
                past: [4_000, 4_000, 1_000].map(MeanPrice),
                current: MeanPrice(4_000),
                start: 300
            }
        );
        assert_eq!(mean.value(300, WINDOW), MeanPrice(3_000));
        assert_eq!(
            mean.advance(Mark(7_000), 300, 400, WINDOW)
                .value(400, WINDOW),
            MeanPrice(5_000)
        );
    }

    #[test]
    fn before_the_first_window_is_full_it_covers_what_is_known() {
        let mean = Mean::restart(Mark(1_000), 0)
            .advance(Mark(1_000), 0, 50, WINDOW)
            .advance(Mark(2_000), 50, 150, WINDOW);
        assert_eq!(mean.value(150, WINDOW), MeanPrice(1_666));
    }

    #[test]
    fn it_forgets_what_left_the_window() {
        let mut mean = Mean::restart(Mark(1_000), 0);
        mean = mean.advance(Mark(1_000), 0, 300, WINDOW);
        mean = mean.advance(Mark(5_000), 300, 600, WINDOW);
        assert_eq!(mean.value(600, WINDOW), MeanPrice(5_000));
    }

    #[test]
    fn an_observation_of_no_duration_weighs_nothing() {
        let mean = Mean::restart(Mark(1_000), 0).advance(Mark(1_000), 0, 200, WINDOW);
        assert_eq!(
            mean.advance(Mark(9_000), 200, 200, WINDOW)
                .value(200, WINDOW),
            mean.value(200, WINDOW)
        );
    }

    #[test]
    fn a_shortened_window_restarts_it() {
        let mean = Mean::restart(Mark(1_000), 0).advance(Mark(1_000), 0, 90, WINDOW);
        assert_eq!(
            mean.advance(Mark(2_000), 90, 120, 60),
            Mean::restart(Mark(2_000), 120)
        );
    }

    #[test]
    fn a_window_shortened_to_what_is_counted_of_a_bucket_keeps_it() {
        let mean = Mean::restart(Mark(1_000), 0).advance(Mark(1_000), 0, 20, WINDOW);
        let mean = mean.advance(Mark(2_000), 20, 40, 60);
        assert_eq!(mean.past, [2_000, 1_000, 0].map(MeanPrice));
        assert_eq!(mean.value(40, 60), MeanPrice(1_500));
    }

    proptest! {
        #[test]
        fn it_stays_within_the_prices_it_has_seen(first in 1u128..1 << 100, steps in prop::collection::vec((1u128..1 << 100, 0u64..=300), 1..60)) {
            let (mut mean, mut now, mut price) = (Mean::restart(Mark(first), 77), 77, first);
            let (mut low, mut high) = (first, first);
            for (next, secs) in steps {
                mean = mean.advance(Mark(price), now, now + secs, WINDOW);
                now += secs;
                let MeanPrice(value) = mean.value(now, WINDOW);
                prop_assert!(value >= low && value <= high);
                (low, high, price) = (low.min(next), high.max(next), next);
            }
        }

        #[test]
        fn splitting_an_interval_changes_nothing_but_rounding(a in 1u128..1 << 90, b in 1u128..1 << 90, cut in 0u64..=250) {
            let mean = Mean::restart(Mark(a), 0).advance(Mark(a), 0, 50, WINDOW);
            let MeanPrice(whole) = mean.advance(Mark(b), 50, 300, WINDOW).value(300, WINDOW);
            let MeanPrice(split) = mean.advance(Mark(b), 50, 50 + cut, WINDOW).advance(Mark(b), 50 + cut, 300, WINDOW).value(300, WINDOW);
            prop_assert!(whole.abs_diff(split) <= 3);
        }

        /// Against the exact mean of a price that changes every few seconds.
        #[test]
        fn it_is_close_to_the_exact_mean_of_a_steady_trend(step in 1u64..20, slope in 1u128..40, count in 80u64..200) {
            let slope = slope * 1_000_000_000;
            let price = |k: u64| 1_000_000_000_000_000 - slope * u128::from(k * step);
            let mut mean = Mean::restart(Mark(price(0)), 0);
            for k in 0..count {
                mean = mean.advance(Mark(price(k)), k * step, (k + 1) * step, WINDOW);
            }
            let now = count * step;
            let covered = now.min(u64::from(WINDOW));
            let exact = (now - covered..now).map(|second| price(second / step)).sum::<u128>() / u128::from(covered);
            let tolerance = slope * u128::from(WINDOW) / 72 + slope * u128::from(step) + 300;
            prop_assert!(mean.value(now, WINDOW).0.abs_diff(exact) <= tolerance);
        }
    }
}
