//! Stylus programs as Nitro runs them at ArbOS 51.
//!
//! The life of a program: [`decode_program`] takes the WASM out of a contract's code, [`activate`] checks it and says
//! what it costs, [`ProgramCache`] compiles it, [`call_program`] pays for entering it and runs it against a chain that
//! implements [`EvmApi`].
//!
//! Facts, constants and their order come from Nitro's source; paths are given where they are used.

#![warn(missing_docs)]

mod abi;
mod activate;
pub mod api;
mod binary;
mod cache;
mod chain;
mod data_pricer;
mod encode;
mod format;
pub mod gas;
mod host;
pub mod ink;
mod invalid;
mod limits;
mod linkage;
mod memory;
mod metering;
mod params;
mod program;
mod run;
mod storage_cache;

pub use activate::{Activation, ActivationError, ProgramInfo, activate};
pub use api::{
    AccountState, CallKind, CallRequest, CallResult, CreateRequest, CreateResult, EvmApi, EvmData,
    PageCount, SlotState,
};
pub use cache::ProgramCache;
pub use data_pricer::DataPricer;
pub use format::{FormatError, decode_program, is_stylus_code};
pub use invalid::InvalidProgram;
pub use memory::MemoryModel;
pub use params::{
    ARBITRUM_START_TIME, COST_SCALAR_PERCENT, MIN_CACHED_GAS_UNIT, MIN_INIT_GAS_UNIT, StylusConfig,
    StylusParams, activation_age, hours_since_arbitrum,
};
pub use program::{CompileError, CompiledProgram};
pub use run::{Outcome, Status, call_program, run};
