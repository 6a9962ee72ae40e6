//! The price that follows slowly.

use risk::{Mark, Stable};

use crate::WAD;
use crate::math::share_of;
use crate::source::SourcePrice;

/// The share of the stable price within which a sole source must stay, as a divisor: 10 %.
const SOLE_SOURCE_DIVISOR: u128 = 10;

/// `stable` moved towards `target` for `secs` seconds by at most `rate`, a WAD share of `stable` per second.
/// The largest step is rounded down, and is never more than `stable` itself.
pub fn follow(stable: Stable, target: Stable, rate: u64, secs: u64) -> Stable {
    let (Stable(stable), Stable(target)) = (stable, target);
    let step = share_of(stable, rate.saturating_mul(secs).min(WAD), WAD);
    Stable(if step >= stable.abs_diff(target) {
        target
    } else if target > stable {
        stable + step
    } else {
        stable - step
    })
}

/// The mark of a sole source: its `price`, but no further than 10 % from `stable`.
pub fn clamp_sole_source(price: SourcePrice, stable: Stable) -> Mark {
    let Stable(stable) = stable;
    let distance = stable / SOLE_SOURCE_DIVISOR;
    let (least, most) = (stable - distance, stable.saturating_add(distance));
    Mark(price.0.clamp(least, most))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ruint::aliases::U256;

    use super::*;

    const RATE: u64 = WAD / 100_000 * 3;

    #[test]
    fn it_moves_by_the_rate_and_stops_at_the_target() {
        let followed = |target, secs| follow(Stable(2_000_000), Stable(target), RATE, secs).0;
        assert_eq!(followed(1_000_000, 10), 1_999_400);
        assert_eq!(followed(3_000_000, 10), 2_000_600);
        assert_eq!(followed(1_999_900, 10), 1_999_900);
        assert_eq!(followed(1_000_000, 0), 2_000_000);
    }

    #[test]
    fn a_sole_source_counts_for_at_most_a_tenth() {
        let clamped = |price| clamp_sole_source(SourcePrice(price), Stable(100));
        assert_eq!(clamped(50), Mark(90));
        assert_eq!(clamped(90), Mark(90));
        assert_eq!(clamped(104), Mark(104));
        assert_eq!(clamped(u128::MAX), Mark(110));
    }

    proptest! {
        #[test]
        fn it_never_overshoots_nor_outruns_the_rate(stable: u128, target: u128, rate in 0..=WAD, secs in 0u64..1 << 32) {
            let Stable(next) = follow(Stable(stable), Stable(target), rate, secs);
            prop_assert!(next >= stable.min(target) && next <= stable.max(target));
            let moved = U256::from(next.abs_diff(stable)) * U256::from(WAD);
            prop_assert!(moved <= U256::from(stable) * U256::from(rate) * U256::from(secs));
        }
    }
}
