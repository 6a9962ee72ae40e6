//! Why a call is refused.

use alloy_sol_types::SolError;
use risk::options::Refusal;
use stylus_sdk::host::WasmVM;
use stylus_sdk::stylus_core::CalldataAccess;

use crate::IRiskEngine;

#[cfg(target_arch = "wasm32")]
#[link(wasm_import_module = "vm_hooks")]
unsafe extern "C" {
    fn exit_early(status: u32) -> !;
}

/// Host builds only print the interface.
#[cfg(not(target_arch = "wasm32"))]
unsafe fn exit_early(status: u32) -> ! {
    panic!("there is no call to end with status {status}")
}

/// Ends the call with an error, or without data.
#[cold]
#[inline(never)]
fn revert(error: &[u8]) -> ! {
    WasmVM::default().write_result(error);
    // SAFETY: the call ends here.
    unsafe { exit_early(1) }
}

/// Ends the call without data: what was asked is not in the interface.
#[cold]
pub fn refuse() -> ! {
    revert(&[])
}

/// Ends the call because its arguments cannot be read.
#[cold]
pub fn bad_input() -> ! {
    revert(&IRiskEngine::BadInput::SELECTOR)
}

/// A result, or the end of the call with the cause.
pub fn or_revert<T>(result: Result<T, impl Into<Refusal>>) -> T {
    result.unwrap_or_else(|cause| {
        revert(&match cause.into() {
            Refusal::Price => IRiskEngine::BadPrice::SELECTOR,
            Refusal::Range => IRiskEngine::BadRange::SELECTOR,
            Refusal::TooManyOptions => IRiskEngine::TooManyOptions::SELECTOR,
            Refusal::Overflow => IRiskEngine::Overflow::SELECTOR,
        })
    })
}
