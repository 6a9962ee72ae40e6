//! What the chain does for the program.

use alloc::vec;
use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolError;
use program_support::encoding::concat;
use program_support::exit;
use stylus_sdk::host::WasmVM;
use stylus_sdk::hostio;
use stylus_sdk::stylus_core::{BlockAccess, MessageAccess};

use crate::abi::guard;

/// Static call of `to` with at most `gas`, which fills `answer` with the first bytes returned; whether it succeeded and
/// returned that many.
///
/// What is cached of storage stays there: nobody can see it, since the guard is not re-entrant.
#[inline(never)]
pub fn ask(to: Address, gas: u64, input: &[u8], answer: &mut [u8]) -> bool {
    let mut returned = 0;
    // SAFETY: the pointers are to an address, to `len` bytes and to a length.
    let status = unsafe {
        hostio::static_call_contract(
            to.as_ptr(),
            input.as_ptr(),
            input.len(),
            gas,
            &raw mut returned,
        )
    };
    if status != 0 || returned < answer.len() {
        return false;
    }
    // SAFETY: at most `len` bytes are written.
    unsafe { hostio::read_return_data(answer.as_mut_ptr(), 0, answer.len()) };
    true
}

/// Has `program` serve a call on the guard's storage, to which what is cached must have been written. Ends the call with what it
/// reverts with if it does.
pub fn hand_to(program: Address, input: &[u8]) -> Vec<u8> {
    let mut returned = 0;
    // SAFETY: the pointers are to an address, to `len` bytes and to a length.
    let status = unsafe {
        hostio::delegate_call_contract(
            program.as_ptr(),
            input.as_ptr(),
            input.len(),
            u64::MAX,
            &raw mut returned,
        )
    };
    let mut answer = vec![0; returned];
    // SAFETY: at most `len` bytes are written.
    unsafe { hostio::read_return_data(answer.as_mut_ptr(), 0, answer.len()) };
    if status != 0 {
        exit::revert(&answer);
    }
    answer
}

/// The caller.
pub fn sender() -> Address {
    WasmVM::default().msg_sender()
}

/// The block's time in seconds.
pub fn now() -> u64 {
    WasmVM::default().block_timestamp()
}

/// An unsigned integer as an ABI word.
#[inline(always)]
pub fn uint(value: impl Into<u128>) -> B256 {
    word_of(value.into())
}

#[inline(never)]
fn word_of(value: u128) -> B256 {
    let mut word = [0; 32];
    word[16..].copy_from_slice(&value.to_be_bytes());
    B256::new(word)
}

/// A signed integer as an ABI word.
#[inline(never)]
pub fn int(value: i128) -> B256 {
    let mut word = if value < 0 { [0xff; 32] } else { [0; 32] };
    word[16..].copy_from_slice(&value.to_be_bytes());
    B256::new(word)
}

/// Writes ABI words one after the other.
pub fn fill(bytes: &mut [u8], words: &[B256]) {
    for (place, word) in bytes.chunks_exact_mut(32).zip(words) {
        place.copy_from_slice(word.as_slice());
    }
}

/// ABI words one after the other.
pub fn encode(words: &[B256]) -> Vec<u8> {
    concat(&[], words)
}

/// Ends the call with an error of static fields.
#[cold]
#[inline(never)]
pub fn revert(selector: [u8; 4], words: &[B256]) -> ! {
    exit::revert(&concat(&selector, words))
}

/// Ends the call because its arguments do not decode.
#[cold]
#[inline(never)]
pub fn refuse() -> ! {
    exit::revert(&guard::InvalidCalldata::SELECTOR)
}

/// Ends the call because there is no such function.
#[cold]
#[inline(never)]
pub fn unknown_function() -> ! {
    exit::revert(&guard::UnknownFunction::SELECTOR)
}
