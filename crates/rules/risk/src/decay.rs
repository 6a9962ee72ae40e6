//! Exponential decay, without floating point.

use crate::{Ratio, WAD};

/// ln 2 in units of 2^-64, to the nearest.
const LN_2: u128 = 12_786_308_645_202_655_660;
/// Terms of the series of exp(-r), r below ln 2: the first one left out is below 2^-66.
const TERMS: u64 = 19;
/// Halvings from which nothing is left of a WAD: 2^-60 is below 1e-18.
const GONE: u128 = 60;
/// Bound of what the series and the division by the period err by, in units of 2^-64 before halving; each halving adds
/// at most half a unit for the rounding of ln 2.
const ERROR: u64 = 4;

/// With so many units of 1e-18 more, what [`left_down`] says is at least exp(-elapsed / period).
pub const SPREAD: u128 = 5;

/// What is left of one unit after `elapsed` seconds: exp(-elapsed / period), rounded down by less than 2e-18. Exactly
/// one at the start; never rises with time. A `period` of zero counts as one second.
#[must_use]
pub fn left_down(elapsed: u64, period: u32) -> Ratio {
    left(elapsed, period).0
}

/// What is left of one unit after `elapsed` seconds: exp(-elapsed / period), rounded up by less than 3e-18. Exactly one
/// at the start; never rises with time, and never becomes zero. A `period` of zero counts as one second.
#[must_use]
pub fn left_up(elapsed: u64, period: u32) -> Ratio {
    left(elapsed, period).1
}

/// [`left_down`] and [`left_up`].
fn left(elapsed: u64, period: u32) -> (Ratio, Ratio) {
    if elapsed == 0 {
        return (Ratio::ONE, Ratio::ONE);
    }
    let (mantissa, halvings) = exponential(elapsed, period);
    if halvings >= GONE {
        return (Ratio::ZERO, Ratio(1));
    }
    let error = u128::from(ERROR) + halvings;
    let low = ((mantissa - error) * WAD) >> (64 + halvings);
    let high = (((mantissa + error) * WAD) >> (64 + halvings)) + 1;
    (Ratio(low), Ratio(high).min(Ratio::ONE))
}

/// exp(-elapsed / period) as mantissa x 2^-64 x 2^-halvings, the mantissa within (1/2, 1]. At most [`ERROR`] + halvings
/// units of the mantissa wrong.
fn exponential(elapsed: u64, period: u32) -> (u128, u128) {
    let exponent = (u128::from(elapsed) << 64) / u128::from(period.max(1));
    let (halvings, rest) = (exponent / LN_2, exponent % LN_2);
    // exp(-r) = 1 - r (1 - r/2 (1 - r/3 (...))). Every factor is at most one: no product passes 2^128.
    let mut series = 1_u128 << 64;
    for term in (1..=TERMS).rev() {
        let product = ((rest * series) >> 64) as u64;
        series = (1 << 64) - u128::from(product / term);
    }
    (series, halvings)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::math::mul_wide;

    /// Units of 2^-127 in one.
    const ONE: u128 = 1 << 127;

    fn times(a: u128, b: u128) -> u128 {
        let (high, low) = mul_wide(a, b);
        high << 1 | low >> 127
    }

    /// exp(-elapsed / period) another way, in units of 2^-127: the 2^40th power of a cubic in a tiny step. Wrong by less
    /// than 2^-80 while elapsed / period is below 64.
    fn reference(elapsed: u64, period: u32) -> u128 {
        let step = (u128::from(elapsed) << 87) / u128::from(period);
        let mut power = ONE - step + times(step, step) / 2 - times(times(step, step), step) / 6;
        for _ in 0..40 {
            power = times(power, power);
        }
        power
    }

    /// The reference in units of 1e-18, and its remainder's presence.
    fn reference_wad(elapsed: u64, period: u32) -> u128 {
        times(reference(elapsed, period), WAD)
    }

    #[test]
    fn known_values_to_the_last_digit() {
        // floor(1e18 exp(-x)), from 60 digits.
        for (elapsed, period, floor) in [
            (1, 1, 367_879_441_171_442_321),
            (1, 2, 606_530_659_712_633_423),
            (20, 1, 2_061_153_622),
            (10, 1, 45_399_929_762_484),
            (41, 1, 1),
        ] {
            let (down, up) = (left_down(elapsed, period).0, left_up(elapsed, period).0);
            assert!(
                down <= floor && floor <= down + 1,
                "{elapsed}/{period}: {down}"
            );
            assert!(up > floor && up <= floor + 2, "{elapsed}/{period}: {up}");
        }
    }

    #[test]
    fn it_starts_at_one_and_ends_at_nothing() {
        assert_eq!(
            (left_down(0, 600), left_up(0, 600)),
            (Ratio::ONE, Ratio::ONE)
        );
        assert_eq!((left_down(42, 1), left_up(42, 1)), (Ratio::ZERO, Ratio(1)));
        assert_eq!(
            (left_down(u64::MAX, 0), left_up(u64::MAX, u32::MAX)),
            (Ratio::ZERO, Ratio(1))
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn it_brackets_the_exponential_within_a_few_last_digits(period in 1u32.., share in 0u64..(50 << 20)) {
            let elapsed = ((u128::from(period) * u128::from(share)) >> 20) as u64;
            let (down, up) = (left_down(elapsed, period).0, left_up(elapsed, period).0);
            let exact = reference_wad(elapsed, period);
            prop_assert!(down <= exact && exact <= up, "{down} {exact} {up}");
            prop_assert!(exact - down <= 2 && up - exact <= 3, "{down} {exact} {up}");
            prop_assert!(up <= down + SPREAD);
        }

        #[test]
        fn it_never_rises(period in 1u32..8_000_000, elapsed in 0u64..400_000_000, more in 1u64..10) {
            prop_assert!(left_down(elapsed + more, period) <= left_down(elapsed, period));
            prop_assert!(left_up(elapsed + more, period) <= left_up(elapsed, period));
        }

        #[test]
        fn two_steps_leave_what_one_leaves(period in 1u32..8_000_000, first in 0u64..40_000_000, second in 0u64..40_000_000) {
            let product = |f: fn(u64, u32) -> Ratio| f(first, period).0 * f(second, period).0 / WAD;
            let once = left_up(first + second, period).0;
            prop_assert!(product(left_down) <= once);
            prop_assert!(once.abs_diff(product(left_up)) <= 6, "{once} {}", product(left_up));
        }
    }
}
