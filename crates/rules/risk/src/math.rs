//! Multiplication and division through 256 bits, with the rounding in the name.

use core::cmp::Ordering;

use crate::{Error, Result, refuse, refused};

const LOW: u128 = u64::MAX as u128;

/// The 256-bit product of `a` and `b` as (high, low) halves.
#[must_use]
pub const fn mul_wide(a: u128, b: u128) -> (u128, u128) {
    let (a1, a0) = (a >> 64, a & LOW);
    let (b1, b0) = (b >> 64, b & LOW);
    // A product of digits is at most 2^128 - 2^65 + 1, so that no sum wraps.
    let low = a0.wrapping_mul(b0);
    let first = a1.wrapping_mul(b0).wrapping_add(low >> 64);
    let second = a0.wrapping_mul(b1).wrapping_add(first & LOW);
    let high = a1
        .wrapping_mul(b1)
        .wrapping_add(first >> 64)
        .wrapping_add(second >> 64);
    (high, (second << 64) | (low & LOW))
}

/// Divides a normalized 192-bit number (`high`, `digit`) by `divisor`, whose top bit is set and which exceeds `high`.
/// Returns one 64-bit digit of the quotient, and the remainder. (Knuth, TAOCP 2, 4.3.1, algorithm D.)
fn divide_digit(high: u128, digit: u128, divisor: u128) -> (u128, u128) {
    let (d1, d0) = (divisor >> 64, divisor & LOW);
    let mut quotient = high / d1;
    // In place of a second division.
    let mut rest = high.wrapping_sub(quotient.wrapping_mul(d1));
    // The estimate is at most two above the digit, so that nothing wraps here.
    while quotient > LOW || quotient.wrapping_mul(d0) > ((rest << 64) | digit) {
        quotient = quotient.wrapping_sub(1);
        rest = rest.wrapping_add(d1);
        if rest > LOW {
            break;
        }
    }
    // The true remainder is below `divisor`, so arithmetic modulo 2^128 gives it.
    let remainder = ((high << 64) | digit).wrapping_sub(quotient.wrapping_mul(divisor));
    (quotient, remainder)
}

/// Quotient and remainder of the 256-bit number (`high`, `low`) by `divisor`.
///
/// # Errors
/// [`Error::Overflow`] if the quotient needs more than 128 bits, or `divisor` is zero.
pub fn div_wide(high: u128, low: u128, divisor: u128) -> Result<(u128, u128)> {
    if high >= divisor {
        return refuse(Error::Overflow);
    }
    if high == 0 {
        let quotient = low / divisor;
        return Ok((quotient, low.wrapping_sub(quotient.wrapping_mul(divisor))));
    }
    let shift = divisor.leading_zeros();
    let divisor = divisor << shift;
    let (high, low) = match shift {
        0 => (high, low),
        _ => ((high << shift) | (low >> (128 - shift)), low << shift),
    };
    let (first, rest) = divide_digit(high, low >> 64, divisor);
    let (second, rest) = divide_digit(rest, low & LOW, divisor);
    Ok(((first << 64) | second, rest >> shift))
}

/// `a * b / divisor`, rounded down.
///
/// # Errors
/// [`Error::Overflow`] if the result does not fit or `divisor` is zero.
pub fn mul_div_down(a: u128, b: u128, divisor: u128) -> Result<u128> {
    let (high, low) = mul_wide(a, b);
    Ok(div_wide(high, low, divisor)?.0)
}

/// `a * b / divisor`, rounded up.
///
/// # Errors
/// [`Error::Overflow`] if the result does not fit or `divisor` is zero.
pub fn mul_div_up(a: u128, b: u128, divisor: u128) -> Result<u128> {
    let (high, low) = mul_wide(a, b);
    let (quotient, rest) = div_wide(high, low, divisor)?;
    quotient
        .checked_add(u128::from(rest != 0))
        .ok_or_else(|| refused(Error::Overflow))
}

/// `a * b / divisor`, rounded down; `None` if it does not fit or `divisor` is zero.
#[must_use]
pub fn checked_mul_div_down(a: u128, b: u128, divisor: u128) -> Option<u128> {
    let (high, low) = mul_wide(a, b);
    if high >= divisor {
        return None;
    }
    Some(div_wide(high, low, divisor).ok()?.0)
}

/// `a * b / divisor`, rounded up; `None` if it does not fit or `divisor` is zero.
#[must_use]
pub fn checked_mul_div_up(a: u128, b: u128, divisor: u128) -> Option<u128> {
    let (high, low) = mul_wide(a, b);
    if high >= divisor {
        return None;
    }
    let (quotient, rest) = div_wide(high, low, divisor).ok()?;
    quotient.checked_add(u128::from(rest != 0))
}

/// `a * b / divisor` of a signed `a`, rounded towards minus infinity; `None` if it does not fit or `divisor` is zero.
#[must_use]
pub fn checked_mul_div_floor(a: i128, b: u128, divisor: u128) -> Option<i128> {
    let magnitude = if a < 0 {
        checked_mul_div_up(a.unsigned_abs(), b, divisor)?
    } else {
        checked_mul_div_down(a.unsigned_abs(), b, divisor)?
    };
    let magnitude = i128::try_from(magnitude).ok()?;
    Some(if a < 0 { -magnitude } else { magnitude })
}

/// `a * b / divisor` of a signed `a`, rounded towards minus infinity.
///
/// # Errors
/// [`Error::Overflow`] if the result does not fit or `divisor` is zero.
pub fn mul_div_floor(a: i128, b: u128, divisor: u128) -> Result<i128> {
    if a < 0 {
        Ok(-signed(mul_div_up(a.unsigned_abs(), b, divisor)?)?)
    } else {
        signed(mul_div_down(a.unsigned_abs(), b, divisor)?)
    }
}

/// `a * b / divisor` of a signed `a`, rounded towards plus infinity.
///
/// # Errors
/// [`Error::Overflow`] if the result does not fit or `divisor` is zero.
pub fn mul_div_ceil(a: i128, b: u128, divisor: u128) -> Result<i128> {
    if a < 0 {
        Ok(-signed(mul_div_down(a.unsigned_abs(), b, divisor)?)?)
    } else {
        signed(mul_div_up(a.unsigned_abs(), b, divisor)?)
    }
}

/// Compares `a * b` with `c * d`, exactly.
#[must_use]
pub fn cmp_products(a: u128, b: u128, c: u128, d: u128) -> Ordering {
    mul_wide(a, b).cmp(&mul_wide(c, d))
}

/// An unsigned number as a signed one.
///
/// # Errors
/// [`Error::Overflow`] from 2^127.
pub fn signed(value: u128) -> Result<i128> {
    i128::try_from(value).map_err(|_| refused(Error::Overflow))
}

/// A number that must not be negative as an unsigned one.
///
/// # Errors
/// [`Error::Overflow`] below zero.
pub fn unsigned(value: i128) -> Result<u128> {
    u128::try_from(value).map_err(|_| refused(Error::Overflow))
}
