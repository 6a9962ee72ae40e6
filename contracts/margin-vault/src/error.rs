//! Typed reverts.
//!
//! A revert ends the program on the spot: the host drops what it has cached, and nothing has to be handed up the stack, which
//! keeps the program small.

use alloy_sol_types::SolError;
#[cfg(target_arch = "wasm32")]
use stylus_sdk::{
    host::WasmVM,
    stylus_core::{CalldataAccess, MessageAccess},
};

#[cfg(target_arch = "wasm32")]
use crate::abi::encode_call;
use crate::abi::{IMarginVault as vault, IOwnable as ownable};
#[cfg(target_arch = "wasm32")]
use crate::word::Word;

/// Declares one variant per error of an interface. Its number is the error's selector: a program then holds those that it uses.
macro_rules! errors {
    ($($interface:ident { $($name:ident,)+ })+) => {
        /// One variant per cause, each an error of the interface.
        #[derive(Clone, Copy, PartialEq, Eq)]
        #[repr(u32)]
        pub enum Error {
            $($($name = u32::from_be_bytes($interface::$name::SELECTOR),)+)+
        }
    };
}

errors! {
    ownable {
        NotOwner,
        NotPendingOwner,
    }
    vault {
        Overflow,
        TooManyLegs,
        SameAccount,
        InsufficientCapital,
        Healthy,
        NoEquity,
        NotDeleverageable,
        NotDue,
        NotSteward,
        NotAccountOwner,
        AlreadyInitialized,
        NotAClone,
        Reentrant,
        ValueSent,
        UnknownFunction,
        InvalidCalldata,
        InvalidParameters,
        InvalidAmount,
        InvalidRecipient,
        UnknownInstrument,
        ActionBlocked,
        InsufficientMargin,
        RateLimited,
        NotAuthorized,
        CoverExceeded,
        NotForcible,
        DebtOpen,
        OutflowLimited,
        DifferentOwners,
        ReduceOnly,
        OrderMismatch,
        OrderExpired,
        OrderCancelled,
        OrderFilled,
        InvalidSignature,
        PriceOutsideBand,
        OpenInterestLimit,
        InvalidExpiry,
        InvalidStrike,
        SeriesExists,
        TooManySeries,
        SeriesOpen,
        ExposureLimit,
        NothingToRecover,
        TokenFailed,
        GuardFailed,
        EngineFailed,
        PoolFailed,
    }
}

impl From<risk::Error> for Error {
    fn from(refusal: risk::Error) -> Self {
        match refusal {
            risk::Error::Overflow => Self::Overflow,
            risk::Error::TooManyLegs => Self::TooManyLegs,
            risk::Error::SameAccount => Self::SameAccount,
            risk::Error::InsufficientCapital => Self::InsufficientCapital,
            risk::Error::Healthy => Self::Healthy,
            risk::Error::NoEquity => Self::NoEquity,
            risk::Error::NotDeleverageable => Self::NotDeleverageable,
            risk::Error::NotDue => Self::NotDue,
        }
    }
}

#[cfg(target_arch = "wasm32")]
#[link(wasm_import_module = "vm_hooks")]
unsafe extern "C" {
    fn exit_early(status: u32) -> !;
}

/// Ends the call, with the error as its revert data; an error about the caller names it.
#[cfg(target_arch = "wasm32")]
#[cold]
#[inline(never)]
pub fn revert(error: Error) -> ! {
    let vm = WasmVM::default();
    let about_caller = matches!(
        error,
        Error::NotOwner
            | Error::NotPendingOwner
            | Error::NotSteward
            | Error::NotAccountOwner
            | Error::NotAuthorized
    );
    let caller = [Word::of_address(vm.msg_sender())];
    let words = if about_caller { &caller[..] } else { &[] };
    vm.write_result(encode_call((error as u32).to_be_bytes(), words));
    // SAFETY: the call ends here.
    unsafe { exit_early(1) }
}

/// Panics: on the host, where packing is tested and the interface printed, there is no call to end.
///
/// # Panics
/// Always.
#[cfg(not(target_arch = "wasm32"))]
pub fn revert(error: Error) -> ! {
    panic!("reverted with {:08x}", error as u32)
}

/// Ends the call with what the ledger refused.
#[cold]
#[inline(never)]
fn refuse(refusal: risk::Error) -> ! {
    revert(refusal.into())
}

/// Reverts unless a condition holds.
pub fn require(condition: bool, error: Error) {
    if !condition {
        revert(error);
    }
}

/// What holds a value, or the reason for a revert.
pub trait OrRevert<T> {
    /// The value; reverts if there is none.
    fn or_revert(self) -> T;
}

impl<T> OrRevert<T> for risk::Result<T> {
    fn or_revert(self) -> T {
        match self {
            Ok(value) => value,
            Err(refusal) => refuse(refusal),
        }
    }
}

impl<T> OrRevert<T> for (Option<T>, Error) {
    fn or_revert(self) -> T {
        match self.0 {
            Some(value) => value,
            None => revert(self.1),
        }
    }
}
