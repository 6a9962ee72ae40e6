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
//! | a volatility accepted | [`surfaces`] |
//! | one distrusted | [`distrust`] |
//! | a feed asked | [`feeds`] |
//! | a parameter changed | [`admin`] |
//! | a value stored | [`store`] |
//!
//! Every operation of a vault calls the guard, and a program's size is part of what a call costs: hence its own router and
//! coders in place of the SDK's. It is not re-entrant: a feed or anyone else who calls back is refused.

#![no_std]

extern crate alloc;

mod abi;
mod admin;
mod distrust;
mod feeds;
mod host;
mod options;
mod prices;
mod readings;
mod router;
mod settlements;
mod store;
mod surfaces;

use alloy_sol_types::SolError;
use program_support::{entry, exit};
use stylus_sdk::host::WasmVM;
use stylus_sdk::stylus_core::{CalldataAccess, MessageAccess, StorageAccess};

use crate::abi::guard;

/// Serves a call of `len` bytes of calldata. Returns 0; a revert does not return.
#[unsafe(no_mangle)]
pub extern "C" fn user_entrypoint(len: usize) -> usize {
    let vm = WasmVM::default();
    let input = entry::calldata(len);
    if vm.msg_reentrant() {
        exit::revert(&guard::Reentrant::SELECTOR);
    }
    if entry::value_sent() {
        exit::revert(&guard::ValueSent::SELECTOR);
    }
    let output = router::view(&input).unwrap_or_else(|| {
        let output = router::execute(&input);
        vm.flush_cache(false);
        output
    });
    vm.write_result(&output);
    0
}
