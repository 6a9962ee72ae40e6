//! Why an execution halts, in words.

use revm::context::result::{HaltReason, OutOfGasError};

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
