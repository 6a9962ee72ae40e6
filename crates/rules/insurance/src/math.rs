//! Multiplication and division through 256 bits, with the rounding in the name. A Stylus program divides by the chain, which costs a
//! few gas; the same in WASM takes kilobytes.

use risk::math::mul_wide;

/// A result that does not fit 128 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overflow;

/// `a * b / divisor`, rounded down.
///
/// # Errors
/// [`Overflow`] if the result does not fit.
pub fn mul_div_down(a: u128, b: u128, divisor: u128) -> Result<u128, Overflow> {
    let (high, low) = mul_wide(a, b);
    divide(high, low, divisor)
}

/// `a * b / divisor`, rounded up.
///
/// # Errors
/// [`Overflow`] if the result does not fit.
pub fn mul_div_up(a: u128, b: u128, divisor: u128) -> Result<u128, Overflow> {
    let (high, low) = mul_wide(a, b);
    let quotient = divide(high, low, divisor)?;
    if mul_wide(quotient, divisor) == (high, low) {
        Ok(quotient)
    } else {
        quotient.checked_add(1).ok_or(Overflow)
    }
}

/// `a / divisor`, rounded down.
#[must_use]
pub fn div(a: u128, divisor: u128) -> u128 {
    divide(0, a, divisor).unwrap_or(0)
}

/// The quotient of (`high`, `low`) by `divisor`. No rule divides by zero.
#[cfg(target_arch = "wasm32")]
#[inline(never)]
fn divide(high: u128, low: u128, divisor: u128) -> Result<u128, Overflow> {
    #[link(wasm_import_module = "vm_hooks")]
    unsafe extern "C" {
        fn math_div(value: *mut u8, divisor: *const u8);
    }

    let (mut value, mut by) = ([0_u8; 32], [0_u8; 32]);
    value[..16].copy_from_slice(&high.to_be_bytes());
    value[16..].copy_from_slice(&low.to_be_bytes());
    by[16..].copy_from_slice(&divisor.to_be_bytes());
    // SAFETY: both pointers are to 32 bytes, and the result replaces the first.
    unsafe { math_div(value.as_mut_ptr(), by.as_ptr()) };
    let (high, low) = value.split_at(16);
    if high != [0; 16] {
        return Err(Overflow);
    }
    Ok(low
        .iter()
        .fold(0, |value, &byte| value << 8 | u128::from(byte)))
}

/// The quotient of (`high`, `low`) by `divisor`. No rule divides by zero.
#[cfg(not(target_arch = "wasm32"))]
fn divide(high: u128, low: u128, divisor: u128) -> Result<u128, Overflow> {
    let (quotient, _) = risk::math::div_wide(high, low, divisor).map_err(|_| Overflow)?;
    Ok(quotient)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotients_are_rounded_as_named() {
        assert_eq!(mul_div_down(7, 3, 2), Ok(10));
        assert_eq!(mul_div_up(7, 3, 2), Ok(11));
        assert_eq!(mul_div_up(8, 3, 2), Ok(12));
        assert_eq!(mul_div_down(u128::MAX, u128::MAX, u128::MAX), Ok(u128::MAX));
        assert_eq!(
            mul_div_up(u128::MAX, u128::MAX, u128::MAX - 1),
            Err(Overflow)
        );
        assert_eq!(div(7, 2), 3);
    }
}
