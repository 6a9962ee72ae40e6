//! Typed reverts.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolError;

use crate::abi::{IMarginVault as vault, IOwnable as ownable, encode_call};
use crate::word::Word;

/// The result of every fallible function of this contract.
pub type Result<T> = core::result::Result<T, Error>;

/// One variant per cause, each an error of the interface.
#[derive(Clone, Copy)]
pub enum Error {
    NotOwner(Address),
    NotPendingOwner(Address),
    NotAccountOwner(Address),
    AlreadyInitialized,
    NotAClone,
    Reentrant,
    ValueSent,
    UnknownFunction,
    InvalidCalldata,
    InvalidParameters,
    InvalidAmount,
    InvalidRecipient,
    Overflow,
    UnknownInstrument(u32),
    ActionBlocked(u32, u8),
    SameAccount,
    TooManyLegs,
    TooFewLegs(u128),
    InsufficientCapital,
    InsufficientMargin(B256),
    ReduceOnly,
    OrderMismatch,
    OrderExpired,
    OrderCancelled,
    OrderFilled,
    InvalidSignature(Address),
    PriceOutsideBand,
    OpenInterestLimit,
    Healthy,
    NoEquity,
    NotDeleverageable,
    NotDue,
    NothingToRecover,
    TokenFailed,
    GuardFailed,
    PoolFailed,
}

impl From<risk::Error> for Error {
    fn from(error: risk::Error) -> Self {
        match error {
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

impl Error {
    /// Revert data.
    pub fn encode(self) -> Vec<u8> {
        let mut words = [Word::ZERO; 2];
        let (selector, count) = match self {
            Self::NotOwner(caller) => {
                words[0] = Word::of_address(caller);
                (ownable::NotOwner::SELECTOR, 1)
            }
            Self::NotPendingOwner(caller) => {
                words[0] = Word::of_address(caller);
                (ownable::NotPendingOwner::SELECTOR, 1)
            }
            Self::NotAccountOwner(caller) => {
                words[0] = Word::of_address(caller);
                (vault::NotAccountOwner::SELECTOR, 1)
            }
            Self::UnknownInstrument(instrument) => {
                words[0] = Word::of(instrument.into());
                (vault::UnknownInstrument::SELECTOR, 1)
            }
            Self::ActionBlocked(instrument, tier) => {
                words = [Word::of(instrument.into()), Word::of(tier.into())];
                (vault::ActionBlocked::SELECTOR, 2)
            }
            Self::TooFewLegs(needed) => {
                words[0] = Word::of(needed);
                (vault::TooFewLegs::SELECTOR, 1)
            }
            Self::InsufficientMargin(account) => {
                words[0] = Word::of_bytes(&account.0);
                (vault::InsufficientMargin::SELECTOR, 1)
            }
            Self::InvalidSignature(signer) => {
                words[0] = Word::of_address(signer);
                (vault::InvalidSignature::SELECTOR, 1)
            }
            Self::AlreadyInitialized => (vault::AlreadyInitialized::SELECTOR, 0),
            Self::NotAClone => (vault::NotAClone::SELECTOR, 0),
            Self::Reentrant => (vault::Reentrant::SELECTOR, 0),
            Self::ValueSent => (vault::ValueSent::SELECTOR, 0),
            Self::UnknownFunction => (vault::UnknownFunction::SELECTOR, 0),
            Self::InvalidCalldata => (vault::InvalidCalldata::SELECTOR, 0),
            Self::InvalidParameters => (vault::InvalidParameters::SELECTOR, 0),
            Self::InvalidAmount => (vault::InvalidAmount::SELECTOR, 0),
            Self::InvalidRecipient => (vault::InvalidRecipient::SELECTOR, 0),
            Self::Overflow => (vault::Overflow::SELECTOR, 0),
            Self::SameAccount => (vault::SameAccount::SELECTOR, 0),
            Self::TooManyLegs => (vault::TooManyLegs::SELECTOR, 0),
            Self::InsufficientCapital => (vault::InsufficientCapital::SELECTOR, 0),
            Self::ReduceOnly => (vault::ReduceOnly::SELECTOR, 0),
            Self::OrderMismatch => (vault::OrderMismatch::SELECTOR, 0),
            Self::OrderExpired => (vault::OrderExpired::SELECTOR, 0),
            Self::OrderCancelled => (vault::OrderCancelled::SELECTOR, 0),
            Self::OrderFilled => (vault::OrderFilled::SELECTOR, 0),
            Self::PriceOutsideBand => (vault::PriceOutsideBand::SELECTOR, 0),
            Self::OpenInterestLimit => (vault::OpenInterestLimit::SELECTOR, 0),
            Self::Healthy => (vault::Healthy::SELECTOR, 0),
            Self::NoEquity => (vault::NoEquity::SELECTOR, 0),
            Self::NotDeleverageable => (vault::NotDeleverageable::SELECTOR, 0),
            Self::NotDue => (vault::NotDue::SELECTOR, 0),
            Self::NothingToRecover => (vault::NothingToRecover::SELECTOR, 0),
            Self::TokenFailed => (vault::TokenFailed::SELECTOR, 0),
            Self::GuardFailed => (vault::GuardFailed::SELECTOR, 0),
            Self::PoolFailed => (vault::PoolFailed::SELECTOR, 0),
        };
        encode_call(selector, &words[..count])
    }
}
