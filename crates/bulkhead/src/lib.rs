//! Bulkhead from the command line: a crisis on a local chain, and the benchmarks.

pub mod abi;
pub mod prices;
