//! Shares of prices, in 128 bits where the naive product would not fit.

/// `a * part / whole`, rounded down. `part <= whole`, and `whole` must not be zero.
pub fn share_of(a: u128, part: u64, whole: u64) -> u128 {
    let (part, whole) = (u128::from(part), u128::from(whole));
    // Exact: a = whole * (a / whole) + a % whole, and both factors of the last product fit 64 bits.
    (a / whole) * part + (a % whole) * part / whole
}

/// Whether `part / whole >= numerator / denominator`, without rounding.
pub fn share_at_least(part: u128, whole: u128, numerator: u64, denominator: u64) -> bool {
    wide_product(part, denominator) >= wide_product(whole, numerator)
}

/// `a * b` as its bits above the lowest 64 and the lowest 64.
fn wide_product(a: u128, b: u64) -> (u128, u64) {
    let b = u128::from(b);
    let low = u128::from(a as u64) * b;
    ((a >> 64) * b + (low >> 64), low as u64)
}

/// `from` moved towards `to` by the share `part / whole` of their distance, rounded towards `from`.
/// `part <= whole`, and `whole` must not be zero.
pub fn interpolate(from: u128, to: u128, part: u64, whole: u64) -> u128 {
    let step = share_of(from.abs_diff(to), part, whole);
    if to > from { from + step } else { from - step }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ruint::aliases::U256;

    use super::*;

    #[test]
    fn a_share_exactly_at_the_threshold_counts() {
        assert!(share_at_least(5, 100, 5, 100));
        assert!(!share_at_least(499, 10_000, 5, 100));
        assert!(share_at_least(u128::MAX, u128::MAX, u64::MAX, u64::MAX));
    }

    proptest! {
        #[test]
        fn shares_agree_with_wide_arithmetic(a: u128, whole in 1..u64::MAX, seed: u64, b: u128, numerator: u64) {
            let part = seed % (whole + 1);
            let wide = U256::from(a) * U256::from(part) / U256::from(whole);
            prop_assert_eq!(U256::from(share_of(a, part, whole)), wide);
            let reaches = U256::from(a) * U256::from(whole) >= U256::from(b) * U256::from(numerator);
            prop_assert_eq!(share_at_least(a, b, numerator, whole), reaches);
        }

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
