//! The vault's program for what can be traded, and by whom: options and the rules that they are listed by, what they add up to, and
//! orders and signers between trades.
//!
//! | Where is ... | |
//! |---|---|
//! | a rule of options changed | [`rules`] |
//! | an option listed, delisted, counted again | [`listing`] |
//! | a series settled before it expires | [`closing`] |
//! | a portfolio's margin and Greeks read | [`portfolio`] |
//! | an order hashed or cancelled, a signer named | [`orders`] |

#![no_std]

extern crate alloc;

mod closing;
mod functions;
mod listing;
mod orders;
mod portfolio;
mod router;
mod rules;

use margin_vault::program;

/// Serves a call of `len` bytes of calldata. Returns 0; a revert does not return.
#[unsafe(no_mangle)]
pub extern "C" fn user_entrypoint(len: usize) -> usize {
    program::serve::<router::Options>(len)
}
