//! The margin vault: custody, accounts, positions, settlement, liquidation and deleveraging of one isolated market.
//!
//! The ledger itself is the crate `risk`; here are its storage, signatures, prices, tokens, access and events. An operation
//! reads as: load (accounts, prices) -> plan (in `risk`) -> check -> store -> emit and call out.
//!
//! | Where is ... | |
//! |---|---|
//! | money moved | [`accounts`], and what the pool pays: [`closing`] |
//! | a margin computed | [`session`] |
//! | a price accepted | [`session`] |
//! | a trade settled | [`trading`], its signatures: [`orders`] |
//! | a parameter changed | [`admin`] |
//!
//! The program serves ERC-1167 clones. It is not re-entrant: a call into a vault that is already on the stack reverts,
//! views included, so that no token, pool or signer can see or use a vault in the middle of an operation.

#![cfg_attr(not(feature = "export-abi"), no_std)]

extern crate alloc;

mod abi;
mod accounts;
mod admin;
mod calls;
mod closing;
mod error;
mod orders;
mod router;
mod session;
mod storage;
mod trading;
mod views;
mod word;

use stylus_sdk::host::WasmVM;
use stylus_sdk::hostio;
use stylus_sdk::stylus_core::{CalldataAccess, MemoryAccess, MessageAccess, StorageAccess};

use crate::error::{Error, require};

/// Serves a call of `len` bytes of calldata. Returns 0; a revert does not return.
#[unsafe(no_mangle)]
pub extern "C" fn user_entrypoint(len: usize) -> usize {
    let vm = WasmVM::default();
    // Nitro pays for memory through this import, which a program has to have.
    vm.pay_for_memory_grow(0);
    require(!vm.msg_reentrant(), Error::Reentrant);
    require(!value_sent(), Error::ValueSent);
    let input = vm.read_args(len).leak();
    let output = router::view(input).unwrap_or_else(|| {
        let output = router::execute(input);
        vm.flush_cache(false);
        output
    });
    vm.write_result(output);
    0
}

fn value_sent() -> bool {
    let mut value = [0; 32];
    // SAFETY: the host writes 32 bytes.
    unsafe { hostio::msg_value(value.as_mut_ptr()) };
    value != [0; 32]
}

/// Prints the contract's Solidity interface; for `constructor`, nothing: a clone is initialised instead.
#[cfg(feature = "export-abi")]
pub fn print_from_args() {
    if std::env::args().nth(1).as_deref() != Some("constructor") {
        print!("{}", include_str!("../../interfaces/IMarginVault.sol"));
    }
}
