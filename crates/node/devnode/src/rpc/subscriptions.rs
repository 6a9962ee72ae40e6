//! `eth_subscribe` over WebSocket.

use alloy::rpc::types::{
    Filter,
    pubsub::{Params as Details, SubscriptionKind},
};
use jsonrpsee::{
    PendingSubscriptionSink, SubscriptionSink,
    types::{ErrorObjectOwned, Params},
};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use tokio::sync::broadcast::{Receiver, error::RecvError};

use super::{
    RpcError,
    filters::new_logs,
    logs::check_filter,
    registry::Registry,
    types::{header, waiting_transaction},
};
use crate::chain::ChainEvent;

/// What a subscriber wants to be told.
#[derive(Clone, Debug)]
enum Topic {
    Heads,
    Logs(Box<Filter>),
    TransactionHashes,
    Transactions,
    /// The node never syncs, so there is never anything to tell.
    Syncing,
}

pub(super) fn register(registry: &mut Registry) {
    let subscribe = |params: Params<'static>,
                     pending: PendingSubscriptionSink,
                     rpc: std::sync::Arc<super::Rpc>,
                     _| async move {
        let topic = match topic(&params) {
            Ok(topic) => topic,
            Err(error) => return pending.reject(ErrorObjectOwned::from(error)).await,
        };
        // Before accepting, so that nothing is missed after the client has its id.
        let events = rpc.chain.subscribe();
        if let Ok(sink) = pending.accept().await {
            forward(topic, events, sink).await;
        }
    };
    let registered = registry.module().register_subscription(
        "eth_subscribe",
        "eth_subscription",
        "eth_unsubscribe",
        subscribe,
    );
    registered.expect("every method is registered once");
}

fn topic(params: &Params) -> Result<Topic, RpcError> {
    let mut params = params.sequence();
    let kind: SubscriptionKind = params.next()?;
    let details: Details = params.optional_next()?.unwrap_or_default();
    match (kind, details) {
        (SubscriptionKind::NewHeads, _) => Ok(Topic::Heads),
        (SubscriptionKind::Logs, Details::Logs(filter)) => {
            check_filter(&filter)?;
            Ok(Topic::Logs(filter))
        }
        (SubscriptionKind::Logs, _) => Ok(Topic::Logs(Box::default())),
        (SubscriptionKind::NewPendingTransactions, Details::Bool(true)) => Ok(Topic::Transactions),
        (SubscriptionKind::NewPendingTransactions, _) => Ok(Topic::TransactionHashes),
        (SubscriptionKind::Syncing, _) => Ok(Topic::Syncing),
        (other, _) => Err(RpcError::Unsupported(format!(
            "subscription {other:?} is not supported"
        ))),
    }
}

/// Sends what happens until the client leaves, or is so slow that events are lost: then the
/// subscription ends rather than have a gap.
async fn forward(topic: Topic, mut events: Receiver<ChainEvent>, sink: SubscriptionSink) {
    loop {
        let event = tokio::select! {
            () = sink.closed() => return,
            event = events.recv() => event,
        };
        let event = match event {
            Ok(event) => event,
            Err(RecvError::Lagged(missed)) => {
                tracing::warn!(missed, "a subscriber is too slow and was dropped");
                return;
            }
            Err(RecvError::Closed) => return,
        };
        for message in messages(&topic, &event) {
            if sink.send(message).await.is_err() {
                return;
            }
        }
    }
}

fn messages(topic: &Topic, event: &ChainEvent) -> Vec<Box<RawValue>> {
    match (topic, event) {
        (Topic::Heads, ChainEvent::Block(block)) => encode([header(block)]),
        (Topic::Logs(filter), event) => encode(new_logs(filter, event)),
        (Topic::TransactionHashes, ChainEvent::Transaction(transaction)) => {
            encode([transaction.hash()])
        }
        (Topic::Transactions, ChainEvent::Transaction(transaction)) => {
            encode([waiting_transaction(transaction)])
        }
        _ => Vec::new(),
    }
}

fn encode<T: Serialize>(values: impl IntoIterator<Item = T>) -> Vec<Box<RawValue>> {
    values
        .into_iter()
        .filter_map(|value| to_raw_value(&value).ok())
        .collect()
}
