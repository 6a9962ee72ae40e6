//! Bulkhead from the command line: a crisis on a local chain, the benchmarks, what a proposal would do, and prices replayed through the guard.

pub mod abi;
pub mod bench;
pub mod chain;
pub mod demo;
pub mod deploy;
pub mod keeper;
pub mod market;
pub mod node;
pub mod orders;
pub mod picture;
pub mod prices;
pub mod project;
pub mod proposal;
pub mod replay;
pub mod units;
