//! Why the chain refuses something.

use alloy::primitives::{Address, B256, U256};

use crate::evm::{ExecutionError, InvalidTransaction};

/// A request that the chain refuses. The texts of transaction errors are geth's, which clients match.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// The signature does not recover to an address.
    #[error("invalid sender")]
    InvalidSignature,
    /// A transaction type that Arbitrum does not have.
    #[error("transaction type not supported")]
    UnsupportedType,
    /// The transaction was signed for another chain.
    #[error("invalid chain id for signer: have {have} want {want}")]
    WrongChain {
        /// The transaction's chain id.
        have: u64,
        /// This chain's id.
        want: u64,
    },
    /// The transaction is in the pool or in a block already.
    #[error("already known")]
    AlreadyKnown,
    /// Another transaction of the same sender and nonce waits and pays about as much.
    #[error("replacement transaction underpriced")]
    ReplacementUnderpriced,
    /// The pool is full.
    #[error("txpool is full")]
    PoolFull,
    /// A sender has too many waiting transactions.
    #[error("account limit exceeded")]
    SenderLimit,
    /// Nonce below the sender's next one.
    #[error("nonce too low: next nonce {next}, tx nonce {nonce}")]
    NonceTooLow {
        /// The sender's next nonce.
        next: u64,
        /// The transaction's nonce.
        nonce: u64,
    },
    /// The sender cannot pay for the transaction, in wei.
    #[error("insufficient funds for gas * price + value: balance {balance}, tx cost {cost}, overshot {}", cost - balance)]
    InsufficientFunds {
        /// The sender's balance.
        balance: U256,
        /// Gas limit x fee cap + value.
        cost: U256,
    },
    /// The transaction or call could not be executed.
    #[error(transparent)]
    Execution(#[from] ExecutionError),
    /// There is no such block.
    #[error("header not found")]
    UnknownBlock,
    /// The block's state was not part of the loaded dump.
    #[error("state of block {0} is not available: it is older than the loaded state")]
    StateUnavailable(u64),
    /// There is no such transaction.
    #[error("transaction {0} not found")]
    UnknownTransaction(B256),
    /// Blocks cannot go back in time.
    #[error("timestamp {timestamp} is before the previous block's timestamp {parent}")]
    TimestampInPast {
        /// The timestamp that was asked for.
        timestamp: u64,
        /// The newest block's timestamp.
        parent: u64,
    },
    /// The node holds no key for the account, and it is not impersonated.
    #[error("unknown account {0}")]
    UnknownAccount(Address),
    /// More blocks than the node mines in one request.
    #[error("cannot mine more than {limit} blocks at once")]
    TooManyBlocks {
        /// The limit.
        limit: u64,
    },
    /// A state dump cannot be read.
    #[error("state dump: {0}")]
    Dump(String),
    /// Execution panicked; the state is untouched.
    #[error("internal error: execution panicked: {0}")]
    Panicked(String),
}

impl From<InvalidTransaction> for ChainError {
    fn from(error: InvalidTransaction) -> Self {
        Self::Execution(error.into())
    }
}
