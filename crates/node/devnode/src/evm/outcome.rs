//! What an executed transaction leaves behind.

use revm::{
    primitives::{Address, Bytes, Log},
    state::EvmState,
};

use super::{halt::Halt, steps::Steps, trace::CallTrace};

/// The effects of one executed transaction or call. Nothing has been committed yet.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// How execution ended.
    pub status: Status,
    /// Gas charged to the sender, refunds already deducted: the receipt's `gasUsed`.
    pub gas_used: u64,
    /// Return data, or revert data; empty after a halt.
    pub output: Bytes,
    /// The address of the contract that a successful creating transaction deployed.
    pub created: Option<Address>,
    /// Logs in order of emission; empty unless execution succeeded.
    pub logs: Vec<Log>,
    /// Every account that was touched, to be handed to `DatabaseCommit::commit`.
    pub state: EvmState,
    /// The tree of calls, if [`super::Options::trace`] asked for it.
    pub trace: Option<CallTrace>,
    /// The instructions that ran, if [`super::Options::steps`] asked for them.
    pub steps: Option<Steps>,
}

/// How a transaction ended. A reverted or halted transaction still pays for its gas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// The transaction took effect.
    Success,
    /// The top-level frame reverted; [`Outcome::output`] has its reason.
    Revert,
    /// An exceptional halt: all gas is gone.
    Halt(Halt),
}

impl Status {
    /// Whether the transaction took effect.
    pub fn is_success(&self) -> bool {
        *self == Self::Success
    }
}
