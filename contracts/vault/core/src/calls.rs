//! Calls to other contracts: the quote token, the guard and the pool.

use alloc::vec;

use alloy_primitives::Address;
use alloy_sol_types::{SolCall, SolError};
use stylus_sdk::host::WasmVM;
use stylus_sdk::hostio;
use stylus_sdk::stylus_core::{AccountAccess, MessageAccess};

use crate::abi::{Args, Bytes, encode_call};
use crate::error::{Error, OrRevert, require};
use crate::interfaces::{Erc20, Pool};
use crate::word::Word;

/// Return data of a call that reads; `None` if it reverted.
pub fn read(to: Address, data: &[u8]) -> Option<Bytes> {
    reach(to, data, false)
}

/// Return data of a call that may change the callee; `None` if it reverted.
pub fn write(to: Address, data: &[u8]) -> Option<Bytes> {
    reach(to, data, true)
}

/// Calls with all gas and no value. What is cached of storage stays there: nobody can see it, since the vault is not re-entrant.
#[inline(never)]
fn reach(to: Address, data: &[u8], writes: bool) -> Option<Bytes> {
    let (mut returned, value) = (0, [0; 32]);
    // SAFETY: the pointers are to an address, to `len` bytes, to a value of 32 and to a length.
    let status = unsafe {
        let (to, input, len, returned) =
            (to.as_ptr(), data.as_ptr(), data.len(), &raw mut returned);
        if writes {
            hostio::call_contract(to, input, len, value.as_ptr(), u64::MAX, returned)
        } else {
            hostio::static_call_contract(to, input, len, u64::MAX, returned)
        }
    };
    if status != 0 {
        return None;
    }
    let mut answer = vec![0; returned];
    // SAFETY: at most `len` bytes are written.
    unsafe { hostio::read_return_data(answer.as_mut_ptr(), 0, answer.len()) };
    Some(answer.leak())
}

/// The words that a contract returns to a question; reverts with `error` if there are fewer than `count`.
#[inline(never)]
pub fn ask(to: Address, data: &[u8], count: usize, error: Error) -> Args<'static> {
    let answer = read(to, data).filter(|data| data.len() >= 32 * count);
    Args::new((answer, error).or_revert())
}

fn this() -> Word {
    Word::of_address(WasmVM::default().contract_address())
}

/// Decimals of a token.
pub fn decimals(token: Address) -> u128 {
    let selector = &Erc20::decimalsCall::SELECTOR;
    ask(token, selector, 1, Error::TokenFailed).unsigned(0)
}

/// The vault's balance of a token.
fn balance(token: Address) -> u128 {
    let call = encode_call(Erc20::balanceOfCall::SELECTOR, &[this()]);
    ask(token, call, 1, Error::TokenFailed).unsigned(0)
}

/// Calls a token, which has to return true, or nothing as some tokens do.
fn move_tokens(token: Address, data: &[u8]) {
    let returned = (write(token, data), Error::TokenFailed).or_revert();
    let accepted = match returned.len() {
        // An address without code answers nothing, too, and has moved nothing.
        0 => WasmVM::default().code_size(token) > 0,
        _ => Args::new(returned).word(0) == Word::of(1),
    };
    require(accepted, Error::TokenFailed);
}

/// Takes tokens from `from`. Returns what has really arrived.
pub fn pull(token: Address, from: Address, amount: u128) -> u128 {
    let before = balance(token);
    let words = [Word::of_address(from), this(), Word::of(amount)];
    move_tokens(
        token,
        encode_call(Erc20::transferFromCall::SELECTOR, &words),
    );
    (balance(token).checked_sub(before), Error::TokenFailed).or_revert()
}

/// Uses the caller's permit (ERC-2612) for the vault: amount, deadline, v, r, s. What the token answers does not count: the permit may
/// have been used before, by anybody, and the allowance be there; if it is not, nothing can be taken.
pub fn permit(token: Address, [amount, deadline, v, r, s]: [Word; 5]) {
    let owner = Word::of_address(WasmVM::default().msg_sender());
    let words = [owner, this(), amount, deadline, v, r, s];
    let _ = write(token, encode_call(Erc20::permitCall::SELECTOR, &words));
}

/// Sends tokens to `to`.
pub fn push(token: Address, to: Address, amount: u128) {
    let words = [Word::of_address(to), Word::of(amount)];
    move_tokens(token, encode_call(Erc20::transferCall::SELECTOR, &words));
}

/// What the pool would pay this vault now; what covers are measured by; what new open interest is limited by; and what covers are
/// measured by for what is on record: four words, in the token's smallest units.
pub fn available(pool: Address) -> Args<'static> {
    let call = encode_call(Pool::availableCall::SELECTOR, &[this()]);
    ask(pool, call, 4, Error::PoolFailed)
}

/// Draws at most `amount` of the token's smallest units from the pool. Returns what has really arrived: nothing if the
/// pool's call fails, since a token that refuses the pool must not keep accounts from being closed. Nobody can make it fail
/// for want of gas: the caller's writes come after it, and take more than the 1/64 that would be left of too little for it. Nor by
/// calling from within a call of the pool's, which would pay after it: that reverts with `PoolBusy`.
pub fn cover(pool: Address, token: Address, amount: u128) -> u128 {
    if amount == 0 {
        return 0;
    }
    let before = balance(token);
    let call = encode_call(Pool::coverCall::SELECTOR, &[Word::of(amount)]);
    if write(pool, call).is_none() {
        require(!is_busy(reason()), Error::PoolBusy);
        return 0;
    }
    let arrived = balance(token).checked_sub(before);
    // What a pool sends beyond what was asked belongs to nobody: only what is owed is booked.
    (arrived, Error::PoolFailed).or_revert().min(amount)
}

/// The first bytes with which the last call has failed; zeros beyond.
fn reason() -> [u8; 4] {
    let mut reason = [0; 4];
    // SAFETY: at most 4 bytes are written.
    unsafe { hostio::read_return_data(reason.as_mut_ptr(), 0, reason.len()) };
    reason
}

/// Whether the pool has failed because it is locked.
fn is_busy(reason: [u8; 4]) -> bool {
    reason == Pool::Reentered::SELECTOR
}

#[cfg(test)]
mod tests {
    use alloy_primitives::keccak256;

    use super::*;

    #[test]
    fn only_a_lock_of_the_pools_means_that_it_is_busy() {
        let error = |name: &str| keccak256(name)[..4].try_into().unwrap();
        assert!(is_busy(error("Reentered()")));
        // A vault's own lock, a refusal, and no reason at all.
        for other in ["Reentrant()", "NotVault(address)", "TokenCallFailed()"] {
            assert!(!is_busy(error(other)), "{other}");
        }
        assert!(!is_busy([0; 4]));
    }
}
