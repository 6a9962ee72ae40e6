//! How a program is called, and what it exports.

use alloc::string::String;

use program_support::{entry, interface};
use stylus_sdk::host::WasmVM;
use stylus_sdk::stylus_core::{CalldataAccess, MessageAccess, StorageAccess};

use crate::abi::{Args, Bytes};
use crate::error::{Error, OrRevert, require};
use crate::storage::Storage;

pub use program_support::functions as program_functions;

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
    // Views, too: what they would read is in the middle of a change.
    require(!vm.msg_reentrant(), Error::Reentrant);
    require(!entry::value_sent(), Error::ValueSent);
    let (selector, arguments) = (input.split_first_chunk(), Error::UnknownFunction).or_revert();
    let (selector, args) = (u32::from_be_bytes(*selector), Args::new(arguments));
    let store = &mut Storage::default();
    // Views come first and are never flushed: what they write is gone when they return.
    let output = P::view(selector, args, store).unwrap_or_else(|| {
        store.valuations.kept = true;
        let output = (P::execute(selector, args, store), Error::UnknownFunction).or_revert();
        vm.flush_cache(false);
        output
    });
    vm.write_result(output);
    0
}

/// Names the functions that a program serves: see [`program_support::functions!`].
#[macro_export]
macro_rules! functions {
    ($($functions:tt)*) => {
        $crate::program::program_functions! {
            {
                use $crate::interfaces::{IMarginVault as vault, IOwnable as ownable};
            }
            $($functions)*
        }
    };
}

/// The vault's Solidity interface with the functions that a program serves, and no others.
#[must_use]
pub fn interface_of(served: &[&str]) -> String {
    interface::part_of(include_str!("../../../interfaces/IMarginVault.sol"), served)
}
