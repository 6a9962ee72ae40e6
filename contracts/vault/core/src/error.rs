//! Typed reverts. A revert ends the program on the spot.

use alloy_sol_types::SolError;
use program_support::exit;

use crate::interfaces::{IMarginVault as vault, IOwnable as ownable};

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
        NotInitialized,
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
        InsufficientGas,
        PriceOutsideBand,
        OpenInterestLimit,
        InvalidExpiry,
        InvalidStrike,
        SeriesExists,
        TooManySeries,
        SeriesOpen,
        SeriesClosing,
        NotClosing,
        SettlementPending,
        ExposureLimit,
        NothingToRecover,
        TokenFailed,
        GuardFailed,
        EngineFailed,
        PoolFailed,
        PoolBusy,
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
            risk::Error::DebtOpen => Self::DebtOpen,
        }
    }
}

/// Ends the call, with the error as its revert data; an error about the caller names it.
#[cold]
#[inline(never)]
pub fn revert(error: Error) -> ! {
    let about_caller = matches!(
        error,
        Error::NotOwner
            | Error::NotPendingOwner
            | Error::NotSteward
            | Error::NotAccountOwner
            | Error::NotAuthorized
    );
    let selector = (error as u32).to_be_bytes();
    if about_caller {
        exit::revert_about_caller(selector);
    }
    exit::revert(&selector)
}

/// Ends the call with what the ledger refused. In a program the ledger calls it where it refuses: see [`risk::Refused`].
#[cold]
#[inline(never)]
#[cfg_attr(target_family = "wasm", unsafe(export_name = "risk_refused"))]
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

#[cfg_attr(
    not(target_family = "wasm"),
    expect(clippy::useless_conversion, reason = "in a program it is one")
)]
impl<T> OrRevert<T> for risk::Result<T> {
    fn or_revert(self) -> T {
        match self {
            Ok(value) => value,
            Err(refusal) => refuse(risk::Error::from(refusal)),
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
