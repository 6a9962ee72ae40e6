//! The tree of calls of one execution, in the shape of geth's `callTracer`.

use revm::primitives::{Address, Bytes, Log, U256};

/// The instruction, or host call, that opened a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// An ordinary call.
    Call,
    /// Another's code on the caller's storage, with the caller as sender.
    CallCode,
    /// Another's code in the caller's place.
    DelegateCall,
    /// A call that may not change state.
    StaticCall,
    /// A contract creation.
    Create,
    /// A contract creation at an address derived from code and salt.
    Create2,
    /// The balance sent away by `SELFDESTRUCT`.
    SelfDestruct,
}

impl CallKind {
    /// The name that geth's tracer prints.
    pub fn name(self) -> &'static str {
        match self {
            Self::Call => "CALL",
            Self::CallCode => "CALLCODE",
            Self::DelegateCall => "DELEGATECALL",
            Self::StaticCall => "STATICCALL",
            Self::Create => "CREATE",
            Self::Create2 => "CREATE2",
            Self::SelfDestruct => "SELFDESTRUCT",
        }
    }
}

/// One frame and the frames it opened, whether EVM code or a Stylus program opened them.
#[derive(Clone, Debug, PartialEq)]
pub struct CallTrace {
    /// What opened the frame.
    pub kind: CallKind,
    /// Who opened it: for a delegate call the account whose storage it works on.
    pub from: Address,
    /// Whose code ran; the new contract's address for a creation, none if it failed.
    pub to: Option<Address>,
    /// Wei transferred; none for static calls.
    pub value: Option<U256>,
    /// Gas at the frame's disposal; the transaction's gas limit at the top.
    pub gas: u64,
    /// Gas consumed; the receipt's `gasUsed` at the top.
    pub gas_used: u64,
    /// Calldata, or creation code.
    pub input: Bytes,
    /// Return data, revert data, or deployed code.
    pub output: Bytes,
    /// Why the frame failed, in geth's words.
    pub error: Option<String>,
    /// The decoded `Error(string)` or `Panic(uint256)` of a reverted frame.
    pub revert_reason: Option<String>,
    /// Logs that this frame emitted itself; empty if it, or a frame around it, failed.
    pub logs: Vec<TraceLog>,
    /// Frames opened by this frame, in order.
    pub calls: Vec<CallTrace>,
}

/// A log and its place between a frame's calls.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceLog {
    /// The log.
    pub log: Log,
    /// How many calls the frame had made before it emitted the log.
    pub position: usize,
}
