//! A node over JSON-RPC: batches, signed transactions with local nonces, many views in one call.

mod multicall;
mod reverts;
mod wallet;

pub use reverts::name as error_name;

pub use multicall::{Answers, MULTICALL3, View, multicall};
pub use wallet::{Wallet, account_of};

use alloy::{
    primitives::{Address, B256, Bytes, U64, U128, U256, b256},
    rpc::{
        client::{BatchRequest, RpcClient, Waiter},
        json_rpc::RpcRecv,
        types::Log,
    },
    sol_types::SolCall,
    transports::{RpcError, TransportError, TransportErrorKind},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{ops::RangeInclusive, time::Duration};

/// The first of the well-known development accounts: deploys, owns contracts and feeds, submits trades.
pub const OPERATOR: B256 =
    b256!("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");

/// Requests in one HTTP message; nodes commonly refuse more than a hundred.
const BATCH_LIMIT: usize = 100;
/// How often, and how many times, a missing receipt is asked for again.
const RECEIPT_PAUSE: Duration = Duration::from_millis(50);
const RECEIPT_POLLS: usize = 600;

/// What development nodes call setting the time of the next block.
const NEXT_TIMESTAMP: &str = "evm_setNextBlockTimestamp";

/// Why a request to the node failed.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// The address of the node cannot be parsed.
    #[error("`{0}` is not the address of a node")]
    BadUrl(String),
    /// The node could not be reached, or has too much to do; the same request may succeed later.
    #[error("{what}: the node does not answer ({reason})")]
    Unavailable {
        /// The method or operation.
        what: String,
        /// What the connection or the node says.
        reason: String,
    },
    /// The node refused a request.
    #[error("{what}: {reason}")]
    Refused {
        /// The method or operation.
        what: String,
        /// The node's message, with the name of the contract's error where it is known.
        reason: String,
    },
    /// A view returned what its ABI does not allow.
    #[error("{what}: the answer does not fit the ABI ({reason})")]
    Malformed {
        /// The view.
        what: String,
        /// The decoder's message.
        reason: String,
    },
    /// A transaction was mined but reverted.
    #[error("{what} reverted: {reason}")]
    Reverted {
        /// The operation.
        what: String,
        /// The contract's error, as far as it can be found out.
        reason: String,
    },
    /// The node accepted a transaction and has not mined it.
    #[error("transaction {0} was not mined within 30 s")]
    NotMined(B256),
}

/// The part of a receipt that matters here.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// Hash of the transaction.
    pub transaction_hash: B256,
    /// 1 for success.
    pub status: U64,
    /// Gas that the transaction used.
    pub gas_used: U64,
    /// Events, in order.
    pub logs: Vec<Log>,
}

impl Receipt {
    /// Whether the transaction did not revert.
    pub fn succeeded(&self) -> bool {
        self.status == U64::ONE
    }
}

/// A transaction that is ready to be sent, and what it is for.
#[derive(Clone, Debug)]
pub struct Transaction {
    /// For messages.
    pub what: String,
    /// Who signed.
    pub from: Address,
    /// The contract.
    pub to: Address,
    /// The call.
    pub data: Bytes,
    /// EIP-2718 encoding.
    pub raw: Bytes,
}

#[derive(Serialize)]
struct CallObject<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Address>,
    to: Address,
    data: &'a Bytes,
}

/// A connection to one node.
pub struct Chain {
    rpc: RpcClient,
    /// Where the node listens.
    pub url: String,
    /// Chain id of its transactions.
    pub id: u64,
    /// What a transaction offers for gas, in wei: twice the price at connection.
    pub gas_price: u128,
}

impl Chain {
    /// Connects over HTTP and reads the chain id and the gas price.
    pub async fn connect(url: &str) -> Result<Self, ChainError> {
        let parsed = url
            .parse()
            .map_err(|_| ChainError::BadUrl(url.to_owned()))?;
        let mut chain = Self {
            rpc: RpcClient::new_http(parsed),
            url: url.to_owned(),
            id: 0,
            gas_price: 0,
        };
        chain.id = chain.request::<U64>("eth_chainId", json!([])).await?.to();
        chain.gas_price = 2 * chain
            .request::<U128>("eth_gasPrice", json!([]))
            .await?
            .to::<u128>();
        Ok(chain)
    }

    /// Any method.
    pub async fn request<R: RpcRecv>(
        &self,
        method: &'static str,
        params: Value,
    ) -> Result<R, ChainError> {
        self.rpc
            .request(method, params)
            .await
            .map_err(|error| refused(method, &error))
    }

    /// A view of the latest block.
    pub async fn call<C: SolCall>(&self, to: Address, call: &C) -> Result<C::Return, ChainError> {
        let data = self.call_raw(None, to, call.abi_encode().into()).await?;
        multicall::decode::<C>(&data)
    }

    /// `eth_call` from `from` in the latest block.
    pub async fn call_raw(
        &self,
        from: Option<Address>,
        to: Address,
        data: Bytes,
    ) -> Result<Bytes, ChainError> {
        self.request(
            "eth_call",
            json!([
                CallObject {
                    from,
                    to,
                    data: &data
                },
                "latest"
            ]),
        )
        .await
    }

    /// A call in the latest block with `value` wei: what it returns, or the data with which it reverts.
    pub async fn try_call<C: SolCall>(
        &self,
        from: Option<Address>,
        to: Address,
        call: &C,
        value: Option<U256>,
    ) -> Result<Result<C::Return, Bytes>, ChainError> {
        let data = Bytes::from(call.abi_encode());
        let request = json!([{ "from": from, "to": to, "data": data, "value": value }, "latest"]);
        let answer = self.rpc.request::<_, Bytes>("eth_call", request).await;
        match answer {
            Ok(data) => multicall::decode::<C>(&data).map(Ok),
            Err(error) => {
                let reverted = error.as_error_resp().and_then(|it| it.as_revert_data());
                reverted
                    .map(Err)
                    .ok_or_else(|| refused(C::SIGNATURE, &error))
            }
        }
    }

    /// One method with many parameters, in as few messages as nodes take; the answers are in order.
    pub async fn many<R: RpcRecv>(
        &self,
        method: &'static str,
        params: impl IntoIterator<Item = Value>,
    ) -> Result<Vec<R>, ChainError> {
        let params: Vec<Value> = params.into_iter().collect();
        let mut answers = Vec::with_capacity(params.len());
        for chunk in params.chunks(BATCH_LIMIT) {
            let mut batch = self.batch();
            let waiting = chunk
                .iter()
                .map(|params| batch.add::<R>(method, params.clone()))
                .collect::<Result<Vec<_>, _>>()?;
            batch.finish().await?;
            for waiter in waiting {
                answers.push(waiter.await.map_err(|error| refused(method, &error))?);
            }
        }
        Ok(answers)
    }

    /// Many views of the latest block in one call; one that reverts is an error.
    pub async fn views(&self, views: &[View]) -> Result<Answers, ChainError> {
        let (to, data) = multicall(views);
        Answers::decode(&self.call_raw(None, to, data).await?)
    }

    /// Logs of `address` from block `from` to the latest.
    pub async fn logs(&self, address: Address, from: u64) -> Result<Vec<Log>, ChainError> {
        self.request(
            "eth_getLogs",
            json!([{ "address": address, "fromBlock": U64::from(from), "toBlock": "latest" }]),
        )
        .await
    }

    /// Logs of `address` in a range of blocks, whose first topic is one of `kinds`.
    pub async fn events(
        &self,
        address: Address,
        kinds: &[B256],
        blocks: RangeInclusive<u64>,
    ) -> Result<Vec<Log>, ChainError> {
        self.request(
            "eth_getLogs",
            json!([{
                "address": address,
                "topics": [kinds],
                "fromBlock": U64::from(*blocks.start()),
                "toBlock": U64::from(*blocks.end()),
            }]),
        )
        .await
    }

    /// Number of the latest block.
    pub async fn block_number(&self) -> Result<u64, ChainError> {
        Ok(self
            .request::<U64>("eth_blockNumber", json!([]))
            .await?
            .to())
    }

    /// Timestamp of the latest block, in seconds.
    pub async fn timestamp(&self) -> Result<u64, ChainError> {
        #[derive(Clone, Debug, Deserialize)]
        struct Header {
            timestamp: U64,
        }
        Ok(self
            .request::<Header>("eth_getBlockByNumber", json!(["latest", false]))
            .await?
            .timestamp
            .to())
    }

    /// Has the next block happen at `time`, unix seconds, above the latest block's. Development nodes alone can.
    pub async fn set_next_timestamp(&self, time: u64) -> Result<(), ChainError> {
        self.request::<Value>(NEXT_TIMESTAMP, json!([time])).await?;
        Ok(())
    }

    /// Mines a block `seconds` after the latest one. Development nodes alone can.
    pub async fn advance(&self, seconds: u64) -> Result<(), ChainError> {
        let time = self.timestamp().await? + seconds;
        self.set_next_timestamp(time).await?;
        self.request::<Value>("evm_mine", json!([])).await?;
        Ok(())
    }

    /// Wei of `address`.
    pub async fn balance(&self, address: Address) -> Result<U256, ChainError> {
        self.request("eth_getBalance", json!([address, "latest"]))
            .await
    }

    /// Gas that a call of `data` by `from` would use as a transaction.
    pub async fn estimate(
        &self,
        from: Address,
        to: Address,
        data: Bytes,
    ) -> Result<u64, ChainError> {
        let call = CallObject {
            from: Some(from),
            to,
            data: &data,
        };
        Ok(self
            .request::<U64>("eth_estimateGas", json!([call]))
            .await?
            .to())
    }

    /// A batch to be filled and sent in one message; the node answers in order.
    pub fn batch(&self) -> Batch<'_> {
        Batch {
            inner: self.rpc.new_batch(),
        }
    }

    /// Sends transactions in as few messages as possible and waits for every receipt, in order. A transaction that
    /// reverts leaves a receipt that says so.
    pub async fn submit(&self, transactions: &[Transaction]) -> Result<Vec<Receipt>, ChainError> {
        let mut receipts = Vec::with_capacity(transactions.len());
        for chunk in transactions.chunks(BATCH_LIMIT) {
            let mut batch = self.batch();
            let sent = chunk
                .iter()
                .map(|transaction| batch.send(transaction))
                .collect::<Result<Vec<_>, _>>()?;
            batch.finish().await?;
            let mut hashes = Vec::with_capacity(sent.len());
            for pending in sent {
                hashes.push(pending.hash().await?);
            }
            receipts.extend(self.receipts(&hashes).await?);
        }
        Ok(receipts)
    }

    /// As `submit`, but a transaction that reverts is an error.
    pub async fn execute(&self, transactions: &[Transaction]) -> Result<Vec<Receipt>, ChainError> {
        let receipts = self.submit(transactions).await?;
        for (transaction, receipt) in transactions.iter().zip(&receipts) {
            if !receipt.succeeded() {
                return Err(self.reverted(transaction).await);
            }
        }
        Ok(receipts)
    }

    /// Has the node send for `account` without its key, and gives that an ether.
    pub async fn impersonate(&self, account: Address) -> Result<(), ChainError> {
        let ether = U256::from(10_u64.pow(18));
        self.request::<Value>("anvil_setBalance", json!([account, ether]))
            .await?;
        self.request::<Value>("anvil_impersonateAccount", json!([account]))
            .await?;
        Ok(())
    }

    /// Sends a call from an account that the node impersonates, and waits for it; a revert is an error.
    pub async fn send_as(
        &self,
        from: Address,
        to: Address,
        data: Bytes,
    ) -> Result<Receipt, ChainError> {
        let call = CallObject {
            from: Some(from),
            to,
            data: &data,
        };
        let hash: B256 = self.request("eth_sendTransaction", json!([call])).await?;
        let receipt = self.receipts(&[hash]).await?.remove(0);
        if receipt.succeeded() {
            return Ok(receipt);
        }
        Err(ChainError::Reverted {
            what: format!("a call of {to}"),
            reason: "sent without a signature".into(),
        })
    }

    /// Receipts of transactions that were sent; asks again for those that are not mined yet.
    pub async fn receipts(&self, hashes: &[B256]) -> Result<Vec<Receipt>, ChainError> {
        let mut found: Vec<Option<Receipt>> = vec![None; hashes.len()];
        for _ in 0..RECEIPT_POLLS {
            let mut batch = self.batch();
            let mut waiting = Vec::new();
            for (place, hash) in hashes
                .iter()
                .enumerate()
                .filter(|(place, _)| found[*place].is_none())
                .take(BATCH_LIMIT)
            {
                waiting.push((
                    place,
                    batch.add::<Option<Receipt>>("eth_getTransactionReceipt", json!([hash]))?,
                ));
            }
            if waiting.is_empty() {
                break;
            }
            batch.finish().await?;
            let mut progress = false;
            for (place, waiter) in waiting {
                found[place] = waiter
                    .await
                    .map_err(|error| refused("eth_getTransactionReceipt", &error))?;
                progress |= found[place].is_some();
            }
            if !progress {
                tokio::time::sleep(RECEIPT_PAUSE).await;
            }
        }
        found
            .into_iter()
            .zip(hashes)
            .map(|(receipt, hash)| receipt.ok_or(ChainError::NotMined(*hash)))
            .collect()
    }

    /// The error of a mined transaction that reverted, by calling it again in the latest block.
    pub async fn reverted(&self, transaction: &Transaction) -> ChainError {
        let again = self
            .call_raw(
                Some(transaction.from),
                transaction.to,
                transaction.data.clone(),
            )
            .await;
        let reason = match again {
            Err(ChainError::Refused { reason, .. }) => reason,
            Err(other) => other.to_string(),
            Ok(_) => "the same call succeeds in the latest block".to_owned(),
        };
        ChainError::Reverted {
            what: transaction.what.clone(),
            reason,
        }
    }
}

/// Requests that travel in one message.
pub struct Batch<'a> {
    inner: BatchRequest<'a>,
}

impl Batch<'_> {
    /// Adds any method.
    pub fn add<R: RpcRecv>(
        &mut self,
        method: &'static str,
        params: Value,
    ) -> Result<Waiter<R>, ChainError> {
        self.inner
            .add_call(method, &params)
            .map_err(|error| refused(method, &error))
    }

    /// Adds what [`Chain::set_next_timestamp`] asks.
    pub fn set_next_timestamp(&mut self, time: u64) -> Result<Accepted, ChainError> {
        Ok(Accepted {
            what: NEXT_TIMESTAMP,
            waiter: self.add(NEXT_TIMESTAMP, json!([time]))?,
        })
    }

    /// Adds a signed transaction.
    pub fn send(&mut self, transaction: &Transaction) -> Result<Sent, ChainError> {
        let waiter = self.add("eth_sendRawTransaction", json!([transaction.raw]))?;
        Ok(Sent {
            what: transaction.what.clone(),
            waiter,
        })
    }

    /// Adds a group of views.
    pub fn views(&mut self, views: &[View]) -> Result<PendingViews, ChainError> {
        let (to, data) = multicall(views);
        let call = CallObject {
            from: None,
            to,
            data: &data,
        };
        Ok(PendingViews {
            waiter: self.add("eth_call", json!([call, "latest"]))?,
        })
    }

    /// Sends the batch; each waiter then has its own answer.
    pub async fn finish(self) -> Result<(), ChainError> {
        self.inner
            .send()
            .await
            .map_err(|error| refused("batch", &error))
    }
}

/// A request on its way to the node, of which only whether it is refused matters.
pub struct Accepted {
    what: &'static str,
    waiter: Waiter<Value>,
}

impl Accepted {
    /// Waits until the node has done it.
    pub async fn done(self) -> Result<(), ChainError> {
        let answer = self.waiter.await;
        answer.map(drop).map_err(|error| refused(self.what, &error))
    }
}

/// A transaction on its way to the node.
pub struct Sent {
    what: String,
    waiter: Waiter<B256>,
}

impl Sent {
    /// The transaction's hash, once the node accepted it.
    pub async fn hash(self) -> Result<B256, ChainError> {
        self.waiter
            .await
            .map_err(|error| refused(&self.what, &error))
    }
}

/// Views on their way back.
pub struct PendingViews {
    waiter: Waiter<Bytes>,
}

impl PendingViews {
    /// The views' answers.
    pub async fn answers(self) -> Result<Answers, ChainError> {
        Answers::decode(
            &self
                .waiter
                .await
                .map_err(|error| refused("views", &error))?,
        )
    }
}

/// Names the contract's error where the node sent its data.
pub fn refused(what: &str, error: &TransportError) -> ChainError {
    let what = what.to_owned();
    let reason = match error {
        RpcError::ErrorResp(payload) => match payload.as_revert_data() {
            Some(data) => format!("{} ({})", payload.message, reverts::name(&data)),
            None => payload.message.to_string(),
        },
        other => other.to_string(),
    };
    if is_temporary(error) {
        return ChainError::Unavailable { what, reason };
    }
    ChainError::Refused { what, reason }
}

/// Whether the same request may succeed later: there is no connection, or the node asks for patience.
fn is_temporary(error: &TransportError) -> bool {
    match error {
        RpcError::Transport(TransportErrorKind::Custom(_) | TransportErrorKind::BackendGone) => {
            true
        }
        RpcError::Transport(other) => other.is_retry_err(),
        RpcError::ErrorResp(payload) => payload.is_retry_err(),
        _ => false,
    }
}
