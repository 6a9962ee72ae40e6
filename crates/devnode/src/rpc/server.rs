//! HTTP and WebSocket on one port.

use std::{io, net::SocketAddr, time::Duration};

use jsonrpsee::{
    RpcModule,
    core::traits::IdProvider,
    server::{BatchRequestConfig, PingConfig, Server, ServerConfig, ServerHandle},
    types::SubscriptionId,
};
use tower_http::cors::CorsLayer;

/// What one client may ask of the node.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of a request; 32 MiB takes a state dump or a large contract.
    pub request_bytes: u32,
    /// Bytes of an answer.
    pub response_bytes: u32,
    /// Connections at a time; more are refused. Stays below the usual 1024 open files.
    pub connections: u32,
    /// Requests in a batch.
    pub batch: u32,
    /// Subscriptions per connection.
    pub subscriptions: u32,
    /// How long a connection may take until its first request is complete.
    pub first_request: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request_bytes: 32 << 20,
            response_bytes: 256 << 20,
            connections: 512,
            batch: 1_000,
            subscriptions: 256,
            first_request: Duration::from_secs(30),
        }
    }
}

/// Subscription ids as Ethereum clients expect them: hexadecimal text.
#[derive(Debug, Default)]
struct HexIds(std::sync::atomic::AtomicU64);

impl IdProvider for HexIds {
    fn next_id(&self) -> SubscriptionId<'static> {
        let id = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
        SubscriptionId::Str(format!("{id:#x}").into())
    }
}

/// Binds to `address` and serves `methods` until the handle is dropped.
///
/// # Errors
/// If the address cannot be bound.
pub async fn start<C>(
    address: SocketAddr,
    methods: RpcModule<C>,
    limits: &Limits,
) -> io::Result<(SocketAddr, ServerHandle)> {
    let config = ServerConfig::builder()
        .max_request_body_size(limits.request_bytes)
        .max_response_body_size(limits.response_bytes)
        .max_connections(limits.connections)
        .max_subscriptions_per_connection(limits.subscriptions)
        .set_batch_request_config(BatchRequestConfig::Limit(limits.batch))
        .set_id_provider(HexIds::default())
        .enable_ws_ping(PingConfig::default())
        .set_first_request_timeout(Some(limits.first_request))
        .build();
    let http = tower::ServiceBuilder::new().layer(CorsLayer::permissive());
    let server = Server::builder().set_config(config).set_http_middleware(http).build(address).await?;
    let bound = server.local_addr()?;
    Ok((bound, server.start(methods)))
}
