//! The tree of calls of one execution, in the shape of geth's `callTracer`.

use alloy::sol_types::{Panic, Revert, SolError};
use revm::{
    context::{CreateScheme, result::HaltReason},
    handler::FrameResult,
    interpreter::{
        CallInputs, CallScheme, CreateInputs, FrameInput, InstructionResult, SuccessOrHalt,
    },
    primitives::{Address, Bytes, Log, U256},
};

use super::halt::Halt;

/// The instruction, or host call, that opened a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// An ordinary call.
    Call,
    /// Another's code on the caller's storage, with the caller as sender.
    CallCode,
    /// Another's code in the caller's place.
    DelegateCall,
    /// A call that may not change state.
    StaticCall,
    /// A contract creation.
    Create,
    /// A contract creation at an address derived from code and salt.
    Create2,
    /// The balance sent away by `SELFDESTRUCT`.
    SelfDestruct,
}

impl CallKind {
    /// The name that geth's tracer prints.
    pub fn name(self) -> &'static str {
        match self {
            Self::Call => "CALL",
            Self::CallCode => "CALLCODE",
            Self::DelegateCall => "DELEGATECALL",
            Self::StaticCall => "STATICCALL",
            Self::Create => "CREATE",
            Self::Create2 => "CREATE2",
            Self::SelfDestruct => "SELFDESTRUCT",
        }
    }
}

/// One frame and the frames it opened, whether EVM code or a Stylus program opened them.
#[derive(Clone, Debug, PartialEq)]
pub struct CallTrace {
    /// What opened the frame.
    pub kind: CallKind,
    /// Who opened it: for a delegate call the account whose storage it works on.
    pub from: Address,
    /// Whose code ran; the new contract's address for a creation, none if it failed.
    pub to: Option<Address>,
    /// Wei transferred; none for static calls.
    pub value: Option<U256>,
    /// Gas at the frame's disposal; the transaction's gas limit at the top.
    pub gas: u64,
    /// Gas consumed; the receipt's `gasUsed` at the top.
    pub gas_used: u64,
    /// Calldata, or creation code.
    pub input: Bytes,
    /// Return data, revert data, or deployed code.
    pub output: Bytes,
    /// Why the frame failed, in geth's words.
    pub error: Option<String>,
    /// The decoded `Error(string)` or `Panic(uint256)` of a reverted frame.
    pub revert_reason: Option<String>,
    /// Logs that this frame emitted itself; empty if it, or a frame around it, failed.
    pub logs: Vec<TraceLog>,
    /// Frames opened by this frame, in order.
    pub calls: Vec<CallTrace>,
}

/// A log and its place between a frame's calls.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceLog {
    /// The log.
    pub log: Log,
    /// How many calls the frame had made before it emitted the log.
    pub position: usize,
}

/// Builds the tree while frames open and close.
#[derive(Debug, Default)]
pub(super) struct Recorder {
    open: Vec<CallTrace>,
    root: Option<CallTrace>,
    seen_logs: usize,
    /// Why the innermost Stylus program or precompile failed, in more words than a halt reason has.
    reason: Option<String>,
}

impl Recorder {
    /// A frame opens. `input` is its calldata or creation code.
    pub(super) fn enter(&mut self, frame: &FrameInput, input: Bytes) {
        let (kind, from, to, value, gas) = match frame {
            FrameInput::Call(call) => open_call(call),
            FrameInput::Create(create) => open_create(create),
            FrameInput::Empty => return,
        };
        self.open.push(CallTrace {
            kind,
            from,
            to,
            value,
            gas,
            gas_used: 0,
            input,
            output: Bytes::new(),
            error: None,
            revert_reason: None,
            logs: Vec::new(),
            calls: Vec::new(),
        });
    }

    /// The innermost frame closes, which leaves `logs` logs in the journal.
    pub(super) fn exit(&mut self, result: &FrameResult, logs: usize) {
        self.seen_logs = logs;
        let Some(mut frame) = self.open.pop() else {
            return;
        };
        let reason = self.reason.take();
        frame.close(result, reason);
        match self.open.last_mut() {
            Some(parent) => parent.calls.push(frame),
            None => self.root = Some(frame),
        }
    }

    /// The innermost frame destroyed its contract.
    pub(super) fn selfdestruct(&mut self, from: Address, to: Address, balance: U256) {
        let Some(parent) = self.open.last_mut() else {
            return;
        };
        parent.calls.push(CallTrace {
            kind: CallKind::SelfDestruct,
            from,
            to: Some(to),
            value: Some(balance),
            gas: 0,
            gas_used: 0,
            input: Bytes::new(),
            output: Bytes::new(),
            error: None,
            revert_reason: None,
            logs: Vec::new(),
            calls: Vec::new(),
        });
    }

    /// Gives logs that appeared in the journal since the last look to the innermost frame.
    pub(super) fn collect_logs(&mut self, journal: &[Log]) {
        let new = journal.get(self.seen_logs..).unwrap_or_default();
        self.seen_logs = journal.len();
        let Some(frame) = self.open.last_mut() else {
            return;
        };
        let position = frame.calls.len();
        let new = new.iter().cloned();
        frame.logs.extend(new.map(|log| TraceLog { log, position }));
    }

    /// Why the innermost frame is about to fail.
    pub(super) fn explain(&mut self, reason: String) {
        self.reason = Some(reason);
    }

    /// The finished tree; its top shows what the transaction paid.
    pub(super) fn finish(self, gas: u64, gas_used: u64) -> Option<CallTrace> {
        let mut root = self.root?;
        (root.gas, root.gas_used) = (gas, gas_used);
        Some(root)
    }
}

type Opening = (CallKind, Address, Option<Address>, Option<U256>, u64);

fn open_call(call: &CallInputs) -> Opening {
    let kind = match call.scheme {
        CallScheme::Call => CallKind::Call,
        CallScheme::CallCode => CallKind::CallCode,
        CallScheme::DelegateCall => CallKind::DelegateCall,
        CallScheme::StaticCall => CallKind::StaticCall,
    };
    let from = match kind {
        CallKind::DelegateCall => call.target_address,
        _ => call.caller,
    };
    let value = (kind != CallKind::StaticCall).then(|| call.call_value());
    (
        kind,
        from,
        Some(call.bytecode_address),
        value,
        call.gas_limit,
    )
}

fn open_create(create: &CreateInputs) -> Opening {
    let kind = match create.scheme() {
        CreateScheme::Create2 { .. } => CallKind::Create2,
        _ => CallKind::Create,
    };
    (
        kind,
        create.caller(),
        None,
        Some(create.value()),
        create.gas_limit(),
    )
}

impl CallTrace {
    fn close(&mut self, result: &FrameResult, reason: Option<String>) {
        let ended = result.instruction_result();
        let left = if ended.is_ok_or_revert() {
            result.gas().remaining()
        } else {
            0
        };
        self.gas_used = self.gas.saturating_sub(left);
        if let FrameResult::Create(outcome) = result {
            self.to = outcome.address.filter(|_| ended.is_ok());
        }
        if ended.is_ok_or_revert() {
            self.output = result.interpreter_result().output.clone();
        }
        if !ended.is_ok() {
            self.fail(ended, reason);
        }
    }

    fn fail(&mut self, ended: InstructionResult, reason: Option<String>) {
        self.revert_reason = (!self.output.is_empty())
            .then(|| decode_revert(&self.output))
            .flatten();
        self.error = Some(match (SuccessOrHalt::<HaltReason>::from(ended), reason) {
            (SuccessOrHalt::Halt(_), Some(reason)) => reason,
            (SuccessOrHalt::Halt(halt), None) => Halt(halt).to_string(),
            (_, Some(reason)) => format!("execution reverted: {reason}"),
            (_, None) if ended == InstructionResult::Revert => "execution reverted".into(),
            (_, None) => Halt(HaltReason::from_early(ended)).to_string(),
        });
        self.clear_logs();
    }

    fn clear_logs(&mut self) {
        self.logs.clear();
        self.calls.iter_mut().for_each(Self::clear_logs);
    }
}

/// Failures before a frame's first instruction leave the caller its gas, so revm counts them as reverts.
trait EarlyFailure {
    fn from_early(ended: InstructionResult) -> Self;
}

impl EarlyFailure for HaltReason {
    fn from_early(ended: InstructionResult) -> Self {
        match ended {
            InstructionResult::CallTooDeep => Self::CallTooDeep,
            _ => Self::OutOfFunds,
        }
    }
}

fn decode_revert(output: &[u8]) -> Option<String> {
    let reason = Revert::abi_decode(output).map(|revert| revert.reason);
    reason
        .or_else(|_| Panic::abi_decode(output).map(|panic| panic.to_string()))
        .ok()
}
