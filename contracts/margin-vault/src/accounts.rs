//! Money in and out of accounts, and their settlement.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use risk::{Usd, math};
use stylus_sdk::host::WasmVM;
use stylus_sdk::stylus_core::{AccountAccess, MessageAccess};

use crate::abi::{IMarginVault, encode};
use crate::calls;
use crate::error::{Error, Result};
use crate::session::{Session, emit, owner_of, usd, word};
use crate::storage::{Field, Storage};
use crate::word::Word;

/// Fails unless the caller owns an account.
pub fn only_owner_of(account: B256) -> Result<()> {
    let caller = WasmVM::default().msg_sender();
    if owner_of(account) == caller { Ok(()) } else { Err(Error::NotAccountOwner(caller)) }
}

/// Credits what really arrives of `amount` of the caller's tokens.
pub fn deposit(store: &mut Storage, account: B256, amount: u128) -> Result<Vec<u8>> {
    let from = WasmVM::default().msg_sender();
    let arrived = calls::pull(store.address(Field::QuoteToken), from, amount)?;
    if arrived == 0 {
        return Err(Error::InvalidAmount);
    }
    let mut session = Session::open(store)?;
    let value = session.amount(arrived)?;
    session.ledger.deposit(account, value)?;
    session.emit_touched(account, Usd::ZERO);
    session.finish()?;
    emit::<IMarginVault::Deposited>(&[word(account), Word::of_address(from)], &[Word::of(arrived)]);
    Ok(Vec::new())
}

/// Pays capital out to `to`.
pub fn withdraw(store: &mut Storage, account: B256, amount: u128, to: Address) -> Result<Vec<u8>> {
    only_owner_of(account)?;
    if amount == 0 {
        return Err(Error::InvalidAmount);
    }
    if to.is_zero() || to == WasmVM::default().contract_address() {
        return Err(Error::InvalidRecipient);
    }
    let token = store.address(Field::QuoteToken);
    let mut session = Session::with_prices(store, &[account], None)?;
    let value = session.amount(amount)?;
    let gain = session.touch(account, true)?.gain;
    session.ledger.withdraw(account, value)?;
    let health = session.observe(account)?;
    session.check_withdrawal(account, &health)?;
    session.emit_touched(account, gain);
    session.finish()?;
    emit::<IMarginVault::Withdrawn>(&[word(account), Word::of_address(to)], &[Word::of(amount)]);
    calls::push(token, to, amount)?;
    Ok(encode(&[Word::of(amount)]))
}

/// Turns profit of the caller's account into capital at the coverage ratio.
pub fn convert(store: &mut Storage, account: B256, max_profit: u128) -> Result<Vec<u8>> {
    only_owner_of(account)?;
    let limit = Usd(math::signed(max_profit.min(i128::MAX.unsigned_abs()))?);
    let mut session = Session::with_prices(store, &[account], None)?;
    let gain = session.touch(account, true)?.gain;
    let converted = session.ledger.convert(account, limit)?;
    session.observe(account)?;
    session.emit_touched(account, gain);
    session.finish()?;
    emit::<IMarginVault::Converted>(&[word(account)], &[usd(converted.profit), usd(converted.received)]);
    Ok(encode(&[usd(converted.received)]))
}

/// Settles an account for anyone.
pub fn touch(store: &mut Storage, account: B256) -> Result<Vec<u8>> {
    let by_owner = owner_of(account) == WasmVM::default().msg_sender();
    let mut session = Session::with_prices(store, &[account], None)?;
    let gain = session.touch(account, by_owner)?.gain;
    session.observe(account)?;
    session.emit_touched(account, gain);
    session.finish()?;
    Ok(Vec::new())
}

/// Moves an account up to the bucket that is due, for anyone.
pub fn rebucket(store: &mut Storage, account: B256) -> Result<Vec<u8>> {
    let mut session = Session::with_prices(store, &[account], None)?;
    let gain = session.touch(account, false)?.gain;
    let (from, to) = session.ledger.rebucket(account)?;
    session.observe(account)?;
    session.emit_touched(account, gain);
    session.finish()?;
    emit::<IMarginVault::Rebucketed>(&[word(account)], &[Word::of(from.into()), Word::of(to.into())]);
    Ok(Vec::new())
}
