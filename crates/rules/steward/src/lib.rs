//! The pure rules by which risk parameters may change between two decisions of governance.
//!
//! There is no storage, no call and no clock here, so the contract, its tests and a tool that explains a proposal decide
//! alike. Values are what the structs of the ABI hold, rates are WAD (1e18), times are seconds.
//!
//! - [`kind`]: the structs whose fields may change, and in which direction each is tighter.
//! - [`corridor`]: how far and how often a risk agent may move a parameter.
//! - [`emergency`]: what the emergency multisig may hold tighter, and for how long.

#![no_std]

pub mod corridor;
pub mod emergency;
pub mod kind;

pub use corridor::{Corridor, Move, Refusal};
pub use emergency::{Emergency, EmergencyRefusal};
pub use kind::{Field, Kind, Range, Role};

/// One, in the fixed-point scale of rates.
pub const WAD: u64 = 1_000_000_000_000_000_000;
