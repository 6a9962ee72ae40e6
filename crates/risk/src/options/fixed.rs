//! Exponential, logarithm and square root in units of 2^-60 ([`ONE`]), finer than a WAD.

use crate::math::mul_div_down;
use crate::{Error, Result};

/// One, in the scale of this module.
pub const ONE: i128 = 1 << BITS;
/// Fractional bits of the scale.
pub const BITS: u32 = 60;
/// ln 2, to the nearest.
const LN_2: i128 = 799_144_290_325_165_979;
/// Terms of the series of exp(r), r below ln 2: the first one left out is below 2^-66.
const EXP_TERMS: i128 = 19;
/// Terms of the series of atanh(z), |z| at most 1/3: the first one left out is below 2^-66.
const ATANH_TERMS: i128 = 20;
/// Doublings from which exp does not fit, and halvings from which nothing is left of it.
const EXP_DOUBLINGS: i128 = 66;
const EXP_HALVINGS: i128 = 62;

/// The product of two numbers, each below 2^63 or the one below 2^3 and the other below 2^60, rounded down.
pub(super) const fn times(a: i128, b: i128) -> i128 {
    a.wrapping_mul(b) >> BITS
}

/// exp(`x`), wrong by at most 2^-58 of the larger of one and the result. Never falls as `x` rises, up to that error.
///
/// # Errors
/// [`Error::Overflow`] from exp(45), which does not fit.
pub fn exp(x: i128) -> Result<u128> {
    let (doublings, rest) = (x.div_euclid(LN_2), x.rem_euclid(LN_2));
    if doublings >= EXP_DOUBLINGS {
        return Err(Error::Overflow);
    }
    if doublings < -EXP_HALVINGS {
        return Ok(0);
    }
    // exp(r) = 1 + r (1 + r/2 (1 + r/3 (...))), below two.
    let mut series = ONE;
    for term in (1..=EXP_TERMS).rev() {
        series = ONE + times(rest, series) / term;
    }
    let series = series.unsigned_abs();
    let shift = doublings.unsigned_abs() as u32;
    Ok(if doublings < 0 {
        series >> shift
    } else {
        series << shift
    })
}

/// ln(`a` / `b`), wrong by at most 2^-57; exactly zero for equal numbers. Zero has the logarithm of one: who can have
/// a zero asks before.
#[must_use]
pub fn ln_ratio(a: u128, b: u128) -> i128 {
    let (a, b) = (a.max(1), b.max(1));
    if a < b {
        return -ln_ratio(b, a);
    }
    let doublings = i128::from(b.leading_zeros()) - i128::from(a.leading_zeros());
    // 67 significant bits of each: the quotient below stays within 128.
    let mantissa = |x: u128| ((x << x.leading_zeros()) >> 61).cast_signed();
    let (p, q) = (mantissa(a), mantissa(b));
    // ln(p/q) = 2 atanh(z), z = (p - q) / (p + q) (Abramowitz and Stegun 4.1.27).
    let z = ((p - q) << BITS) / (p + q);
    let square = times(z, z);
    let mut series = 0;
    for term in (0..ATANH_TERMS).rev() {
        series = times(series, square) + ONE / (2 * term + 1);
    }
    (doublings * LN_2 + 2 * times(z, series)).max(0)
}

/// ln(`x`) of a number in the scale of this module; see [`ln_ratio`].
///
/// # Errors
/// [`Error::Overflow`] if `x` is zero.
pub fn ln(x: u128) -> Result<i128> {
    match x {
        0 => Err(Error::Overflow),
        _ => Ok(ln_ratio(x, ONE.unsigned_abs())),
    }
}

/// The square root of a number in the scale of this module, rounded down.
///
/// # Errors
/// [`Error::Overflow`] from 2^68 x one.
pub fn sqrt(x: u128) -> Result<u128> {
    match x >> (128 - BITS) {
        0 => Ok((x << BITS).isqrt()),
        _ => Err(Error::Overflow),
    }
}

/// The square root of a time in years of 365 days, wrong by less than 2^-60 of itself and one unit.
#[must_use]
pub fn sqrt_years(seconds: u64) -> u128 {
    /// 2^76 / sqrt(31,536,000), to the nearest.
    const ROOT: u128 = 13_454_772_750_962_975_448;
    let seconds = u128::from(seconds);
    // An even shift, so that half of it comes out of the root; zero has the root of zero.
    let shift = (seconds.leading_zeros() & !1).min(126);
    let root = (seconds << shift).isqrt();
    (root * ROOT) >> (shift / 2 + 76 - BITS)
}

/// `volatility` (WAD) x the root of the time: the deviation of the logarithm, at most [`MAX_DEVIATION`].
#[must_use]
pub(super) fn deviation(volatility: u128, root: u128) -> i128 {
    mul_div_down(volatility, root, crate::WAD).map_or(MAX_DEVIATION, |d| {
        d.min(MAX_DEVIATION.unsigned_abs()) as i128
    })
}

/// Deviation from which an option is worth all it can be, to the last digit: 32.
pub(super) const MAX_DEVIATION: i128 = 32 * ONE;
