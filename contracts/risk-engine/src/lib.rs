//! The risk engine: margin of portfolios of options and perpetuals, and prices of options. It has no state and no owner.
//!
//! The maths is the crate `risk`, module `options`; here is what reads and writes words.
//!
//! | Where is ... | |
//! |---|---|
//! | a vault's portfolio margined | [`portfolios`] |
//! | a portfolio evaluated, an option priced, for anyone | [`functions`] |
//! | a word decoded | [`words`] |
//! | a call refused | [`refusal`] |

#![no_std]

extern crate alloc;

mod functions;
mod portfolios;
mod refusal;
mod words;

use alloc::vec::Vec;

use alloy_sol_types::{SolCall, sol};
use program_support::entry;
use stylus_sdk::host::WasmVM;
use stylus_sdk::stylus_core::CalldataAccess;

use crate::refusal::unknown_function;
use crate::words::Word;

// As in the interface, whose structs have names that Rust gives to other things.
sol! {
    interface IRiskEngine {
        error BadPrice();
        error BadRange();
        error TooManyOptions();
        error BadInput();
        error InvalidCalldata();
        error UnknownFunction();
        error ValueSent();
        error Overflow();
        function evaluate(
            uint256 spot,
            int256 perp,
            (bool, uint256, uint256, int256, uint256)[] options,
            (uint256, uint256, uint256, uint256, uint256) shock
        );
        function price(bool isCall, uint256 forward, uint256 strike, uint256 secs, uint256 vol);
        function requirements(bytes32[] portfolios);
    }
}

const REQUIREMENTS: u32 = u32::from_be_bytes(IRiskEngine::requirementsCall::SELECTOR);
const EVALUATE: u32 = u32::from_be_bytes(IRiskEngine::evaluateCall::SELECTOR);
const PRICE: u32 = u32::from_be_bytes(IRiskEngine::priceCall::SELECTOR);

/// Serves a call of `len` bytes of calldata. Returns 0; a revert does not return.
#[unsafe(no_mangle)]
pub extern "C" fn user_entrypoint(len: usize) -> usize {
    let input = entry::calldata(len);
    if entry::value_sent() {
        refusal::value_sent();
    }
    WasmVM::default().write_result(&serve(&input));
    0
}

fn serve(input: &[u8]) -> Vec<u8> {
    let Some((selector, arguments)) = input.split_first_chunk() else {
        unknown_function();
    };
    let arguments: &[Word] = arguments.as_chunks().0;
    match u32::from_be_bytes(*selector) {
        REQUIREMENTS => portfolios::requirements(arguments),
        EVALUATE => functions::evaluate(arguments),
        PRICE => functions::price(arguments),
        _ => unknown_function(),
    }
}
