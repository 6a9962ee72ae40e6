//! Calls to other contracts: the quote token, the guard, the pool, and contracts that sign.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolCall;
use stylus_sdk::call::RawCall;
use stylus_sdk::host::WasmVM;
use stylus_sdk::stylus_core::AccountAccess;

use crate::abi::{Args, Erc20, Erc1271, Pool, encode_call};
use crate::error::{Error, Result};
use crate::word::Word;

/// Return data of a call that reads; `None` if it reverted.
pub fn read(to: Address, data: &[u8]) -> Option<Vec<u8>> {
    let vm = WasmVM::default();
    // SAFETY: no value of storage outlives the call that loaded it, and a callee cannot re-enter.
    unsafe { RawCall::new_static(&vm).call(to, data).ok() }
}

/// Return data of a call that may change the callee; `None` if it reverted.
fn write(to: Address, data: &[u8]) -> Option<Vec<u8>> {
    let vm = WasmVM::default();
    // SAFETY: as for `read`.
    unsafe { RawCall::new(&vm).call(to, data).ok() }
}

/// The first word that a call returned.
fn first(data: Option<Vec<u8>>) -> Option<Word> {
    Args(&data?).word(0).ok()
}

/// Decimals of a token, if it is one.
pub fn decimals(token: Address) -> Result<u128> {
    first(read(token, &Erc20::decimalsCall::SELECTOR)).ok_or(Error::TokenFailed)?.unsigned()
}

/// The vault's balance of a token.
fn balance(token: Address) -> Result<u128> {
    let this = WasmVM::default().contract_address();
    let data = encode_call(Erc20::balanceOfCall::SELECTOR, &[Word::of_address(this)]);
    first(read(token, &data)).ok_or(Error::TokenFailed)?.unsigned()
}

/// Calls a token, which has to return true, or nothing as some tokens do.
fn move_tokens(token: Address, data: &[u8]) -> Result<()> {
    let returned = write(token, data).ok_or(Error::TokenFailed)?;
    let accepted = match returned.len() {
        0 => WasmVM::default().code_size(token) > 0,
        _ => Args(&returned).word(0)? == Word::of(1),
    };
    if accepted { Ok(()) } else { Err(Error::TokenFailed) }
}

/// Takes tokens from `from`. Returns what has really arrived.
pub fn pull(token: Address, from: Address, amount: u128) -> Result<u128> {
    let this = WasmVM::default().contract_address();
    let words = [Word::of_address(from), Word::of_address(this), Word::of(amount)];
    let before = balance(token)?;
    move_tokens(token, &encode_call(Erc20::transferFromCall::SELECTOR, &words))?;
    balance(token)?.checked_sub(before).ok_or(Error::TokenFailed)
}

/// Sends tokens to `to`.
pub fn push(token: Address, to: Address, amount: u128) -> Result<()> {
    move_tokens(token, &encode_call(Erc20::transferCall::SELECTOR, &[Word::of_address(to), Word::of(amount)]))
}

/// What the pool would pay this vault now, in the token's smallest units.
pub fn available(pool: Address) -> Result<u128> {
    let this = WasmVM::default().contract_address();
    let data = encode_call(Pool::availableCall::SELECTOR, &[Word::of_address(this)]);
    first(read(pool, &data)).ok_or(Error::PoolFailed)?.unsigned()
}

/// Draws `amount` of the token's smallest units from the pool, exactly.
pub fn cover(pool: Address, token: Address, amount: u128) -> Result<()> {
    if amount == 0 {
        return Ok(());
    }
    let before = balance(token)?;
    write(pool, &encode_call(Pool::coverCall::SELECTOR, &[Word::of(amount)])).ok_or(Error::PoolFailed)?;
    let arrived = balance(token)?.checked_sub(before);
    if arrived == Some(amount) { Ok(()) } else { Err(Error::PoolFailed) }
}

/// Whether the contract `signer` accepts a signature (ERC-1271).
pub fn accepts(signer: Address, digest: B256, signature: &[u8]) -> bool {
    if WasmVM::default().code_size(signer) == 0 {
        return false;
    }
    let head = [Word::of_bytes(&digest.0), Word::of(64), Word::of(signature.len() as u128)];
    let mut data = encode_call(Erc1271::isValidSignatureCall::SELECTOR, &head);
    data.extend_from_slice(signature);
    data.resize(data.len().next_multiple_of(32) + 4, 0);
    let magic = u128::from(u32::from_be_bytes(Erc1271::isValidSignatureCall::SELECTOR)) << 96;
    first(read(signer, &data)) == Some(Word::new(magic, 0))
}
