//! What every Bulkhead contract needs and none should write again.
//!
//! - [`ownable`]: two-step ownership.
//! - [`clone`]: ERC-1167 clones: detection, deployment, address prediction.
//! - [`entry`]: the start of a call, with an error for whatever does not fit the ABI.
//! - [`calls`]: calls to other contracts that cannot be mistaken for success.
//! - [`token`]: ERC-20 transfers for tokens that return nothing, `true` or `false`.
//! - [`lock`]: a re-entrancy lock in transient storage.
//! - [`words`]: logs made of words.
//! - [`packing`]: several integers in one storage word.
//! - [`abi_struct!`](crate::abi_struct): structs in public methods.
//! - [`errors!`](crate::errors): one error type per contract, its revert data.

extern crate alloc;

mod abi;
pub mod calls;
pub mod clone;
pub mod entry;
mod error;
pub mod lock;
pub mod ownable;
pub mod packing;
pub mod token;
pub mod words;
