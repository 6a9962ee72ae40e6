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
