//! Filters that clients poll over HTTP.

use std::time::{Duration, Instant};

use alloy::{
    primitives::{B256, U64, map::HashMap},
    rpc::types::{Filter, Log},
};
use parking_lot::Mutex;
use serde::Serialize;
use tokio::sync::broadcast::{Receiver, error::TryRecvError};

use super::{
    Rpc, RpcError,
    logs::check_filter,
    registry::{Registry, RpcResult},
    types::{Number, matching_logs},
};
use crate::chain::ChainEvent;

/// A filter that nobody polled for this long is removed, as geth does.
const LIFETIME: Duration = Duration::from_secs(300);
/// How many filters there are at most.
const MAX_FILTERS: usize = 1_024;

/// What a filter collects.
#[derive(Debug)]
enum Kind {
    Logs(Box<Filter>),
    Blocks,
    Transactions,
}

#[derive(Debug)]
struct Installed {
    kind: Kind,
    events: Receiver<ChainEvent>,
    polled: Instant,
}

/// What a poll returns.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Changes {
    Hashes(Vec<B256>),
    Logs(Vec<Log>),
}

/// Installed filters by their ids.
#[derive(Debug, Default)]
pub struct Filters(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    installed: HashMap<u64, Installed>,
    next_id: u64,
}

pub(super) fn register(registry: &mut Registry) {
    registry.quick(&["eth_newFilter"], |rpc, args| {
        let filter: Filter = args.next()?;
        check_filter(&filter)?;
        rpc.install(Kind::Logs(Box::new(filter)))
    });
    registry.quick(&["eth_newBlockFilter"], |rpc, _| rpc.install(Kind::Blocks));
    registry.quick(&["eth_newPendingTransactionFilter"], |rpc, _| {
        rpc.install(Kind::Transactions)
    });
    registry.heavy(&["eth_getFilterChanges"], |rpc, args| {
        rpc.changes(args.next::<Number>()?.0)
    });
    registry.heavy(&["eth_getFilterLogs"], |rpc, args| {
        rpc.logs(&rpc.log_filter(args.next::<Number>()?.0)?)
    });
    registry.quick(&["eth_uninstallFilter"], |rpc, args| {
        let id = args.next::<Number>()?.0;
        Ok(rpc.filters.0.lock().installed.remove(&id).is_some())
    });
}

fn not_found() -> RpcError {
    RpcError::Refused("filter not found".into())
}

impl Rpc {
    fn install(&self, kind: Kind) -> RpcResult<U64> {
        let mut table = self.filters.0.lock();
        table
            .installed
            .retain(|_, filter| filter.polled.elapsed() < LIFETIME);
        if table.installed.len() >= MAX_FILTERS {
            return Err(RpcError::Refused(format!(
                "there are {MAX_FILTERS} filters already"
            )));
        }
        table.next_id += 1;
        let id = table.next_id;
        let events = self.chain.subscribe();
        table.installed.insert(
            id,
            Installed {
                kind,
                events,
                polled: Instant::now(),
            },
        );
        Ok(U64::from(id))
    }

    fn log_filter(&self, id: u64) -> RpcResult<Filter> {
        match self
            .filters
            .0
            .lock()
            .installed
            .get(&id)
            .map(|filter| &filter.kind)
        {
            Some(Kind::Logs(filter)) => Ok(Filter::clone(filter)),
            _ => Err(not_found()),
        }
    }

    /// What happened since the last poll.
    fn changes(&self, id: u64) -> RpcResult<Changes> {
        let mut table = self.filters.0.lock();
        let filter = table.installed.get_mut(&id).ok_or_else(not_found)?;
        filter.polled = Instant::now();
        let events = drain(&mut filter.events)?;
        Ok(match &filter.kind {
            Kind::Logs(filter) => Changes::Logs(
                events
                    .iter()
                    .flat_map(|event| new_logs(filter, event))
                    .collect(),
            ),
            Kind::Blocks => Changes::Hashes(events.iter().filter_map(block_hash).collect()),
            Kind::Transactions => {
                Changes::Hashes(events.iter().filter_map(transaction_hash).collect())
            }
        })
    }
}

fn drain(events: &mut Receiver<ChainEvent>) -> RpcResult<Vec<ChainEvent>> {
    let mut drained = Vec::new();
    loop {
        match events.try_recv() {
            Ok(event) => drained.push(event),
            Err(TryRecvError::Empty | TryRecvError::Closed) => return Ok(drained),
            Err(TryRecvError::Lagged(missed)) => {
                let text = format!("the filter was polled too rarely: {missed} events are lost");
                return Err(RpcError::Refused(text));
            }
        }
    }
}

/// The logs of an event that match, in range of the filter.
pub(super) fn new_logs(filter: &Filter, event: &ChainEvent) -> Vec<Log> {
    match event {
        ChainEvent::Block(block) if filter.matches_block_range(block.header.number) => {
            matching_logs(filter, block)
        }
        _ => Vec::new(),
    }
}

fn block_hash(event: &ChainEvent) -> Option<B256> {
    match event {
        ChainEvent::Block(block) => Some(block.hash),
        ChainEvent::Transaction(_) => None,
    }
}

fn transaction_hash(event: &ChainEvent) -> Option<B256> {
    match event {
        ChainEvent::Transaction(transaction) => Some(transaction.hash()),
        ChainEvent::Block(_) => None,
    }
}
