//! Transactions that wait for a block.

use std::collections::BTreeMap;

use alloy::{
    consensus::Transaction,
    primitives::{
        Address, B256,
        map::{AddressMap, B256Map},
    },
};

use super::{ChainError, SharedTransaction};

/// How many transactions wait at most: enough for load tests, little enough to keep in memory.
const MAX_TRANSACTIONS: usize = 20_000;
/// How many transactions of one sender wait at most.
const MAX_PER_SENDER: usize = 4_096;
/// By how much a replacement must raise both fees, as geth has it.
const REPLACEMENT_PERCENT: u128 = 110;

#[derive(Clone, Debug)]
struct Waiting {
    /// Order of arrival. A replacement keeps the place of what it replaces.
    order: u64,
    transaction: SharedTransaction,
}

/// Waiting transactions by sender and nonce.
#[derive(Clone, Debug, Default)]
pub struct Pool {
    senders: AddressMap<BTreeMap<u64, Waiting>>,
    hashes: B256Map<SharedTransaction>,
    arrivals: u64,
}

impl Pool {
    /// Adds a transaction, or replaces one of the same sender and nonce.
    ///
    /// # Errors
    /// [`ChainError::AlreadyKnown`], [`ChainError::ReplacementUnderpriced`],
    /// [`ChainError::PoolFull`] and [`ChainError::SenderLimit`].
    pub fn insert(&mut self, transaction: SharedTransaction) -> Result<(), ChainError> {
        let hash = transaction.hash();
        if self.hashes.contains_key(&hash) {
            return Err(ChainError::AlreadyKnown);
        }
        let full = self.hashes.len() >= MAX_TRANSACTIONS;
        let queue = self.senders.entry(transaction.from).or_default();
        let nonce = transaction.envelope.nonce();
        let order = match queue.get(&nonce) {
            Some(old) if !outbids(&transaction, &old.transaction) => {
                return Err(ChainError::ReplacementUnderpriced);
            }
            Some(old) => {
                self.hashes.remove(&old.transaction.hash());
                old.order
            }
            None if full => return Err(ChainError::PoolFull),
            None if queue.len() >= MAX_PER_SENDER => return Err(ChainError::SenderLimit),
            None => {
                self.arrivals += 1;
                self.arrivals
            }
        };
        queue.insert(
            nonce,
            Waiting {
                order,
                transaction: transaction.clone(),
            },
        );
        self.hashes.insert(hash, transaction);
        Ok(())
    }

    /// A waiting transaction by its hash.
    pub fn get(&self, hash: &B256) -> Option<SharedTransaction> {
        self.hashes.get(hash).cloned()
    }

    /// Removes a transaction and returns it.
    pub fn remove(&mut self, hash: &B256) -> Option<SharedTransaction> {
        let transaction = self.hashes.remove(hash)?;
        if let Some(queue) = self.senders.get_mut(&transaction.from) {
            queue.remove(&transaction.envelope.nonce());
            if queue.is_empty() {
                self.senders.remove(&transaction.from);
            }
        }
        Some(transaction)
    }

    /// Removes a sender's transactions whose nonces are below `next`.
    pub fn forget_below(&mut self, sender: Address, next: u64) {
        let Some(queue) = self.senders.get_mut(&sender) else {
            return;
        };
        let kept = queue.split_off(&next);
        for waiting in std::mem::replace(queue, kept).into_values() {
            self.hashes.remove(&waiting.transaction.hash());
        }
        if queue.is_empty() {
            self.senders.remove(&sender);
        }
    }

    /// Removes all transactions of a sender.
    pub fn remove_sender(&mut self, sender: Address) {
        for waiting in self
            .senders
            .remove(&sender)
            .unwrap_or_default()
            .into_values()
        {
            self.hashes.remove(&waiting.transaction.hash());
        }
    }

    /// Removes everything.
    pub fn clear(&mut self) {
        self.senders.clear();
        self.hashes.clear();
    }

    /// The nonce after a sender's unbroken run of waiting transactions that starts at `next`.
    pub fn next_nonce(&self, sender: Address, next: u64) -> u64 {
        self.run(sender, next)
            .last()
            .map_or(next, |last| last.transaction.envelope.nonce() + 1)
    }

    /// What can be mined now, in order of arrival as far as nonces allow. `next_nonce` is a
    /// sender's next nonce on the chain.
    pub fn ready(&self, next_nonce: impl Fn(Address) -> u64) -> Vec<SharedTransaction> {
        let mut ready = Vec::new();
        for sender in self.senders.keys() {
            // A transaction cannot go before its predecessor, however early it arrived.
            let mut earliest = 0;
            for waiting in self.run(*sender, next_nonce(*sender)) {
                earliest = waiting.order.max(earliest);
                ready.push((earliest, waiting.transaction.clone()));
            }
        }
        ready.sort_by_key(|(order, transaction)| (*order, transaction.envelope.nonce()));
        ready
            .into_iter()
            .map(|(_, transaction)| transaction)
            .collect()
    }

    /// All transactions, by sender and nonce, each with whether it is ready.
    pub fn content(&self, next_nonce: impl Fn(Address) -> u64) -> Vec<(SharedTransaction, bool)> {
        let mut all = Vec::with_capacity(self.hashes.len());
        for (sender, queue) in &self.senders {
            let first_gap = self.next_nonce(*sender, next_nonce(*sender));
            all.extend(
                queue
                    .iter()
                    .map(|(nonce, waiting)| (waiting.transaction.clone(), *nonce < first_gap)),
            );
        }
        all
    }

    fn run(&self, sender: Address, next: u64) -> impl Iterator<Item = &Waiting> {
        let queue = self
            .senders
            .get(&sender)
            .into_iter()
            .flat_map(move |queue| queue.range(next..));
        queue
            .enumerate()
            .take_while(move |(index, (nonce, _))| **nonce == next + *index as u64)
            .map(|(_, (_, waiting))| waiting)
    }
}

fn outbids(new: &SharedTransaction, old: &SharedTransaction) -> bool {
    let raised = |new: u128, old: u128| new >= old.saturating_mul(REPLACEMENT_PERCENT) / 100;
    let tip = |transaction: &SharedTransaction| {
        let envelope = &transaction.envelope;
        envelope
            .max_priority_fee_per_gas()
            .unwrap_or(envelope.max_fee_per_gas())
    };
    new.envelope.max_fee_per_gas() > old.envelope.max_fee_per_gas()
        && raised(
            new.envelope.max_fee_per_gas(),
            old.envelope.max_fee_per_gas(),
        )
        && raised(tip(new), tip(old))
}
