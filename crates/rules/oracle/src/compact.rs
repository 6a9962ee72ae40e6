//! Numbers in fewer bits.
//!
//! - [`compact`], [`expand`]: a number as a mantissa and an exponent, for what needs no more digits than that.
//! - [`spread`], [`at_spread`]: a price near another one, in four bytes.
//! - [`Decimal`]: a number of nineteen digits, exactly.

/// `number` with its highest `mantissa` bits, at least 8 and below 58, rounded down: at most one part in 2^(mantissa - 1) is lost.
/// The exponent, of at most seven bits, stands above them.
pub fn compact(number: u128, mantissa: u32) -> u64 {
    let exponent = (u128::BITS - number.leading_zeros()).saturating_sub(mantissa);
    u64::from(exponent) << mantissa | (number >> exponent) as u64
}

/// The number that `code` stands for: the inverse of [`compact`], of which `code` must be a result.
pub fn expand(code: u64, mantissa: u32) -> u128 {
    u128::from(code % (1 << mantissa)) << (code >> mantissa)
}

/// Unit of a spread: this many binary digits of the price that it is measured from.
const SPREAD_BITS: u32 = 36;

/// Set in a spread that leads downwards.
const BELOW: u32 = 1 << 31;

/// How far `price` is from `origin`, rounded away from it by at most 2^-36 of it; `None` if that is a 32nd or more. `origin` is below
/// 2^96 and not zero.
pub fn spread(price: u128, origin: u128) -> Option<u32> {
    let distance = price.abs_diff(origin);
    if distance > origin >> 5 {
        return None;
    }
    let parts = (distance << SPREAD_BITS).div_ceil(origin);
    let parts = u32::try_from(parts)
        .ok()
        .filter(|parts| parts & BELOW == 0)?;
    Some(if price < origin { parts | BELOW } else { parts })
}

/// The price that is `spread` from `origin`, below 2^96: the inverse of [`spread`](self::spread), but for what that has rounded.
pub fn at_spread(origin: u128, spread: u32) -> u128 {
    let distance = (origin * u128::from(spread & !BELOW)) >> SPREAD_BITS;
    if spread & BELOW == 0 {
        origin + distance
    } else {
        origin - distance
    }
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
    fn sources_that_agree_have_a_spread() {
        let origin = 200_000_000_000_000_000_000;
        assert_eq!(spread(origin, origin), Some(0));
        for price in [origin / 1_000 * 1_031, origin / 1_000 * 970] {
            assert!(spread(price, origin).is_some());
        }
        for price in [origin / 1_000 * 1_032, origin / 1_000 * 968, 0, u128::MAX] {
            assert_eq!(spread(price, origin), None);
        }
    }

    #[test]
    fn a_spread_of_a_32nd_does_not_fit() {
        let origin = 200_000_000_000_000_000_000;
        // Rounded away from the origin, the last price below a 32nd is one as well.
        for distance in [origin / 32 - 1, origin / 32, 1 << 92] {
            assert_eq!(spread(origin + distance, origin), None);
        }
        assert_eq!(spread(9 << 92, 8 << 92), None);
        assert_eq!(spread(64, 63), Some(1_090_785_346));
    }

    #[test]
    fn too_many_digits_are_refused() {
        let ten = 10_u128.pow(19);
        assert_eq!(Decimal::of(ten * ten).map(Decimal::value), Some(ten * ten));
        // Nineteen zeros are taken off, and what is left has twenty digits.
        assert_eq!(Decimal::of(2 * ten * ten), None);
        assert_eq!(Decimal::of(u128::from(u64::MAX) * 10 + 1), None);
        assert_eq!(Decimal::of(u128::MAX), None);
        assert_eq!(Decimal::of((u128::from(u64::MAX) + 1) * ten), None);
    }

    proptest! {
        #[test]
        fn no_more_is_lost_than_the_mantissa_has_no_room_for(number: u128, shift in 0u32..128, mantissa in 8u32..57) {
            let number = number >> shift;
            let kept = expand(compact(number, mantissa), mantissa);
            prop_assert!(kept <= number && number - kept <= number >> (mantissa - 1));
            prop_assert!(compact(number, mantissa) < 1 << (mantissa + 7));
            prop_assert_eq!(compact(kept, mantissa), compact(number, mantissa));
            prop_assert!(number >> mantissa != 0 || kept == number);
        }

        /// A number below 2^64 needs six bits for its exponent.
        #[test]
        fn short_numbers_have_short_exponents(number: u64, mantissa in 8u32..57) {
            prop_assert!(compact(number.into(), mantissa) < 1 << (mantissa + 6));
        }

        /// Away from the origin, never towards it, and no further when it is done again.
        #[test]
        fn a_spread_is_rounded_away_from_its_origin(origin in 1u128..1 << 96, shift in 0u32..90, parts in -32_000i128..=32_000) {
            let origin = (origin >> shift).max(1);
            let step = origin.cast_signed() / 1_000_000 * parts;
            let price = origin.saturating_add_signed(step);
            if let Some(code) = spread(price, origin) {
                let kept = at_spread(origin, code);
                prop_assert_eq!(kept < origin, price < origin);
                prop_assert!(kept.abs_diff(origin) >= price.abs_diff(origin));
                prop_assert!(kept.abs_diff(price) <= (origin >> 36) + 1);
                prop_assert_eq!(spread(kept, origin), Some(code));
            } else {
                // Once it is rounded away.
                prop_assert!(price.abs_diff(origin) + (origin >> 36) + 1 >= origin >> 5);
            }
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
    }
}
