//! Why a call is refused.

use alloy_sol_types::SolError;
use program_support::exit::revert;
use risk::options::Refusal;

use crate::IRiskEngine;

/// Ends the call without data: what was asked is not in the interface.
#[cold]
pub fn refuse() -> ! {
    revert(&[])
}

/// Ends the call because its arguments cannot be read.
#[cold]
pub fn bad_input() -> ! {
    revert(&IRiskEngine::BadInput::SELECTOR)
}

/// A result, or the end of the call with the cause.
pub fn or_revert<T>(result: Result<T, impl Into<Refusal>>) -> T {
    result.unwrap_or_else(|cause| {
        revert(&match cause.into() {
            Refusal::Price => IRiskEngine::BadPrice::SELECTOR,
            Refusal::Range => IRiskEngine::BadRange::SELECTOR,
            Refusal::TooManyOptions => IRiskEngine::TooManyOptions::SELECTOR,
            Refusal::Overflow => IRiskEngine::Overflow::SELECTOR,
        })
    })
}
