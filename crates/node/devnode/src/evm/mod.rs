//! One transaction or call, executed as Nitro executes it at ArbOS 51.
//!
//! revm runs EVM code, `stylus-vm` runs Stylus programs, and either may call the other. State is read
//! through [`revm::Database`]; what changed comes back in [`Outcome::state`] and is the caller's to
//! commit, so a call that must leave no trace is a transaction whose outcome is dropped.

mod arbos;
mod database;
mod error;
mod executor;
mod genesis;
mod handler;
mod instructions;
mod machine;
mod outcome;
mod precompiles;
mod reverts;
mod steps;
mod stylus;
mod trace;
mod transaction;

pub use error::{ExecutionError, InvalidTransaction};
pub use executor::{Config, Executor, Options};
pub use genesis::{
    CHAIN_OWNER, CREATE2_PROXY, GenesisAccount, MULTICALL3, STYLUS_DEPLOYER, genesis,
};
pub use outcome::{Halt, Outcome, Status};
pub use reverts::RevertLog;
pub use steps::{Step, StepOptions, Steps};
pub use trace::{CallKind, CallTrace, TraceLog};
