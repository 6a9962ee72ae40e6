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

use alloc::vec::Vec;

use stylus_sdk::host::WasmVM;
use stylus_sdk::stylus_core::{CalldataAccess, MemoryAccess, MessageAccess, StorageAccess};

use crate::error::{Error, Result};

/// Serves a call of `len` bytes of calldata; returns 0, or 1 for a revert.
#[unsafe(no_mangle)]
pub extern "C" fn user_entrypoint(len: usize) -> usize {
    let vm = WasmVM::default();
    // Nitro pays for memory through this import, which a program has to have.
    vm.pay_for_memory_grow(0);
    match serve(&vm, &vm.read_args(len)) {
        Ok(output) => {
            vm.write_result(&output);
            0
        }
        Err(error) => {
            vm.write_result(&error.encode());
            1
        }
    }
}

fn serve(vm: &WasmVM, input: &[u8]) -> Result<Vec<u8>> {
    if vm.msg_reentrant() {
        return Err(Error::Reentrant);
    }
    if !vm.msg_value().is_zero() {
        return Err(Error::ValueSent);
    }
    if let Some(output) = router::view(input)? {
        return Ok(output);
    }
    let output = router::execute(input)?;
    vm.flush_cache(false);
    Ok(output)
}

/// Prints the contract's Solidity interface; for `constructor`, nothing: a clone is initialised instead.
#[cfg(feature = "export-abi")]
pub fn print_from_args() {
    if std::env::args().nth(1).as_deref() != Some("constructor") {
        print!("{}", include_str!("../../interfaces/IMarginVault.sol"));
    }
}
