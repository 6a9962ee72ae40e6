//! Products that do not fit 128 bits.

use ruint::aliases::U256;

/// `a * b / divisor`, rounded down; `u128::MAX` if that does not fit. `divisor` must not be zero.
pub fn mul_div(a: u128, b: u128, divisor: u128) -> u128 {
    let quotient = U256::from(a) * U256::from(b) / U256::from(divisor);
    u128::try_from(quotient).unwrap_or(u128::MAX)
}

/// Whether `part / whole >= numerator / denominator`, without rounding.
pub fn share_at_least(part: u128, whole: u128, numerator: u64, denominator: u64) -> bool {
    U256::from(part) * U256::from(denominator) >= U256::from(whole) * U256::from(numerator)
}

/// `from` moved towards `to` by the share `part / whole` of their distance, rounded towards `from`.
/// `part <= whole`, and `whole` must not be zero.
pub fn interpolate(from: u128, to: u128, part: u64, whole: u64) -> u128 {
    let step = mul_div(from.abs_diff(to), part.into(), whole.into());
    if to > from { from + step } else { from - step }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn mul_div_saturates() {
        assert_eq!(mul_div(u128::MAX, 2, 1), u128::MAX);
        assert_eq!(mul_div(u128::MAX, 2, 4), u128::MAX / 2);
    }

    #[test]
    fn a_share_exactly_at_the_threshold_counts() {
        assert!(share_at_least(5, 100, 5, 100));
        assert!(!share_at_least(499, 10_000, 5, 100));
        assert!(share_at_least(u128::MAX, u128::MAX, u64::MAX, u64::MAX));
    }

    proptest! {
        #[test]
        fn interpolation_stays_between_its_ends(from: u128, to: u128, whole in 1..u64::MAX, seed: u64) {
            let part = seed % (whole + 1);
            let value = interpolate(from, to, part, whole);
            prop_assert!(value >= from.min(to) && value <= from.max(to));
            prop_assert_eq!(interpolate(from, to, 0, whole), from);
            prop_assert_eq!(interpolate(from, to, whole, whole), to);
        }
    }
}
