//! An embedded Arbitrum development node: EVM code on revm, Stylus programs on wasmtime.

pub mod chain;
pub mod evm;
