//! What Nitro keeps for the duration of a transaction besides its state.

use std::{collections::HashMap, sync::Arc};

use revm::{
    handler::{EthFrame, FrameData, FrameResult},
    interpreter::{CallScheme, FrameInput},
    primitives::{Address, B256, Bytes},
};
use stylus_vm::{PageCount, ProgramCache};

use super::{
    options::Options,
    reverts::{RevertLog, Watch},
    steps::Steps,
    trace::Recorder,
};

/// State of the running transaction that is not the chain's. Nothing of it is undone by a revert.
pub(super) struct TransactionContext {
    /// Compiled programs.
    pub(super) programs: Arc<ProgramCache>,
    /// WASM pages in use.
    pub(super) pages: PageCount,
    /// Gas above ArbOS's limit per transaction, set aside during execution.
    pub(super) held_gas: u64,
    /// The recorder of calls, if asked for.
    pub(super) recorder: Option<Recorder>,
    /// The watch for reverts, if they are noted.
    watch: Option<Watch>,
    /// The recorder of instructions, if asked for.
    pub(super) steps: Option<Steps>,
    /// Callers of the open frames that run code, outermost first.
    pub(super) callers: Vec<Address>,
    /// Open frames by acting address, delegate calls not counted.
    spans: HashMap<Address, u32>,
}

impl TransactionContext {
    /// The context of a transaction that has not started.
    pub(super) fn new(
        programs: Arc<ProgramCache>,
        reverts: Option<Arc<RevertLog>>,
        options: &Options,
    ) -> Self {
        Self {
            programs,
            pages: PageCount::default(),
            held_gas: 0,
            recorder: options.trace.then(Recorder::default),
            watch: reverts.map(Watch::new),
            steps: options.steps.map(Steps::new),
            callers: Vec::new(),
            spans: HashMap::new(),
        }
    }

    /// Whether more than one open frame acts as `address`.
    pub(super) fn is_reentrant(&self, address: Address) -> bool {
        self.spans.get(&address).is_some_and(|&open| open > 1)
    }

    /// Whether anybody asks what frames are opened with.
    pub(super) const fn is_watched(&self) -> bool {
        self.recorder.is_some() || self.watch.is_some()
    }

    /// Notes that a frame opens. `input` is its calldata or creation code.
    pub(super) fn frame_opened(&mut self, frame: &FrameInput, input: Bytes) {
        if let Some(watch) = &mut self.watch {
            watch.enter(frame, &input);
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.enter(frame, input);
        }
    }

    /// Notes that the innermost frame runs the Stylus program with such a code hash.
    pub(super) fn program_started(&mut self, code_hash: B256) {
        if let Some(watch) = &mut self.watch {
            watch.runs(code_hash);
        }
    }

    /// Notes that a frame begins to run code.
    pub(super) fn code_started(&mut self, frame: &EthFrame) {
        self.callers.push(frame.interpreter.input.caller_address);
        if let Some(address) = own_address(frame) {
            *self.spans.entry(address).or_default() += 1;
        }
    }

    /// Notes that a frame has run its code.
    pub(super) fn code_ended(&mut self, frame: &EthFrame) {
        self.callers.pop();
        if let Some(open) = own_address(frame).and_then(|address| self.spans.get_mut(&address)) {
            *open -= 1;
        }
    }

    /// Notes that a frame is gone, whether it ran code or not, and that `logs` logs are left in the journal.
    pub(super) fn frame_closed(&mut self, result: &FrameResult, logs: usize) {
        if let Some(watch) = &mut self.watch {
            watch.exit(result);
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.exit(result, logs);
        }
    }
}

/// The address that a frame acts as, unless it borrowed it by a delegate call.
fn own_address(frame: &EthFrame) -> Option<Address> {
    if let FrameData::Create(create) = &frame.data {
        return Some(create.created_address);
    }
    let FrameInput::Call(inputs) = &frame.input else {
        return None;
    };
    let borrowed = matches!(
        inputs.scheme,
        CallScheme::DelegateCall | CallScheme::CallCode
    );
    (!borrowed).then_some(inputs.target_address)
}
