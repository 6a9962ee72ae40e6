//! The oracle guard: prices that money may depend on.
//!
//! Whoever asks for a price has the feeds asked: `poke` stores what they say, an operation on money does where that is news, and
//! a view tells what a poke would find. So nobody acts on a price that somebody chose not to update. A feed that reverts, lies,
//! burns gas or returns rubbish freezes its own asset and no other. The decisions are those of the crate
//! `oracle`; here are storage, feeds, roles and events.
//!
//! | Where is ... | |
//! |---|---|
//! | a price accepted | [`prices`] |
//! | a price served | [`readings`] |
//! | an expiry settled | [`settlements`] |
//! | an option valued | [`options`] |
//! | a tier or a settlement told | [`events`] |
//! | a value stored, a feed asked | the crate `guard-support` |
//! | a parameter changed, a volatility accepted | the program `guard-settings` |
//!
//! Every operation of a vault calls the guard, and a program's size is part of what a call costs: hence its own router and
//! coders in place of the SDK's, and a second program for what no operation asks for, to which the guard hands it on. It is not
//! re-entrant: a feed or anyone else who calls back is refused.

#![no_std]

extern crate alloc;

mod events;
mod functions;
mod options;
mod prices;
mod readings;
mod router;
mod settlements;

use guard_support::program;

/// Serves a call of `len` bytes of calldata. Returns 0; a revert does not return.
#[unsafe(no_mangle)]
pub extern "C" fn user_entrypoint(len: usize) -> usize {
    program::serve::<router::Observing>(len)
}
