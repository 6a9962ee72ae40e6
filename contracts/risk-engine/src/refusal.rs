//! Why a call is refused.

use alloy_sol_types::SolError;
use program_support::exit::revert;
use risk::options::Refusal;

use crate::IRiskEngine;

/// Ends the call because there is no such function.
#[cold]
pub fn unknown_function() -> ! {
    revert(&IRiskEngine::UnknownFunction::SELECTOR)
}

/// Ends the call because ether came with it.
#[cold]
pub fn value_sent() -> ! {
    revert(&IRiskEngine::ValueSent::SELECTOR)
}

/// Ends the call because its arguments do not decode.
#[cold]
pub fn malformed() -> ! {
    revert(&IRiskEngine::InvalidCalldata::SELECTOR)
}

/// Ends the call because a number in its arguments is too large.
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
