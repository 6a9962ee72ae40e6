//! Activation: is a program allowed, and what does it cost.
//!
//! `WasmBinary::instrument` and `Module::activate` in Nitro's `crates/prover/src`.

use crate::binary::{self, Binary};
use crate::invalid::InvalidProgram;
use crate::limits::{check_entrypoint, check_limits};
use crate::linkage::check_linkage;
use crate::metering::{self, Globals};

/// What activation finds out about a program, and what the chain stores of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProgramInfo {
    /// Price of entering it, scaled by [`crate::StylusParams::init_gas`].
    pub init_cost: u16,
    /// Price of entering it from the cache, scaled by [`crate::StylusParams::cached_gas`].
    pub cached_init_cost: u16,
    /// Estimated bytes of native code; the chain stores it in KiB, rounded up.
    pub asm_estimate: u32,
    /// Pages that it starts with.
    pub footprint: u16,
}

/// A program that may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Activation {
    /// What the chain stores.
    pub info: ProgramInfo,
    /// Gas of the activation, without the 1,659,168 that ArbWasm burns first.
    pub gas: u64,
}

/// Why a program may not run. Nitro takes all gas of the call in either case.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActivationError {
    /// A rule that the module breaks.
    #[error("program activation failed: {0}")]
    Invalid(#[from] InvalidProgram),
    /// Its gas is more than there is.
    #[error("out of gas")]
    OutOfGas,
}

/// A checked and instrumented module, ready to be encoded.
pub struct Prepared<'a> {
    /// The module, with what pays for it.
    pub binary: Binary<'a>,
    /// Where the globals are that were added.
    pub globals: Globals,
    /// Index of the function that is run.
    pub entrypoint: u32,
    /// What it costs.
    pub info: ProgramInfo,
}

/// Checks a program and prices it.
///
/// `page_limit` is the chain's limit less the pages that are open; `gas_left` is what the caller can pay.
///
/// # Errors
/// See [`ActivationError`].
pub fn activate(
    wasm: &[u8],
    page_limit: u16,
    gas_left: u64,
) -> Result<Activation, ActivationError> {
    let prepared = instrument(wasm)?;
    check_limits(&prepared.binary, page_limit)?;
    let gas = activation_gas(&prepared.binary, wasm.len());
    if gas > gas_left {
        return Err(ActivationError::OutOfGas);
    }
    check_linkage(&prepared.binary)?;
    Ok(Activation {
        info: prepared.info,
        gas,
    })
}

/// Checks and instruments a program that was activated before, when other pages may have been open.
pub fn prepare(wasm: &[u8]) -> Result<Prepared<'_>, InvalidProgram> {
    let prepared = instrument(wasm)?;
    check_limits(&prepared.binary, u16::MAX)?;
    check_linkage(&prepared.binary)?;
    Ok(prepared)
}

fn instrument(wasm: &[u8]) -> Result<Prepared<'_>, InvalidProgram> {
    let mut binary = binary::parse(wasm)?;
    if binary.has_start {
        return Err(InvalidProgram::StartFunction);
    }
    let globals = metering::instrument(&mut binary)?;
    let entrypoint = check_entrypoint(&binary)?;
    let info = program_info(&binary, wasm.len() as u64)?;
    Ok(Prepared {
        binary,
        globals,
        entrypoint,
        info,
    })
}

/// `value * numerator / denominator`, rounded down.
const fn scale(value: u64, numerator: u64, denominator: u64) -> u64 {
    value.saturating_mul(numerator) / denominator
}

fn program_info(binary: &Binary<'_>, wasm_len: u64) -> Result<ProgramInfo, InvalidProgram> {
    let functions = binary.codes.len() as u64;
    let globals = u64::from(binary.global_count);
    let footprint = binary.memories.first().map_or(0, |memory| memory.initial);
    let segments: u64 = binary
        .datas
        .iter()
        .map(|data| data.range.len() as u64)
        .sum::<u64>()
        + binary
            .elements
            .iter()
            .map(|element| element.range.len() as u64)
            .sum::<u64>();
    let values: u64 = binary
        .functions
        .iter()
        .filter_map(|&ty| binary.types.get(ty as usize))
        .map(|ty| (ty.params().len() + ty.results().len()) as u64)
        .sum();

    let asm_estimate = 512_000
        + scale(functions, 996_829, 1_000)
        + scale(values, 11_416, 1_000)
        + scale(wasm_len, 62_628, 10_000);
    let cached_init_cost = scale(functions, 13_420, 100_000)
        + scale(values, 89, 100_000)
        + scale(wasm_len, 122, 100_000)
        + scale(globals, 1_628, 1_000)
        + scale(segments, 75_244, 100_000)
        + footprint * 5;
    let init_cost = scale(functions, 8_252, 1_000)
        + scale(values, 1_059, 1_000)
        + scale(wasm_len, 1_286, 10_000);

    Ok(ProgramInfo {
        init_cost: init_cost
            .try_into()
            .map_err(|_| InvalidProgram::Cost("init cost"))?,
        cached_init_cost: cached_init_cost
            .try_into()
            .map_err(|_| InvalidProgram::Cost("cached init cost"))?,
        asm_estimate: asm_estimate
            .try_into()
            .map_err(|_| InvalidProgram::Cost("asm estimate"))?,
        footprint: footprint
            .try_into()
            .map_err(|_| InvalidProgram::Cost("footprint"))?,
    })
}

/// Gas for the time that activation takes: estimated microseconds, each worth 28 gas.
fn activation_gas(binary: &Binary<'_>, wasm_len: usize) -> u64 {
    const FUDGE: u64 = 2;
    const SYNC_RATE: u64 = 1_000_000 / 2;
    const SPEED: u64 = 7_000_000;
    let data: u64 = binary.datas.iter().map(|data| data.data.len() as u64).sum();
    let elements: u64 = binary
        .elements
        .iter()
        .map(|element| element.range.len() as u64)
        .sum();
    let ops: u64 = binary.codes.iter().map(|code| code.ops.len() as u64).sum();
    let pages = binary.memories.first().map_or(0, |memory| memory.initial);
    [
        scale(wasm_len as u64, 31_733, 100_000),
        scale(binary.functions.len() as u64, 17_263, 100_000),
        scale(data, 17_376, 100_000),
        scale(elements, 17_376, 100_000),
        pages * 2_217,
        scale(ops, 535, 1_000),
    ]
    .into_iter()
    .map(|micros| scale(micros, FUDGE * SPEED, SYNC_RATE))
    .sum()
}
