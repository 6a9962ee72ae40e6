//! What an executed transaction leaves behind.

use revm::{
    context::result::{HaltReason, OutOfGasError},
    primitives::{Address, Bytes, Log},
    state::EvmState,
};

use super::{steps::Steps, trace::CallTrace};

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

/// Why a transaction halted, in geth's words (see [`std::fmt::Display`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Halt(pub HaltReason);

impl std::fmt::Display for Halt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match &self.0 {
            HaltReason::OutOfGas(OutOfGasError::InvalidOperand) => "gas uint64 overflow",
            HaltReason::OutOfGas(_) => "out of gas",
            HaltReason::OpcodeNotFound | HaltReason::NotActivated => "invalid opcode",
            HaltReason::InvalidFEOpcode => "invalid opcode: INVALID",
            HaltReason::InvalidJump => "invalid jump destination",
            HaltReason::StackUnderflow => "stack underflow",
            HaltReason::StackOverflow => "stack limit reached 1024 (1023)",
            HaltReason::OutOfOffset => "return data out of bounds",
            HaltReason::CreateCollision => "contract address collision",
            HaltReason::NonceOverflow => "nonce uint64 overflow",
            HaltReason::CreateContractSizeLimit => "max code size exceeded",
            HaltReason::CreateContractStartingWithEF => "invalid code: must not begin with 0xef",
            HaltReason::CreateInitCodeSizeLimit => "max initcode size exceeded",
            HaltReason::StateChangeDuringStaticCall | HaltReason::CallNotAllowedInsideStatic => {
                "write protection"
            }
            HaltReason::OutOfFunds | HaltReason::OverflowPayment => {
                "insufficient balance for transfer"
            }
            HaltReason::CallTooDeep => "max call depth exceeded",
            HaltReason::PrecompileError => "precompile failed",
            HaltReason::PrecompileErrorWithContext(reason) => reason,
        })
    }
}
