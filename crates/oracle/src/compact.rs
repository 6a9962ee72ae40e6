//! Prices in six bytes, for what needs no more than twelve digits.

/// Bits of the mantissa.
const MANTISSA: u32 = 40;

/// `price` with its highest 40 bits, rounded down: at most one part in 2^39 is lost. The exponent stands above them.
pub fn compact(price: u128) -> u64 {
    let exponent = (u128::BITS - price.leading_zeros()).saturating_sub(MANTISSA);
    u64::from(exponent) << MANTISSA | (price >> exponent) as u64
}

/// The price that `code` stands for: the inverse of [`compact`], of which `code` must be a result.
pub fn expand(code: u64) -> u128 {
    u128::from(code % (1 << MANTISSA)) << (code >> MANTISSA)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn at_most_one_part_in_2_to_the_39_is_lost(price: u128, shift in 0u32..128) {
            let price = price >> shift;
            let kept = expand(compact(price));
            prop_assert!(kept <= price && price - kept <= price >> (MANTISSA - 1));
            prop_assert!(compact(price) < 1 << 48);
            prop_assert_eq!(compact(kept), compact(price));
        }

        #[test]
        fn what_fits_40_bits_is_exact(price in 0u128..1 << MANTISSA) {
            prop_assert_eq!(expand(compact(price)), price);
        }
    }
}
