//! How a program of the guard is called, and what it exports.

use alloc::string::String;
use alloc::vec::Vec;

use alloy_sol_types::SolError;
use program_support::{entry, exit, interface};
use stylus_sdk::host::WasmVM;
use stylus_sdk::stylus_core::{CalldataAccess, MessageAccess, StorageAccess};

use crate::abi::guard;
use crate::arguments::Args;
use crate::host::unknown_function;

pub use program_support::functions as program_functions;

/// The selector under which every Stylus program is constructed, whatever its arguments: that of `stylus_constructor()`.
pub const CONSTRUCTOR: u32 = 0x5585_258d;

/// One of the guard's programs: the functions that it serves, by their selectors.
pub trait Program {
    /// Serves a function that changes nothing; `None` if the selector is not one's.
    fn view(selector: u32, args: Args) -> Option<Vec<u8>>;
    /// Serves a function that may change state; `None` if the selector is not one's.
    fn execute(selector: u32, args: Args) -> Option<Vec<u8>>;
    /// Serves a call of functions that are not one's: refuses it, unless another program may know them.
    fn hand_on(_input: &[u8]) -> Vec<u8> {
        unknown_function()
    }
}

/// Serves a call of `len` bytes of calldata. Returns 0; a revert does not return.
pub fn serve<P: Program>(len: usize) -> usize {
    let vm = WasmVM::default();
    let input = entry::calldata(len);
    if vm.msg_reentrant() {
        exit::revert(&guard::Reentrant::SELECTOR);
    }
    if entry::value_sent() {
        exit::revert(&guard::ValueSent::SELECTOR);
    }
    let Some((selector, arguments)) = input.split_first_chunk() else {
        unknown_function()
    };
    let (selector, args) = (u32::from_be_bytes(*selector), Args::new(arguments));
    let output = P::view(selector, args).unwrap_or_else(|| {
        let output = P::execute(selector, args);
        vm.flush_cache(false);
        output.unwrap_or_else(|| P::hand_on(&input))
    });
    vm.write_result(&output);
    0
}

/// Names the functions that a program serves: see [`program_support::functions!`].
#[macro_export]
macro_rules! functions {
    ($($functions:tt)*) => {
        $crate::program::program_functions! {
            {
                use $crate::abi::{guard, ownable};
            }
            $($functions)*
        }
    };
}

/// The guard's Solidity interface with the functions that a program serves, and no others.
#[must_use]
pub fn interface_of(served: &[&str]) -> String {
    let whole = include_str!("../../../interfaces/IOracleGuard.sol");
    interface::part_of(whole, served)
}
