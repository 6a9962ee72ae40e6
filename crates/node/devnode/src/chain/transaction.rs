//! Transactions as the chain keeps them, and as the executor wants them.

use std::sync::Arc;

use alloy::{
    consensus::{Transaction as _, TxEnvelope, Typed2718, transaction::SignerRecoverable},
    primitives::{Address, B256, Signature, U256},
};
use revm::{context::TxEnv, context_interface::either::Either};

use super::ChainError;

/// Bits of an address.
const SENDER_BITS: usize = 160;

/// A transaction with its sender.
#[derive(Clone, Debug)]
pub struct ChainTransaction {
    /// The signed transaction.
    pub envelope: TxEnvelope,
    /// Who sent it.
    pub from: Address,
    /// Whether it was sent without the sender's key; the signature is a placeholder then.
    pub impersonated: bool,
}

/// A transaction that pool, blocks and subscribers share.
pub type SharedTransaction = Arc<ChainTransaction>;

impl ChainTransaction {
    /// Recovers the sender from the signature.
    ///
    /// # Errors
    /// [`ChainError::InvalidSignature`].
    pub fn signed(envelope: TxEnvelope) -> Result<Self, ChainError> {
        let from = envelope
            .recover_signer()
            .map_err(|_| ChainError::InvalidSignature)?;
        Ok(Self {
            envelope,
            from,
            impersonated: false,
        })
    }

    /// The transaction hash.
    pub fn hash(&self) -> B256 {
        *self.envelope.hash()
    }

    /// The transaction as the executor wants it.
    pub fn to_env(&self) -> TxEnv {
        let tx = &self.envelope;
        let authorizations = tx.authorization_list().unwrap_or_default();
        TxEnv {
            tx_type: tx.ty(),
            caller: self.from,
            gas_limit: tx.gas_limit(),
            gas_price: tx.max_fee_per_gas(),
            gas_priority_fee: tx.max_priority_fee_per_gas(),
            kind: tx.kind(),
            value: tx.value(),
            data: tx.input().clone(),
            nonce: tx.nonce(),
            chain_id: tx.chain_id(),
            access_list: tx.access_list().cloned().unwrap_or_default(),
            authorization_list: authorizations.iter().cloned().map(Either::Left).collect(),
            ..Default::default()
        }
    }
}

/// Stands where a signature is needed for a sender whose key is not known. It names the sender, so
/// that equal transactions of different senders have different hashes, and is above zero in both parts, which clients check.
pub fn placeholder_signature(from: Address) -> Signature {
    let sender = U256::from_be_slice(from.as_slice());
    Signature::new(sender | U256::ONE << SENDER_BITS, U256::ONE, false)
}
