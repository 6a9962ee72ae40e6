//! An embedded Arbitrum development node: EVM code on revm, Stylus programs on wasmtime.
//!
//! [`spawn`] starts a node in the calling process.

#![warn(missing_docs)]

pub mod accounts;
pub mod chain;
pub mod evm;
pub mod node;
pub mod rpc;

pub use node::{Config, Handle, NodeError, spawn};
