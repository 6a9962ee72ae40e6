//! Accepting transactions and mining blocks.

use std::sync::Arc;

use alloy::{
    consensus::Transaction,
    primitives::{Address, B256, U256},
};
use revm::state::EvmState;

use super::{
    BlockDraft, Chain, ChainError, ChainEvent, ChainTransaction, Executed, Mining, SharedBlock,
    SharedTransaction, Simulation, StateView, control::Snapshots, execute::waits_for_nonce,
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
            let refused = self.mine_waiting(&mut writer);
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
        Ok(self.mine_block(&mut writer))
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
        for index in 0..count {
            // The first block comes when it comes; the interval separates the others from it.
            if let Some(interval) = interval.filter(|_| index > 0) {
                let parent = self.head().header.timestamp;
                let next = parent.saturating_add(interval);
                self.settings.write().clock.set_next(next, parent)?;
            }
            self.mine_block(&mut writer);
        }
        Ok(self.head())
    }

    /// Mines a block if anything that waits can be in it. Returns what cannot, and why.
    pub(super) fn mine_waiting(&self, writer: &mut Snapshots) -> Vec<(B256, ChainError)> {
        let (draft, simulation) = self.simulate_block();
        let Simulation {
            executed,
            changes,
            refused,
        } = simulation;
        if !executed.is_empty() {
            self.append(writer, draft, executed, changes);
        }
        self.drop_refused(refused)
    }

    /// Mines a block, even if nothing waits.
    fn mine_block(&self, writer: &mut Snapshots) -> SharedBlock {
        let (draft, simulation) = self.simulate_block();
        let block = self.append(writer, draft, simulation.executed, simulation.changes);
        self.drop_refused(simulation.refused);
        block
    }

    /// The next nonce of `sender`, counting what waits.
    pub fn pending_nonce(&self, sender: Address) -> u64 {
        let mined = self.state.latest().account(sender).nonce;
        self.pool.read().next_nonce(sender, mined)
    }

    /// Executes what waits as the next block would.
    fn simulate_block(&self) -> (BlockDraft, Simulation) {
        let view = self.state.latest();
        let ready = self.pool.read().ready(|sender| view.account(sender).nonce);
        let draft = self.draft(&self.ledger.read());
        let mut state = self.block_state(draft.env(), view);
        let simulation = self.simulate(&mut state, ready);
        (draft, simulation)
    }

    /// Seals a block and makes it the newest. Its changes must belong to the newest state, which the
    /// writer's lock ensures.
    fn append(
        &self,
        _writer: &mut Snapshots,
        draft: BlockDraft,
        executed: Vec<Executed>,
        changes: Vec<EvmState>,
    ) -> SharedBlock {
        let timestamp = draft.timestamp;
        let mut block = draft.seal(executed, None);
        let block = {
            // Both at once, so that no reader sees a new state under an old block.
            let mut ledger = self.ledger.write();
            block.version = Some(self.state.commit(changes));
            ledger.push(block)
        };
        self.settings.write().clock.mined_at(timestamp);
        self.changed();
        let mut pool = self.pool.write();
        for done in &block.transactions {
            let next = done.transaction.envelope.nonce().saturating_add(1);
            pool.remove(&done.transaction.hash());
            pool.forget_below(done.transaction.from, next);
        }
        drop(pool);
        let _ = self.events.send(ChainEvent::Block(block.clone()));
        block
    }

    /// Removes what can never be mined from the pool.
    fn drop_refused(
        &self,
        refused: Vec<(SharedTransaction, ChainError)>,
    ) -> Vec<(B256, ChainError)> {
        let mut pool = self.pool.write();
        let hopeless = refused
            .into_iter()
            .filter(|(_, error)| !waits_for_nonce(error));
        let dropped = hopeless.map(|(transaction, error)| {
            let hash = transaction.hash();
            tracing::info!(%hash, %error, "dropped a transaction");
            pool.remove(&hash);
            (hash, error)
        });
        dropped.collect()
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
