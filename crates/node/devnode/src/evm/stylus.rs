//! A frame whose code is a Stylus program, and the chain as the program sees it.

use revm::{
    context::{ContextTr, CreateScheme, JournalTr},
    handler::FrameResult,
    interpreter::{
        CallInput, CallInputs, CallScheme, CallValue, CreateInputs, FrameInput, Gas,
        InstructionResult, InterpreterResult,
    },
    primitives::{Address, B256, Bytes, Log, U256},
    state::Bytecode,
};
use stylus_vm::{
    AccountState, CallKind, CallRequest, CallResult, CompileError, CompiledProgram, CreateRequest,
    CreateResult, EvmApi, EvmData, PageCount, SlotState, StylusParams, call_program,
    decode_program,
};

use super::{
    arbos::{
        ARBOS_VERSION,
        programs::{self, Program},
        state,
    },
    context::{Ctx, Fault, explain},
    database::DbError,
    machine::Machine,
};

/// What a program's frame was called with.
struct Frame {
    /// Whose storage it works on.
    acting: Address,
    caller: Address,
    value: U256,
    is_static: bool,
    gas_limit: u64,
    code_hash: B256,
    code: Bytes,
    args: Bytes,
}

/// A program that may run.
struct Entry {
    program: CompiledProgram,
    params: StylusParams,
    cached: bool,
}

impl<'a> Machine<'a> {
    /// Runs the running frame, whose code is a Stylus program, to its end (`CallProgram` in Nitro).
    pub(super) fn run_stylus(&mut self) -> Result<InterpreterResult, Fault<'a>> {
        let frame = self.stylus_frame();
        self.context().chain.program_started(frame.code_hash);
        let entry = match load(self.context(), &frame)? {
            Ok(entry) => entry,
            Err(reason) => {
                explain(self.context(), reason);
                return Ok(halt(InstructionResult::PrecompileError, frame.gas_limit));
            }
        };
        let data = evm_data(self.context(), &frame);
        let open_pages = self.context().chain.pages.open;
        let mut host = Host {
            machine: self,
            frame,
            refund: 0,
            fault: None,
        };
        let (args, gas_limit) = (host.frame.args.clone(), host.frame.gas_limit);
        let outcome = call_program(
            &entry.program,
            entry.cached,
            &args,
            &mut host,
            &data,
            &entry.params,
            gas_limit,
        );
        let Host { refund, fault, .. } = host;
        if let Some(fault) = fault {
            return Err(fault);
        }
        debug_assert_eq!(self.context().chain.pages.open, open_pages);
        Ok(self.interpreter_result(outcome, gas_limit, refund))
    }

    fn context(&mut self) -> &mut Ctx<'a> {
        revm::handler::EvmTr::ctx_mut(self)
    }

    fn stylus_frame(&mut self) -> Frame {
        let frame = self.frame();
        let interpreter = &mut frame.interpreter;
        let code_hash = interpreter.bytecode.get_or_calculate_hash();
        let code = interpreter.bytecode.original_bytes();
        let input = interpreter.input.input.clone();
        let mut found = Frame {
            acting: interpreter.input.target_address,
            caller: interpreter.input.caller_address,
            value: interpreter.input.call_value,
            is_static: interpreter.runtime_flag.is_static,
            gas_limit: interpreter.gas.remaining(),
            code_hash,
            code,
            args: Bytes::new(),
        };
        found.args = input.bytes(self.context());
        found
    }

    fn interpreter_result(
        &mut self,
        outcome: stylus_vm::Outcome,
        gas_limit: u64,
        refund: i64,
    ) -> InterpreterResult {
        let mut gas = Gas::new(gas_limit);
        gas.set_remaining(outcome.gas_left);
        gas.record_refund(refund);
        let result = match outcome.status {
            stylus_vm::Status::Success => InstructionResult::Return,
            stylus_vm::Status::Revert => InstructionResult::Revert,
            stylus_vm::Status::Trap(reason) => {
                if let Some(recorder) = &mut self.context().chain.recorder {
                    recorder.explain(reason);
                }
                InstructionResult::Revert
            }
            stylus_vm::Status::OutOfInk => return halt(InstructionResult::OutOfGas, gas_limit),
            stylus_vm::Status::OutOfStack => {
                explain(self.context(), "max call depth exceeded".into());
                return halt(InstructionResult::PrecompileError, gas_limit);
            }
        };
        InterpreterResult::new(result, outcome.output, gas)
    }
}

fn halt(reason: InstructionResult, gas_limit: u64) -> InterpreterResult {
    let mut gas = Gas::new(gas_limit);
    gas.spend_all();
    InterpreterResult::new(reason, Bytes::new(), gas)
}

/// Finds the program of a frame, or says why it may not run.
fn load(ctx: &mut Ctx<'_>, frame: &Frame) -> Result<Result<Entry, String>, DbError> {
    let params = programs::params(ctx)?;
    let word = state::read(ctx, programs::entry_slot(frame.code_hash))?;
    let program = Program::decode(word);
    let time = ctx.block.timestamp.saturating_to();
    if let Err(inactive) = program.check_active(&params, time) {
        return Ok(Err(inactive.to_string()));
    }
    let compiled = ctx.chain.programs.get_or_compile(frame.code_hash, || {
        decode_program(&frame.code, params.max_wasm_size).map_err(CompileError::from)
    });
    Ok(match compiled {
        Ok(compiled) => Ok(Entry {
            program: compiled,
            params,
            cached: program.cached,
        }),
        Err(error) => Err(error.to_string()),
    })
}

fn evm_data(ctx: &Ctx<'_>, frame: &Frame) -> EvmData {
    let block = &ctx.block;
    EvmData {
        arbos_version: ARBOS_VERSION,
        block_basefee: U256::from(block.basefee),
        chain_id: ctx.cfg.chain_id,
        block_coinbase: block.beneficiary,
        block_gas_limit: block.gas_limit,
        block_number: block.number.saturating_to(),
        block_timestamp: block.timestamp.saturating_to(),
        contract_address: frame.acting,
        msg_sender: frame.caller,
        msg_value: frame.value,
        tx_gas_price: U256::from(block.basefee),
        tx_origin: ctx.tx.caller,
        reentrant: ctx.chain.is_reentrant(frame.acting),
    }
}

/// The chain, as one program's frame sees it.
struct Host<'m, 'a> {
    machine: &'m mut Machine<'a>,
    frame: Frame,
    refund: i64,
    /// The first failure of the database; the transaction fails with it once the program is left.
    fault: Option<Fault<'a>>,
}

impl<'a> Host<'_, 'a> {
    /// The result of an access, or a neutral value if the database failed.
    fn or_default<T: Default>(&mut self, result: Result<T, impl Into<Fault<'a>>>) -> T {
        result.unwrap_or_else(|error| {
            self.fault.get_or_insert(error.into());
            T::default()
        })
    }

    fn slot(&mut self, key: U256) -> Result<SlotState, DbError> {
        let acting = self.frame.acting;
        let journal = &mut self.machine.context().journaled_state;
        let load = journal.sload(acting, key)?;
        let original = journal
            .inner
            .state
            .get(&acting)
            .and_then(|account| account.storage.get(&key))
            .map(|slot| slot.original_value())
            .unwrap_or_default();
        Ok(SlotState {
            original: original.into(),
            present: load.data.into(),
            is_cold: load.is_cold,
        })
    }

    fn account(&mut self, address: Address) -> Result<AccountState, DbError> {
        let load = self
            .machine
            .context()
            .journaled_state
            .load_account(address)?;
        let is_empty = load.data.is_empty();
        Ok(AccountState {
            balance: load.data.info.balance,
            code_hash: if is_empty {
                B256::ZERO
            } else {
                load.data.info.code_hash
            },
            is_empty,
            is_cold: load.is_cold,
        })
    }

    /// Code that a call of `target` runs, EIP-7702 delegation resolved.
    fn code_to_run(&mut self, target: Address) -> Result<(B256, Bytecode), DbError> {
        let ctx = self.machine.context();
        ctx.journaled_state.load_account_with_code(target)?;
        let code = state::peek_code(ctx, target)?;
        let Some(delegate) = code.eip7702_address() else {
            return Ok((code.hash_slow(), code));
        };
        let code = state::peek_code(ctx, delegate)?;
        Ok((code.hash_slow(), code))
    }

    fn call_input(&mut self, request: CallRequest) -> Result<FrameInput, DbError> {
        let Frame {
            acting,
            caller,
            value,
            is_static,
            ..
        } = self.frame;
        let known_bytecode = self.code_to_run(request.target)?;
        let (scheme, caller, target_address, value) = match request.kind {
            CallKind::Call => (
                CallScheme::Call,
                acting,
                request.target,
                CallValue::Transfer(request.value),
            ),
            CallKind::Delegate => (
                CallScheme::DelegateCall,
                caller,
                acting,
                CallValue::Apparent(value),
            ),
            CallKind::Static => (
                CallScheme::StaticCall,
                acting,
                request.target,
                CallValue::Transfer(U256::ZERO),
            ),
        };
        Ok(FrameInput::Call(Box::new(CallInputs {
            input: CallInput::Bytes(request.input),
            return_memory_offset: 0..0,
            gas_limit: request.gas_limit,
            reservoir: 0,
            bytecode_address: request.target,
            known_bytecode,
            target_address,
            caller,
            value,
            scheme,
            is_static: is_static || request.kind == CallKind::Static,
            charged_new_account_state_gas: false,
        })))
    }

    /// Runs a frame and takes its refunds over.
    fn run(&mut self, input: FrameInput) -> Option<FrameResult> {
        match self.machine.run_nested(input) {
            Ok(result) => {
                if result.instruction_result().is_ok() {
                    self.refund += result.gas().refunded();
                }
                Some(result)
            }
            Err(fault) => {
                self.fault.get_or_insert(fault);
                None
            }
        }
    }
}

/// Gas that a frame leaves its caller.
fn gas_left(result: &FrameResult) -> u64 {
    match result.instruction_result().is_ok_or_revert() {
        true => result.gas().remaining(),
        false => 0,
    }
}

/// Bytes that a frame leaves its caller.
fn output(result: &FrameResult) -> Bytes {
    match result.instruction_result().is_ok_or_revert() {
        true => result.interpreter_result().output.clone(),
        false => Bytes::new(),
    }
}

impl EvmApi for Host<'_, '_> {
    fn is_static(&self) -> bool {
        self.frame.is_static
    }

    fn load_slot(&mut self, key: B256) -> SlotState {
        let slot = self.slot(key.into());
        self.or_default(slot)
    }

    fn store_slot(&mut self, key: B256, value: B256) {
        let acting = self.frame.acting;
        let journal = &mut self.machine.context().journaled_state;
        let stored = journal.sstore(acting, key.into(), value.into()).map(drop);
        self.or_default(stored);
    }

    fn add_refund(&mut self, delta: i64) {
        self.refund += delta;
    }

    fn load_transient(&mut self, key: B256) -> B256 {
        let acting = self.frame.acting;
        self.machine
            .context()
            .journaled_state
            .tload(acting, key.into())
            .into()
    }

    fn store_transient(&mut self, key: B256, value: B256) {
        let acting = self.frame.acting;
        self.machine
            .context()
            .journaled_state
            .tstore(acting, key.into(), value.into());
    }

    fn load_account(&mut self, address: Address) -> AccountState {
        let account = self.account(address);
        self.or_default(account)
    }

    fn account_code(&mut self, address: Address) -> Bytes {
        let code = state::peek_code(self.machine.context(), address);
        self.or_default(code.map(|code| code.original_bytes()))
    }

    fn call(&mut self, request: CallRequest) -> CallResult {
        let input = match self.call_input(request) {
            Ok(input) => input,
            Err(error) => {
                self.fault.get_or_insert(error.into());
                return CallResult::default();
            }
        };
        self.run(input)
            .map_or_else(CallResult::default, |result| CallResult {
                success: result.instruction_result().is_ok(),
                output: output(&result),
                gas_left: gas_left(&result),
            })
    }

    fn create(&mut self, request: CreateRequest) -> CreateResult {
        let scheme = match request.salt {
            Some(salt) => CreateScheme::Create2 { salt: salt.into() },
            None => CreateScheme::Create,
        };
        let CreateRequest {
            init_code,
            value,
            gas_limit,
            ..
        } = request;
        let inputs = CreateInputs::new(self.frame.acting, scheme, value, init_code, gas_limit, 0);
        let Some(result) = self.run(FrameInput::Create(Box::new(inputs))) else {
            return CreateResult::default();
        };
        let ended = result.instruction_result();
        let reverted = ended == InstructionResult::Revert;
        CreateResult {
            revert_data: if reverted {
                output(&result)
            } else {
                Bytes::new()
            },
            gas_left: gas_left(&result),
            address: match result {
                FrameResult::Create(outcome) => outcome.address.filter(|_| ended.is_ok()),
                FrameResult::Call(_) => None,
            },
        }
    }

    fn emit_log(&mut self, topics: &[B256], data: Bytes) {
        let address = self.frame.acting;
        let log = Log::new_unchecked(address, topics.to_vec(), data);
        self.machine.context().journal_mut().log(log);
    }

    fn pages(&self) -> PageCount {
        self.machine.pages()
    }

    fn set_pages(&mut self, pages: PageCount) {
        self.machine.context().chain.pages = pages;
    }
}
