//! The vault's default program: set-up, parameters, and everything that can be read.
//!
//! | Where is ... | |
//! |---|---|
//! | a parameter changed | [`admin`] |
//! | state read | [`views`] |

#![no_std]

extern crate alloc;

mod admin;
mod functions;
mod router;
mod views;

use margin_vault::program;

/// Serves a call of `len` bytes of calldata. Returns 0; a revert does not return.
#[unsafe(no_mangle)]
pub extern "C" fn user_entrypoint(len: usize) -> usize {
    program::serve::<router::Registry>(len)
}
