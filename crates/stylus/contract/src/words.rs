//! What is made of words: revert data, calldata, and logs. One function encodes them all: alloy's would be compiled for every event.

use alloy_primitives::{B256, U256};
pub use program_support::encoding::concat;
use stylus_sdk::stylus_core::Host;

/// Logs an event: its topic, and its fields, of which the first `indexed` are topics as well.
pub fn log(host: &impl Host, topic: B256, indexed: usize, fields: &[B256]) {
    host.emit_log(&concat(topic.as_slice(), fields), 1 + indexed);
}

/// An amount or a flag.
pub fn word(value: u128) -> B256 {
    U256::from(value).into()
}
