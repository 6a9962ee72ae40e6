//! The end of a call.
//!
//! A revert ends the program on the spot: the host drops what it has cached, and nothing has to be handed up the stack, which
//! keeps programs small.

use alloy_primitives::Address;

#[cfg(target_arch = "wasm32")]
#[link(wasm_import_module = "vm_hooks")]
unsafe extern "C" {
    fn exit_early(status: u32) -> !;
}

/// Ends the call with revert data: an ABI-encoded error, or nothing.
#[cfg(target_arch = "wasm32")]
#[cold]
#[inline(never)]
pub fn revert(data: &[u8]) -> ! {
    use stylus_sdk::stylus_core::CalldataAccess;

    stylus_sdk::host::WasmVM::default().write_result(data);
    // SAFETY: the call ends here.
    unsafe { exit_early(1) }
}

/// Panics: on the host, where parts of programs are tested and interfaces printed, there is no call to end.
///
/// # Panics
/// Always.
#[cfg(not(target_arch = "wasm32"))]
pub fn revert(data: &[u8]) -> ! {
    panic!("reverted with {data:02x?}")
}

/// Ends the call with an error that names the caller.
#[cold]
pub fn revert_about_caller(selector: [u8; 4]) -> ! {
    revert_about(selector, caller())
}

#[cfg(target_arch = "wasm32")]
fn caller() -> Address {
    use stylus_sdk::stylus_core::MessageAccess;

    stylus_sdk::host::WasmVM::default().msg_sender()
}

/// Nobody calls on the host.
#[cfg(not(target_arch = "wasm32"))]
const fn caller() -> Address {
    Address::ZERO
}

/// Ends the call with an error about an address.
#[cold]
pub fn revert_about(selector: [u8; 4], address: Address) -> ! {
    let mut data = [0; 36];
    data[..4].copy_from_slice(&selector);
    data[16..].copy_from_slice(address.as_slice());
    revert(&data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "reverted with [01, 02, 03, 04]")]
    fn a_revert_carries_its_data() {
        revert(&[1, 2, 3, 4]);
    }

    #[test]
    #[should_panic(
        expected = "reverted with [01, 02, 03, 04, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00, aa, aa, aa, aa, aa, aa, aa, aa, aa, aa, aa, aa, aa, aa, aa, aa, aa, aa, aa, aa]"
    )]
    fn an_address_is_the_low_end_of_a_word() {
        revert_about([1, 2, 3, 4], Address::repeat_byte(0xaa));
    }
}
