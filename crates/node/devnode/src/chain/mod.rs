//! The chain: state, blocks and waiting transactions behind one writer.
//!
//! Whoever changes anything holds the writer's lock; readers take versions of the state and shared
//! blocks and never wait for an execution.

mod block;
mod clock;
mod control;
mod dump;
mod error;
mod execute;
mod ledger;
mod mining;
mod pool;
mod state;
mod transaction;

use std::{
    fmt,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use alloy::{
    eips::{BlockId, BlockNumberOrTag},
    primitives::{Address, B256, U256, map::AddressHashSet},
};
use parking_lot::{Mutex, RwLock};
use tokio::sync::{broadcast, watch};

use crate::evm::{self, Executor};

pub use block::{
    ARBOS_VERSION, BASE_FEE, BLOCK_GAS_LIMIT, Block, BlockDraft, Executed, SEQUENCER, SharedBlock,
    effective_gas_price, receipt_envelope,
};
pub use clock::Clock;
pub use control::MAX_SNAPSHOTS;
pub use dump::Dump;
pub use error::ChainError;
pub use execute::{BlockState, ChainDb, Simulation};
pub use ledger::Ledger;
pub use mining::MAX_BLOCKS_AT_ONCE;
pub use pool::Pool;
pub use state::{AccountRecord, FullAccount, StateStore, StateView, Version};
pub use transaction::{ChainTransaction, SharedTransaction, placeholder_signature};

/// How many events a slow subscriber may lag behind before it misses some.
const EVENT_BUFFER: usize = 16_384;

/// When blocks are mined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mining {
    /// A block for every transaction, at once.
    Automatic,
    /// A block at fixed intervals, with whatever waits.
    Interval(Duration),
    /// Only on request.
    Manual,
}

/// What subscribers are told.
#[derive(Clone, Debug)]
pub enum ChainEvent {
    /// A block was mined.
    Block(SharedBlock),
    /// A transaction arrived.
    Transaction(SharedTransaction),
}

/// How a chain starts.
#[derive(Clone, Debug)]
pub struct ChainConfig {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// When blocks are mined.
    pub mining: Mining,
    /// Accounts that are funded at genesis, with their balances in wei.
    pub funded: Vec<(Address, U256)>,
    /// Timestamp of the first block, in seconds since the Unix epoch; none for now.
    pub genesis_timestamp: Option<u64>,
}

/// What development methods change about blocks to come.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Time on the chain.
    pub clock: Clock,
    /// Base fee of new blocks in wei per gas.
    pub base_fee: u64,
    /// Gas limit of new blocks.
    pub gas_limit: u64,
    /// Beneficiary of new blocks.
    pub beneficiary: Address,
    /// Accounts that anybody may send from.
    pub impersonated: AddressHashSet,
    /// Whether anybody may send from any account.
    pub impersonate_all: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            clock: Clock::default(),
            base_fee: BASE_FEE,
            gas_limit: BLOCK_GAS_LIMIT,
            beneficiary: SEQUENCER,
            impersonated: AddressHashSet::default(),
            impersonate_all: false,
        }
    }
}

/// A chain of blocks and its state.
pub struct Chain {
    executor: Executor,
    config: ChainConfig,
    state: StateStore,
    ledger: Arc<RwLock<Ledger>>,
    pool: RwLock<Pool>,
    settings: RwLock<Settings>,
    writer: Mutex<control::Snapshots>,
    mining: watch::Sender<Mining>,
    events: broadcast::Sender<ChainEvent>,
    /// Grows with every change that a saved file must have.
    changes: AtomicU64,
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chain")
            .field("config", &self.config)
            .field("head", &self.head().header.number)
            .finish()
    }
}

impl Chain {
    /// A new chain with its genesis block.
    pub fn new(config: ChainConfig, executor: Executor) -> Self {
        let state = StateStore::default();
        let settings = Settings::default();
        let genesis = genesis_block(&config, &settings, &state);
        Self {
            executor,
            state,
            ledger: Arc::new(RwLock::new(Ledger::new(genesis))),
            pool: RwLock::default(),
            settings: RwLock::new(settings),
            writer: Mutex::default(),
            mining: watch::Sender::new(config.mining),
            events: broadcast::Sender::new(EVENT_BUFFER),
            changes: AtomicU64::new(0),
            config,
        }
    }

    /// The chain's EIP-155 id.
    pub fn chain_id(&self) -> u64 {
        self.config.chain_id
    }

    /// The newest block.
    pub fn head(&self) -> SharedBlock {
        self.ledger.read().head().clone()
    }

    /// What is set for blocks to come.
    pub fn settings(&self) -> Settings {
        self.settings.read().clone()
    }

    /// New blocks and transactions from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<ChainEvent> {
        self.events.subscribe()
    }

    /// When blocks are mined, now and after every change.
    pub fn mining(&self) -> watch::Receiver<Mining> {
        self.mining.subscribe()
    }

    /// The height that a tag or number stands for. `safe` and `finalized` are the newest block:
    /// nothing is ever reorganised.
    pub fn block_number(&self, tag: BlockNumberOrTag) -> u64 {
        match tag {
            BlockNumberOrTag::Number(number) => number,
            BlockNumberOrTag::Earliest => 0,
            BlockNumberOrTag::Latest | BlockNumberOrTag::Safe | BlockNumberOrTag::Finalized => {
                self.head().header.number
            }
            BlockNumberOrTag::Pending => self.head().header.number + 1,
        }
    }

    /// A mined block; none for `pending` and for what does not exist.
    pub fn block(&self, id: BlockId) -> Option<SharedBlock> {
        self.ledger.read().get(id).cloned()
    }

    /// The block that has a transaction, and the transaction's index in it.
    pub fn mined_transaction(&self, hash: &B256) -> Option<(SharedBlock, usize)> {
        let ledger = self.ledger.read();
        ledger
            .transaction(hash)
            .map(|(block, index)| (block.clone(), index))
    }

    /// A transaction that waits for a block.
    pub fn waiting_transaction(&self, hash: &B256) -> Option<SharedTransaction> {
        self.pool.read().get(hash)
    }

    /// All waiting transactions, each with whether it could be mined now.
    pub fn pool_content(&self) -> Vec<(SharedTransaction, bool)> {
        let state = self.state.latest();
        self.pool
            .read()
            .content(|sender| state.account(sender).nonce)
    }

    /// Blocks from `from` to `to`, both included, as far as they exist.
    pub fn blocks(&self, from: u64, to: u64) -> Vec<SharedBlock> {
        let ledger = self.ledger.read();
        let last = to.min(ledger.head().header.number);
        (from..=last)
            .filter_map(|number| ledger.by_number(number).cloned())
            .collect()
    }

    /// Whether transactions of `address` are accepted without its signature.
    pub fn is_impersonated(&self, address: Address) -> bool {
        let settings = self.settings.read();
        settings.impersonate_all || settings.impersonated.contains(&address)
    }
}

/// Writes the initial state and returns the first block.
fn genesis_block(config: &ChainConfig, settings: &Settings, state: &StateStore) -> Block {
    let system = evm::genesis().into_iter().map(|(address, account)| {
        let evm::GenesisAccount {
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
    });
    let mut version = state.put(system);
    for (address, balance) in &config.funded {
        version = state.set_balance(*address, *balance);
    }
    let timestamp = config
        .genesis_timestamp
        .unwrap_or_else(|| settings.clock.peek(0));
    let draft = BlockDraft {
        number: 0,
        parent_hash: B256::ZERO,
        timestamp,
        genesis_timestamp: timestamp,
        beneficiary: settings.beneficiary,
        base_fee: settings.base_fee,
        gas_limit: settings.gas_limit,
    };
    draft.seal(Vec::new(), Some(version))
}
