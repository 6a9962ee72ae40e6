//! How a program is called, and what it exports.

use alloc::string::String;

use program_support::entry;
use stylus_sdk::host::WasmVM;
use stylus_sdk::stylus_core::{CalldataAccess, MessageAccess, StorageAccess};

use crate::abi::{Args, Bytes};
use crate::error::{Error, OrRevert, require};
use crate::storage::Storage;

/// One of the vault's programs: the functions that it serves, by their selectors.
pub trait Program {
    /// Serves a function that changes nothing; `None` if the selector is not one's. What it writes is dropped.
    fn view(selector: u32, args: Args, store: &mut Storage) -> Option<Bytes>;
    /// Serves a function that may change state; `None` if the selector is not one's.
    fn execute(selector: u32, args: Args, store: &mut Storage) -> Option<Bytes>;
}

/// Serves a call of `len` bytes of calldata. Returns 0; a revert does not return.
pub fn serve<P: Program>(len: usize) -> usize {
    let vm = WasmVM::default();
    let input = entry::calldata(len);
    require(!vm.msg_reentrant(), Error::Reentrant);
    require(!entry::value_sent(), Error::ValueSent);
    let (selector, arguments) = (input.split_first_chunk(), Error::UnknownFunction).or_revert();
    let (selector, args) = (u32::from_be_bytes(*selector), Args::new(arguments));
    let store = &mut Storage::default();
    let output = P::view(selector, args, store).unwrap_or_else(|| {
        store.markets.kept = true;
        let output = (P::execute(selector, args, store), Error::UnknownFunction).or_revert();
        vm.flush_cache(false);
        output
    });
    vm.write_result(output);
    0
}

/// Names the functions that a program serves: their selectors as integers, which a `match` compares in one step, and for the
/// exported interface their signatures. It stands in a file of its own, which the program and the one that prints its interface
/// both include: a crate that is a library too would be built without optimisation over crates.
#[macro_export]
macro_rules! functions {
    ($($name:ident = $call:ty;)*) => {
        /// Selectors of the functions that the program serves.
        #[cfg_attr(feature = "export-abi", allow(dead_code, reason = "printing needs no selectors"))]
        pub mod selector {
            use $crate::interfaces::{IMarginVault as vault, IOwnable as ownable};
            use alloy_sol_types::SolCall;

            $(pub const $name: u32 = u32::from_be_bytes(<$call>::SELECTOR);)*
        }

        /// Signatures of the functions that the program serves.
        #[cfg(feature = "export-abi")]
        pub const SERVED: &[&str] = {
            use $crate::interfaces::{IMarginVault as vault, IOwnable as ownable};
            use alloy_sol_types::SolCall;

            &[$(<$call>::SIGNATURE),*]
        };
    };
}

/// The vault's Solidity interface with the functions that a program serves, and no others.
#[must_use]
pub fn interface_of(served: &[&str]) -> String {
    let serves = |name: &str| {
        served
            .iter()
            .any(|signature| signature.split('(').next() == Some(name))
    };
    let (mut interface, mut comment) = (String::new(), String::new());
    let mut left_out = false;
    for line in include_str!("../../interfaces/IMarginVault.sol").lines() {
        let words = line.trim_start();
        if words.starts_with("///") {
            comment = comment + line + "\n";
            continue;
        }
        let name = words
            .strip_prefix("function ")
            .and_then(|rest| rest.split('(').next());
        left_out = left_out || name.is_some_and(|name| !serves(name));
        if !left_out {
            interface = interface + &comment + line + "\n";
        }
        comment.clear();
        left_out = left_out && !line.contains(';');
    }
    if serves("owner") {
        interface
    } else {
        interface.replace(" is IOwnable", "")
    }
}
