//! The vault's program for liquidation: an account in ill health is taken over in [`liquidation`].
//!
//! Which slots it reads and writes, and why: `docs/gas.md`.

#![no_std]

extern crate alloc;

mod functions;
mod liquidation;
mod router;

use margin_vault::program;

/// Serves a call of `len` bytes of calldata. Returns 0; a revert does not return.
#[unsafe(no_mangle)]
pub extern "C" fn user_entrypoint(len: usize) -> usize {
    program::serve::<router::Liquidating>(len)
}
