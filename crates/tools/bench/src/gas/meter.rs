//! Gas of transactions, from their receipts.

use super::{
    cache::ProgramCache,
    probe::gas_inside,
    slots::{self, Slots},
};
use crate::BenchError;
use alloy::{
    primitives::{Address, B256, Bytes},
    sol_types::SolEvent,
};
use client::{
    abi::IOracleGuard,
    chain::{Chain, Receipt, Transaction},
};
use serde_json::json;
use std::collections::BTreeMap;

/// Added to a key for the same call with every program in the chain's cache.
pub const CACHED: &str = ".cached";

/// What was measured, by name.
#[derive(Debug, Default)]
pub struct GasFigures {
    /// Gas.
    pub gas: BTreeMap<String, u64>,
    /// Storage slots, with nothing cached.
    pub slots: BTreeMap<String, Slots>,
}

/// Sends transactions and notes what each used.
pub struct Meter<'a> {
    chain: &'a Chain,
    cache: Option<ProgramCache>,
    /// First topics of the events of what was noted last.
    events: Vec<B256>,
    /// What was noted.
    pub figures: GasFigures,
}

impl<'a> Meter<'a> {
    /// Nothing noted yet.
    pub fn new(chain: &'a Chain, cache: Option<ProgramCache>) -> Self {
        Self {
            chain,
            cache,
            events: Vec::new(),
            figures: GasFigures::default(),
        }
    }

    /// Mines a transaction that must succeed, a second after what came before, and notes its gas and its slots under `name`, first with
    /// every program cached, as long as the chain lets us undo that.
    pub async fn note(&mut self, name: &str, transaction: Transaction) -> Result<(), BenchError> {
        self.note_after(1, name, transaction).await
    }

    /// As `note`, so many seconds after what came before: what moves by time costs the same however fast this runs.
    pub async fn note_after(
        &mut self,
        secs: u64,
        name: &str,
        transaction: Transaction,
    ) -> Result<(), BenchError> {
        let time = self.chain.timestamp().await? + secs;
        // What fills the cache takes no time of the chain's.
        self.chain
            .request::<serde_json::Value>("evm_setBlockTimestampInterval", json!([0]))
            .await?;
        if let Some(cache) = &self.cache {
            let before = snapshot(self.chain).await?;
            cache.fill(self.chain).await?;
            let receipt = self.execute_at(time, &transaction).await?;
            self.insert(&format!("{name}{CACHED}"), &receipt);
            restore(self.chain, before).await?;
        }
        let slots = slots::before(self.chain, &transaction).await?;
        let receipt = self.execute_at(time, &transaction).await?;
        self.chain
            .request::<serde_json::Value>("evm_removeBlockTimestampInterval", json!([]))
            .await?;
        let topics = receipt.logs.iter().filter_map(|log| log.topic0());
        self.events = topics.copied().collect();
        self.insert(name, &receipt);
        let slots = slots.compare(self.chain).await?;
        self.figures.slots.insert(name.to_owned(), slots);
        Ok(())
    }

    /// As `note`, for a transaction in which the guard must find news.
    pub async fn note_poking(
        &mut self,
        name: &str,
        transaction: Transaction,
    ) -> Result<(), BenchError> {
        self.note(name, transaction).await?;
        if self.events.contains(&IOracleGuard::Poked::SIGNATURE_HASH) {
            return Ok(());
        }
        Err(BenchError::NotPoked(name.to_owned()))
    }

    /// As `note`, and undoes the transaction.
    pub async fn try_out(
        &mut self,
        name: &str,
        transaction: Transaction,
    ) -> Result<(), BenchError> {
        let before = snapshot(self.chain).await?;
        self.note(name, transaction).await?;
        restore(self.chain, before).await
    }

    /// As `note_poking`, and undoes the transaction.
    pub async fn try_poking(
        &mut self,
        name: &str,
        transaction: Transaction,
    ) -> Result<(), BenchError> {
        let before = snapshot(self.chain).await?;
        self.note_poking(name, transaction).await?;
        restore(self.chain, before).await
    }

    /// Notes a call of a contract that sends no transactions by itself.
    pub async fn note_as(
        &mut self,
        name: &str,
        from: Address,
        to: Address,
        data: Bytes,
    ) -> Result<(), BenchError> {
        self.chain.impersonate(from).await?;
        let receipt = self.chain.send_as(from, to, data).await?;
        self.insert(name, &receipt);
        Ok(())
    }

    /// Notes what a call takes inside, without the transaction around it: with every program cached if the chain lets us, and
    /// under `name.uncached` without.
    pub async fn note_inside(
        &mut self,
        name: &str,
        to: Address,
        data: &[u8],
    ) -> Result<(), BenchError> {
        let uncached = gas_inside(self.chain, to, data).await?;
        self.figures
            .gas
            .insert(format!("{name}.uncached"), uncached);
        if let Some(cache) = &self.cache {
            let before = snapshot(self.chain).await?;
            cache.fill(self.chain).await?;
            let cached = gas_inside(self.chain, to, data).await?;
            self.figures.gas.insert(name.to_owned(), cached);
            restore(self.chain, before).await?;
        }
        Ok(())
    }

    async fn execute_at(
        &self,
        time: u64,
        transaction: &Transaction,
    ) -> Result<Receipt, BenchError> {
        self.chain.set_next_timestamp(time).await?;
        let mut receipts = self
            .chain
            .execute(std::slice::from_ref(transaction))
            .await?;
        Ok(receipts.remove(0))
    }

    fn insert(&mut self, name: &str, receipt: &Receipt) {
        self.figures
            .gas
            .insert(name.to_owned(), receipt.gas_used.to());
    }
}

async fn snapshot(chain: &Chain) -> Result<serde_json::Value, BenchError> {
    Ok(chain.request("evm_snapshot", json!([])).await?)
}

async fn restore(chain: &Chain, snapshot: serde_json::Value) -> Result<(), BenchError> {
    chain
        .request::<serde_json::Value>("evm_revert", json!([snapshot]))
        .await?;
    Ok(())
}
