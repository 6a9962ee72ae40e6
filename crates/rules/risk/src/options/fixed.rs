//! Exponential, logarithm and the root of a time, in 64-bit arithmetic.
//!
//! Fractions are in units of 2^-62, products of two of them wrong by less than four units. What others use is in units of 2^-60
//! ([`ONE`]), finer than a WAD.

use core::num::Wrapping;

use super::fast::{inverse_root, times_at};
use super::scaled::{Scaled, high_product};
use crate::{Error, Result, refuse};

/// One, in the scale of the public functions.
pub const ONE: i128 = 1 << BITS;
/// Fractional bits of that scale.
pub const BITS: u32 = 60;
/// Fractional bits of a fraction, and one as such.
pub(super) const FRACTION_BITS: u32 = 62;
pub(super) const WHOLE: i64 = 1 << FRACTION_BITS;
/// Bits of a logarithm: those of all numbers of 128 bits fit.
pub(super) const LN_BITS: u32 = 56;
/// Bits of what is made an exponential of.
pub(super) const POWER_BITS: u32 = 53;

/// a x b of fractions from -2 to 2.
#[inline(never)]
pub(super) const fn product(a: i64, b: i64) -> i64 {
    let high = high_product(a.cast_unsigned(), b.cast_unsigned())
        .wrapping_sub((b & (a >> 63)).cast_unsigned())
        .wrapping_sub((a & (b >> 63)).cast_unsigned());
    (high << 2).cast_signed()
}

/// c0 + x (c1 + x (c2 + ...)), with one of the products.
macro_rules! polynomial {
    ($product:ident, $x:expr; $last:expr) => { $last };
    ($product:ident, $x:expr; $first:expr, $($rest:expr),+) => {
        const { $first as i64 }.wrapping_add($product(polynomial!($product, $x; $($rest),+), $x))
    };
}
pub(super) use polynomial;

/// Fractional bits of what a rough product multiplies by, and of one of its own.
pub(super) const CUT_BITS: u32 = 34;
const ROUGH_BITS: u32 = 44;
pub(super) const ROUGH_ONE: i64 = 1 << ROUGH_BITS;

/// a x b of an `a` below 2^45 and a [`cut`] fraction `b`, in units of `a`; wrong by a unit, and by 2^-35 of `a` if `b` was cut. It
/// is two multiplications: what a polynomial ends with does not have to be as precise as what it begins with.
#[inline(always)]
pub(super) fn rough_product(a: i64, b: i64) -> i64 {
    times_at::<{ CUT_BITS as usize }>(Wrapping(a), Wrapping(b)).0
}

/// A fraction from -1 to 1 to the nearest 2^-34.
pub(super) const fn cut(x: i64) -> i64 {
    const LOST: u32 = FRACTION_BITS - CUT_BITS;
    x.wrapping_add(1 << (LOST - 1)) >> LOST
}

/// A fraction in units of [`ROUGH_ONE`], rounded down.
pub(super) const fn rough_of_fraction(x: i64) -> i64 {
    x >> (FRACTION_BITS - ROUGH_BITS)
}

/// A number in units of [`ROUGH_ONE`] as a fraction.
pub(super) const fn fraction_of_rough(y: i64) -> i64 {
    y << (FRACTION_BITS - ROUGH_BITS)
}

/// `one` / n!.
pub(super) const fn over_factorial(one: i64, n: i64) -> i64 {
    let (mut factorial, mut k) = (1, 2);
    while k <= n {
        factorial *= k;
        k += 1;
    }
    one / factorial
}

/// exp(`x`) of a fraction within ln 2 / 2 of zero, wrong by at most 2^-52.
pub(super) fn exp_near_one(x: i64) -> i64 {
    const fn over(n: i64) -> i64 {
        over_factorial(WHOLE, n)
    }
    // What is left from x^7 on, in units of 2^-55.
    const fn rest(n: i64) -> i64 {
        over_factorial(1 << 55, n)
    }
    polynomial!(product, x; WHOLE, WHOLE, over(2), over(3), over(4), over(5), over(6),
        polynomial!(rough_product, cut(x); rest(7), rest(8), rest(9), rest(10), rest(11), const { rest(12) }) << 7)
}

/// exp(-`x`) as a fraction, of an `x` in units of 2^-[`POWER_BITS`]; wrong by as much of itself as `near_one`, which is the
/// exponential within ln 2 / 2 of zero, and a unit.
pub(super) fn exp_of_negative(x: u64, near_one: impl Fn(i64) -> i64) -> i64 {
    /// 2^63 / ln 2, and ln 2 in units of 2^-53; to the nearest.
    const HALVINGS: u64 = 13_306_513_097_844_322_492;
    const LN_2: u64 = 6_243_314_768_165_359;
    // x / ln 2, to the nearest whole: what is left is within ln 2 / 2 of zero.
    let halvings =
        high_product(x, HALVINGS).wrapping_add(1 << (POWER_BITS - 2)) >> (POWER_BITS - 1);
    let rest = halvings.wrapping_mul(LN_2).wrapping_sub(x) << (FRACTION_BITS - POWER_BITS);
    if halvings < 63 {
        near_one(rest.cast_signed()) >> halvings
    } else {
        0
    }
}

/// exp(`x`), wrong by at most 2^-52 of the larger of one and the result. Never falls as `x` rises, up to that error.
///
/// # Errors
/// [`Error::Overflow`] from exp(45), which does not fit.
pub fn exp(x: i128) -> Result<u128> {
    /// ln 2, to the nearest.
    const LN_2: i128 = 799_144_290_325_165_979;
    /// Doublings from which exp does not fit, and halvings from which nothing is left of it.
    const MOST: i128 = 66;
    const LEAST: i128 = -62;
    let doublings = (x.saturating_add(LN_2 / 2)).div_euclid(LN_2);
    if doublings >= MOST {
        return refuse(Error::Overflow);
    }
    if doublings < LEAST {
        return Ok(0);
    }
    let rest = (x - doublings * LN_2) << (FRACTION_BITS - BITS);
    let near_one = u128::from(exp_near_one(rest as i64).cast_unsigned());
    let shift = doublings - i128::from(FRACTION_BITS - BITS);
    Ok(if shift < 0 {
        near_one >> shift.unsigned_abs()
    } else {
        near_one << shift
    })
}

/// ln(`x`) in units of 2^-[`LN_BITS`], wrong by at most four.
pub(super) fn ln_of(x: Scaled) -> i64 {
    /// ln 2 and its half, in units of 2^-56; the root of two, in units of 2^-62; to the nearest.
    const LN_2: Wrapping<i64> = Wrapping(49_946_518_145_322_874);
    const LN_2_HALF: Wrapping<i64> = Wrapping(24_973_259_072_661_437);
    const ROOT_2: u64 = 6_521_908_912_666_391_106;
    // ln m = ln(root 2) + 2 atanh(z), z = (m - root 2) / (m + root 2), at most 0.172 (Abramowitz and Stegun 4.1.27).
    let half = x.mantissa >> 1;
    let sum = Scaled::new(half.wrapping_add(ROOT_2)).shifted(-i64::from(FRACTION_BITS));
    let inverse = sum.inverse().to_fixed(FRACTION_BITS.into());
    let z = product(half.wrapping_sub(ROOT_2).cast_signed(), inverse);
    let square = product(z, z);
    const fn over(n: i64) -> i64 {
        ROUGH_ONE / n
    }
    let rest = polynomial!(rough_product, cut(square); over(9), over(11), over(13), over(15), over(17), over(19), const { over(21) });
    let series = polynomial!(product, square; WHOLE, WHOLE / 3, WHOLE / 5, WHOLE / 7, fraction_of_rough(rest));
    let mantissa = Wrapping(product(z, series) >> (FRACTION_BITS - LN_BITS - 1));
    (Wrapping(x.exponent) * LN_2 + LN_2_HALF + mantissa).0
}

/// ln(`a` / `b`), wrong by at most 2^-53; exactly zero for equal numbers. Zero has the logarithm of one: who can have
/// a zero asks before.
#[must_use]
pub fn ln_ratio(a: u128, b: u128) -> i128 {
    let (a, b) = (a.max(1), b.max(1));
    if a == b {
        return 0;
    }
    let ratio = Scaled::of_wide(a).times(Scaled::of_wide(b).inverse());
    i128::from(ln_of(ratio)) << (BITS - LN_BITS)
}

/// ln(`x`) of a number in the scale of this module; see [`ln_ratio`].
///
/// # Errors
/// [`Error::Overflow`] if `x` is zero.
pub fn ln(x: u128) -> Result<i128> {
    match x {
        0 => refuse(Error::Overflow),
        _ => Ok(ln_ratio(x, ONE.unsigned_abs())),
    }
}

/// The square root of a time in years of 365 days, wrong by less than 2^-54 of itself.
pub(super) fn root_of_years(seconds: u64) -> Scaled {
    /// 1 / sqrt(31,536,000), to the nearest.
    const ROOT: Scaled = Scaled {
        mantissa: 13_454_772_750_962_975_448,
        exponent: -13,
    };
    // An even shift, so that half of it comes out of the root: m is from 1 to 4, and a quarter of it a fraction.
    let zeros = seconds.leading_zeros() & !1;
    let m = seconds.wrapping_shl(zeros);
    let first = inverse_root(Wrapping((m >> 34).cast_signed())).0 << 32;
    let quarter = (m >> 2).cast_signed();
    // Newton again: y (3 - m y^2) / 2.
    let rest = product(quarter, product(first, first)) << 1;
    let inverse = product(first, (WHOLE + WHOLE / 2).wrapping_sub(rest));
    let root = product(quarter, inverse).cast_unsigned();
    Scaled::new(root)
        .shifted(33 - i64::from(FRACTION_BITS) - i64::from(zeros >> 1))
        .times(ROOT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fraction_is_cut_to_the_nearest() {
        let half = 1 << (FRACTION_BITS - CUT_BITS - 1);
        assert_eq!(
            [half - 1, half, 3 * half - 1, -half, -half - 1].map(cut),
            [0, 1, 1, 0, -1]
        );
    }

    #[test]
    fn a_share_of_a_factorial_is_rounded_down() {
        let shares = [0, 1, 2, 3, 6, 7].map(|n| over_factorial(10_000, n));
        assert_eq!(shares, [10_000, 10_000, 5_000, 1_666, 13, 1]);
    }
}
