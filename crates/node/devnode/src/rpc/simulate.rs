//! `eth_simulateV1`: calls in blocks that never are, each on the state that the ones before have left.

use alloy::{
    eips::{BlockId, BlockNumberOrTag},
    primitives::{Address, B256, Bytes, Log, TxKind, address, b256},
    rpc::types::{
        BlockOverrides, TransactionRequest,
        simulate::{
            MAX_SIMULATE_BLOCKS, SimBlock, SimCallResult, SimulateError, SimulatePayload,
            SimulatedBlock,
        },
        state::StateOverride,
    },
};

use super::{
    Rpc, RpcError,
    calls::CALL_GAS_CAP,
    node_interface,
    registry::{Args, Registry, RpcResult},
    send::impersonated,
    types::{self, ArbBlock},
};
use crate::{
    chain::{Block, BlockDraft, BlockState, ChainError, Executed},
    evm::{CallKind, CallTrace, ExecutionError, InvalidTransaction, Options, Outcome, Status},
};

/// Who seems to emit the event of a transfer of ether.
const ETHER: Address = address!("eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee");
/// `Transfer(address,address,uint256)`.
const TRANSFER: B256 = b256!("ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");
/// Seconds from a block to the next one, unless it says.
const BLOCK_SECONDS: u64 = 1;

/// Codes of errors that end a simulation, from Ethereum's execution APIs; each says what is wrong.
mod code {
    pub const NONCE_TOO_LOW: i32 = -38_010;
    pub const NONCE_TOO_HIGH: i32 = -38_011;
    pub const FEE_TOO_LOW: i32 = -38_012;
    pub const INTRINSIC_GAS: i32 = -38_013;
    pub const INSUFFICIENT_FUNDS: i32 = -38_014;
    pub const BLOCK_GAS_LIMIT: i32 = -38_015;
    pub const BLOCK_NUMBER: i32 = -38_020;
    pub const BLOCK_TIME: i32 = -38_021;
    pub const SENDER_HAS_CODE: i32 = -38_024;
    pub const INIT_CODE_TOO_LARGE: i32 = -38_025;
    pub const TOO_MANY_BLOCKS: i32 = -38_026;
}

pub(super) fn register(registry: &mut Registry) {
    registry.heavy(&["eth_simulateV1"], simulate);
}

fn simulate(rpc: &Rpc, args: &mut Args) -> RpcResult<Vec<SimulatedBlock<ArbBlock>>> {
    let payload: SimulatePayload = args.next()?;
    let base = args.optional()?.unwrap_or(BlockId::latest());
    if payload.block_state_calls.is_empty() {
        return Err(RpcError::InvalidParams("no blocks to simulate".into()));
    }
    let mut run = Run::on(rpc, base, &payload)?;
    for block in payload.block_state_calls {
        run.add(block)?;
    }
    Ok(run.done)
}

/// A simulation that has come some way.
struct Run<'r> {
    rpc: &'r Rpc,
    state: BlockState,
    /// Height of the block that everything is simulated on.
    base: u64,
    parent: Block,
    genesis_timestamp: u64,
    gas_left: u64,
    traces_transfers: bool,
    validates: bool,
    shows_transactions: bool,
    done: Vec<SimulatedBlock<ArbBlock>>,
}

impl<'r> Run<'r> {
    fn on(rpc: &'r Rpc, base: BlockId, payload: &SimulatePayload) -> RpcResult<Self> {
        let (parent, state) = if base == BlockId::pending() {
            rpc.chain.pending()
        } else {
            let block = rpc.chain.block(base).ok_or(ChainError::UnknownBlock)?;
            (Block::clone(&block), rpc.chain.state_at(base)?)
        };
        let genesis = rpc.chain.block(BlockNumberOrTag::Earliest.into());
        let genesis = genesis.ok_or(ChainError::UnknownBlock)?;
        Ok(Self {
            rpc,
            state,
            base: parent.header.number,
            parent,
            genesis_timestamp: genesis.header.timestamp,
            gas_left: CALL_GAS_CAP,
            traces_transfers: payload.trace_transfers,
            validates: payload.validation,
            shows_transactions: payload.return_full_transactions,
            done: Vec::new(),
        })
    }

    /// Simulates a block, and empty ones before it up to its number.
    fn add(&mut self, block: SimBlock) -> RpcResult<()> {
        let overrides = block.block_overrides.unwrap_or_default();
        let above = self.parent.header.number;
        let number = match overrides.number {
            Some(number) => u64::try_from(number).unwrap_or(u64::MAX),
            None => above.saturating_add(1),
        };
        if number <= above {
            let text = format!("block numbers must be in order: {number} <= {above}");
            return Err(RpcError::Coded(code::BLOCK_NUMBER, text));
        }
        if number - self.base > MAX_SIMULATE_BLOCKS {
            let text = format!("too many blocks: at most {MAX_SIMULATE_BLOCKS}");
            return Err(RpcError::Coded(code::TOO_MANY_BLOCKS, text));
        }
        while self.parent.header.number + 1 < number {
            self.mine(BlockOverrides::default(), Vec::new())?;
        }
        self.override_accounts(block.state_overrides.unwrap_or_default())?;
        self.mine(overrides, block.calls)
    }

    fn override_accounts(&mut self, overrides: StateOverride) -> RpcResult<()> {
        if overrides
            .values()
            .any(|account| account.move_precompile_to.is_some())
        {
            let text = "movePrecompileToAddress is not supported";
            return Err(RpcError::Unsupported(text.into()));
        }
        self.state.override_accounts(overrides);
        Ok(())
    }

    fn mine(&mut self, overrides: BlockOverrides, calls: Vec<TransactionRequest>) -> RpcResult<()> {
        let draft = self.draft(overrides)?;
        let mut executed = Vec::with_capacity(calls.len());
        let mut results = Vec::with_capacity(calls.len());
        for call in calls {
            let (done, result) = self.execute(call, &draft)?;
            executed.push(done);
            results.push(result);
        }
        let block = draft.seal(executed, None);
        place_logs(&mut results, &block);
        self.state.set_block_hash(block.header.number, block.hash);
        self.done.push(SimulatedBlock {
            inner: types::block(&block, self.shows_transactions),
            calls: results,
        });
        self.parent = block;
        Ok(())
    }

    /// What the next block is like, which the state's environment then is too.
    fn draft(&mut self, overrides: BlockOverrides) -> RpcResult<BlockDraft> {
        let parent = &self.parent.header;
        let mut draft = BlockDraft {
            number: parent.number.saturating_add(1),
            parent_hash: self.parent.hash,
            timestamp: parent.timestamp.saturating_add(BLOCK_SECONDS),
            genesis_timestamp: self.genesis_timestamp,
            beneficiary: parent.beneficiary,
            base_fee: if self.validates {
                parent.base_fee_per_gas.unwrap_or_default()
            } else {
                0
            },
            gas_limit: parent.gas_limit,
        };
        self.state.env = draft.env();
        self.state.override_block(overrides);
        let env = &self.state.env;
        draft.number = env.number.saturating_to();
        draft.timestamp = env.timestamp.saturating_to();
        draft.beneficiary = env.beneficiary;
        draft.base_fee = env.basefee;
        draft.gas_limit = env.gas_limit;
        if draft.timestamp <= parent.timestamp {
            let (time, before) = (draft.timestamp, parent.timestamp);
            let text = format!("block timestamps must be in order: {time} <= {before}");
            return Err(RpcError::Coded(code::BLOCK_TIME, text));
        }
        Ok(draft)
    }

    fn execute(
        &mut self,
        mut call: TransactionRequest,
        draft: &BlockDraft,
    ) -> RpcResult<(Executed, SimCallResult)> {
        node_interface::refuse(&call)?;
        self.complete(&mut call, draft)?;
        let options = if self.validates {
            Options {
                check_sender_code: false,
                ..Options::default()
            }
        } else {
            Options::call()
        };
        let options = Options {
            trace: self.traces_transfers,
            ..options
        };
        let outcome = self
            .rpc
            .execute_with(&self.state, &call, call.gas, options)
            .map_err(coded)?;
        self.state.commit(outcome.state.clone());
        self.gas_left = self.gas_left.saturating_sub(outcome.gas_used);
        let result = result(&outcome);
        let from = call.from.unwrap_or_default();
        let transaction = call
            .build_consensus_tx()
            .map_err(|error| RpcError::InvalidParams(error.error.to_string()))?;
        let executed = Executed {
            transaction: impersonated(from, transaction).into(),
            success: outcome.status.is_success(),
            gas_used: outcome.gas_used,
            created: outcome.created,
            logs: outcome.logs,
        };
        Ok((executed, result))
    }

    /// Fills in what a call leaves open.
    fn complete(&mut self, call: &mut TransactionRequest, draft: &BlockDraft) -> RpcResult<()> {
        let left = self.gas_left.min(draft.gas_limit);
        let gas = *call.gas.get_or_insert(left);
        if gas > left {
            let text = format!("block gas limit reached: {left} < {gas}");
            return Err(RpcError::Coded(code::BLOCK_GAS_LIMIT, text));
        }
        let from = *call.from.get_or_insert(Address::ZERO);
        if call.nonce.is_none() {
            call.nonce = Some(self.state.account(from).nonce);
        }
        call.to.get_or_insert(TxKind::Create);
        call.chain_id.get_or_insert(self.rpc.chain.chain_id());
        if call.gas_price.is_none() && !matches!(call.transaction_type, Some(0 | 1)) {
            let tip = *call.max_priority_fee_per_gas.get_or_insert(0);
            call.max_fee_per_gas.get_or_insert(tip);
        } else {
            call.gas_price.get_or_insert(0);
        }
        Ok(())
    }
}

/// What a call did, with its logs but not yet their places.
fn result(outcome: &Outcome) -> SimCallResult {
    let logs = match &outcome.trace {
        Some(trace) => logs_and_transfers(trace),
        None => outcome.logs.clone(),
    };
    let error = match &outcome.status {
        Status::Success => None,
        Status::Revert => {
            let data = outcome.output.clone();
            Some(SimulateError {
                code: SimulateError::EXECUTION_REVERTED_CODE,
                message: RpcError::Reverted(data.clone()).to_string(),
                data: Some(data),
            })
        }
        Status::Halt(reason) => Some(SimulateError {
            code: SimulateError::VM_EXECUTION_ERROR_CODE,
            message: reason.to_string(),
            data: None,
        }),
    };
    let placed = |inner| alloy::rpc::types::Log {
        inner,
        ..Default::default()
    };
    SimCallResult {
        return_data: outcome.output.clone(),
        logs: logs.into_iter().map(placed).collect(),
        gas_used: outcome.gas_used,
        max_used_gas: None,
        status: outcome.status.is_success(),
        error,
    }
}

/// Says of every log where it is, now that the block has a hash.
fn place_logs(results: &mut [SimCallResult], block: &Block) {
    let logs = results.iter_mut().zip(&block.transactions).zip(0_u64..);
    let logs = logs.flat_map(|((result, done), index)| {
        result
            .logs
            .iter_mut()
            .map(move |log| (log, done.transaction.hash(), index))
    });
    for ((log, hash, index), log_index) in logs.zip(0_u64..) {
        log.block_hash = Some(block.hash);
        log.block_number = Some(block.header.number);
        log.block_timestamp = Some(block.header.timestamp);
        log.transaction_hash = Some(hash);
        log.transaction_index = Some(index);
        log.log_index = Some(log_index);
    }
}

/// The logs of a frame and those that it opened in order of emission, with one for every transfer of ether.
fn logs_and_transfers(frame: &CallTrace) -> Vec<Log> {
    if frame.error.is_some() {
        return Vec::new();
    }
    let mut all: Vec<Log> = transfer(frame).into_iter().collect();
    let mut own = frame.logs.iter().peekable();
    for (position, call) in frame.calls.iter().enumerate() {
        while let Some(entry) = own.next_if(|entry| entry.position <= position) {
            all.push(entry.log.clone());
        }
        all.extend(logs_and_transfers(call));
    }
    all.extend(own.map(|entry| entry.log.clone()));
    all
}

fn transfer(frame: &CallTrace) -> Option<Log> {
    let value = frame.value.filter(|value| !value.is_zero())?;
    let (from, to) = (frame.from, frame.to?);
    let moves = !matches!(frame.kind, CallKind::DelegateCall | CallKind::CallCode);
    let topics = vec![TRANSFER, from.into_word(), to.into_word()];
    let data = Bytes::from(value.to_be_bytes::<32>());
    moves.then(|| Log::new_unchecked(ETHER, topics, data))
}

/// Why a call cannot be in a block, with the code that simulations have for it.
fn coded(error: RpcError) -> RpcError {
    use InvalidTransaction as Invalid;
    let RpcError::Chain(ChainError::Execution(ExecutionError::Invalid(reason))) = &error else {
        return error;
    };
    let code = match reason {
        Invalid::NonceTooLow { .. } => code::NONCE_TOO_LOW,
        Invalid::NonceTooHigh { .. } => code::NONCE_TOO_HIGH,
        Invalid::FeeCapTooLow { .. } => code::FEE_TOO_LOW,
        Invalid::IntrinsicGasTooLow { .. } | Invalid::FloorDataGas { .. } => code::INTRINSIC_GAS,
        Invalid::InsufficientFunds { .. } => code::INSUFFICIENT_FUNDS,
        Invalid::GasLimitReached => code::BLOCK_GAS_LIMIT,
        Invalid::SenderNotEoa { .. } => code::SENDER_HAS_CODE,
        Invalid::InitCodeTooLarge => code::INIT_CODE_TOO_LARGE,
        _ => return error,
    };
    RpcError::Coded(code, reason.to_string())
}
