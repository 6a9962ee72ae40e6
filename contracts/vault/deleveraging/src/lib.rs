//! The vault's program for closing legs against the opposite side before there is debt.
//!
//! | Where is ... | |
//! |---|---|
//! | a share of a leg closed | [`deleveraging`]; of an account in debt: `vault-debts` |
//!
//! Which slots it reads and writes, and why: `docs/gas.md`.

#![no_std]

extern crate alloc;

mod deleveraging;
mod functions;
mod router;

use margin_vault::program;

/// Serves a call of `len` bytes of calldata. Returns 0; a revert does not return.
#[unsafe(no_mangle)]
pub extern "C" fn user_entrypoint(len: usize) -> usize {
    program::serve::<router::Deleveraging>(len)
}
