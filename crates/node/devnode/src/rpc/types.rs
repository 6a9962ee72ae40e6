//! Answers as clients expect them from Nitro: Ethereum's objects with Arbitrum's fields.

use alloy::{
    consensus::{Transaction as _, transaction::Recovered},
    network::primitives::BlockTransactions,
    primitives::{B256, U64, U256, logs_bloom},
    rpc::types::{
        Block as EthBlock, Filter, Header as EthHeader, Log, Transaction, TransactionReceipt,
    },
};
use serde::{Deserialize, Deserializer, Serialize, de::Error};

use crate::chain::{Block, ChainTransaction, effective_gas_price, receipt_envelope};

/// A header with Arbitrum's fields.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ArbHeader {
    #[serde(flatten)]
    header: EthHeader,
    #[serde(flatten)]
    extra: HeaderExtra,
}

/// A block with Arbitrum's fields.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ArbBlock {
    #[serde(flatten)]
    block: EthBlock,
    #[serde(flatten)]
    extra: HeaderExtra,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct HeaderExtra {
    l1_block_number: U64,
    send_count: U64,
    send_root: B256,
}

/// A receipt with Arbitrum's fields.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ArbReceipt {
    #[serde(flatten)]
    receipt: TransactionReceipt,
    /// Always 0: there is no parent chain to pay for.
    gas_used_for_l1: U64,
    l1_block_number: U64,
    timeboosted: bool,
}

/// The header of a block.
pub fn header(block: &Block) -> ArbHeader {
    ArbHeader {
        header: eth_header(block),
        extra: header_extra(block),
    }
}

/// A block, with whole transactions or their hashes.
pub fn block(block: &Block, full: bool) -> ArbBlock {
    let transactions = if full {
        BlockTransactions::Full(
            (0..block.transactions.len())
                .map(|index| mined_transaction(block, index))
                .collect(),
        )
    } else {
        BlockTransactions::Hashes(
            block
                .transactions
                .iter()
                .map(|done| done.transaction.hash())
                .collect(),
        )
    };
    let eth = EthBlock {
        header: eth_header(block),
        uncles: Vec::new(),
        transactions,
        withdrawals: None,
    };
    ArbBlock {
        block: eth,
        extra: header_extra(block),
    }
}

fn eth_header(block: &Block) -> EthHeader {
    EthHeader {
        hash: block.hash,
        inner: block.header.clone(),
        total_difficulty: Some(U256::from(block.header.number) + U256::ONE),
        size: Some(U256::from(block.size)),
    }
}

fn header_extra(block: &Block) -> HeaderExtra {
    HeaderExtra {
        l1_block_number: U64::from(block.l1_block_number),
        send_count: U64::ZERO,
        send_root: B256::try_from(block.header.extra_data.as_ref()).unwrap_or_default(),
    }
}

/// The transaction at `index` of a block.
pub fn mined_transaction(block: &Block, index: usize) -> Transaction {
    let done = &block.transactions[index];
    Transaction {
        block_hash: Some(block.hash),
        block_number: Some(block.header.number),
        transaction_index: Some(index as u64),
        effective_gas_price: Some(effective_gas_price(done, &block.header)),
        block_timestamp: Some(block.header.timestamp),
        ..waiting_transaction(&done.transaction)
    }
}

/// A transaction that is in no block yet.
pub fn waiting_transaction(transaction: &ChainTransaction) -> Transaction {
    Transaction {
        inner: Recovered::new_unchecked(transaction.envelope.clone(), transaction.from),
        block_hash: None,
        block_number: None,
        transaction_index: None,
        effective_gas_price: Some(transaction.envelope.max_fee_per_gas()),
        block_timestamp: None,
    }
}

/// The receipt of the transaction at `index` of a block.
pub fn receipt(block: &Block, index: usize) -> ArbReceipt {
    let done = &block.transactions[index];
    let envelope = receipt_envelope(
        done,
        block.cumulative_gas(index),
        logs_bloom(&done.logs),
        logs(block, index),
    );
    let receipt = TransactionReceipt {
        inner: envelope,
        transaction_hash: done.transaction.hash(),
        transaction_index: Some(index as u64),
        block_hash: Some(block.hash),
        block_number: Some(block.header.number),
        gas_used: done.gas_used,
        effective_gas_price: effective_gas_price(done, &block.header),
        blob_gas_used: None,
        blob_gas_price: None,
        from: done.transaction.from,
        to: done.transaction.envelope.to(),
        contract_address: done.created,
    };
    ArbReceipt {
        receipt,
        gas_used_for_l1: U64::ZERO,
        l1_block_number: U64::from(block.l1_block_number),
        timeboosted: false,
    }
}

/// The logs of the transaction at `index` of a block.
pub fn logs(block: &Block, index: usize) -> Vec<Log> {
    let done = &block.transactions[index];
    let position = |(log, log_index): (&alloy::primitives::Log, u64)| Log {
        inner: log.clone(),
        block_hash: Some(block.hash),
        block_number: Some(block.header.number),
        block_timestamp: Some(block.header.timestamp),
        transaction_hash: Some(done.transaction.hash()),
        transaction_index: Some(index as u64),
        log_index: Some(log_index),
        removed: false,
    };
    done.logs
        .iter()
        .zip(block.first_log_index(index)..)
        .map(position)
        .collect()
}

/// A number that clients write as a JSON number, in hexadecimal or in decimal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Number(pub u64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = WideNumber::deserialize(deserializer)?.0;
        value
            .try_into()
            .map(Self)
            .map_err(|_| D::Error::custom("number exceeds 64 bits"))
    }
}

/// [`Number`] with 256 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WideNumber(pub U256);

impl<'de> Deserialize<'de> for WideNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(u64),
            Text(String),
        }
        let parsed = match Written::deserialize(deserializer)? {
            Written::Number(number) => Ok(U256::from(number)),
            Written::Text(text) => text.parse(),
        };
        parsed.map(Self).map_err(D::Error::custom)
    }
}

/// All logs of a block that match.
pub fn matching_logs(filter: &Filter, block: &Block) -> Vec<Log> {
    if !filter.matches_bloom(block.header.logs_bloom) {
        return Vec::new();
    }
    let all = (0..block.transactions.len()).flat_map(|index| logs(block, index));
    all.filter(|log| filter.matches(&log.inner)).collect()
}
