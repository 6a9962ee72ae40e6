//! The frame machine: revm's frames for EVM code, `stylus-vm` for frames whose code is a Stylus program.
//!
//! Frames of both kinds lie on one stack. A Stylus program that calls runs the frames above its own in
//! [`Machine::run_nested`] until they are gone again.

use revm::{
    context::{Evm, JournalTr, LocalContext},
    handler::{
        EthFrame, EvmTr, FrameInitOrResult, FrameResult, ItemOrResult,
        evm::FrameInitResult,
        instructions::{EthInstructions, InstructionProvider},
    },
    interpreter::{
        CallInputs, FrameInput, InstructionResult, InterpreterAction, InterpreterResult,
        interpreter::EthInterpreter,
        interpreter_action::FrameInit,
        interpreter_types::{Jumps, LoopControl},
    },
    primitives::KECCAK_EMPTY,
    state::Bytecode,
};

use super::{
    context::{Ctx, Fault, SPEC},
    instructions,
    precompiles::{self, ArbitrumPrecompiles},
};

type Frames = revm::context::FrameStack<EthFrame>;

/// Native stack that must be left before another frame is opened below a Stylus program.
const STACK_RED_ZONE: usize = 512 * 1024;
/// Native stack taken from the heap when less is left.
const STACK_SEGMENT: usize = 4 * 1024 * 1024;

/// Executes the frames of one transaction.
pub(super) struct Machine<'a> {
    inner:
        Evm<Ctx<'a>, (), EthInstructions<EthInterpreter, Ctx<'a>>, ArbitrumPrecompiles, EthFrame>,
}

impl<'a> Machine<'a> {
    /// A machine without frames.
    pub(super) fn new(ctx: Ctx<'a>) -> Self {
        let instructions = instructions::arbitrum(SPEC);
        Self {
            inner: Evm::new(ctx, instructions, ArbitrumPrecompiles::new(SPEC)),
        }
    }

    /// Gives back the context, with the journal in it.
    pub(super) fn into_context(self) -> Ctx<'a> {
        self.inner.ctx
    }

    /// WASM pages in use.
    pub(super) fn pages(&self) -> stylus_vm::PageCount {
        self.inner.ctx.chain.pages
    }

    /// The frame that runs.
    pub(super) fn frame(&mut self) -> &mut EthFrame {
        self.inner.frame_stack.get()
    }

    /// Runs a frame above the running one, and all frames that it opens, to its result.
    ///
    /// # Errors
    /// If the database failed.
    pub(super) fn run_nested(&mut self, input: FrameInput) -> Result<FrameResult, Fault<'a>> {
        stacker::maybe_grow(STACK_RED_ZONE, STACK_SEGMENT, || self.run_above(input))
    }

    fn run_above(&mut self, frame_input: FrameInput) -> Result<FrameResult, Fault<'a>> {
        self.collect_logs();
        let base = self.inner.frame_stack.index();
        let frame = self.frame();
        let depth = frame.depth + 1;
        let memory = frame.interpreter.memory.new_child_context();
        let result = self.run_until(
            base,
            FrameInit {
                depth,
                memory,
                frame_input,
            },
        )?;
        self.frame().interpreter.memory.free_child_context();
        Ok(result)
    }

    fn run_until(
        &mut self,
        base: Option<usize>,
        first: FrameInit,
    ) -> Result<FrameResult, Fault<'a>> {
        if let ItemOrResult::Result(result) = self.frame_init(first)? {
            return Ok(result);
        }
        loop {
            let result = match self.frame_run()? {
                ItemOrResult::Result(result) => result,
                ItemOrResult::Item(init) => match self.frame_init(init)? {
                    ItemOrResult::Item(_) => continue,
                    ItemOrResult::Result(result) => result,
                },
            };
            if self.frame().is_finished() {
                self.inner.frame_stack.pop();
            }
            if self.inner.frame_stack.index() == base {
                return Ok(result);
            }
            let Evm {
                ctx, frame_stack, ..
            } = &mut self.inner;
            frame_stack
                .get()
                .return_result::<_, Fault<'a>>(ctx, result)?;
        }
    }

    /// Hands logs that the running frame emitted since the last look to the tracer.
    pub(super) fn collect_logs(&mut self) {
        let ctx = &mut self.inner.ctx;
        if let Some(recorder) = &mut ctx.chain.recorder {
            recorder.collect_logs(ctx.journaled_state.logs());
        }
    }

    fn run_evm_code(&mut self) -> InterpreterAction {
        let Evm {
            ctx,
            instruction,
            frame_stack,
            ..
        } = &mut self.inner;
        let frame = frame_stack.get();
        if ctx.chain.steps.is_some() {
            return run_recorded(frame, instruction, ctx);
        }
        frame.interpreter.run_plain(
            instruction.instruction_table(),
            instruction.gas_table(),
            ctx,
        )
    }

    fn runs_stylus(&mut self) -> bool {
        let frame = self.frame();
        matches!(frame.input, FrameInput::Call(_))
            && stylus_vm::is_stylus_code(frame.interpreter.bytecode.original_byte_slice())
    }
}

/// Runs a frame's code like the interpreter's own loop, and records every instruction.
fn run_recorded<'a>(
    frame: &mut EthFrame,
    instructions: &EthInstructions<EthInterpreter, Ctx<'a>>,
    ctx: &mut Ctx<'a>,
) -> InterpreterAction {
    let depth = frame.depth + 1;
    let interpreter = &mut frame.interpreter;
    let (table, gas_table) = (instructions.instruction_table(), instructions.gas_table());
    let ended = loop {
        let opcode = interpreter.bytecode.opcode();
        let begun = ctx
            .chain
            .steps
            .as_mut()
            .map(|steps| steps.begin(interpreter, depth));
        let ended = interpreter.step(table, gas_table, ctx).err();
        if let (Some(steps), Some(begun)) = (&mut ctx.chain.steps, &begun) {
            let static_gas = gas_table[usize::from(opcode)].into();
            steps.finish(begun, interpreter, ended, static_gas);
        }
        if let Some(ended) = ended {
            break ended;
        }
    };
    if interpreter.bytecode.action().is_none() {
        interpreter.halt(ended);
    }
    interpreter.take_next_action()
}

impl<'a> EvmTr for Machine<'a> {
    type Context = Ctx<'a>;
    type Instructions = EthInstructions<EthInterpreter, Ctx<'a>>;
    type Precompiles = ArbitrumPrecompiles;
    type Frame = EthFrame;

    fn all(&self) -> (&Ctx<'a>, &Self::Instructions, &Self::Precompiles, &Frames) {
        self.inner.all()
    }

    fn all_mut(
        &mut self,
    ) -> (
        &mut Ctx<'a>,
        &mut Self::Instructions,
        &mut Self::Precompiles,
        &mut Frames,
    ) {
        self.inner.all_mut()
    }

    fn frame_init(
        &mut self,
        mut init: FrameInit,
    ) -> Result<FrameInitResult<'_, EthFrame>, Fault<'a>> {
        if let FrameInput::Call(inputs) = &mut init.frame_input {
            forget_precompile_code(&self.inner.ctx, inputs);
        }
        let ctx = &mut self.inner.ctx;
        if ctx.chain.is_watched() {
            let input = call_data(&init, &ctx.local);
            ctx.chain.frame_opened(&init.frame_input, input);
        }
        if let ItemOrResult::Result(result) = self.inner.frame_init(init)? {
            self.collect_logs();
            let ctx = &mut self.inner.ctx;
            ctx.chain
                .frame_closed(&result, ctx.journaled_state.logs().len());
            return Ok(ItemOrResult::Result(result));
        }
        let Evm {
            ctx, frame_stack, ..
        } = &mut self.inner;
        let frame = frame_stack.get();
        ctx.chain.code_started(frame);
        Ok(ItemOrResult::Item(frame))
    }

    fn frame_run(&mut self) -> Result<FrameInitOrResult<EthFrame>, Fault<'a>> {
        let mut action = if self.runs_stylus() {
            InterpreterAction::Return(self.run_stylus()?)
        } else {
            self.run_evm_code()
        };
        self.collect_logs();
        let Evm {
            ctx, frame_stack, ..
        } = &mut self.inner;
        let frame = frame_stack.get();
        if let (FrameInput::Create(_), InterpreterAction::Return(result)) =
            (&frame.input, &mut action)
        {
            refuse_reserved_code(result);
        }
        let next = frame.process_next_action::<_, Fault<'a>>(ctx, action)?;
        if let ItemOrResult::Result(result) = &next {
            frame.set_finished(true);
            ctx.chain.code_ended(frame);
            ctx.chain
                .frame_closed(result, ctx.journaled_state.logs().len());
        }
        Ok(next)
    }

    fn frame_return_result(
        &mut self,
        result: FrameResult,
    ) -> Result<Option<FrameResult>, Fault<'a>> {
        self.inner.frame_return_result(result)
    }
}

/// An account that delegated to a precompile runs no code (EIP-7702); ArbOS's precompiles have some, if only for show.
fn forget_precompile_code(ctx: &Ctx<'_>, inputs: &mut CallInputs) {
    let account = ctx
        .journaled_state
        .inner
        .state
        .get(&inputs.bytecode_address);
    let code = account.and_then(|account| account.info.code.as_ref());
    let delegate = code.and_then(Bytecode::eip7702_address);
    if delegate.is_some_and(|delegate| precompiles::addresses().any(|it| it == delegate)) {
        inputs.known_bytecode = (KECCAK_EMPTY, Bytecode::default());
    }
}

/// EIP-3541, from which Arbitrum exempts Stylus programs.
fn refuse_reserved_code(result: &mut InterpreterResult) {
    if result.result.is_ok()
        && result.output.first() == Some(&0xef)
        && !stylus_vm::is_stylus_code(&result.output)
    {
        result.result = InstructionResult::CreateContractStartingWithEF;
    }
}

fn call_data(init: &FrameInit, local: &LocalContext) -> revm::primitives::Bytes {
    match &init.frame_input {
        FrameInput::Call(inputs) => inputs.input.bytes_local(local),
        FrameInput::Create(inputs) => inputs.init_code().clone(),
        FrameInput::Empty => Default::default(),
    }
}
