//! One transaction at a time: what Nitro does at ArbOS 51.

mod actor;
mod assembler;
mod common;
mod equivalence;
mod gas;
mod nesting;
mod precompiles;
mod reverts;
mod transactions;
