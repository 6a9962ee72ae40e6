//! Why a transaction cannot be executed at all.

use revm::primitives::{Address, U256};

/// The transaction never ran and left no trace; no gas was charged.
#[derive(Debug, thiserror::Error)]
pub enum ExecutionError {
    /// The transaction breaks a rule. The text is what geth's JSON-RPC answers.
    #[error(transparent)]
    Invalid(#[from] InvalidTransaction),
    /// The database could not answer.
    #[error("state database: {0}")]
    Database(String),
    /// A fault of the node itself.
    #[error("internal error: {0}")]
    Internal(String),
}

/// A rule that a transaction broke, in geth's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTransaction {
    /// The nonce was used already.
    #[error("nonce too low: address {sender}, tx: {tx} state: {state}")]
    NonceTooLow {
        /// The sender.
        sender: Address,
        /// The transaction's nonce.
        tx: u64,
        /// The sender's next nonce.
        state: u64,
    },
    /// Earlier nonces are missing.
    #[error("nonce too high: address {sender}, tx: {tx} state: {state}")]
    NonceTooHigh {
        /// The sender.
        sender: Address,
        /// The transaction's nonce.
        tx: u64,
        /// The sender's next nonce.
        state: u64,
    },
    /// The sender's nonce cannot grow.
    #[error("nonce has max value: address {sender}")]
    NonceOverflow {
        /// The sender.
        sender: Address,
    },
    /// The sender cannot pay for the gas limit at its highest price, plus the value, in wei.
    #[error("insufficient funds for gas * price + value: address {sender} have {have} want {want}")]
    InsufficientFunds {
        /// The sender.
        sender: Address,
        /// The sender's balance, in wei.
        have: U256,
        /// What the transaction may cost, in wei.
        want: U256,
    },
    /// The gas limit does not cover the transaction's fixed costs.
    #[error("intrinsic gas too low: have {have}, want {want}")]
    IntrinsicGasTooLow {
        /// The transaction's gas limit.
        have: u64,
        /// Gas needed before execution starts.
        want: u64,
    },
    /// The gas limit does not cover EIP-7623's price of the calldata.
    #[error("insufficient gas for floor data gas cost: have {have}, want {want}")]
    FloorDataGas {
        /// The transaction's gas limit.
        have: u64,
        /// The least the transaction may use.
        want: u64,
    },
    /// The highest price is below the base fee, both in wei.
    #[error(
        "max fee per gas less than block base fee: address {sender}, maxFeePerGas: {max_fee}, baseFee: {base_fee}"
    )]
    FeeCapTooLow {
        /// The sender.
        sender: Address,
        /// The transaction's fee cap, in wei per gas.
        max_fee: u128,
        /// The block's base fee, in wei per gas.
        base_fee: u64,
    },
    /// The tip exceeds the fee cap.
    #[error("max priority fee per gas higher than max fee per gas")]
    TipAboveFeeCap,
    /// EIP-3607: the sender has code.
    #[error("sender not an eoa: address {sender}")]
    SenderNotEoa {
        /// The sender.
        sender: Address,
    },
    /// The gas limit exceeds the block's.
    #[error("exceeds block gas limit")]
    GasLimitReached,
    /// EIP-3860: creation code is too large.
    #[error("max initcode size exceeded")]
    InitCodeTooLarge,
    /// The transaction was signed for another chain.
    #[error("invalid chain id for signer")]
    ChainId,
    /// Arbitrum has no blobs.
    #[error("transaction type not supported")]
    TypeNotSupported,
    /// Anything else, in revm's words.
    #[error("{0}")]
    Other(String),
}
