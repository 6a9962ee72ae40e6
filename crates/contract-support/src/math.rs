//! Division by the chain: `math_div` costs a few gas, the same in WASM several kilobytes of program.

use alloy_primitives::U256;

/// `a / b`, rounded down; zero if `b` is zero, as in the EVM.
pub fn div(a: U256, b: U256) -> U256 {
    hooks::div(a, b)
}

#[cfg(target_arch = "wasm32")]
mod hooks {
    use super::U256;

    #[link(wasm_import_module = "vm_hooks")]
    unsafe extern "C" {
        fn math_div(value: *mut u8, divisor: *const u8);
    }

    pub fn div(a: U256, b: U256) -> U256 {
        let mut value = a.to_be_bytes::<32>();
        let divisor = b.to_be_bytes::<32>();
        // SAFETY: both pointers are to 32 bytes, and the result replaces the first.
        unsafe { math_div(value.as_mut_ptr(), divisor.as_ptr()) };
        U256::from_be_bytes(value)
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod hooks {
    use super::U256;

    pub fn div(a: U256, b: U256) -> U256 {
        a.checked_div(b).unwrap_or(U256::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn division_by_zero_is_zero() {
        assert_eq!(div(U256::from(7), U256::from(2)), U256::from(3));
        assert_eq!(div(U256::from(7), U256::ZERO), U256::ZERO);
    }
}
