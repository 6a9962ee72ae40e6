//! Why a portfolio is refused.

use crate::{Error, Refused, refused};

/// One variant per cause; the engine gives each its own Solidity error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Spot or stable price is zero, or a price is above [`Price::MAX`](crate::Price::MAX).
    Price,
    /// A range is too wide.
    Range,
    /// There are more than [`MAX_OPTIONS`](super::scenario::MAX_OPTIONS).
    TooManyOptions,
    /// A result does not fit.
    Overflow,
}

/// The result of what may be refused.
pub type Result<T> = core::result::Result<T, Refusal>;

impl From<Error> for Refusal {
    fn from(_: Error) -> Self {
        Self::Overflow
    }
}

impl From<Refusal> for Refused {
    fn from(_: Refusal) -> Self {
        refused(Error::Overflow)
    }
}

#[cfg(feature = "final")]
impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        match refused {}
    }
}
