//! Numbers in fewer bits.
//!
//! - [`compact`], [`expand`]: a price in six bytes, for what needs no more than twelve digits.
//! - [`Decimal`]: a number of nineteen digits, exactly.

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

/// A number as a significand and a power of ten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    /// The number is this many ...
    pub significand: u64,
    /// ... times ten to this power, at most [`Decimal::MAX_EXPONENT`].
    pub exponent: u8,
}

impl Decimal {
    /// The greatest exponent: ten to this power is below 2^64.
    pub const MAX_EXPONENT: u8 = 19;

    /// `value`, if it has no more digits than fit: any value below 2^64, and any with 19 significant digits below 1e38.
    pub fn of(value: u128) -> Option<Self> {
        let (mut rest, mut exponent) = (value, 0);
        while rest > u64::MAX.into() && exponent < Self::MAX_EXPONENT && rest.is_multiple_of(10) {
            (rest, exponent) = (rest / 10, exponent + 1);
        }
        u64::try_from(rest).ok().map(|significand| Self {
            significand,
            exponent,
        })
    }

    /// The number; the exponent must not be above [`Self::MAX_EXPONENT`].
    pub fn value(self) -> u128 {
        u128::from(self.significand) * u128::from(10_u64.pow(self.exponent.into()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn too_many_digits_are_refused() {
        let ten = 10_u128.pow(19);
        assert_eq!(Decimal::of(ten * ten).map(Decimal::value), Some(ten * ten));
        assert_eq!(Decimal::of(u128::from(u64::MAX) * 10 + 1), None);
        assert_eq!(Decimal::of(u128::MAX), None);
        assert_eq!(Decimal::of((u128::from(u64::MAX) + 1) * ten), None);
    }

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
        fn nineteen_digits_are_exact(digits in 0..10_u64.pow(19), exponent in 0u8..=Decimal::MAX_EXPONENT) {
            let value = u128::from(digits) * u128::from(10_u64.pow(exponent.into()));
            let decimal = Decimal::of(value).unwrap();
            prop_assert_eq!(decimal.value(), value);
            prop_assert!(decimal.exponent <= Decimal::MAX_EXPONENT);
        }

        #[test]
        fn a_decimal_is_exact_or_none(value: u128, shift in 0u32..128) {
            let value = value >> shift;
            prop_assert!(Decimal::of(value).is_none_or(|decimal| decimal.value() == value));
            prop_assert!(value > u64::MAX.into() || Decimal::of(value).is_some());
        }

        #[test]
        fn what_fits_40_bits_is_exact(price in 0u128..1 << MANTISSA) {
            prop_assert_eq!(expand(compact(price)), price);
        }
    }
}
