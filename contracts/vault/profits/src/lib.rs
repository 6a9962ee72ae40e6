//! The vault's program for what profit is worth, and for permits of tokens.
//!
//! | Where is ... | |
//! |---|---|
//! | profit turned into capital | [`conversion`] |
//! | the pool drawn for what nobody has paid | [`recovery`] |
//! | the fees of trades handed on | [`fees`] |
//! | the allowance of a deposit brought along | [`permits`] |

#![no_std]

extern crate alloc;

mod conversion;
mod fees;
mod functions;
mod permits;
mod recovery;
mod router;

use margin_vault::program;

/// Serves a call of `len` bytes of calldata. Returns 0; a revert does not return.
#[unsafe(no_mangle)]
pub extern "C" fn user_entrypoint(len: usize) -> usize {
    program::serve::<router::Profits>(len)
}
