//! A program in native code.

use std::sync::OnceLock;

use wasmtime::{Config, Engine, InstancePre, Linker, Module, OptLevel};

use crate::activate::{ProgramInfo, prepare};
use crate::encode::encode;
use crate::format::FormatError;
use crate::host::{self, Host};
use crate::invalid::InvalidProgram;

/// A program that is ready to run. Cheap to clone; may be shared between threads.
#[derive(Clone)]
pub struct CompiledProgram {
    pre: InstancePre<Host>,
    info: ProgramInfo,
}

/// A program could not be compiled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    /// The code is not that of a program.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// The module is not a valid program.
    #[error(transparent)]
    Invalid(#[from] InvalidProgram),
    /// The compiler failed, or what it made before is of no use.
    #[error("failed to make native code: {0}")]
    Native(String),
}

impl CompiledProgram {
    /// Checks, instruments and compiles the WASM of a program.
    ///
    /// # Errors
    /// See [`CompileError`].
    pub fn compile(wasm: &[u8]) -> Result<Self, CompileError> {
        let prepared = prepare(wasm)?;
        let info = prepared.info;
        let instrumented = encode(wasm, &prepared)?;
        let module = Module::from_binary(&runtime()?.engine, &instrumented).map_err(native)?;
        Self::link(&module, info)
    }

    /// What entering the program costs, as activation found it.
    pub const fn info(&self) -> &ProgramInfo {
        &self.info
    }

    pub(crate) const fn instance_pre(&self) -> &InstancePre<Host> {
        &self.pre
    }

    pub(crate) fn native_code(&self) -> Result<Vec<u8>, CompileError> {
        self.pre.module().serialize().map_err(native)
    }

    /// # Safety
    /// `code` must be what `native_code` gave, on this machine or one like it. Other versions of the compiler are refused.
    pub(crate) unsafe fn from_native_code(
        code: &[u8],
        info: ProgramInfo,
    ) -> Result<Self, CompileError> {
        // SAFETY: the caller promises where the code comes from.
        let module = unsafe { Module::deserialize(&runtime()?.engine, code) }.map_err(native)?;
        Self::link(&module, info)
    }

    fn link(module: &Module, info: ProgramInfo) -> Result<Self, CompileError> {
        let pre = runtime()?.linker.instantiate_pre(module).map_err(native)?;
        Ok(Self { pre, info })
    }
}

fn native(error: wasmtime::Error) -> CompileError {
    CompileError::Native(format!("{error:#}"))
}

/// Engine and host functions, made once.
struct Runtime {
    engine: Engine,
    linker: Linker<Host>,
}

/// Most bytes of native stack that a program may use. [`crate::metering`] stops it long before: a frame of n words, of which
/// at least four are charged, takes at most a small multiple of n words without optimisation.
pub(crate) const WASM_STACK: usize = 4 << 20;

/// As many bytes as a program may ever pay for: 128 pages.
const MEMORY_RESERVATION: u64 = 128 * 64 * 1024;

fn runtime() -> Result<&'static Runtime, CompileError> {
    static RUNTIME: OnceLock<Result<Runtime, CompileError>> = OnceLock::new();
    RUNTIME
        .get_or_init(|| new_runtime().map_err(native))
        .as_ref()
        .map_err(Clone::clone)
}

/// Optimisation is off, as in Nitro's compiler: it bounds the time of compiling and keeps values from living longer, and
/// so frames from growing larger, than the depth check allows for.
fn new_runtime() -> wasmtime::Result<Runtime> {
    let mut config = Config::new();
    config
        .cranelift_opt_level(OptLevel::None)
        .cranelift_nan_canonicalization(true)
        .max_wasm_stack(WASM_STACK)
        .async_stack_size(WASM_STACK) // nothing is asynchronous, but it may not be less
        .memory_reservation(MEMORY_RESERVATION)
        .memory_may_move(false)
        .wasm_backtrace_max_frames(None)
        .generate_address_map(false);
    let engine = Engine::new(&config)?;
    let mut linker = Linker::new(&engine);
    host::register(&mut linker)?;
    Ok(Runtime { engine, linker })
}
