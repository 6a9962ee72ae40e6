//! The vault's program for signed trades in options: [`options`] has what is theirs, `margin_vault::trading` what they share with
//! perpetuals.
//!
//! A trade in an option reads and writes what `vault-trading` lists of one in a perpetual; in the place of the guard's asset id, the
//! option's terms; of the perpetual on its underlying the price, rates and asset id; and besides the rules and limits of options,
//! and what the option and all series together were counted for, both of which it writes.

#![no_std]

extern crate alloc;

mod functions;
mod options;
mod router;

use margin_vault::program;

/// Serves a call of `len` bytes of calldata. Returns 0; a revert does not return.
#[unsafe(no_mangle)]
pub extern "C" fn user_entrypoint(len: usize) -> usize {
    program::serve::<router::Trading>(len)
}
