//! The vault's program for closing accounts in debt.
//!
//! | Where is ... | |
//! |---|---|
//! | a leg of an account in debt closed | [`bankruptcy`] |
//!
//! Which slots it reads and writes, and why: `docs/gas.md`.

#![no_std]

extern crate alloc;

mod bankruptcy;
mod functions;
mod router;

use margin_vault::program;

/// Serves a call of `len` bytes of calldata. Returns 0; a revert does not return.
#[unsafe(no_mangle)]
pub extern "C" fn user_entrypoint(len: usize) -> usize {
    program::serve::<router::Debts>(len)
}
