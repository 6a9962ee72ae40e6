//! Positive numbers of any magnitude with 62 significant bits: products and quotients in 64-bit arithmetic alone.

use core::num::NonZeroU64;

/// The upper half of a product.
#[inline(always)]
pub(super) const fn high_product(a: u64, b: u64) -> u64 {
    const LOW: u64 = u32::MAX as u64;
    let (a1, a0) = (a >> 32, a & LOW);
    let (b1, b0) = (b >> 32, b & LOW);
    // A product of digits is at most 2^64 - 2^33 + 1, so that no sum wraps.
    let first = a1.wrapping_mul(b0).wrapping_add(a0.wrapping_mul(b0) >> 32);
    let second = a0.wrapping_mul(b1).wrapping_add(first & LOW);
    a1.wrapping_mul(b1)
        .wrapping_add(first >> 32)
        .wrapping_add(second >> 32)
}

/// a / b, rounded down, of a `b` that is not zero.
pub(super) fn quotient(a: u64, b: u64) -> u64 {
    // Division by zero would be a branch.
    a / NonZeroU64::new(b | 1).unwrap_or(NonZeroU64::MIN)
}

/// A number that is not negative: mantissa x 2^(exponent - 63). The top bit of the mantissa is set, except for zero.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scaled {
    pub(super) mantissa: u64,
    pub(super) exponent: i64,
}

impl Scaled {
    pub(super) const fn new(x: u64) -> Self {
        let zeros = x.leading_zeros();
        Self {
            mantissa: x.wrapping_shl(zeros),
            // Of zero, far below what any price leaves of it.
            exponent: 63_i64.wrapping_sub(if x == 0 { 512 } else { zeros as i64 }),
        }
    }

    /// The first 64 bits of a number.
    pub(super) const fn of_wide(x: u128) -> Self {
        let (high, low) = ((x >> 64) as u64, x as u64);
        if high == 0 {
            return Self::new(low);
        }
        let zeros = high.leading_zeros();
        Self {
            // In two steps, since a shift by 64 is none.
            mantissa: high.wrapping_shl(zeros) | (low >> 1).wrapping_shr(63 - zeros),
            exponent: 127_i64.wrapping_sub(zeros as i64),
        }
    }

    /// `self` x `other`, wrong by less than 2^-62 of itself; rounded down.
    pub(super) const fn times(self, other: Self) -> Self {
        let product = Self::new(high_product(self.mantissa, other.mantissa));
        Self {
            mantissa: product.mantissa,
            exponent: self
                .exponent
                .wrapping_add(other.exponent)
                .wrapping_add(product.exponent)
                .wrapping_sub(62),
        }
    }

    /// 1 / `self`, wrong by less than 2^-60 of itself; a number far too large for zero.
    pub(super) fn inverse(self) -> Self {
        if self.mantissa == 0 {
            return Self {
                mantissa: 1 << 63,
                exponent: 512,
            };
        }
        // A first quotient of 32 bits, and Newton's step to twice as many: y (2 - m y).
        let first = quotient(1 << 63, self.mantissa >> 32).min(u32::MAX.into()) << 32;
        let product = high_product(self.mantissa, first);
        let inverse = Self::new(high_product(first, product.wrapping_neg()));
        Self {
            mantissa: inverse.mantissa,
            exponent: inverse
                .exponent
                .wrapping_sub(self.exponent)
                .wrapping_sub(63),
        }
    }

    /// `self` x 2^`doublings`.
    pub(super) const fn shifted(self, doublings: i64) -> Self {
        Self {
            mantissa: self.mantissa,
            exponent: self.exponent.wrapping_add(doublings),
        }
    }

    /// Whether the number is at least 2^`exponent`.
    pub(super) const fn reaches(self, exponent: i64) -> bool {
        self.mantissa != 0 && self.exponent >= exponent
    }

    /// In units of 2^-`bits`, rounded down, of a number below 2^(63 - bits).
    pub(super) fn to_fixed(self, bits: i64) -> i64 {
        let shift = 63_i64.wrapping_sub(bits).wrapping_sub(self.exponent);
        (self.mantissa >> shift.clamp(1, 63)).cast_signed()
    }

    /// The whole part; the largest number where it does not fit.
    pub(super) fn whole(self) -> u128 {
        match self.exponent {
            ..0 => 0,
            0..64 => (self.mantissa >> (63 - self.exponent)).into(),
            64..128 => {
                let high = self.mantissa >> (127 - self.exponent);
                let low = self.mantissa << (self.exponent - 64) << 1;
                u128::from(high) << 64 | u128::from(low)
            }
            _ => u128::MAX,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBERS: [u64; 9] = [
        1,
        2,
        3,
        0xffff_ffff,
        1 << 32,
        0x1_0000_0001,
        1_000_000_000_000_000_000,
        1 << 63,
        u64::MAX,
    ];

    fn parts(x: Scaled) -> (u64, i64) {
        (x.mantissa, x.exponent)
    }

    #[test]
    fn a_high_product_is_the_upper_half() {
        for a in NUMBERS {
            for b in NUMBERS {
                let exact = (u128::from(a) * u128::from(b)) >> 64;
                assert_eq!(u128::from(high_product(a, b)), exact, "{a} {b}");
            }
        }
    }

    #[test]
    fn a_quotient_is_rounded_down_as_if_its_divisor_were_odd() {
        assert_eq!(
            [
                quotient(10, 3),
                quotient(9, 3),
                quotient(10, 2),
                quotient(u64::MAX, 1)
            ],
            [3, 3, 3, u64::MAX]
        );
    }

    #[test]
    fn a_number_has_its_top_bit_set() {
        assert_eq!(parts(Scaled::new(1)), (1 << 63, 0));
        assert_eq!(parts(Scaled::new(3)), (3 << 62, 1));
        assert_eq!(parts(Scaled::new(u64::MAX)), (u64::MAX, 63));
        assert_eq!(parts(Scaled::new(0)), (0, -449));
        assert_eq!(parts(Scaled::of_wide(3)), (3 << 62, 1));
        assert_eq!(parts(Scaled::of_wide(1 << 64)), (1 << 63, 64));
        assert_eq!(parts(Scaled::of_wide((1 << 64) + 7)), ((1 << 63) + 3, 64));
        assert_eq!(
            parts(Scaled::of_wide((5 << 98) + (9 << 35))),
            ((5 << 61) + (9 >> 2), 100)
        );
        assert_eq!(parts(Scaled::of_wide(u128::MAX)), (u64::MAX, 127));
    }

    #[test]
    fn products_and_inverses_are_known_to_sixty_bits() {
        for a in NUMBERS {
            for b in NUMBERS {
                let product = Scaled::new(a).times(Scaled::new(b));
                let exact = u128::from(a) * u128::from(b);
                let zeros = i64::from(exact.leading_zeros());
                let off = (exact << zeros) - (u128::from(product.mantissa) << 64);
                assert_eq!(product.exponent, 127 - zeros, "{a} {b}");
                assert!(off < 1 << 66, "{a} {b} {off}");
            }
            let inverse = Scaled::new(a).inverse();
            // One has the top bit 126, or 127 where the exponents make up for it.
            let product = u128::from(Scaled::new(a).mantissa) * u128::from(inverse.mantissa);
            let one = 1_u128 << (126 - Scaled::new(a).exponent - inverse.exponent);
            assert!(product.abs_diff(one) < one >> 60, "{a}");
        }
        assert_eq!(parts(Scaled::new(0).inverse()), (1 << 63, 512));
    }

    #[test]
    fn a_number_reaches_the_power_of_two_that_it_is() {
        assert!(
            Scaled::new(8).reaches(3) && !Scaled::new(8).reaches(4) && !Scaled::new(7).reaches(3)
        );
        assert!(Scaled::new(8).shifted(2).reaches(5) && !Scaled::new(8).shifted(-1).reaches(3));
        assert!(!Scaled::new(0).reaches(-1_000));
    }

    #[test]
    fn a_number_is_cut_to_units_and_to_wholes() {
        assert_eq!(
            [
                Scaled::new(3).to_fixed(4),
                Scaled::new(3).shifted(-2).to_fixed(1),
                Scaled::new(0).to_fixed(30)
            ],
            [48, 1, 0]
        );
        assert_eq!(Scaled::new(1).shifted(-1).to_fixed(62), 1 << 61);
        let wholes = [
            1,
            5,
            1 << 63,
            1 << 64,
            3 << 63,
            u128::from(u64::MAX) << 64,
            (1 << 127) + (1 << 64),
        ];
        for whole in wholes {
            assert_eq!(Scaled::of_wide(whole).whole(), whole);
        }
        assert_eq!(Scaled::new(3).shifted(-1).whole(), 1);
        assert_eq!(Scaled::new(1).shifted(-1).whole(), 0);
        assert_eq!(Scaled::new(1).shifted(127).whole(), 1 << 127);
        assert_eq!(Scaled::new(1).shifted(128).whole(), u128::MAX);
    }
}
