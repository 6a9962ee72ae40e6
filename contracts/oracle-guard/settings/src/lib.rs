//! The oracle guard's settings: the program to which the guard hands what it does not serve itself. It works on the guard's
//! storage, and calls no feed of an asset but to configure it.
//!
//! | Where is ... | |
//! |---|---|
//! | a parameter changed, a role given, a feed chosen | [`admin`] |
//! | a volatility accepted | [`surfaces`] |
//! | one distrusted | [`distrust`] |
//! | a value stored, a feed asked | the crate `guard-support` |

#![no_std]

extern crate alloc;

mod admin;
mod distrust;
mod functions;
mod router;
mod surfaces;

use guard_support::program;

/// Serves a call of `len` bytes of calldata. Returns 0; a revert does not return.
#[unsafe(no_mangle)]
pub extern "C" fn user_entrypoint(len: usize) -> usize {
    program::serve::<router::Settings>(len)
}
