//! How fast one side of a market may be deleveraged before there is debt.
//!
//! A leaky bucket holds a twentieth of the side's open interest and drains another twentieth evenly over an hour, so that
//! *every* hour, wherever it starts, closes at most a tenth.

use crate::{Result, Size, math};

/// Seconds of the window.
const WINDOW: u64 = 3_600;
/// Open interest of the side / what the bucket holds: half of what an hour may close.
const SHARE: u128 = 20;

/// What deleveraging has closed on one side of late.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Throttle {
    /// What the bucket holds, rounded up.
    pub closed: Size,
    /// Time of the last closing, seconds.
    pub seen: u32,
}

impl Throttle {
    /// What may be closed at `now` on a side with an open interest, rounded down. A time before the last closing counts
    /// as that.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) if a product does not fit.
    pub fn available(&self, now: u64, open_interest: Size) -> Result<Size> {
        let room = Size(open_interest.0 / SHARE);
        Ok(Size(
            room.0.saturating_sub(self.held(now, open_interest)?.0),
        ))
    }

    /// Closes `wanted` at `now`, or what may be closed if that is less. `open_interest` is the side's before. Returns what
    /// was closed.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) if a sum does not fit.
    pub fn take(&mut self, now: u64, open_interest: Size, wanted: Size) -> Result<Size> {
        let taken = wanted.min(self.available(now, open_interest)?);
        if taken > Size::ZERO {
            self.closed = self.held(now, open_interest)?.plus(taken)?;
            self.seen = u32::try_from(now).unwrap_or(u32::MAX).max(self.seen);
        }
        Ok(taken)
    }

    /// What is left in the bucket at `now`. It has drained as if the open interest had always been what it is now: an hour
    /// closes at most a tenth of the highest at which something was closed within it.
    fn held(&self, now: u64, open_interest: Size) -> Result<Size> {
        let elapsed = now.saturating_sub(self.seen.into()).min(WINDOW);
        let drained = math::mul_div_down(open_interest.0 / SHARE, elapsed.into(), WINDOW.into())?;
        Ok(Size(self.closed.0.saturating_sub(drained)))
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use proptest::prelude::*;

    use super::*;
    use crate::WAD;

    const NOON: u64 = 1_790_000_000;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn every_hour_closes_at_most_a_tenth(
            open_interest in 1_u128..1_000_000_000_000 * WAD,
            calls in prop::collection::vec((prop_oneof![0_u64..60, 0_u64..5_000], 0_u32..200, 900_u128..1_100), 1..80),
        ) {
            let (mut throttle, mut now, mut open_interest) = (Throttle::default(), NOON, open_interest);
            let mut log: Vec<(u64, u128, u128)> = Vec::new();
            for (wait, permille, traded) in calls {
                now += wait;
                open_interest = open_interest * traded / 1_000;
                let wanted = Size(open_interest / 1_000 * u128::from(permille));
                let before = throttle.available(now, Size(open_interest)).unwrap();
                let taken = throttle.take(now, Size(open_interest), wanted).unwrap();
                prop_assert_eq!(taken, wanted.min(before));
                log.push((now, taken.0, open_interest));
                open_interest -= taken.0;
            }
            for (first, start) in log.iter().enumerate() {
                let (mut sum, mut largest) = (0, 0);
                for (_, closed, open_interest) in log[first..].iter().take_while(|entry| entry.0 - start.0 <= WINDOW) {
                    sum += closed;
                    largest = largest.max(*open_interest);
                    prop_assert!(sum <= largest / 10, "{sum} of {largest} from {}", start.0);
                }
            }
        }
    }

    #[test]
    fn half_goes_at_once_and_half_over_the_hour() {
        let open_interest = Size(1_000 * WAD);
        let mut throttle = Throttle::default();
        let everything = Size(u128::MAX);
        assert_eq!(
            throttle.take(NOON, open_interest, everything),
            Ok(Size(50 * WAD))
        );
        assert_eq!(
            throttle.take(NOON, open_interest, everything),
            Ok(Size::ZERO)
        );
        assert_eq!(
            throttle.available(NOON + 1_800, open_interest),
            Ok(Size(25 * WAD))
        );
        assert_eq!(
            throttle.available(NOON + 3_600, open_interest),
            Ok(Size(50 * WAD))
        );
        assert_eq!(
            throttle.available(NOON + 86_400, open_interest),
            Ok(Size(50 * WAD))
        );
    }

    #[test]
    fn nothing_closed_changes_no_state() {
        let mut throttle = Throttle {
            closed: Size(WAD),
            seen: 1_790_000_000,
        };
        let before = throttle;
        assert_eq!(
            throttle.take(NOON + 60, Size(100 * WAD), Size::ZERO),
            Ok(Size::ZERO)
        );
        assert_eq!(
            throttle.take(NOON + 60, Size::ZERO, Size(WAD)),
            Ok(Size::ZERO)
        );
        assert_eq!(throttle, before);
    }

    #[test]
    fn time_does_not_run_backwards() {
        let mut throttle = Throttle::default();
        throttle.take(NOON, Size(100 * WAD), Size(WAD)).unwrap();
        throttle
            .take(NOON - 600, Size(100 * WAD), Size(WAD))
            .unwrap();
        assert_eq!(u64::from(throttle.seen), NOON);
        assert_eq!(throttle.closed, Size(2 * WAD));
    }
}
