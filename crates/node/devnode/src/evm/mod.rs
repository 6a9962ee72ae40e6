//! One transaction or call, executed as Nitro executes it at ArbOS 51.
//!
//! revm runs EVM code, `stylus-vm` runs Stylus programs, and either may call the other. State is read
//! through [`revm::Database`]; what changed comes back in [`Outcome::state`] and is the caller's to
//! commit, so a call that must leave no trace is a transaction whose outcome is dropped.

mod arbos;
mod context;
mod database;
mod error;
mod executor;
mod genesis;
mod halt;
mod handler;
mod instructions;
mod machine;
mod options;
mod outcome;
mod precompiles;
mod reverts;
mod steps;
mod stylus;
mod trace;
mod transaction;

pub use error::{ExecutionError, InvalidTransaction};
pub use executor::{Config, Executor};
pub use genesis::{
    CHAIN_OWNER, CREATE2_PROXY, GenesisAccount, MULTICALL3, STYLUS_DEPLOYER, genesis,
};
pub use halt::Halt;
pub use options::Options;
pub use outcome::{Outcome, Status};
pub use reverts::RevertLog;
pub use steps::{Step, StepOptions, Steps};
pub use trace::{CallKind, CallTrace, TraceLog};
