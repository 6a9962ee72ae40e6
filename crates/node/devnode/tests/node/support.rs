//! Starting nodes and talking to them.

use alloy::{
    eips::BlockId,
    network::{EthereumWallet, TransactionBuilder},
    primitives::{Address, Bytes, U256},
    providers::{DynProvider, Provider, ProviderBuilder},
    rpc::types::{TransactionReceipt, TransactionRequest},
    transports::{RpcError, TransportErrorKind, ws::WsConnect},
};
use devnode::{Config, Handle};
use serde_json::{Value, json};

use crate::probe;

/// What a failed request returns.
pub type Failure = RpcError<TransportErrorKind>;

/// A node and a client that signs with the first development account.
pub struct Node {
    pub handle: Handle,
    pub provider: DynProvider,
}

impl Node {
    pub fn start() -> Self {
        Self::with(Config::default())
    }

    pub fn with(config: Config) -> Self {
        let handle = devnode::spawn(config).expect("the node starts");
        let wallet = EthereumWallet::from(handle.accounts().signers()[0].clone());
        let url = handle.url().parse().expect("a URL");
        // Nonces are asked for: a client that counts them itself is lost after a revert.
        let provider = ProviderBuilder::new()
            .disable_recommended_fillers()
            .with_simple_nonce_management()
            .with_gas_estimation()
            .fetch_chain_id()
            .wallet(wallet)
            .connect_http(url)
            .erased();
        provider
            .client()
            .set_poll_interval(std::time::Duration::from_millis(10));
        Self { handle, provider }
    }

    /// A client over WebSocket.
    pub async fn socket(&self) -> DynProvider {
        let connection = WsConnect::new(self.handle.ws_url());
        ProviderBuilder::new()
            .connect_pubsub_with(connection)
            .await
            .expect("a WebSocket")
            .erased()
    }

    /// A development account.
    pub fn account(&self, index: usize) -> Address {
        self.handle.accounts().addresses()[index]
    }

    /// Deploys the probe.
    pub async fn probe(&self) -> Address {
        let request = TransactionRequest::default().with_deploy_code(probe::creation());
        let receipt = self.send(request).await;
        assert!(receipt.status(), "the deployment succeeds");
        receipt.contract_address.expect("an address")
    }

    /// Sends a transaction of the first account and waits for it.
    pub async fn send(&self, request: TransactionRequest) -> TransactionReceipt {
        let pending = self
            .provider
            .send_transaction(request)
            .await
            .expect("accepted");
        pending.get_receipt().await.expect("mined")
    }

    /// Has the probe store a value.
    pub async fn set(&self, probe: Address, value: u64) -> TransactionReceipt {
        self.send(to_probe(probe, probe::SET, value)).await
    }

    /// What the probe returns to a command.
    pub async fn ask(&self, probe: Address, command: u8) -> Result<U256, Failure> {
        let answer = self
            .provider
            .call(to_probe(probe, command, 0))
            .block(BlockId::latest())
            .await?;
        Ok(U256::from_be_slice(&answer))
    }

    /// Any method.
    pub async fn raw(&self, method: &'static str, params: Value) -> Result<Value, Failure> {
        self.provider.raw_request(method.into(), params).await
    }

    /// Any method that must succeed.
    pub async fn ok(&self, method: &'static str, params: Value) -> Value {
        self.raw(method, params)
            .await
            .unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Code and message of the error that any method must answer.
    pub async fn refused(&self, method: &'static str, params: Value) -> (i64, String) {
        let error = self.raw(method, params).await.expect_err("an error");
        let payload = error
            .as_error_resp()
            .unwrap_or_else(|| panic!("{method}: {error}"));
        (payload.code, payload.message.to_string())
    }

    /// Posts a body as it is and returns status and answer.
    pub async fn post(&self, body: impl Into<Vec<u8>>) -> (u16, String) {
        post(&self.handle.url(), body.into()).await
    }

    /// Whether the node still answers.
    pub async fn is_alive(&self) -> bool {
        self.provider
            .get_chain_id()
            .await
            .is_ok_and(|id| id == 412_346)
    }
}

pub fn to_probe(probe: Address, command: u8, argument: u64) -> TransactionRequest {
    TransactionRequest::default()
        .with_to(probe)
        .with_input(probe::calldata(command, argument))
}

/// The same request as JSON.
pub fn probe_json(probe: Address, command: u8, argument: u64) -> Value {
    json!({ "to": probe, "data": probe::calldata(command, argument) })
}

/// Revert data of a failed request.
pub fn revert_data(error: &Failure) -> Bytes {
    error
        .as_error_resp()
        .expect("an answer")
        .as_revert_data()
        .expect("revert data")
}

/// Posts a body with a client that knows nothing about JSON-RPC.
pub async fn post(url: &str, body: Vec<u8>) -> (u16, String) {
    let response = alloy::transports::http::reqwest::Client::new()
        .post(url)
        .header("content-type", "application/json")
        .body(body)
        .send()
        .await
        .expect("an answer");
    (
        response.status().as_u16(),
        response.text().await.unwrap_or_default(),
    )
}
