//! HTTP and WebSocket on one port.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder as ConnectionBuilder,
    service::TowerToHyperService,
};
use jsonrpsee::{
    RpcModule,
    core::traits::IdProvider,
    server::{
        BatchRequestConfig, Methods, PingConfig, Server, ServerConfig, ServerHandle, StopHandle,
        stop_channel,
    },
    types::SubscriptionId,
};
use serde_json::json;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tower_http::{cors::CorsLayer, timeout::RequestBodyTimeoutLayer};

use super::{
    frames::{Progress, Translated},
    translate::TranslateLayer,
};

/// How long to wait after the system refused to hand over a connection, for want of open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// geth's code for requests beyond a limit.
const LIMIT_EXCEEDED: i32 = -32_005;

/// What clients may ask of the node.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of a request; 32 MiB takes a state dump or a large contract.
    pub request_bytes: u32,
    /// Bytes of an answer.
    pub response_bytes: u32,
    /// HTTP connections at a time, and as many WebSockets; more are refused. Twice this stays below
    /// the usual 1024 open files.
    pub connections: u32,
    /// Requests in a batch.
    pub batch: u32,
    /// Subscriptions per connection.
    pub subscriptions: u32,
    /// How long a connection may take to send a request's headers, waiting for a next request
    /// included, or stand still within its body.
    pub patience: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request_bytes: 32 << 20,
            response_bytes: 256 << 20,
            connections: 450,
            batch: 1_000,
            subscriptions: 256,
            patience: Duration::from_secs(120),
        }
    }
}

/// Subscription ids as Ethereum clients expect them: hexadecimal text.
#[derive(Debug, Default)]
struct HexIds(AtomicU64);

impl IdProvider for HexIds {
    fn next_id(&self) -> SubscriptionId<'static> {
        let id = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        SubscriptionId::Str(format!("{id:#x}").into())
    }
}

/// Binds to `address` and serves `methods` until the handle is stopped or dropped.
///
/// # Errors
/// If the address cannot be bound.
pub async fn start<C>(
    address: SocketAddr,
    methods: RpcModule<C>,
    limits: &Limits,
) -> io::Result<(SocketAddr, ServerHandle)> {
    let listener = TcpListener::bind(address).await?;
    let bound = listener.local_addr()?;
    let (stop, handle) = stop_channel();
    tokio::spawn(serve(listener, methods.into(), limits.clone(), stop));
    Ok((bound, handle))
}

async fn serve(listener: TcpListener, methods: Methods, limits: Limits, stop: StopHandle) {
    let services = Server::builder()
        .set_config(server_config(&limits))
        .to_service_builder();
    let mut connections = ConnectionBuilder::new(TokioExecutor::new());
    connections
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.patience);
    connections
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(limits.patience);
    let free = Arc::new(Semaphore::new(limits.connections as usize));
    let stopped = stop.clone().shutdown();
    tokio::pin!(stopped);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stopped => return,
        };
        let Ok((socket, _)) = accepted else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let Ok(place) = free.clone().try_acquire_owned() else {
            refuse(&socket);
            continue;
        };
        let progress = Arc::new(Progress::default());
        let middleware = tower::ServiceBuilder::new()
            .layer(CorsLayer::permissive())
            .layer(RequestBodyTimeoutLayer::new(limits.patience))
            .layer(TranslateLayer {
                progress: progress.clone(),
                request_bytes: limits.request_bytes,
            });
        let service = services
            .clone()
            .set_http_middleware(middleware)
            .build(methods.clone(), stop.clone());
        let service = TowerToHyperService::new(service);
        let limit = limits.request_bytes as usize;
        let (connections, stop) = (connections.clone(), stop.clone());
        tokio::spawn(async move {
            // Answers are small: waiting to fill a packet only delays them.
            let _ = socket.set_nodelay(true);
            let socket = TokioIo::new(Translated::new(socket, progress, limit));
            let connection = connections.serve_connection_with_upgrades(socket, service);
            tokio::select! {
                ended = connection => if let Err(error) = ended {
                    tracing::debug!(error, "a connection failed");
                },
                () = stop.shutdown() => {}
            }
            drop(place);
        });
    }
}

fn server_config(limits: &Limits) -> ServerConfig {
    ServerConfig::builder()
        .max_request_body_size(limits.request_bytes)
        .max_response_body_size(limits.response_bytes)
        .max_connections(limits.connections)
        .max_subscriptions_per_connection(limits.subscriptions)
        .set_batch_request_config(BatchRequestConfig::Limit(limits.batch))
        .set_id_provider(HexIds::default())
        .enable_ws_ping(PingConfig::default())
        .build()
}

/// Answers once without reading, as far as that works without waiting, and closes.
fn refuse(socket: &TcpStream) {
    let error = json!({ "code": LIMIT_EXCEEDED, "message": "too many connections" });
    let body = json!({ "jsonrpc": "2.0", "id": null, "error": error }).to_string();
    let head = "HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-type: application/json\r\n";
    let answer = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
    let _ = socket.try_write(answer.as_bytes());
}
