//! Reads of one block: patient with a node that is busy, several at a time, and in smaller groups where a node does not take
//! large ones. Whatever is said about a proposal, all of it is read at the same block.

use alloy::{
    primitives::{Address, B256, Bytes, U64},
    rpc::{json_rpc::RpcRecv, types::Log},
    sol_types::SolCall,
};
use client::chain::{Answers, Chain, ChainError, MULTICALL3, View, multicall};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::{ops::RangeInclusive, time::Duration};
use tokio::time::sleep;

/// How often a request is made that a node has no time for.
const ATTEMPTS: u32 = 4;
/// How long to wait for a node.
const PATIENCE: Patience = Patience {
    timeout: Duration::from_secs(30),
    pause: Duration::from_millis(250),
};
/// Requests that are under way at a time.
const CONCURRENT: usize = 8;
/// What nodes say that no longer have the state of a block.
const GONE: [&str; 4] = [
    "missing trie node",
    "historical state",
    "header not found",
    "state not available",
];

/// Why the live system cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The node.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The node takes too long.
    #[error("{what}: no answer within {} s", timeout.as_secs())]
    TimedOut {
        /// The method.
        what: String,
        /// How long was waited.
        timeout: Duration,
    },
    /// The chain has no Multicall3.
    #[error("there is no Multicall3 at {MULTICALL3}")]
    NoMulticall,
    /// There is no such block yet.
    #[error("the node has no block {0}")]
    UnknownBlock(u64),
    /// The node has pruned the block.
    #[error("the node no longer has the state of block {number}; use an archive node ({reason})")]
    StateGone {
        /// The block.
        number: u64,
        /// What the node says.
        reason: String,
    },
    /// The chain was reorganised meanwhile.
    #[error("block {0} was replaced by another while it was read: try again")]
    BlockReplaced(u64),
}

/// The block that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Block {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: B256,
    /// Its time, seconds.
    pub timestamp: u64,
}

#[derive(Clone, Debug, Deserialize)]
struct Header {
    number: U64,
    hash: B256,
    timestamp: U64,
}

/// A node at one block.
pub struct Reader {
    chain: Chain,
    /// What is read.
    pub block: Block,
    /// Code of Multicall3.
    code: Bytes,
}

impl Reader {
    /// The node at `url`, at block `number` or the latest.
    pub async fn open(url: &str, number: Option<u64>) -> Result<Self, ReadError> {
        let chain = PATIENCE
            .request("connect", async || Chain::connect(url).await)
            .await?;
        let mut reader = Self {
            chain,
            block: Block {
                number: 0,
                hash: B256::ZERO,
                timestamp: 0,
            },
            code: Bytes::new(),
        };
        reader.block = reader.header(number).await?;
        let params = json!([MULTICALL3, reader.tag()]);
        reader.code = reader.request("eth_getCode", params).await?;
        if reader.code.is_empty() {
            return Err(ReadError::NoMulticall);
        }
        Ok(reader)
    }

    /// Chain id of the node.
    pub fn chain_id(&self) -> u64 {
        self.chain.id
    }

    async fn header(&self, number: Option<u64>) -> Result<Block, ReadError> {
        let which = number.map_or(json!("latest"), |number| json!(U64::from(number)));
        let params = json!([which, false]);
        let header: Option<Header> = self.request("eth_getBlockByNumber", params).await?;
        let header = header.ok_or(ReadError::UnknownBlock(number.unwrap_or_default()))?;
        Ok(Block {
            number: header.number.to(),
            hash: header.hash,
            timestamp: header.timestamp.to(),
        })
    }

    /// Refuses a block that is not the chain's any more.
    pub async fn check_block(&self) -> Result<(), ReadError> {
        let number = self.block.number;
        match self.header(Some(number)).await {
            Ok(block) if block == self.block => Ok(()),
            Ok(_) | Err(ReadError::UnknownBlock(_)) => Err(ReadError::BlockReplaced(number)),
            Err(error) => Err(error),
        }
    }

    fn tag(&self) -> Value {
        json!(U64::from(self.block.number))
    }

    async fn request<R: RpcRecv>(
        &self,
        method: &'static str,
        params: Value,
    ) -> Result<R, ReadError> {
        let answer = PATIENCE.request(method, async || {
            self.chain.request(method, params.clone()).await
        });
        answer.await.map_err(|error| self.explained(error))
    }

    /// Says what a node means that has pruned the block.
    fn explained(&self, error: ReadError) -> ReadError {
        match error {
            ReadError::Chain(
                ChainError::Refused { reason, .. } | ChainError::Unavailable { reason, .. },
            ) if GONE.iter().any(|said| reason.contains(said)) => ReadError::StateGone {
                number: self.block.number,
                reason,
            },
            other => other,
        }
    }

    /// One view.
    pub async fn call<C: SolCall>(&self, to: Address, call: &C) -> Result<C::Return, ReadError> {
        let mut answers = self.ask(&[View::new(to, call)], &[]).await?;
        Ok(answers.take::<C>()?)
    }

    /// All of `views` in one call, while every account of `stand_ins` has the code of Multicall3.
    pub async fn ask(&self, views: &[View], stand_ins: &[Address]) -> Result<Answers, ReadError> {
        let (to, data) = multicall(views);
        let mut params = vec![json!({ "to": to, "data": data }), self.tag()];
        if !stand_ins.is_empty() {
            let with_code = |account: &Address| (account.to_string(), json!({ "code": self.code }));
            let overrides: Map<String, Value> = stand_ins.iter().map(with_code).collect();
            params.push(overrides.into());
        }
        let answer: Bytes = self.request("eth_call", params.into()).await?;
        Ok(Answers::decode(&answer)?)
    }

    /// Logs of `address` in a range of blocks, whose first topic is one of `kinds`.
    pub async fn events(
        &self,
        address: Address,
        kinds: &[B256],
        blocks: RangeInclusive<u64>,
    ) -> Result<Vec<Log>, ReadError> {
        let ask = async || self.chain.events(address, kinds, blocks.clone()).await;
        PATIENCE.request("eth_getLogs", ask).await
    }
}

/// Asks for `items` in groups of at most `size`, several at a time; a group that fails is asked for in halves. Answers are in
/// the order of the items.
pub async fn in_groups<T, A, E>(
    items: &[T],
    size: usize,
    ask: impl AsyncFn(&[T]) -> Result<Vec<A>, E>,
) -> Result<Vec<A>, E> {
    let groups = stream::iter(items.chunks(size)).map(|group| in_halves(group, &ask));
    let answers: Vec<Vec<A>> = groups.buffered(CONCURRENT).try_collect().await?;
    Ok(answers.into_iter().flatten().collect())
}

async fn in_halves<T, A, E>(
    items: &[T],
    ask: &impl AsyncFn(&[T]) -> Result<Vec<A>, E>,
) -> Result<Vec<A>, E> {
    let (mut found, mut waiting) = (Vec::new(), vec![items]);
    while let Some(group) = waiting.pop() {
        match ask(group).await {
            Ok(answers) => found.extend(answers),
            Err(_) if group.len() > 1 => {
                let (first, second) = group.split_at(group.len() / 2);
                waiting.extend([second, first]);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// How long to wait for a node.
#[derive(Clone, Copy)]
struct Patience {
    /// For an answer.
    timeout: Duration,
    /// After the first attempt; after each further one twice as long.
    pause: Duration,
}

impl Patience {
    /// Makes a request again that the node has no time for, and once more one that it does not answer.
    async fn request<T>(
        self,
        what: &str,
        attempt: impl AsyncFn() -> Result<T, ChainError>,
    ) -> Result<T, ReadError> {
        let Self { timeout, mut pause } = self;
        let (mut attempts, mut timed_out) = (1, false);
        loop {
            match tokio::time::timeout(timeout, attempt()).await {
                Ok(Err(ChainError::Unavailable { .. })) if attempts < ATTEMPTS => {}
                Ok(answer) => return Ok(answer?),
                Err(_) if timed_out => {
                    let what = what.to_owned();
                    return Err(ReadError::TimedOut { what, timeout });
                }
                Err(_) => timed_out = true,
            }
            sleep(pause).await;
            pause *= 2;
            attempts += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{cell::Cell, future::pending};

    const HASTE: Patience = Patience {
        timeout: Duration::from_millis(20),
        pause: Duration::from_millis(1),
    };

    fn busy() -> ChainError {
        ChainError::Unavailable {
            what: "a view".into(),
            reason: "too many requests".into(),
        }
    }

    #[tokio::test]
    async fn a_busy_node_is_asked_again_but_not_for_ever() {
        let asked = Cell::new(0);
        let third = async || {
            asked.set(asked.get() + 1);
            if asked.get() < 3 { Err(busy()) } else { Ok(7) }
        };
        assert_eq!(HASTE.request("a view", third).await.unwrap(), 7);
        asked.set(0);
        let never = async || {
            asked.set(asked.get() + 1);
            Err::<u8, _>(busy())
        };
        let error = HASTE.request("a view", never).await.unwrap_err();
        assert!(error.to_string().contains("too many requests"), "{error}");
        assert_eq!(asked.get(), ATTEMPTS);
    }

    #[tokio::test]
    async fn a_node_that_never_answers_is_given_up() {
        let asked = Cell::new(0);
        let silent = async || {
            asked.set(asked.get() + 1);
            pending::<Result<u8, ChainError>>().await
        };
        let error = HASTE.request("a view", silent).await.unwrap_err();
        assert!(matches!(error, ReadError::TimedOut { .. }), "{error}");
        assert_eq!(asked.get(), 2);
    }

    #[tokio::test]
    async fn a_refusal_is_final() {
        let asked = Cell::new(0);
        let refused = async || {
            asked.set(asked.get() + 1);
            Err::<u8, _>(ChainError::BadUrl("x".into()))
        };
        assert!(HASTE.request("connect", refused).await.is_err());
        assert_eq!(asked.get(), 1);
    }

    #[tokio::test]
    async fn groups_that_are_too_large_are_asked_for_in_halves_and_keep_their_order() {
        let largest = Cell::new(0);
        let items: Vec<u32> = (0..50).collect();
        let ask = async |group: &[u32]| {
            if group.len() > 3 {
                return Err(ReadError::NoMulticall);
            }
            largest.set(largest.get().max(group.len()));
            Ok(group.iter().map(|item| item * 2).collect())
        };
        let answers = in_groups(&items, 20, ask).await.unwrap();
        assert_eq!(
            answers,
            items.iter().map(|item| item * 2).collect::<Vec<_>>()
        );
        assert_eq!(largest.get(), 3);
        let never = async |_: &[u32]| Err::<Vec<u8>, _>(ReadError::NoMulticall);
        assert!(in_groups(&items, 20, never).await.is_err());
    }
}
