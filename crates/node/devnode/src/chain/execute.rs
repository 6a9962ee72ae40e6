//! Executing transactions on the state of a block, without changing the chain.

use std::{
    convert::Infallible,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use alloy::{
    eips::{BlockId, BlockNumberOrTag},
    primitives::{Address, B256, Bytes, U256},
    rpc::types::{BlockOverrides, state::StateOverride},
};
use parking_lot::RwLock;
use revm::{
    DatabaseCommit, DatabaseRef,
    bytecode::Bytecode,
    context::{BlockEnv, TxEnv},
    database::CacheDB,
    state::{AccountInfo, EvmState},
};

use super::{
    Block, BlockDraft, Chain, ChainError, Executed, Ledger, SharedBlock, SharedTransaction,
    StateView, state::raw_bytecode,
};
use crate::evm::{ExecutionError, InvalidTransaction, Options, Outcome};

/// The state at one version together with the hashes of the blocks below.
#[derive(Clone, Debug)]
pub struct ChainDb {
    view: StateView,
    ledger: Arc<RwLock<Ledger>>,
}

impl DatabaseRef for ChainDb {
    type Error = Infallible;

    fn basic_ref(&self, address: Address) -> Result<Option<AccountInfo>, Infallible> {
        Ok(self.view.account_info(address))
    }

    fn code_by_hash_ref(&self, code_hash: B256) -> Result<Bytecode, Infallible> {
        Ok(self.view.code_by_hash(code_hash))
    }

    fn storage_ref(&self, address: Address, index: U256) -> Result<U256, Infallible> {
        Ok(self.view.slot(address, index))
    }

    fn block_hash_ref(&self, number: u64) -> Result<B256, Infallible> {
        Ok(self
            .ledger
            .read()
            .by_number(number)
            .map(|block| block.hash)
            .unwrap_or_default())
    }
}

/// A block's environment and the state that a call at this block sees. Changes stay in here.
#[derive(Clone, Debug)]
pub struct BlockState {
    /// The block's environment.
    pub env: BlockEnv,
    db: CacheDB<ChainDb>,
}

/// What a list of transactions did, in memory only.
#[derive(Debug, Default)]
pub struct Simulation {
    /// The transactions that can be in a block, in order.
    pub executed: Vec<Executed>,
    /// Their changes to the state, in order.
    pub changes: Vec<EvmState>,
    /// The transactions that cannot be in a block, and why.
    pub refused: Vec<(SharedTransaction, ChainError)>,
}

impl BlockState {
    fn new(env: BlockEnv, view: StateView, ledger: Arc<RwLock<Ledger>>) -> Self {
        Self {
            env,
            db: CacheDB::new(ChainDb { view, ledger }),
        }
    }

    /// An account as this state has it.
    pub fn account(&mut self, address: Address) -> AccountInfo {
        self.db
            .load_account(address)
            .map(|found| found.info())
            .unwrap_or_default()
            .unwrap_or_default()
    }

    /// The account's code.
    pub fn code(&mut self, address: Address) -> Bytes {
        let account = self.account(address);
        match account.code {
            Some(code) => code.original_bytes(),
            None => {
                let Ok(code) = self.db.code_by_hash_ref(account.code_hash);
                code.original_bytes()
            }
        }
    }

    /// One storage slot.
    pub fn slot(&mut self, address: Address, slot: U256) -> U256 {
        let Ok(value) = self.db.storage_ref(address, slot);
        value
    }

    /// Takes over what an execution on this state changed.
    pub fn commit(&mut self, changes: EvmState) {
        self.db.commit(changes);
    }

    /// Makes `hash` what later executions on this state find as the hash of the block `number`.
    pub fn set_block_hash(&mut self, number: u64, hash: B256) {
        self.db.cache.block_hashes.insert(U256::from(number), hash);
    }

    /// Replaces parts of accounts for this state only.
    pub fn override_accounts(&mut self, overrides: StateOverride) {
        for (address, changed) in overrides {
            let mut info = self.account(address);
            if let Some(balance) = changed.balance {
                info.balance = balance;
            }
            if let Some(nonce) = changed.nonce {
                info.nonce = nonce;
            }
            if let Some(code) = changed.code {
                let code = raw_bytecode(code);
                info.code_hash = code.hash_slow();
                info.code = Some(code);
            }
            self.db.insert_account_info(address, info);
            let words = |slots: alloy::primitives::map::B256HashMap<B256>| {
                slots
                    .into_iter()
                    .map(|(slot, value)| (slot.into(), value.into()))
            };
            if let Some(state) = changed.state {
                let Ok(()) = self
                    .db
                    .replace_account_storage(address, words(state).collect());
            }
            for (slot, value) in words(changed.state_diff.unwrap_or_default()) {
                let Ok(()) = self.db.insert_account_storage(address, slot, value);
            }
        }
    }

    /// Replaces parts of the block for this state only.
    pub fn override_block(&mut self, changed: BlockOverrides) {
        let env = &mut self.env;
        env.number = changed.number.unwrap_or(env.number);
        env.timestamp = changed.time.map_or(env.timestamp, U256::from);
        env.gas_limit = changed.gas_limit.unwrap_or(env.gas_limit);
        env.beneficiary = changed.coinbase.unwrap_or(env.beneficiary);
        env.difficulty = changed.difficulty.unwrap_or(env.difficulty);
        env.prevrandao = changed.random.or(env.prevrandao);
        env.basefee = changed
            .base_fee
            .map_or(env.basefee, |fee| fee.saturating_to());
        for (number, hash) in changed.block_hash.unwrap_or_default() {
            self.set_block_hash(number, hash);
        }
    }
}

impl Chain {
    /// The state that a call at block `id` sees, and the block's environment. `pending` has
    /// executed everything that waits.
    ///
    /// # Errors
    /// [`ChainError::UnknownBlock`] and [`ChainError::StateUnavailable`].
    pub fn state_at(&self, id: BlockId) -> Result<BlockState, ChainError> {
        if let BlockId::Number(BlockNumberOrTag::Pending) = id {
            return Ok(self.pending().1);
        }
        // One lock for both, so that state and environment belong together.
        let ledger = self.ledger.read();
        let block = ledger.get(id).ok_or(ChainError::UnknownBlock)?;
        let view = self.view_of(&ledger, block)?;
        Ok(BlockState::new(block.env(), view, self.ledger.clone()))
    }

    /// The plain state at a mined block; `pending` is the newest.
    ///
    /// # Errors
    /// [`ChainError::UnknownBlock`] and [`ChainError::StateUnavailable`].
    pub fn view_at(&self, id: BlockId) -> Result<StateView, ChainError> {
        let ledger = self.ledger.read();
        let block = match id {
            BlockId::Number(BlockNumberOrTag::Pending) => ledger.head(),
            mined => ledger.get(mined).ok_or(ChainError::UnknownBlock)?,
        };
        self.view_of(&ledger, block)
    }

    fn view_of(&self, ledger: &Ledger, block: &SharedBlock) -> Result<StateView, ChainError> {
        let number = block.header.number;
        if number == ledger.head().header.number {
            // With what development methods set since.
            return Ok(self.state.latest());
        }
        let version = block.version.ok_or(ChainError::StateUnavailable(number))?;
        Ok(self.state.at(version))
    }

    /// The block that would be mined now, and the state after it.
    pub fn pending(&self) -> (Block, BlockState) {
        let (draft, view) = {
            let ledger = self.ledger.read();
            (self.draft(&ledger), self.state.latest())
        };
        let ready = self.pool.read().ready(|sender| view.account(sender).nonce);
        let mut state = BlockState::new(draft.env(), view, self.ledger.clone());
        let simulation = self.simulate(&mut state, ready);
        (draft.seal(simulation.executed, None), state)
    }

    /// Executes one transaction or call on `state` and leaves no trace.
    ///
    /// # Errors
    /// [`ChainError::Execution`] and [`ChainError::Panicked`].
    pub fn call(
        &self,
        state: &BlockState,
        tx: TxEnv,
        options: &Options,
    ) -> Result<Outcome, ChainError> {
        let run = || {
            self.executor.transact(
                revm::database::WrapDatabaseRef(&state.db),
                &state.env,
                tx,
                options,
            )
        };
        Ok(catch_unwind(AssertUnwindSafe(run))
            .map_err(|panic| ChainError::Panicked(panic_text(&*panic)))??)
    }

    /// Executes a mined transaction again, with `options`, and returns the state that it found with what it did.
    ///
    /// # Errors
    /// [`ChainError::UnknownTransaction`], [`ChainError::StateUnavailable`] and those of
    /// [`Chain::call`].
    pub fn replay(
        &self,
        hash: &B256,
        options: &Options,
    ) -> Result<(BlockState, Outcome), ChainError> {
        let (block, index) = self
            .mined_transaction(hash)
            .ok_or(ChainError::UnknownTransaction(*hash))?;
        let number = block.header.number;
        let parent = number.checked_sub(1).ok_or(ChainError::UnknownBlock)?;
        let view = self.state.at(self.version_of(parent)?);
        let mut state = BlockState::new(block.env(), view, self.ledger.clone());
        let earlier = block.transactions[..index]
            .iter()
            .map(|done| done.transaction.clone());
        self.simulate(&mut state, earlier.collect());
        let transaction = &block.transactions[index].transaction;
        let check_sender_code = options.check_sender_code && !transaction.impersonated;
        let outcome = self.call(
            &state,
            transaction.to_env(),
            &Options {
                check_sender_code,
                ..options.clone()
            },
        )?;
        Ok((state, outcome))
    }

    /// Executes transactions one after the other on `state`, which then has their changes.
    pub(super) fn simulate(
        &self,
        state: &mut BlockState,
        transactions: Vec<SharedTransaction>,
    ) -> Simulation {
        let mut simulation = Simulation::default();
        for transaction in transactions {
            let options = Options {
                check_sender_code: !transaction.impersonated,
                ..Options::default()
            };
            match self.call(state, transaction.to_env(), &options) {
                Ok(outcome) => {
                    state.db.commit(outcome.state.clone());
                    simulation.changes.push(outcome.state);
                    simulation.executed.push(Executed {
                        transaction,
                        success: outcome.status.is_success(),
                        gas_used: outcome.gas_used,
                        created: outcome.created,
                        logs: outcome.logs,
                    });
                }
                Err(error) => simulation.refused.push((transaction, error)),
            }
        }
        simulation
    }

    /// What is fixed about the next block.
    pub(super) fn draft(&self, ledger: &Ledger) -> BlockDraft {
        let settings = self.settings.read();
        let head = ledger.head();
        BlockDraft {
            number: head.header.number + 1,
            parent_hash: head.hash,
            timestamp: settings.clock.peek(head.header.timestamp),
            genesis_timestamp: ledger.genesis().header.timestamp,
            beneficiary: settings.beneficiary,
            base_fee: settings.base_fee,
            gas_limit: settings.gas_limit,
        }
    }

    pub(super) fn block_state(&self, env: BlockEnv, view: StateView) -> BlockState {
        BlockState::new(env, view, self.ledger.clone())
    }

    fn version_of(&self, number: u64) -> Result<super::Version, ChainError> {
        let ledger = self.ledger.read();
        let block = ledger.by_number(number).ok_or(ChainError::UnknownBlock)?;
        block.version.ok_or(ChainError::StateUnavailable(number))
    }
}

/// Whether a refused transaction may become valid once an earlier one of its sender is mined.
pub(super) fn waits_for_nonce(error: &ChainError) -> bool {
    matches!(
        error,
        ChainError::Execution(ExecutionError::Invalid(
            InvalidTransaction::NonceTooHigh { .. }
        ))
    )
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message")
        .to_owned()
}
