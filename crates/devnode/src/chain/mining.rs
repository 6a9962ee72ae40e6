//! Accepting transactions and mining blocks.

use std::sync::{Arc, atomic::Ordering};

use alloy::{
    consensus::Transaction,
    primitives::{Address, B256, U256},
};

use super::{
    Chain, ChainError, ChainEvent, ChainTransaction, Mining, SharedBlock, Simulation, StateView,
    control::Snapshots, execute::waits_for_nonce,
};
use crate::evm::InvalidTransaction;

/// How many blocks one request may mine: each takes memory for good.
pub const MAX_BLOCKS_AT_ONCE: u64 = 100_000;

impl Chain {
    /// Accepts a transaction and, with automatic mining, mines it. Returns its hash.
    ///
    /// # Errors
    /// Whatever makes the transaction invalid; it is not kept then.
    pub fn send(&self, transaction: ChainTransaction) -> Result<B256, ChainError> {
        let mut writer = self.writer.lock();
        let hash = transaction.hash();
        self.validate(&transaction)?;
        let transaction = Arc::new(transaction);
        self.pool.write().insert(transaction.clone())?;
        // Nobody listens if there are no subscribers.
        let _ = self.events.send(ChainEvent::Transaction(transaction));
        if *self.mining.borrow() == Mining::Automatic {
            let (_, refused) = self.mine_ready(&mut writer, None);
            if let Some((_, error)) = refused.into_iter().find(|(refused, _)| *refused == hash) {
                return Err(error);
            }
        }
        Ok(hash)
    }

    /// Mines one block with everything that waits. `timestamp` overrides the clock.
    ///
    /// # Errors
    /// [`ChainError::TimestampInPast`].
    pub fn mine(&self, timestamp: Option<u64>) -> Result<SharedBlock, ChainError> {
        let mut writer = self.writer.lock();
        if let Some(timestamp) = timestamp {
            let parent = self.head().header.timestamp;
            self.settings.write().clock.set_next(timestamp, parent)?;
        }
        Ok(self.mine_ready(&mut writer, None).0)
    }

    /// Mines `count` blocks, each `interval` seconds after the one before if given, and returns the last.
    ///
    /// # Errors
    /// [`ChainError::TooManyBlocks`].
    pub fn mine_many(&self, count: u64, interval: Option<u64>) -> Result<SharedBlock, ChainError> {
        if count > MAX_BLOCKS_AT_ONCE {
            return Err(ChainError::TooManyBlocks {
                limit: MAX_BLOCKS_AT_ONCE,
            });
        }
        let mut writer = self.writer.lock();
        let mut last = self.head();
        for index in 0..count {
            // The first block comes when it comes; the interval separates the others from it.
            let spacing = if index == 0 { None } else { interval };
            last = self.mine_ready(&mut writer, spacing).0;
        }
        Ok(last)
    }

    /// Mines what waits, if anything could be mined; called when mining becomes automatic.
    pub(super) fn mine_backlog(&self, writer: &mut Snapshots) {
        let state = self.state.latest();
        if !self
            .pool
            .read()
            .ready(|sender| state.account(sender).nonce)
            .is_empty()
        {
            self.mine_ready(writer, None);
        }
    }

    /// The next nonce of `sender`, counting what waits.
    pub fn pending_nonce(&self, sender: Address) -> u64 {
        let mined = self.state.latest().account(sender).nonce;
        self.pool.read().next_nonce(sender, mined)
    }

    fn mine_ready(
        &self,
        _writer: &mut Snapshots,
        spacing: Option<u64>,
    ) -> (SharedBlock, Vec<(B256, ChainError)>) {
        let view = self.state.latest();
        let ready = self.pool.read().ready(|sender| view.account(sender).nonce);
        let timestamp = self.next_timestamp(spacing);
        let draft = self.draft(&self.ledger.read(), timestamp);
        let mut state = self.block_state(draft.env(), view);
        let Simulation {
            executed,
            changes,
            refused,
        } = self.simulate(&mut state, ready);
        let mut block = draft.seal(executed, None);
        let block = {
            // Both at once, so that no reader sees a new state under an old block.
            let mut ledger = self.ledger.write();
            block.version = Some(self.state.commit(changes));
            ledger.push(block)
        };
        self.changes.fetch_add(1, Ordering::Relaxed);
        let refused = self.clean_pool(&block, refused);
        let _ = self.events.send(ChainEvent::Block(block.clone()));
        (block, refused)
    }

    fn next_timestamp(&self, spacing: Option<u64>) -> u64 {
        let parent = self.head().header.timestamp;
        let clock = &mut self.settings.write().clock;
        if let Some(spacing) = spacing {
            // Cannot fail: the sum is not before the parent.
            let _ = clock.set_next(parent.saturating_add(spacing), parent);
        }
        clock.tick(parent)
    }

    /// Removes what was mined or can never be mined.
    fn clean_pool(
        &self,
        block: &SharedBlock,
        refused: Vec<(super::SharedTransaction, ChainError)>,
    ) -> Vec<(B256, ChainError)> {
        let mut pool = self.pool.write();
        for done in &block.transactions {
            let next = done.transaction.envelope.nonce().saturating_add(1);
            pool.remove(&done.transaction.hash());
            pool.forget_below(done.transaction.from, next);
        }
        let mut dropped = Vec::new();
        for (transaction, error) in refused {
            if !waits_for_nonce(&error) {
                tracing::warn!(hash = %transaction.hash(), %error, "dropped a transaction");
                pool.remove(&transaction.hash());
                dropped.push((transaction.hash(), error));
            }
        }
        dropped
    }

    /// Checks what can be known before execution.
    fn validate(&self, transaction: &ChainTransaction) -> Result<(), ChainError> {
        let tx = &transaction.envelope;
        let sender = transaction.from;
        if tx.is_eip4844() {
            return Err(ChainError::UnsupportedType);
        }
        if let Some(have) = tx.chain_id().filter(|id| *id != self.chain_id()) {
            return Err(ChainError::WrongChain {
                have,
                want: self.chain_id(),
            });
        }
        if tx.nonce() == u64::MAX {
            return Err(InvalidTransaction::NonceOverflow { sender }.into());
        }
        if self.mined_transaction(&transaction.hash()).is_some() {
            return Err(ChainError::AlreadyKnown);
        }
        let settings = self.settings.read();
        if tx.gas_limit() > settings.gas_limit {
            return Err(InvalidTransaction::GasLimitReached.into());
        }
        let max_fee = tx.max_fee_per_gas();
        if tx
            .max_priority_fee_per_gas()
            .is_some_and(|tip| tip > max_fee)
        {
            return Err(InvalidTransaction::TipAboveFeeCap.into());
        }
        if max_fee < settings.base_fee.into() {
            return Err(InvalidTransaction::FeeCapTooLow {
                sender,
                max_fee,
                base_fee: settings.base_fee,
            }
            .into());
        }
        let view = self.state.latest();
        check_account(&view, transaction)
    }
}

/// Checks the sender's nonce and balance.
fn check_account(view: &StateView, transaction: &ChainTransaction) -> Result<(), ChainError> {
    let tx = &transaction.envelope;
    let account = view.account(transaction.from);
    if tx.nonce() < account.nonce {
        return Err(ChainError::NonceTooLow {
            next: account.nonce,
            nonce: tx.nonce(),
        });
    }
    let gas = U256::from(tx.gas_limit()) * U256::from(tx.max_fee_per_gas());
    let cost = gas.saturating_add(tx.value());
    if account.balance < cost {
        return Err(ChainError::InsufficientFunds {
            balance: account.balance,
            cost,
        });
    }
    Ok(())
}
