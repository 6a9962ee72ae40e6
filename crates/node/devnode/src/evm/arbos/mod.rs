//! The state that ArbOS keeps in the storage of an account of its own, laid out as Nitro lays it out.
//!
//! It is ordinary journaled storage, so reverts, snapshots and state dumps need to know nothing of it.

pub(super) mod address_set;
pub(super) mod call;
pub(super) mod genesis;
pub(super) mod merkle;
pub(super) mod programs;
pub(super) mod space;
pub(super) mod state;

/// The version whose rules this node follows.
pub(super) const ARBOS_VERSION: u64 = 51;
