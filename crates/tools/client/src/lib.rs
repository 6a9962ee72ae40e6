//! What whoever speaks to Bulkhead needs: its ABIs, a connection to a node, orders and their signatures, amounts, and what the deploy
//! scripts wrote down. Bots and tools stand on it; it compiles neither charts nor a node.

#![warn(missing_docs)]

pub mod abi;
pub mod chain;
pub mod orders;
pub mod project;
pub mod records;
pub mod units;
