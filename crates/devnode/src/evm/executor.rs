//! The entry point: one transaction in, its outcome out.

use std::path::PathBuf;

use revm::{
    Database,
    context::{BlockEnv, TxEnv},
};

use super::{ExecutionError, Outcome};

/// What stays the same for all blocks of a chain.
#[derive(Clone, Debug)]
pub struct Config {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// Where compiled Stylus programs are kept between runs; none keeps them in memory only.
    pub cache_dir: Option<PathBuf>,
}

impl Default for Config {
    /// Nitro's development chain, 412346, without a disk cache.
    fn default() -> Self {
        Self { chain_id: 412_346, cache_dir: None }
    }
}

/// Which rules hold for a transaction. The default is a signed transaction's: all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The nonce must be the sender's next one. Switch off for calls.
    pub check_nonce: bool,
    /// The sender must be able to pay for gas limit x fee cap + value. Without it the sender's balance is
    /// topped up for the execution only; a value transfer still needs the balance to cover it.
    pub check_balance: bool,
    /// The fee cap must reach the base fee. Without it a gas price of 0 also makes `BASEFEE` 0, as geth's
    /// `eth_call` does.
    pub check_base_fee: bool,
    /// The sender must not have code (EIP-3607). Switch off for calls and impersonation.
    pub check_sender_code: bool,
    /// The gas limit must be within the block's and within ArbOS's limit per transaction. Switch off for calls.
    pub check_gas_limit: bool,
    /// Record [`Outcome::trace`].
    pub trace: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            check_nonce: true,
            check_balance: true,
            check_base_fee: true,
            check_sender_code: true,
            check_gas_limit: true,
            trace: false,
        }
    }
}

impl Options {
    /// The rules of `eth_call` and `eth_estimateGas`: anybody, any nonce, any price.
    pub fn call() -> Self {
        Self {
            check_nonce: false,
            check_balance: false,
            check_base_fee: false,
            check_sender_code: false,
            check_gas_limit: false,
            trace: false,
        }
    }
}

/// Executes transactions. Cheap to clone; clones share the cache of compiled programs, and may run on several
/// threads at once.
///
/// Execution recurses natively for every nested Stylus call and takes what stack it needs from the heap.
#[derive(Clone, Debug)]
pub struct Executor {
    config: Config,
}

impl Executor {
    /// An executor for one chain.
    pub fn new(config: Config) -> Self {
        Self { config }
    }

    /// Runs `tx` on the state behind `db` in the block that `block` describes.
    ///
    /// `block.number` is what both `NUMBER` and `ArbSys.arbBlockNumber` return. `tx.chain_id`, if given, must be the
    /// chain's. The sender pays the base fee whatever the tip, to `block.beneficiary`.
    ///
    /// # Errors
    /// [`ExecutionError::Invalid`] if the transaction cannot be included; nothing ran then. A transaction that
    /// reverts or halts is an [`Outcome`], not an error.
    pub fn transact<D: Database>(
        &self,
        db: D,
        block: &BlockEnv,
        tx: TxEnv,
        options: &Options,
    ) -> Result<Outcome, ExecutionError> {
        let _ = (db, block, tx, options, &self.config);
        Err(ExecutionError::Internal("not connected yet".into()))
    }
}
