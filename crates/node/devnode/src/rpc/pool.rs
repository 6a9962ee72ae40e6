//! What waits for a block.

use alloy::{
    consensus::Transaction as _,
    primitives::Address,
    rpc::types::txpool::{
        TxpoolContent, TxpoolContentFrom, TxpoolInspect, TxpoolInspectSummary, TxpoolStatus,
    },
};

use super::{
    Rpc,
    registry::{Args, Registry, RpcResult},
    types::waiting_transaction,
};
use crate::chain::ChainTransaction;

pub(super) fn register(registry: &mut Registry) {
    registry.heavy(&["txpool_status"], |rpc, _| {
        let content = rpc.chain.pool_content();
        let ready = content.iter().filter(|(_, ready)| *ready).count();
        Ok(TxpoolStatus {
            pending: ready as u64,
            queued: (content.len() - ready) as u64,
        })
    });
    registry.heavy(&["txpool_content"], |rpc, _| Ok(content(rpc)));
    registry.heavy(&["txpool_contentFrom"], content_from);
    registry.heavy(&["txpool_inspect"], |rpc, _| {
        let mut inspect = TxpoolInspect::default();
        for (transaction, ready) in rpc.chain.pool_content() {
            let part = if ready {
                &mut inspect.pending
            } else {
                &mut inspect.queued
            };
            let nonce = transaction.envelope.nonce().to_string();
            part.entry(transaction.from)
                .or_default()
                .insert(nonce, summary(&transaction));
        }
        Ok(inspect)
    });
}

fn content(rpc: &Rpc) -> TxpoolContent {
    let mut content = TxpoolContent::default();
    for (transaction, ready) in rpc.chain.pool_content() {
        let part = if ready {
            &mut content.pending
        } else {
            &mut content.queued
        };
        let nonce = transaction.envelope.nonce().to_string();
        part.entry(transaction.from)
            .or_default()
            .insert(nonce, waiting_transaction(&transaction));
    }
    content
}

fn content_from(rpc: &Rpc, args: &mut Args) -> RpcResult<TxpoolContentFrom> {
    let sender: Address = args.next()?;
    let mut content = content(rpc);
    Ok(TxpoolContentFrom {
        pending: content.pending.remove(&sender).unwrap_or_default(),
        queued: content.queued.remove(&sender).unwrap_or_default(),
    })
}

fn summary(transaction: &ChainTransaction) -> TxpoolInspectSummary {
    let tx = &transaction.envelope;
    TxpoolInspectSummary {
        to: tx.to(),
        value: tx.value(),
        gas: tx.gas_limit(),
        gas_price: tx.max_fee_per_gas(),
    }
}
