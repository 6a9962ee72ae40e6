//! Running a program: `crates/stylus/src/run.rs` and `CallProgram` of `arbos/programs/programs.go` in Nitro.

use alloy_primitives::Bytes;
use wasmtime::{Global, Instance, Store, Trap, Val};

use crate::api::{EvmApi, EvmData, PageCount};
use crate::encode::{INK_LEFT, INK_STATUS, MEMORY, STACK_LEFT};
use crate::gas::evm_memory_gas;
use crate::host::{Escape, Exports, Host};
use crate::ink::Ink;
use crate::limits::ENTRYPOINT;
use crate::params::{StylusConfig, StylusParams};
use crate::program::{CompiledProgram, WASM_STACK};

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// The program returned 0.
    Success,
    /// The program returned something else.
    Revert,
    /// Out of gas. The frame loses all of it (`ErrOutOfGas`).
    OutOfInk,
    /// Deeper than the stack allows (`ErrDepth`). The frame loses all its gas.
    OutOfStack,
    /// Anything else that ends a program early, with the reason. To its caller it is a revert without data that leaves the
    /// gas that was not used.
    Trap(String),
}

/// Result of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub status: Status,
    /// Return data on success, revert data on [`Status::Revert`], else empty.
    pub output: Bytes,
    /// Gas that is left: 0 for [`Status::OutOfInk`] and [`Status::OutOfStack`].
    pub gas_left: u64,
}

impl Outcome {
    const fn out_of_ink() -> Self {
        Self {
            status: Status::OutOfInk,
            output: Bytes::new(),
            gas_left: 0,
        }
    }
}

/// Native stack for host functions, and for whatever the chain does in them until the next program gets its own stack.
const HOST_STACK: usize = 2 << 20;

/// Runs a program that is paid for, with `gas` for its instructions and host calls.
///
/// Everything that Nitro's `callProgram` does; what a whole call costs besides is in [`call_program`]. Runs on its own
/// stack, so that programs may call each other through [`EvmApi::call`] to any depth.
pub fn run(
    program: &CompiledProgram,
    args: &[u8],
    evm: &mut dyn EvmApi,
    data: &EvmData,
    config: &StylusConfig,
    gas: u64,
) -> Outcome {
    stacker::grow(WASM_STACK + HOST_STACK, || {
        // SAFETY: `host` moves into `execute` and is dropped when it returns, within the borrow of `evm`.
        let host = unsafe { Host::new(evm, *data, *config, args.to_vec()) };
        execute(program, host, gas).unwrap_or_else(|error| Outcome {
            status: Status::Trap(format!("failed to start: {error:#}")),
            output: Bytes::new(),
            gas_left: gas,
        })
    })
}

/// Calls a program as Nitro's `CallProgram` does: pays for its pages and its start out of `gas`, opens the pages, runs it,
/// closes the pages it opened, and makes return data cost at least what an EVM frame would pay for the memory.
///
/// The caller has checked that the program is activated and has not expired, and has loaded it. `cached` is the flag that
/// cache managers set.
pub fn call_program(
    program: &CompiledProgram,
    cached: bool,
    args: &[u8],
    evm: &mut dyn EvmApi,
    data: &EvmData,
    params: &StylusParams,
    gas: u64,
) -> Outcome {
    let info = program.info();
    let config = params.config();
    let pages = evm.pages();
    let entry_gas = params.entry_gas(info.init_cost, info.cached_init_cost, cached);
    let call_gas = config
        .memory
        .gas_cost(info.footprint, pages)
        .saturating_add(entry_gas);
    let Some(rest) = gas.checked_sub(call_gas) else {
        return Outcome::out_of_ink();
    };
    evm.set_pages(pages.with_opened(info.footprint));
    let outcome = run(program, args, evm, data, &config, rest);
    evm.set_pages(PageCount {
        open: pages.open,
        ever: evm.pages().ever,
    });
    charge_for_output(outcome, gas)
}

/// Return data costs at least what it would in the EVM.
fn charge_for_output(mut outcome: Outcome, starting_gas: u64) -> Outcome {
    if outcome.output.is_empty() {
        return outcome;
    }
    match starting_gas.checked_sub(evm_memory_gas(outcome.output.len() as u64)) {
        Some(most) => {
            outcome.gas_left = outcome.gas_left.min(most);
            outcome
        }
        None => Outcome::out_of_ink(),
    }
}

/// The instrumentation's globals in an instance.
struct Meters {
    ink: Global,
    status: Global,
    stack: Global,
}

fn execute(program: &CompiledProgram, host: Host, gas: u64) -> wasmtime::Result<Outcome> {
    let config = host.config;
    let args_len = host.args.len() as u32;
    let pre = program.instance_pre();
    let mut store = Store::new(pre.module().engine(), host);
    let instance = pre.instantiate(&mut store)?;
    let meters = attach(&mut store, &instance)?;
    let ink = Ink::from_gas(gas, config.ink_price);
    meters.ink.set(&mut store, Val::I64(ink.0 as i64))?;
    meters
        .stack
        .set(&mut store, Val::I32(config.max_depth as i32))?;
    let main = instance.get_typed_func::<u32, u32>(&mut store, ENTRYPOINT)?;
    let result = main.call(&mut store, args_len);
    Ok(outcome(&mut store, &meters, result))
}

fn attach(store: &mut Store<Host>, instance: &Instance) -> wasmtime::Result<Meters> {
    let mut global = |name: &str| {
        instance
            .get_global(&mut *store, name)
            .ok_or_else(|| wasmtime::Error::msg(format!("no global {name}")))
    };
    let meters = Meters {
        ink: global(INK_LEFT)?,
        status: global(INK_STATUS)?,
        stack: global(STACK_LEFT)?,
    };
    let memory = instance
        .get_memory(&mut *store, MEMORY)
        .ok_or_else(|| wasmtime::Error::msg("no memory"))?;
    store.data_mut().exports = Some(Exports {
        memory,
        ink: meters.ink,
        status: meters.status,
    });
    Ok(meters)
}

fn outcome(store: &mut Store<Host>, meters: &Meters, result: wasmtime::Result<u32>) -> Outcome {
    let status = match result {
        Ok(code) => returned(code),
        Err(_) if matches!(meters.stack.get(&mut *store), Val::I32(0)) => Status::OutOfStack,
        Err(_) if !matches!(meters.status.get(&mut *store), Val::I32(0)) => Status::OutOfInk,
        Err(error) => escaped(error),
    };
    let output = match status {
        Status::Success | Status::Revert => Bytes::from(std::mem::take(&mut store.data_mut().outs)),
        _ => Bytes::new(),
    };
    let gas_left = match (&status, meters.ink.get(&mut *store)) {
        (Status::OutOfInk | Status::OutOfStack, _) => 0,
        (_, Val::I64(ink)) => Ink(ink as u64).to_gas(store.data().config.ink_price),
        _ => 0,
    };
    Outcome {
        status,
        output,
        gas_left,
    }
}

const fn returned(code: u32) -> Status {
    if code == 0 {
        Status::Success
    } else {
        Status::Revert
    }
}

fn escaped(error: wasmtime::Error) -> Status {
    match error.downcast_ref::<Escape>() {
        Some(Escape::Exit(code)) => return returned(*code),
        Some(Escape::OutOfInk) => return Status::OutOfInk,
        Some(other) => return Status::Trap(other.to_string()),
        None => {}
    }
    match error.downcast_ref::<Trap>() {
        Some(trap) => Status::Trap(trap.to_string()),
        None => Status::Trap(format!("{error:#}")),
    }
}
