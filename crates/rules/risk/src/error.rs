//! Why an operation on the ledger is refused.

/// One variant per cause; the contract gives each its own Solidity error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// A result does not fit its type, or a divisor is zero.
    Overflow,
    /// An account would hold more than [`MAX_LEGS`](crate::MAX_LEGS) legs.
    TooManyLegs,
    /// An operation between two accounts names one account twice.
    SameAccount,
    /// The account holds less capital than the operation takes.
    InsufficientCapital,
    /// The account's equity covers its maintenance margin, or it has no position.
    Healthy,
    /// The account has no equity left: it can be deleveraged, not liquidated.
    NoEquity,
    /// The account has too much equity to be deleveraged, or none of the legs that are to be closed.
    NotDeleverageable,
    /// The account is already in the bucket that is due, or above it.
    NotDue,
    /// What profit is worth depends on what insurance will pay for debts that can be closed.
    DebtOpen,
}

/// The result of every fallible function of this crate.
pub type Result<T> = core::result::Result<T, Error>;
