//! The entry point: one transaction in, its outcome out.

use std::{marker::PhantomData, path::PathBuf, sync::Arc};

use revm::{
    Database, Journal,
    context::{
        BlockEnv, CfgEnv, Context, ContextTr, JournalTr, LocalContext, TransactionType, TxEnv,
        result::{ExecutionResult, HaltReason, Output},
    },
    handler::Handler,
    primitives::{Address, B256, Bytes, U256},
};
use stylus_vm::ProgramCache;

use super::{
    ExecutionError, Halt, InvalidTransaction, Options, Outcome, Status,
    arbos::state::{self, l2, spaces},
    context::{Ctx, SPEC},
    database::Db,
    handler::ArbitrumHandler,
    machine::Machine,
    reverts::RevertLog,
    transaction::TransactionContext,
};

/// What stays the same for all blocks of a chain.
#[derive(Clone, Debug)]
pub struct Config {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// Where compiled Stylus programs are kept between runs; none keeps them in memory only.
    pub cache_dir: Option<PathBuf>,
    /// Where reverts of Stylus programs are noted, if they are.
    pub reverts: Option<Arc<RevertLog>>,
}

impl Default for Config {
    /// Nitro's development chain, 412346, without a disk cache; nothing is noted.
    fn default() -> Self {
        Self {
            chain_id: 412_346,
            cache_dir: None,
            reverts: None,
        }
    }
}

/// Executes transactions. Cheap to clone; clones share the cache of compiled programs, and may run on several
/// threads at once.
///
/// Execution recurses natively for every nested Stylus call and takes what stack it needs from the heap.
#[derive(Clone)]
pub struct Executor {
    chain_id: u64,
    programs: Arc<ProgramCache>,
    reverts: Option<Arc<RevertLog>>,
}

impl std::fmt::Debug for Executor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Executor")
            .field("chain_id", &self.chain_id)
            .finish_non_exhaustive()
    }
}

impl Executor {
    /// An executor for one chain.
    pub fn new(config: Config) -> Self {
        let Config {
            chain_id,
            cache_dir,
            reverts,
        } = config;
        Self {
            chain_id,
            programs: Arc::new(ProgramCache::new(cache_dir)),
            reverts,
        }
    }

    /// Runs `tx` on the state behind `db` in the block that `block` describes.
    ///
    /// `block.number` is what both `NUMBER` and `ArbSys.arbBlockNumber` return; difficulty and randomness are
    /// Arbitrum's constants whatever `block` says. The chain's id holds for `tx.chain_id`, if given. The sender pays
    /// the base fee whatever the tip, to the network fee account that ArbOS's state names.
    ///
    /// # Errors
    /// [`ExecutionError::Invalid`] if the transaction cannot be included; nothing ran then. A transaction that
    /// reverts or halts is an [`Outcome`], not an error.
    pub fn transact<D: Database>(
        &self,
        mut db: D,
        block: &BlockEnv,
        tx: TxEnv,
        options: &Options,
    ) -> Result<Outcome, ExecutionError> {
        self.execute(Db::new(&mut db), block.clone(), tx, options)
    }

    fn execute(
        &self,
        db: Db<'_>,
        block: BlockEnv,
        tx: TxEnv,
        options: &Options,
    ) -> Result<Outcome, ExecutionError> {
        let mut ctx = self.context(db, block, options);
        check(&mut ctx, &tx, options)?;
        ctx.cfg.disable_eip7623 = !has_calldata_floor(&mut ctx)?;
        let call = CallSummary::of(&tx);
        ctx.tx = at_base_fee(tx, self.chain_id);
        let gas_limit = options
            .check_gas_limit
            .then(|| tx_gas_limit(&mut ctx))
            .transpose()?;

        let mut machine = Machine::new(ctx);
        let mut handler = ArbitrumHandler {
            gas_limit,
            machine: PhantomData,
        };
        let result = handler
            .run(&mut machine)
            .map_err(|error| call.explain(error, &mut machine))?;
        Ok(outcome(result, machine.into_context(), call.gas_limit))
    }

    fn context<'a>(&self, db: Db<'a>, mut block: BlockEnv, options: &Options) -> Ctx<'a> {
        block.difficulty = U256::ONE;
        block.prevrandao = Some(B256::with_last_byte(1));
        let mut cfg = CfgEnv::new().with_spec_and_mainnet_gas_params(SPEC);
        cfg.chain_id = self.chain_id;
        cfg.tx_gas_limit_cap = Some(u64::MAX);
        cfg.disable_nonce_check = !options.check_nonce;
        cfg.disable_balance_check = !options.check_balance;
        cfg.disable_base_fee = !options.check_base_fee;
        cfg.disable_eip3607 = !options.check_sender_code;
        cfg.disable_block_gas_limit = !options.check_gas_limit;
        // Stylus programs begin with EF; the machine refuses all other such code itself.
        cfg.disable_eip3541 = true;
        let mut journaled_state = Journal::new(db);
        journaled_state.set_spec_id(SPEC);
        Context {
            block,
            tx: TxEnv::default(),
            cfg,
            journaled_state,
            chain: TransactionContext::new(self.programs.clone(), self.reverts.clone(), options),
            local: LocalContext::default(),
            error: Ok(()),
        }
    }
}

/// Rules that revm does not know, or knows in other words.
fn check(ctx: &mut Ctx<'_>, tx: &TxEnv, options: &Options) -> Result<(), ExecutionError> {
    let tx_type = TransactionType::from(tx.tx_type);
    if matches!(tx_type, TransactionType::Eip4844 | TransactionType::Custom) {
        return Err(InvalidTransaction::TypeNotSupported.into());
    }
    if tx.gas_priority_fee.is_some_and(|tip| tip > tx.gas_price) {
        return Err(InvalidTransaction::TipAboveFeeCap.into());
    }
    if !options.check_base_fee && tx.gas_price == 0 {
        ctx.block.basefee = 0;
    }
    if !options.check_balance {
        let have = state::peek(ctx, tx.caller).map_err(database)?.balance;
        if have < tx.value {
            let (sender, want) = (tx.caller, tx.value);
            return Err(InvalidTransaction::InsufficientFunds { sender, have, want }.into());
        }
    }
    Ok(())
}

fn has_calldata_floor(ctx: &mut Ctx<'_>) -> Result<bool, ExecutionError> {
    let features = state::read(ctx, spaces::FEATURES.slot_at(0)).map_err(database)?;
    Ok(state::calldata_price_increase(features))
}

fn tx_gas_limit(ctx: &mut Ctx<'_>) -> Result<u64, ExecutionError> {
    let slot = spaces::L2_PRICING.slot_at(l2::TX_GAS_LIMIT);
    let limit = state::read(ctx, slot).map_err(database)?;
    // A state without ArbOS has no limit.
    Ok(if limit.is_zero() {
        u64::MAX
    } else {
        limit.saturating_to()
    })
}

fn database(error: impl std::fmt::Display) -> ExecutionError {
    ExecutionError::Database(error.to_string())
}

/// Nitro drops tips: all transactions pay the base fee, and show it as their gas price. What a transaction offers at
/// most still must be in its sender's account, so it stays the fee cap.
fn at_base_fee(mut tx: TxEnv, chain_id: u64) -> TxEnv {
    if tx.tx_type < TransactionType::Eip1559 as u8 {
        tx.tx_type = TransactionType::Eip1559 as u8;
        tx.chain_id = tx.chain_id.or(Some(chain_id));
    }
    tx.gas_priority_fee = Some(0);
    tx
}

/// What error messages say about a transaction.
struct CallSummary {
    sender: Address,
    gas_limit: u64,
    max_fee: u128,
    value: U256,
}

impl CallSummary {
    fn of(tx: &TxEnv) -> Self {
        Self {
            sender: tx.caller,
            gas_limit: tx.gas_limit,
            max_fee: tx.gas_price,
            value: tx.value,
        }
    }

    fn explain(
        &self,
        error: super::handler::HandlerError,
        machine: &mut Machine<'_>,
    ) -> ExecutionError {
        use revm::context::result::EVMError;
        let base_fee = revm::handler::EvmTr::ctx_ref(machine).block().basefee;
        match error {
            EVMError::Transaction(reason) => self.invalid(reason, base_fee).into(),
            EVMError::Database(error) => ExecutionError::Database(error.to_string()),
            other => ExecutionError::Internal(other.to_string()),
        }
    }

    fn invalid(
        &self,
        reason: revm::context::result::InvalidTransaction,
        base_fee: u64,
    ) -> InvalidTransaction {
        use revm::context::result::InvalidTransaction as Reason;
        let sender = self.sender;
        match reason {
            Reason::NonceTooLow { tx, state } => {
                InvalidTransaction::NonceTooLow { sender, tx, state }
            }
            Reason::NonceTooHigh { tx, state } => {
                InvalidTransaction::NonceTooHigh { sender, tx, state }
            }
            Reason::NonceOverflowInTransaction => InvalidTransaction::NonceOverflow { sender },
            Reason::LackOfFundForMaxFee { fee, balance } => InvalidTransaction::InsufficientFunds {
                sender,
                have: *balance,
                want: *fee,
            },
            Reason::OverflowPaymentInTransaction => InvalidTransaction::InsufficientFunds {
                sender,
                have: U256::ZERO,
                want: self.highest_cost(),
            },
            Reason::CallGasCostMoreThanGasLimit {
                initial_gas,
                gas_limit,
            } => InvalidTransaction::IntrinsicGasTooLow {
                have: gas_limit,
                want: initial_gas,
            },
            Reason::GasFloorMoreThanGasLimit {
                gas_floor,
                gas_limit,
            } => InvalidTransaction::FloorDataGas {
                have: gas_limit,
                want: gas_floor,
            },
            Reason::GasPriceLessThanBasefee => InvalidTransaction::FeeCapTooLow {
                sender,
                max_fee: self.max_fee,
                base_fee,
            },
            Reason::PriorityFeeGreaterThanMaxFee => InvalidTransaction::TipAboveFeeCap,
            Reason::RejectCallerWithCode => InvalidTransaction::SenderNotEoa { sender },
            Reason::CallerGasLimitMoreThanBlock | Reason::TxGasLimitGreaterThanCap { .. } => {
                InvalidTransaction::GasLimitReached
            }
            Reason::CreateInitCodeSizeLimit => InvalidTransaction::InitCodeTooLarge,
            Reason::InvalidChainId | Reason::MissingChainId => InvalidTransaction::ChainId,
            other => InvalidTransaction::Other(other.to_string()),
        }
    }

    fn highest_cost(&self) -> U256 {
        let fee = U256::from(self.max_fee).saturating_mul(U256::from(self.gas_limit));
        fee.saturating_add(self.value)
    }
}

fn outcome(result: ExecutionResult<HaltReason>, mut ctx: Ctx<'_>, gas_limit: u64) -> Outcome {
    let gas_used = result.tx_gas_used();
    let trace = ctx
        .chain
        .recorder
        .take()
        .and_then(|it| it.finish(gas_limit, gas_used));
    let steps = ctx.chain.steps.take();
    let state = ctx.journal_mut().finalize();
    let (status, output, created, logs) = match result {
        ExecutionResult::Success { output, logs, .. } => {
            let (output, created) = match output {
                Output::Call(output) => (output, None),
                Output::Create(output, created) => (output, created),
            };
            (Status::Success, output, created, logs)
        }
        ExecutionResult::Revert { output, .. } => (Status::Revert, output, None, Vec::new()),
        ExecutionResult::Halt { reason, .. } => {
            (Status::Halt(Halt(reason)), Bytes::new(), None, Vec::new())
        }
    };
    Outcome {
        status,
        gas_used,
        output,
        created,
        logs,
        state,
        trace,
        steps,
    }
}
