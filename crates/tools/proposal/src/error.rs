//! Why nothing can be said about a proposal.

use super::{decode::DecodeError, input::InputError, reader::ReadError};
use alloy::primitives::{Address, B256, U256};
use client::chain::ChainError;
use pictures::PlotError;

/// Why nothing can be said about a proposal.
#[derive(Debug, thiserror::Error)]
pub enum ProposalError {
    /// It is not known what was given.
    #[error(transparent)]
    Input(#[from] InputError),
    /// It cannot be taken apart.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The system cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It names no governor.
    #[error("proposal {0} is on chain: say with --to which governor has it")]
    NoGovernor(U256),
    /// The governor does not have it.
    #[error("{governor} has no proposal {id}: {reason}")]
    NoProposal {
        /// The governor.
        governor: Address,
        /// The number.
        id: U256,
        /// What it answers.
        reason: ReadError,
    },
    /// There is no factory where one should be.
    #[error("{factory} is not a market factory: {reason}")]
    NoFactory {
        /// Where.
        factory: Address,
        /// What it answers.
        reason: ChainError,
    },
    /// Calls that succeed by themselves fail when views follow.
    #[error(
        "a call of {target} fails where it succeeded before ({reason}): does the node limit gas?"
    )]
    RevertsWithViews {
        /// The contract.
        target: Address,
        /// Its error.
        reason: String,
    },
    /// An account is in one answer, and not in another.
    #[error("account {0} was not answered for")]
    AccountLost(B256),
    /// A quantity is beyond what the ledger computes with.
    #[error("a quantity does not fit the ledger's arithmetic: {0:?}")]
    Arithmetic(risk::Error),
    /// The picture.
    #[error(transparent)]
    Plot(#[from] PlotError),
}

impl ProposalError {
    /// Whether another input, and not another try, is what it needs.
    pub fn is_bad_input(&self) -> bool {
        matches!(self, Self::Input(_) | Self::Decode(_) | Self::NoGovernor(_))
    }
}

impl From<ChainError> for ProposalError {
    fn from(error: ChainError) -> Self {
        ReadError::from(error).into()
    }
}

impl From<risk::Error> for ProposalError {
    fn from(error: risk::Error) -> Self {
        Self::Arithmetic(error)
    }
}
