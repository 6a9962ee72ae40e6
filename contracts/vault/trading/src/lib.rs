//! The vault's program for signed trades in perpetuals: [`perpetuals`] has what is theirs, `margin_vault::trading` what they share
//! with options.
//!
//! Which slots it reads and writes, and why: `docs/gas.md`.

#![no_std]

extern crate alloc;

mod functions;
mod perpetuals;
mod router;

use margin_vault::program;

/// Serves a call of `len` bytes of calldata. Returns 0; a revert does not return.
#[unsafe(no_mangle)]
pub extern "C" fn user_entrypoint(len: usize) -> usize {
    program::serve::<router::Trading>(len)
}
