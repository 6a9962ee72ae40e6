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

/// One variant per cause, each an error of the interface.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// The ledger refused.
    Ledger(risk::Error),
    NotOwner,
    NotPendingOwner,
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

impl Error {
    const fn selector(self) -> u32 {
        u32::from_be_bytes(match self {
            Self::Ledger(risk::Error::Overflow) => vault::Overflow::SELECTOR,
            Self::Ledger(risk::Error::TooManyLegs) => vault::TooManyLegs::SELECTOR,
            Self::Ledger(risk::Error::SameAccount) => vault::SameAccount::SELECTOR,
            Self::Ledger(risk::Error::InsufficientCapital) => vault::InsufficientCapital::SELECTOR,
            Self::Ledger(risk::Error::Healthy) => vault::Healthy::SELECTOR,
            Self::Ledger(risk::Error::NoEquity) => vault::NoEquity::SELECTOR,
            Self::Ledger(risk::Error::NotDeleverageable) => vault::NotDeleverageable::SELECTOR,
            Self::Ledger(risk::Error::NotDue) => vault::NotDue::SELECTOR,
            Self::NotOwner => ownable::NotOwner::SELECTOR,
            Self::NotPendingOwner => ownable::NotPendingOwner::SELECTOR,
            Self::NotSteward => vault::NotSteward::SELECTOR,
            Self::NotAccountOwner => vault::NotAccountOwner::SELECTOR,
            Self::AlreadyInitialized => vault::AlreadyInitialized::SELECTOR,
            Self::NotAClone => vault::NotAClone::SELECTOR,
            Self::Reentrant => vault::Reentrant::SELECTOR,
            Self::ValueSent => vault::ValueSent::SELECTOR,
            Self::UnknownFunction => vault::UnknownFunction::SELECTOR,
            Self::InvalidCalldata => vault::InvalidCalldata::SELECTOR,
            Self::InvalidParameters => vault::InvalidParameters::SELECTOR,
            Self::InvalidAmount => vault::InvalidAmount::SELECTOR,
            Self::InvalidRecipient => vault::InvalidRecipient::SELECTOR,
            Self::UnknownInstrument => vault::UnknownInstrument::SELECTOR,
            Self::ActionBlocked => vault::ActionBlocked::SELECTOR,
            Self::InsufficientMargin => vault::InsufficientMargin::SELECTOR,
            Self::RateLimited => vault::RateLimited::SELECTOR,
            Self::NotAuthorized => vault::NotAuthorized::SELECTOR,
            Self::CoverExceeded => vault::CoverExceeded::SELECTOR,
            Self::NotForcible => vault::NotForcible::SELECTOR,
            Self::DebtOpen => vault::DebtOpen::SELECTOR,
            Self::OutflowLimited => vault::OutflowLimited::SELECTOR,
            Self::DifferentOwners => vault::DifferentOwners::SELECTOR,
            Self::ReduceOnly => vault::ReduceOnly::SELECTOR,
            Self::OrderMismatch => vault::OrderMismatch::SELECTOR,
            Self::OrderExpired => vault::OrderExpired::SELECTOR,
            Self::OrderCancelled => vault::OrderCancelled::SELECTOR,
            Self::OrderFilled => vault::OrderFilled::SELECTOR,
            Self::InvalidSignature => vault::InvalidSignature::SELECTOR,
            Self::PriceOutsideBand => vault::PriceOutsideBand::SELECTOR,
            Self::OpenInterestLimit => vault::OpenInterestLimit::SELECTOR,
            Self::InvalidExpiry => vault::InvalidExpiry::SELECTOR,
            Self::InvalidStrike => vault::InvalidStrike::SELECTOR,
            Self::SeriesExists => vault::SeriesExists::SELECTOR,
            Self::TooManySeries => vault::TooManySeries::SELECTOR,
            Self::SeriesOpen => vault::SeriesOpen::SELECTOR,
            Self::ExposureLimit => vault::ExposureLimit::SELECTOR,
            Self::NothingToRecover => vault::NothingToRecover::SELECTOR,
            Self::TokenFailed => vault::TokenFailed::SELECTOR,
            Self::GuardFailed => vault::GuardFailed::SELECTOR,
            Self::EngineFailed => vault::EngineFailed::SELECTOR,
            Self::PoolFailed => vault::PoolFailed::SELECTOR,
        })
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
    vm.write_result(encode_call(error.selector().to_be_bytes(), words));
    // SAFETY: the call ends here.
    unsafe { exit_early(1) }
}

/// Panics: on the host, where packing is tested and the interface printed, there is no call to end.
///
/// # Panics
/// Always.
#[cfg(not(target_arch = "wasm32"))]
pub fn revert(error: Error) -> ! {
    panic!("reverted with {:08x}", error.selector())
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
            Err(error) => revert(Error::Ledger(error)),
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
