//! Sending transactions, signed by the client or by the node.

use std::time::{Duration, Instant};

use alloy::{
    consensus::{SignableTransaction, TxEnvelope, TypedTransaction},
    eips::{
        BlockId,
        eip2718::{Decodable2718, Encodable2718},
    },
    primitives::{Address, B256, Bytes, Signature, TxKind},
    rpc::types::{Transaction, TransactionRequest},
    signers::SignerSync,
};

use super::{
    Rpc, RpcError,
    calls::refuse_blobs,
    registry::{Args, Registry, RpcResult},
    types::{ArbReceipt, Number, waiting_transaction},
};
use crate::chain::{ChainError, ChainTransaction, placeholder_signature};

/// How long `eth_sendRawTransactionSync` waits if the client does not say.
const SYNC_TIMEOUT: Duration = Duration::from_secs(20);
/// The longest that it waits.
const MAX_SYNC_TIMEOUT: Duration = Duration::from_secs(60);
/// How often it looks.
const SYNC_POLL: Duration = Duration::from_millis(20);

pub(super) fn register(registry: &mut Registry) {
    registry.heavy(&["eth_sendRawTransaction"], |rpc, args| {
        rpc.send_raw(&args.next()?)
    });
    registry.heavy(&["eth_sendRawTransactionSync"], send_raw_sync);
    registry.heavy(&["eth_sendTransaction"], |rpc, args| {
        let request = args.next()?;
        rpc.may_send(rpc.sender(&request))?;
        let transaction = rpc.fill(request)?;
        Ok(rpc.chain.send(rpc.sign(transaction)?)?)
    });
    registry.heavy(&["eth_sendUnsignedTransaction"], |rpc, args| {
        let (from, transaction) = rpc.fill(args.next()?)?;
        Ok(rpc.chain.send(impersonated(from, transaction))?)
    });
    registry.heavy(&["eth_signTransaction"], |rpc, args| {
        let (from, transaction) = rpc.fill(args.next()?)?;
        rpc.signer(from)?;
        let signed = rpc.sign((from, transaction))?;
        Ok(Bytes::from(signed.envelope.encoded_2718()))
    });
    registry.heavy(&["eth_fillTransaction"], fill_transaction);
}

fn send_raw_sync(rpc: &Rpc, args: &mut Args) -> RpcResult<ArbReceipt> {
    let raw: Bytes = args.next()?;
    let timeout = args
        .optional::<Number>()?
        .map_or(SYNC_TIMEOUT, |ms| Duration::from_millis(ms.0));
    let deadline = Instant::now() + timeout.min(MAX_SYNC_TIMEOUT);
    let hash = rpc.send_raw(&raw)?;
    loop {
        if let Some(receipt) = rpc.receipt(&hash) {
            return Ok(receipt);
        }
        if Instant::now() >= deadline {
            return Err(RpcError::Refused(format!(
                "the transaction was not mined in time: {hash}"
            )));
        }
        std::thread::sleep(SYNC_POLL);
    }
}

#[derive(serde::Serialize)]
struct Filled {
    raw: Bytes,
    tx: Transaction,
}

fn fill_transaction(rpc: &Rpc, args: &mut Args) -> RpcResult<Filled> {
    let (from, transaction) = rpc.fill(args.next()?)?;
    let transaction = impersonated(from, transaction);
    Ok(Filled {
        raw: transaction.envelope.encoded_2718().into(),
        tx: waiting_transaction(&transaction),
    })
}

/// A transaction with a placeholder instead of a signature.
pub(super) fn impersonated(from: Address, transaction: TypedTransaction) -> ChainTransaction {
    let envelope = envelope(transaction, placeholder_signature(from));
    ChainTransaction {
        envelope,
        from,
        impersonated: true,
    }
}

fn envelope(transaction: TypedTransaction, signature: Signature) -> TxEnvelope {
    transaction.into_signed(signature).into()
}

impl Rpc {
    fn send_raw(&self, raw: &Bytes) -> RpcResult<B256> {
        let envelope = TxEnvelope::decode_2718_exact(raw).map_err(|error| {
            RpcError::InvalidParams(format!("failed to decode signed transaction: {error}"))
        })?;
        Ok(self.chain.send(ChainTransaction::signed(envelope)?)?)
    }

    /// Who a request is from: the first account unless it says.
    fn sender(&self, request: &TransactionRequest) -> Address {
        request
            .from
            .unwrap_or_else(|| self.accounts.signers()[0].address())
    }

    /// Refuses accounts that the node cannot send for, before anything is estimated.
    fn may_send(&self, from: Address) -> RpcResult<()> {
        if self.accounts.signer(from).is_some() || self.chain.is_impersonated(from) {
            return Ok(());
        }
        Err(ChainError::UnknownAccount(from).into())
    }

    /// Completes a request with whatever it leaves to the node.
    fn fill(&self, mut request: TransactionRequest) -> RpcResult<(Address, TypedTransaction)> {
        refuse_blobs(&request)?;
        let from = self.sender(&request);
        request.from = Some(from);
        request.to.get_or_insert(TxKind::Create);
        request.chain_id.get_or_insert(self.chain.chain_id());
        if request.nonce.is_none() {
            request.nonce = Some(self.chain.pending_nonce(from));
        }
        self.fill_fees(&mut request);
        if request.gas.is_none() {
            let state = self.chain.state_at(BlockId::pending())?;
            request.gas = Some(self.estimate_gas(&state, &request)?);
        }
        let transaction = request
            .build_consensus_tx()
            .map_err(|error| RpcError::InvalidParams(error.error.to_string()))?;
        Ok((from, transaction))
    }

    fn fill_fees(&self, request: &mut TransactionRequest) {
        let legacy = request.gas_price.is_some() || matches!(request.transaction_type, Some(0 | 1));
        let base_fee = u128::from(self.chain.settings().base_fee);
        if legacy {
            request.gas_price.get_or_insert(base_fee);
            return;
        }
        let tip = *request.max_priority_fee_per_gas.get_or_insert(0);
        // Room for a base fee that doubles, as geth fills it.
        request
            .max_fee_per_gas
            .get_or_insert(base_fee.saturating_mul(2).saturating_add(tip));
    }

    /// Signs with the sender's key, or with a placeholder if the sender is impersonated.
    fn sign(
        &self,
        (from, transaction): (Address, TypedTransaction),
    ) -> RpcResult<ChainTransaction> {
        match self.accounts.signer(from) {
            Some(signer) => {
                let signature = signer
                    .sign_hash_sync(&transaction.signature_hash())
                    .map_err(|error| RpcError::Internal(error.to_string()))?;
                let envelope = envelope(transaction, signature);
                Ok(ChainTransaction {
                    envelope,
                    from,
                    impersonated: false,
                })
            }
            None if self.chain.is_impersonated(from) => Ok(impersonated(from, transaction)),
            None => Err(ChainError::UnknownAccount(from).into()),
        }
    }
}
