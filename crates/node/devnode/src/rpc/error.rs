//! Errors as JSON-RPC clients know them.

use alloy::{
    primitives::{Bytes, hex},
    sol_types::{Panic, Revert, SolError},
};
use jsonrpsee::types::{ErrorObjectOwned, error::INTERNAL_ERROR_CODE};

use crate::{
    chain::ChainError,
    evm::{Outcome, Status},
};

/// geth's code for whatever has no better one.
const SERVER_ERROR: i32 = -32_000;
/// EIP-1474: the method exists but is not implemented.
const METHOD_NOT_SUPPORTED: i32 = -32_004;
/// geth's code for a reverted call.
const EXECUTION_REVERTED: i32 = 3;
const INVALID_PARAMS: i32 = -32_602;

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub enum RpcError {
    /// The chain refused.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The parameters could not be read.
    #[error("{}", .0.message())]
    Params(ErrorObjectOwned),
    /// The parameters could be read but make no sense.
    #[error("{0}")]
    InvalidParams(String),
    /// A call reverted, with this data.
    #[error("{}", revert_message(.0))]
    Reverted(Bytes),
    /// A request that the node understands and refuses.
    #[error("{0}")]
    Refused(String),
    /// A request that the node understands and refuses, with the code that the method has for the reason.
    #[error("{1}")]
    Coded(i32, String),
    /// Something that the node does not have.
    #[error("{0}")]
    Unsupported(String),
    /// A fault of the node.
    #[error("internal error: {0}")]
    Internal(String),
}

impl From<ErrorObjectOwned> for RpcError {
    fn from(error: ErrorObjectOwned) -> Self {
        Self::Params(error)
    }
}

impl From<RpcError> for ErrorObjectOwned {
    fn from(error: RpcError) -> Self {
        let message = error.to_string();
        match error {
            RpcError::Params(error) => error,
            RpcError::InvalidParams(_) => Self::owned(INVALID_PARAMS, message, None::<()>),
            RpcError::Reverted(data) => Self::owned(EXECUTION_REVERTED, message, Some(data)),
            RpcError::Coded(code, _) => Self::owned(code, message, None::<()>),
            RpcError::Unsupported(_) => Self::owned(METHOD_NOT_SUPPORTED, message, None::<()>),
            RpcError::Internal(_) | RpcError::Chain(ChainError::Panicked(_)) => {
                Self::owned(INTERNAL_ERROR_CODE, message, None::<()>)
            }
            RpcError::Chain(_) | RpcError::Refused(_) => {
                Self::owned(SERVER_ERROR, message, None::<()>)
            }
        }
    }
}

/// The return data of a successful outcome.
///
/// # Errors
/// [`RpcError::Reverted`], or [`RpcError::Refused`] with the reason of a halt.
pub fn output(outcome: Outcome) -> Result<Bytes, RpcError> {
    match outcome.status {
        Status::Success => Ok(outcome.output),
        Status::Revert => Err(RpcError::Reverted(outcome.output)),
        Status::Halt(reason) => Err(RpcError::Refused(reason.to_string())),
    }
}

/// geth's text for revert data.
fn revert_message(data: &Bytes) -> String {
    match revert_reason(data) {
        Some(reason) => format!("execution reverted: {reason}"),
        None => "execution reverted".into(),
    }
}

fn revert_reason(data: &[u8]) -> Option<String> {
    if let Ok(revert) = Revert::abi_decode(data) {
        return Some(revert.reason);
    }
    let panic = Panic::abi_decode(data).ok()?;
    let code = panic.code.to_be_bytes_trimmed_vec();
    match panic.kind() {
        Some(kind) => Some(format!("{kind}")),
        None => Some(format!("unknown panic code: 0x{}", hex::encode(code))),
    }
}
