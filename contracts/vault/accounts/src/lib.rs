//! The vault's program for what accounts own.
//!
//! | Where is ... | |
//! |---|---|
//! | money moved in, out or between an owner's accounts | [`money`] |
//! | an account settled by anyone | [`settling`] |
//! | an account moved to the bucket that is due | [`rebucketing`] |

#![no_std]

extern crate alloc;

mod functions;
mod money;
mod rebucketing;
mod router;
mod settling;

use margin_vault::program;

/// Serves a call of `len` bytes of calldata. Returns 0; a revert does not return.
#[unsafe(no_mangle)]
pub extern "C" fn user_entrypoint(len: usize) -> usize {
    program::serve::<router::Accounts>(len)
}
