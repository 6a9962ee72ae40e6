//! Every instruction of EVM code that an execution runs, as geth's struct logger shows it.

use std::collections::{BTreeMap, HashMap};

use revm::{
    bytecode::opcode::{OpCode, SLOAD, SSTORE},
    context::result::HaltReason,
    interpreter::{
        InstructionResult, Interpreter, SuccessOrHalt,
        interpreter::EthInterpreter,
        interpreter_types::{InputsTr, Jumps, MemoryTr},
    },
    primitives::{Address, Bytes, U256},
};

use super::halt::Halt;

/// Bytes of what a step is without stack, memory and storage.
const STEP_BYTES: usize = 200;

/// What is recorded of each step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepOptions {
    /// The stack.
    pub stack: bool,
    /// The memory.
    pub memory: bool,
    /// What the contract has read and written, at each `SLOAD` and `SSTORE`.
    pub storage: bool,
    /// What the last call returned.
    pub return_data: bool,
    /// Most steps.
    pub limit: usize,
    /// Most bytes of all steps; execution goes on beyond it, and [`Steps::is_complete`] is false.
    pub bytes: usize,
}

/// An instruction as it was about to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its place in the code.
    pub pc: usize,
    /// Its name.
    pub name: String,
    /// Gas before it.
    pub gas: u64,
    /// Gas that it took, what it handed to a call included.
    pub gas_cost: u64,
    /// How deep its frame is; 1 at the top.
    pub depth: usize,
    /// Why it failed, in geth's words; a revert is no failure.
    pub error: Option<String>,
    /// The stack, its top last.
    pub stack: Option<Vec<U256>>,
    /// The memory.
    pub memory: Option<Vec<u8>>,
    /// What the last call returned.
    pub return_data: Option<Bytes>,
    /// What the contract has read and written so far.
    pub storage: Option<BTreeMap<U256, U256>>,
}

/// Steps in the order in which they ran.
#[derive(Clone, Debug)]
pub struct Steps {
    options: StepOptions,
    /// The steps.
    pub taken: Vec<Step>,
    /// Whether they are all, or as many as were asked for.
    pub is_complete: bool,
    bytes: usize,
    storage: HashMap<Address, BTreeMap<U256, U256>>,
}

/// What [`Steps::finish`] has to know of a step that was begun.
pub(super) struct Begun {
    opcode: u8,
    slot: Option<U256>,
    is_recorded: bool,
}

impl Steps {
    /// No steps yet.
    pub(super) fn new(options: StepOptions) -> Self {
        Self {
            options,
            taken: Vec::new(),
            is_complete: true,
            bytes: 0,
            storage: HashMap::new(),
        }
    }

    /// The next instruction of a frame at `depth` is about to run.
    pub(super) fn begin(
        &mut self,
        interpreter: &Interpreter<EthInterpreter>,
        depth: usize,
    ) -> Begun {
        let opcode = interpreter.bytecode.opcode();
        let stack = interpreter.stack.data();
        let touches_storage = matches!(opcode, SLOAD | SSTORE);
        let slot = stack.last().copied().filter(|_| touches_storage);
        let is_recorded = self.taken.len() < self.options.limit && self.is_complete;
        if is_recorded {
            let options = self.options;
            let memory = || {
                let memory = &interpreter.memory;
                memory.slice(0..memory.size()).to_vec()
            };
            let step = Step {
                pc: interpreter.bytecode.pc(),
                name: OpCode::name_by_op(opcode).to_owned(),
                gas: interpreter.gas.remaining(),
                gas_cost: 0,
                depth,
                error: None,
                stack: options.stack.then(|| stack.to_vec()),
                memory: options.memory.then(memory),
                return_data: options
                    .return_data
                    .then(|| interpreter.return_data.0.clone()),
                storage: None,
            };
            self.bytes += STEP_BYTES + step.size();
            self.is_complete = self.bytes <= self.options.bytes;
            self.taken.push(step);
        }
        if let (SSTORE, Some(slot), Some(value)) = (opcode, slot, stack.iter().nth_back(1)) {
            self.note_slot(interpreter, slot, *value, is_recorded);
        }
        Begun {
            opcode,
            slot,
            is_recorded,
        }
    }

    /// The instruction has run, and ended its frame's code if `ended`.
    pub(super) fn finish(
        &mut self,
        begun: &Begun,
        interpreter: &Interpreter<EthInterpreter>,
        ended: Option<InstructionResult>,
        static_gas: u64,
    ) {
        if let (SLOAD, Some(slot), None) = (begun.opcode, begun.slot, ended) {
            let value = interpreter.stack.data().last().copied();
            self.note_slot(
                interpreter,
                slot,
                value.unwrap_or_default(),
                begun.is_recorded,
            );
        }
        if !begun.is_recorded {
            return;
        }
        let Some(step) = self.taken.last_mut() else {
            return;
        };
        // What could not be paid wraps around.
        let paid = step.gas.checked_sub(interpreter.gas.remaining());
        step.gas_cost = paid.unwrap_or(static_gas);
        if let Some(SuccessOrHalt::Halt(halt)) = ended.map(SuccessOrHalt::<HaltReason>::from) {
            step.error = Some(Halt(halt).to_string());
        }
    }

    fn note_slot(
        &mut self,
        interpreter: &Interpreter<EthInterpreter>,
        slot: U256,
        value: U256,
        is_recorded: bool,
    ) {
        if !self.options.storage || !is_recorded {
            return;
        }
        let contract = self
            .storage
            .entry(interpreter.input.target_address())
            .or_default();
        contract.insert(slot, value);
        if let Some(step) = self.taken.last_mut() {
            self.bytes += contract.len() * 2 * size_of::<U256>();
            step.storage = Some(contract.clone());
        }
    }
}

impl Step {
    fn size(&self) -> usize {
        let stack = self.stack.as_ref().map_or(0, Vec::len) * size_of::<U256>();
        stack
            + self.memory.as_ref().map_or(0, Vec::len)
            + self.return_data.as_ref().map_or(0, |it| it.len())
    }
}
