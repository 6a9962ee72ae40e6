//! What the programs of the oracle guard share: one storage, one way to ask a feed, one ABI.
//!
//! A guard is one address with one ABI and one storage. A single program would not fit the chain's limit of 24,576 bytes, and
//! every operation of a vault pays for the size of the program that serves its prices: so `oracle-guard`, which stands at that
//! address, serves what observes prices, and hands whatever it does not know to the program that it was constructed with.
//!
//! | Program | What it does |
//! |---|---|
//! | `oracle-guard` | observes: pokes, prices, settlements, the guardian's trips |
//! | `guard-settings` | set-up, roles, feeds, parameters, surfaces, and what can be read of them |

#![no_std]

extern crate alloc;

pub mod abi;
pub mod arguments;
pub mod feeds;
pub mod host;
pub mod program;
pub mod spells;
pub mod store;

pub use program_support::{event, topic};
