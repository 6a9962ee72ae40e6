//! Saving a chain and loading it again.
//!
//! The format is JSON: the accounts of the newest state, and all blocks with their transactions and
//! receipts. The states of earlier blocks are not part of it: after loading, calls at those blocks are
//! refused, while blocks, transactions, receipts and logs can still be read.

use std::sync::Arc;

use alloy::{
    consensus::{Header, TxEnvelope},
    eips::eip2718::{Decodable2718, Encodable2718},
    primitives::{Address, Bytes, Log, U256},
};
use serde::{Deserialize, Serialize};

use super::{
    Block, Chain, ChainError, ChainTransaction, Clock, Executed, FullAccount, Ledger, SharedBlock,
};

/// Names the format and its version.
const FORMAT: &str = "bulkhead-devnode/1";

/// A saved chain.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Dump {
    format: String,
    chain_id: u64,
    /// Seconds that the chain's clock is ahead of the wall clock.
    clock_offset: i64,
    accounts: Vec<DumpedAccount>,
    blocks: Vec<DumpedBlock>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct DumpedAccount {
    address: Address,
    balance: U256,
    nonce: u64,
    #[serde(default, skip_serializing_if = "is_empty")]
    code: Bytes,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    storage: Vec<(U256, U256)>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DumpedBlock {
    header: Header,
    l1_block_number: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    transactions: Vec<DumpedTransaction>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DumpedTransaction {
    /// The encoded, signed transaction.
    raw: Bytes,
    from: Address,
    #[serde(default)]
    impersonated: bool,
    success: bool,
    gas_used: u64,
    created: Option<Address>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    logs: Vec<Log>,
}

fn is_empty(code: &Bytes) -> bool {
    code.is_empty()
}

impl Chain {
    /// Everything that is needed to continue this chain elsewhere.
    pub fn dump(&self) -> Dump {
        let (state, blocks) = {
            let ledger = self.ledger.read();
            (self.state.latest(), ledger.blocks().to_vec())
        };
        Dump {
            format: FORMAT.into(),
            chain_id: self.chain_id(),
            clock_offset: self.settings().clock.offset(),
            accounts: state.accounts().into_iter().map(dump_account).collect(),
            blocks: blocks.iter().map(dump_block).collect(),
        }
    }

    /// Replaces this chain by a saved one. Nothing changes if the dump is bad.
    ///
    /// # Errors
    /// [`ChainError::Dump`].
    pub fn load(&self, dump: Dump) -> Result<(), ChainError> {
        self.check_dump(&dump)?;
        let blocks: Vec<Block> = dump
            .blocks
            .into_iter()
            .map(load_block)
            .collect::<Result<_, _>>()?;
        let broken = blocks
            .windows(2)
            .position(|pair| pair[1].header.parent_hash != pair[0].hash);
        if let Some(index) = broken {
            return Err(ChainError::Dump(format!(
                "block {} does not follow block {index}",
                index + 1
            )));
        }
        let mut blocks = blocks.into_iter();
        let Some(first) = blocks.next() else {
            return Err(ChainError::Dump("no blocks".into()));
        };
        let mut loaded = Ledger::new(first);
        for block in blocks {
            loaded.push(block);
        }
        let mut snapshots = self.writer.lock();
        snapshots.clear();
        self.pool.write().clear();
        self.settings.write().clock = Clock::with_offset(dump.clock_offset);
        let mut ledger = self.ledger.write();
        self.state.clear();
        self.state.put(dump.accounts.into_iter().map(load_account));
        let mut head = Block::clone(loaded.head());
        head.version = Some(self.state.version());
        loaded.replace_head(head);
        *ledger = loaded;
        self.changed();
        Ok(())
    }

    fn check_dump(&self, dump: &Dump) -> Result<(), ChainError> {
        if dump.format != FORMAT {
            return Err(ChainError::Dump(format!(
                "format is {:?}, not {FORMAT:?}",
                dump.format
            )));
        }
        if dump.chain_id != self.chain_id() {
            return Err(ChainError::Dump(format!(
                "chain id is {}, not {}",
                dump.chain_id,
                self.chain_id()
            )));
        }
        let misplaced = dump
            .blocks
            .iter()
            .zip(0..)
            .find(|(block, number)| block.header.number != *number);
        match misplaced {
            Some((_, number)) => Err(ChainError::Dump(format!("block {number} is missing"))),
            None => Ok(()),
        }
    }
}

fn dump_account((address, account): (Address, FullAccount)) -> DumpedAccount {
    let FullAccount {
        balance,
        nonce,
        code,
        storage,
    } = account;
    DumpedAccount {
        address,
        balance,
        nonce,
        code,
        storage,
    }
}

fn load_account(account: DumpedAccount) -> (Address, FullAccount) {
    let DumpedAccount {
        address,
        balance,
        nonce,
        code,
        storage,
    } = account;
    (
        address,
        FullAccount {
            balance,
            nonce,
            code,
            storage,
        },
    )
}

fn dump_block(block: &SharedBlock) -> DumpedBlock {
    DumpedBlock {
        header: block.header.clone(),
        l1_block_number: block.l1_block_number,
        transactions: block.transactions.iter().map(dump_transaction).collect(),
    }
}

fn dump_transaction(done: &Executed) -> DumpedTransaction {
    DumpedTransaction {
        raw: done.transaction.envelope.encoded_2718().into(),
        from: done.transaction.from,
        impersonated: done.transaction.impersonated,
        success: done.success,
        gas_used: done.gas_used,
        created: done.created,
        logs: done.logs.clone(),
    }
}

fn load_block(block: DumpedBlock) -> Result<Block, ChainError> {
    let transactions = block
        .transactions
        .into_iter()
        .map(load_transaction)
        .collect::<Result<_, _>>()?;
    Ok(Block::new(
        block.header,
        transactions,
        block.l1_block_number,
        None,
    ))
}

fn load_transaction(done: DumpedTransaction) -> Result<Executed, ChainError> {
    let envelope = TxEnvelope::decode_2718_exact(&done.raw)
        .map_err(|error| ChainError::Dump(format!("transaction of {}: {error}", done.from)))?;
    let transaction = ChainTransaction {
        envelope,
        from: done.from,
        impersonated: done.impersonated,
    };
    Ok(Executed {
        transaction: Arc::new(transaction),
        success: done.success,
        gas_used: done.gas_used,
        created: done.created,
        logs: done.logs,
    })
}
