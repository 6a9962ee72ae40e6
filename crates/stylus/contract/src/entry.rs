//! The start of a call of a contract with the SDK's router.
//!
//! The router reverts without data for whatever does not fit the ABI: a selector that it does not serve, arguments that do not
//! decode, ether. Here each has its error, by the names that the programs with a router of their own give them. The contracts'
//! own errors are never without data (see [`errors!`](crate::errors)), so that nothing else is taken for one of these.

use alloc::vec::Vec;

use alloy_primitives::U256;
use alloy_sol_types::{SolError, sol};
use program_support::entry::{calldata, value_sent};
use stylus_sdk::ArbResult;
use stylus_sdk::abi::{CONSTRUCTOR_SELECTOR, Router};
use stylus_sdk::host::{VM, WasmVM};
use stylus_sdk::prelude::*;

sol! {
    /// No function takes ether.
    #[derive(Debug)]
    error ValueSent();
    /// There is no function of this selector.
    #[derive(Debug)]
    error UnknownFunction();
    /// The arguments do not decode: too short, or a word beyond its type.
    #[derive(Debug)]
    error InvalidCalldata();
    /// The contract was called back while it was calling out.
    #[derive(Debug)]
    error Reentrant();
}

/// Whether a contract may be called while it is calling out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Reentry {
    /// Whoever calls back is refused, views included.
    Refused,
    /// Views answer; what changes state takes the [`lock`](crate::lock).
    Locked,
}

/// Makes a storage struct with public methods the contract that the program is: what the SDK's `entrypoint` does, with the errors
/// of [`entry`](crate::entry).
#[macro_export]
macro_rules! entrypoint {
    ($contract:ty, $reentry:ident) => {
        // SAFETY: it is the one storage struct that is at slot zero.
        unsafe impl ::stylus_sdk::stylus_core::storage::TopLevelStorage for $contract {}

        /// Serves a call of `len` bytes of calldata. Returns 0, or 1 for a revert.
        #[unsafe(no_mangle)]
        pub extern "C" fn user_entrypoint(len: usize) -> usize {
            $crate::entry::serve::<$contract>(len, $crate::entry::Reentry::$reentry)
        }
    };
}

/// Serves a call of `len` bytes of calldata. Returns 0, or 1 for a revert, whose data it leaves with the host.
pub fn serve<C>(len: usize, reentry: Reentry) -> usize
where
    C: Router<C, Storage = C> + StorageType + TopLevelStorage + ValueDenier,
{
    let host = VM { host: WasmVM {} };
    let input = calldata(len);
    match answer::<C>(&input, &host, reentry) {
        Ok(output) => {
            host.flush_cache(false);
            host.write_result(&output);
            0
        }
        Err(reason) => {
            host.write_result(&reason);
            1
        }
    }
}

fn answer<C>(input: &[u8], host: &VM, reentry: Reentry) -> ArbResult
where
    C: Router<C, Storage = C> + StorageType + TopLevelStorage + ValueDenier,
{
    if reentry == Reentry::Refused && host.msg_reentrant() {
        return Err(Reentrant {}.abi_encode());
    }
    if value_sent() {
        return Err(ValueSent {}.abi_encode());
    }
    let Some((selector, arguments)) = input.split_first_chunk() else {
        return Err(UnknownFunction {}.abi_encode());
    };
    // SAFETY: the contract's storage begins at slot zero, and this is the only value of it.
    let mut contract = unsafe { C::new(U256::ZERO, 0, host.clone()) };
    let selector = u32::from_be_bytes(*selector);
    if selector == CONSTRUCTOR_SELECTOR {
        return named(C::constructor(&mut contract, arguments), || {
            UnknownFunction {}.abi_encode()
        });
    }
    named(C::route(&mut contract, selector, arguments), || {
        InvalidCalldata {}.abi_encode()
    })
}

/// What the router answers: nothing where it knows no such function, and an error without data where it could not call it for the
/// reason that `uncalled` gives.
fn named(answer: Option<ArbResult>, uncalled: impl FnOnce() -> Vec<u8>) -> ArbResult {
    match answer {
        None => Err(UnknownFunction {}.abi_encode()),
        Some(Err(reason)) if reason.is_empty() => Err(uncalled()),
        Some(answer) => answer,
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    fn named_as_undecoded(answer: Option<ArbResult>) -> ArbResult {
        named(answer, || InvalidCalldata {}.abi_encode())
    }

    #[test]
    fn what_the_router_does_not_know_is_an_unknown_function() {
        assert_eq!(
            named_as_undecoded(None),
            Err(UnknownFunction::SELECTOR.to_vec())
        );
    }

    #[test]
    fn an_error_without_data_is_the_routers_own() {
        let undecoded = named_as_undecoded(Some(Err(vec![])));
        assert_eq!(undecoded, Err(InvalidCalldata::SELECTOR.to_vec()));
    }

    #[test]
    fn answers_and_errors_of_a_function_stay_as_they_are() {
        for answer in [Ok(vec![]), Ok(vec![1, 2]), Err(vec![3])] {
            assert_eq!(named_as_undecoded(Some(answer.clone())), answer);
        }
    }
}
