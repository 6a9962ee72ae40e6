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
pub type Result<T> = core::result::Result<T, Refused>;

/// What stands for a refusal in a [`Result`]: what is refused goes up to whoever called.
#[cfg(not(feature = "final"))]
pub type Refused = Error;

/// What stands for a refusal in a [`Result`]: none comes back, for [`refused`] ends the program.
///
/// A program on chain reverts whatever is refused, so that nothing has to carry a refusal up the stack: results are as large as what
/// they hold, and no call is followed by a test. That takes a tenth of a program's size. What a caller goes on after says so by its
/// type: an `Option`, or a result with [`Error`] itself.
// It derives nothing, so that no result can be compared with one: what differs on chain does not compile there.
#[cfg(feature = "final")]
#[allow(missing_debug_implementations, reason = "there is none")]
pub enum Refused {}

#[cfg(feature = "final")]
impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        match refused {}
    }
}

/// Refuses an operation, for good with the feature `final`.
#[cfg(not(feature = "final"))]
pub(crate) const fn refused(error: Error) -> Refused {
    error
}

/// Refuses an operation, for good with the feature `final`.
#[cfg(feature = "final")]
#[cold]
pub(crate) fn refused(error: Error) -> Refused {
    end(error)
}

/// [`refused`] as a result.
#[cfg_attr(
    feature = "final",
    expect(unreachable_code, reason = "the program has ended")
)]
pub(crate) fn refuse<T>(error: Error) -> Result<T> {
    Err(refused(error))
}

#[cfg(feature = "final")]
#[expect(unsafe_code, reason = "declares what ends the program")]
unsafe extern "Rust" {
    /// Ends the program for a refusal; whoever turns the feature on defines it.
    #[link_name = "risk_refused"]
    safe fn end(error: Error) -> !;
}
