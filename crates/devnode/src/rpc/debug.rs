//! Call traces.

use alloy::{
    eips::BlockId,
    primitives::{B256, U256},
    rpc::types::{
        TransactionRequest,
        trace::geth::{
            CallConfig, CallFrame, CallLogFrame, GethDebugBuiltInTracerType, GethDebugTracerType,
            GethDebugTracingCallOptions, GethDebugTracingOptions,
        },
    },
};
use serde::Serialize;

use super::{
    Rpc, RpcError,
    registry::{Args, Registry, RpcResult},
};
use crate::evm::{CallTrace, Options, Outcome, TraceLog};

/// One transaction's trace in the trace of a block.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct TracedTransaction {
    tx_hash: B256,
    result: CallFrame,
}

pub(super) fn register(registry: &mut Registry) {
    registry.heavy(&["debug_traceTransaction"], |rpc, args| {
        let hash: B256 = args.next()?;
        rpc.trace_transaction(&hash, &call_config(args.or_default()?)?)
    });
    registry.heavy(&["debug_traceCall"], trace_call);
    registry.heavy(
        &["debug_traceBlockByNumber", "debug_traceBlockByHash"],
        trace_block,
    );
}

fn trace_call(rpc: &Rpc, args: &mut Args) -> RpcResult<CallFrame> {
    let request: TransactionRequest = args.next()?;
    let block = args.optional::<BlockId>()?.unwrap_or(BlockId::latest());
    let options: GethDebugTracingCallOptions = args.or_default()?;
    let config = call_config(options.tracing_options)?;
    let state = rpc.state_with(block, options.state_overrides, options.block_overrides)?;
    frame(rpc.execute(&state, &request, None, true)?, &config)
}

fn trace_block(rpc: &Rpc, args: &mut Args) -> RpcResult<Vec<TracedTransaction>> {
    let block = rpc
        .chain
        .block(args.next()?)
        .ok_or_else(|| RpcError::Refused("block not found".into()))?;
    let config = call_config(args.or_default()?)?;
    let hashes = block
        .transactions
        .iter()
        .map(|done| done.transaction.hash());
    hashes
        .map(|tx_hash| {
            Ok(TracedTransaction {
                tx_hash,
                result: rpc.trace_transaction(&tx_hash, &config)?,
            })
        })
        .collect()
}

impl Rpc {
    fn trace_transaction(&self, hash: &B256, config: &CallConfig) -> RpcResult<CallFrame> {
        let options = Options {
            trace: true,
            ..Options::default()
        };
        frame(self.chain.replay(hash, &options)?, config)
    }
}

/// The call tracer's settings.
///
/// # Errors
/// [`RpcError::Unsupported`] for every other tracer.
fn call_config(options: GethDebugTracingOptions) -> RpcResult<CallConfig> {
    let unsupported = |name: &str| {
        let text = format!("{name} is not supported: the node has the tracer \"callTracer\" only");
        Err(RpcError::Unsupported(text))
    };
    match options.tracer {
        Some(GethDebugTracerType::BuiltInTracer(GethDebugBuiltInTracerType::CallTracer)) => {
            if options.tracer_config.is_null() {
                return Ok(CallConfig::default());
            }
            let config = options.tracer_config.into_call_config();
            config.map_err(|error| RpcError::InvalidParams(format!("tracer config: {error}")))
        }
        Some(other) => unsupported(&format!(
            "tracer {:?}",
            other.as_str().chars().take(40).collect::<String>()
        )),
        None => unsupported("the struct logger"),
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
