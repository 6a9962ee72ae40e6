//! Traces of calls, of what was found and changed, and of instructions.

use std::collections::BTreeMap;

use alloy::{
    eips::BlockId,
    primitives::{B256, U256, hex},
    rpc::types::{
        TransactionRequest,
        trace::geth::{
            CallConfig, CallFrame, CallLogFrame, DefaultFrame, GethDebugBuiltInTracerType,
            GethDebugTracerType, GethDebugTracingCallOptions, GethDebugTracingOptions,
            GethDefaultTracingOptions, GethTrace, PreStateConfig, StructLog,
        },
    },
};
use serde::Serialize;

use super::{
    Rpc, RpcError, node_interface,
    registry::{Args, Registry, RpcResult},
    state_trace,
};
use crate::{
    chain::BlockState,
    evm::{CallTrace, Options, Outcome, Step, StepOptions, TraceLog},
};

/// Bytes of recorded steps beyond which a trace by steps is refused.
const MAX_STEP_BYTES: usize = 64 << 20;

/// One transaction's trace in the trace of a block.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct TracedTransaction {
    tx_hash: B256,
    result: GethTrace,
}

pub(super) fn register(registry: &mut Registry) {
    registry.heavy(&["debug_traceTransaction"], |rpc, args| {
        let hash: B256 = args.next()?;
        rpc.trace_transaction(&hash, &Tracer::new(args.or_default()?)?)
    });
    registry.heavy(&["debug_traceCall"], trace_call);
    registry.heavy(
        &["debug_traceBlockByNumber", "debug_traceBlockByHash"],
        trace_block,
    );
}

fn trace_call(rpc: &Rpc, args: &mut Args) -> RpcResult<GethTrace> {
    let request: TransactionRequest = args.next()?;
    node_interface::refuse(&request)?;
    let block = args.optional::<BlockId>()?.unwrap_or(BlockId::latest());
    let options: GethDebugTracingCallOptions = args.or_default()?;
    let tracer = Tracer::new(options.tracing_options)?;
    let mut state = rpc.state_with(block, options.state_overrides, options.block_overrides)?;
    let outcome = rpc.execute_with(&state, &request, None, tracer.options(Options::call()))?;
    tracer.trace(&mut state, outcome)
}

fn trace_block(rpc: &Rpc, args: &mut Args) -> RpcResult<Vec<TracedTransaction>> {
    let block = rpc
        .chain
        .block(args.next()?)
        .ok_or_else(|| RpcError::Refused("block not found".into()))?;
    let tracer = Tracer::new(args.or_default()?)?;
    let hashes = block
        .transactions
        .iter()
        .map(|done| done.transaction.hash());
    hashes
        .map(|tx_hash| {
            Ok(TracedTransaction {
                tx_hash,
                result: rpc.trace_transaction(&tx_hash, &tracer)?,
            })
        })
        .collect()
}

impl Rpc {
    fn trace_transaction(&self, hash: &B256, tracer: &Tracer) -> RpcResult<GethTrace> {
        let options = tracer.options(Options::default());
        let (mut state, outcome) = self.chain.replay(hash, &options)?;
        tracer.trace(&mut state, outcome)
    }
}

/// geth's tracers, as far as the node has them.
enum Tracer {
    Calls(CallConfig),
    State(PreStateConfig),
    Steps(StepOptions),
}

impl Tracer {
    /// The tracer that a client asks for.
    ///
    /// # Errors
    /// [`RpcError::Unsupported`] for those that the node has not.
    fn new(options: GethDebugTracingOptions) -> RpcResult<Self> {
        use GethDebugBuiltInTracerType::{CallTracer, PreStateTracer};
        let config = options.tracer_config;
        let invalid = |error| RpcError::InvalidParams(format!("tracer config: {error}"));
        match options.tracer {
            None => Ok(Self::Steps(step_options(&options.config))),
            Some(GethDebugTracerType::BuiltInTracer(CallTracer)) => {
                let none = config.is_null();
                let config = if none {
                    Ok(CallConfig::default())
                } else {
                    config.into_call_config()
                };
                Ok(Self::Calls(config.map_err(invalid)?))
            }
            Some(GethDebugTracerType::BuiltInTracer(PreStateTracer)) => {
                let none = config.is_null();
                let config = if none {
                    Ok(PreStateConfig::default())
                } else {
                    config.into_pre_state_config()
                };
                Ok(Self::State(config.map_err(invalid)?))
            }
            Some(other) => {
                let name: String = other.as_str().chars().take(40).collect();
                Err(RpcError::Unsupported(format!(
                    "tracer {name:?} is not supported: the node has \"callTracer\", \"prestateTracer\" and, without a name, \
                     the struct logger"
                )))
            }
        }
    }

    fn options(&self, options: Options) -> Options {
        match self {
            Self::Calls(_) => Options {
                trace: true,
                ..options
            },
            Self::State(_) => options,
            Self::Steps(steps) => Options {
                steps: Some(*steps),
                ..options
            },
        }
    }

    /// What an execution on `state` under [`Self::options`] did.
    fn trace(&self, state: &mut BlockState, outcome: Outcome) -> RpcResult<GethTrace> {
        match self {
            Self::Calls(config) => frame(outcome, config).map(GethTrace::CallTracer),
            Self::State(config) => {
                let frame = state_trace::frame(state, &outcome, config);
                Ok(GethTrace::PreStateTracer(frame))
            }
            Self::Steps(_) => step_frame(outcome).map(GethTrace::Default),
        }
    }
}

fn step_options(config: &GethDefaultTracingOptions) -> StepOptions {
    let chosen = |enable: Option<bool>, disable: Option<bool>| {
        enable
            .or(disable.map(|disabled| !disabled))
            .unwrap_or_default()
    };
    let limit = config.limit.filter(|limit| *limit > 0);
    StepOptions {
        stack: !config.disable_stack.unwrap_or_default(),
        memory: chosen(config.enable_memory, config.disable_memory),
        storage: !config.disable_storage.unwrap_or_default(),
        return_data: chosen(config.enable_return_data, config.disable_return_data),
        limit: limit.map_or(usize::MAX, |limit| {
            usize::try_from(limit).unwrap_or(usize::MAX)
        }),
        bytes: MAX_STEP_BYTES,
    }
}

fn step_frame(outcome: Outcome) -> RpcResult<DefaultFrame> {
    let steps = outcome
        .steps
        .ok_or_else(|| RpcError::Internal("the execution left no steps".into()))?;
    if !steps.is_complete {
        return Err(RpcError::Refused(format!(
            "the trace exceeds {MAX_STEP_BYTES} bytes: set limit, disableStack or disableStorage"
        )));
    }
    Ok(DefaultFrame {
        failed: !outcome.status.is_success(),
        gas: outcome.gas_used,
        return_value: outcome.output,
        struct_logs: steps.taken.into_iter().map(struct_log).collect(),
        ..Default::default()
    })
}

/// A step in geth's form.
fn struct_log(step: Step) -> StructLog {
    let words = |memory: Vec<u8>| memory.chunks(32).map(hex::encode_prefixed).collect();
    let slots = |storage: BTreeMap<U256, U256>| {
        let slots = storage.into_iter();
        slots
            .map(|(slot, value)| (slot.into(), value.into()))
            .collect()
    };
    StructLog {
        pc: step.pc as u64,
        op: step.name.into(),
        gas: step.gas,
        gas_cost: step.gas_cost,
        depth: step.depth as u64,
        error: step.error,
        stack: step.stack,
        memory: step.memory.map(words),
        return_data: step.return_data,
        storage: step.storage.map(slots),
        ..Default::default()
    }
}

fn frame(outcome: Outcome, config: &CallConfig) -> RpcResult<CallFrame> {
    let trace = outcome
        .trace
        .ok_or_else(|| RpcError::Internal("the execution left no trace".into()))?;
    let mut next_log = 0;
    Ok(call_frame(trace, config, &mut next_log))
}

/// A frame in geth's form. Logs are numbered in order of emission, through `next_log`.
fn call_frame(trace: CallTrace, config: &CallConfig, next_log: &mut u64) -> CallFrame {
    let with_log = config.with_log.unwrap_or_default();
    let mut logs = trace.logs.into_iter().filter(|_| with_log).peekable();
    let mut log_frames = Vec::new();
    let mut calls = Vec::new();
    for (position, call) in trace.calls.into_iter().enumerate() {
        while let Some(log) = logs.next_if(|log| log.position <= position) {
            log_frames.push(log_frame(log, next_log));
        }
        calls.push(call_frame(call, config, next_log));
    }
    log_frames.extend(logs.map(|log| log_frame(log, next_log)));
    if config.only_top_call.unwrap_or_default() {
        calls.clear();
    }
    CallFrame {
        from: trace.from,
        gas: U256::from(trace.gas),
        gas_used: U256::from(trace.gas_used),
        to: trace.to,
        input: trace.input,
        output: Some(trace.output).filter(|output| !output.is_empty()),
        error: trace.error,
        revert_reason: trace.revert_reason,
        calls,
        logs: log_frames,
        value: trace.value,
        typ: trace.kind.name().into(),
        ..Default::default()
    }
}

fn log_frame(entry: TraceLog, next_log: &mut u64) -> CallLogFrame {
    let index = *next_log;
    *next_log += 1;
    CallLogFrame {
        address: Some(entry.log.address),
        topics: Some(entry.log.topics().to_vec()),
        data: Some(entry.log.data.data.clone()),
        position: Some(entry.position as u64),
        index: Some(index),
    }
}
