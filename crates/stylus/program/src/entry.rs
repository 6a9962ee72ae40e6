//! The start of a call.

use alloc::vec::Vec;

use stylus_sdk::host::WasmVM;
use stylus_sdk::hostio;
use stylus_sdk::stylus_core::{CalldataAccess, MemoryAccess};

/// The `len` bytes of calldata that a program is called with.
#[inline(always)]
pub fn calldata(len: usize) -> Vec<u8> {
    let vm = WasmVM::default();
    // Nitro pays for memory through this import, which a program has to have.
    vm.pay_for_memory_grow(0);
    vm.read_args(len)
}

/// Whether ether came with the call.
#[inline(always)]
pub fn value_sent() -> bool {
    let mut value = [0; 32];
    // SAFETY: the host writes 32 bytes.
    unsafe { hostio::msg_value(value.as_mut_ptr()) };
    value != [0; 32]
}
