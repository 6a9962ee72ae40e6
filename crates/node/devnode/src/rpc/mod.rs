//! The JSON-RPC interface of the node.

mod accounts;
mod calls;
mod debug;
mod dev;
mod error;
mod eth;
mod filters;
mod frames;
mod ids;
mod logs;
mod node_interface;
mod pool;
mod registry;
mod send;
mod server;
mod simulate;
mod state_trace;
mod subscriptions;
mod translate;
mod types;

use std::sync::Arc;

use jsonrpsee::RpcModule;

use crate::{accounts::DevAccounts, chain::Chain};

pub use error::RpcError;
pub use server::{Limits, start};

/// What the node calls itself.
pub const CLIENT_VERSION: &str = concat!("bulkhead-devnode/v", env!("CARGO_PKG_VERSION"));

/// What every method works on.
#[derive(Debug)]
pub struct Rpc {
    chain: Arc<Chain>,
    accounts: DevAccounts,
    filters: filters::Filters,
}

/// All methods of the node.
pub fn methods(chain: Arc<Chain>, accounts: DevAccounts) -> RpcModule<Rpc> {
    let filters = filters::Filters::default();
    let mut registry = registry::Registry::new(Rpc {
        chain,
        accounts,
        filters,
    });
    eth::register(&mut registry);
    accounts::register(&mut registry);
    calls::register(&mut registry);
    send::register(&mut registry);
    simulate::register(&mut registry);
    logs::register(&mut registry);
    filters::register(&mut registry);
    subscriptions::register(&mut registry);
    debug::register(&mut registry);
    pool::register(&mut registry);
    dev::register(&mut registry);
    registry.finish()
}
