//! Money in and out of accounts.

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolEvent;
use risk::{Usd, math};
use stylus_sdk::host::WasmVM;
use stylus_sdk::stylus_core::{AccountAccess, MessageAccess};

use margin_vault::abi::{Bytes, IMarginVault, encode};
use margin_vault::calls;
use margin_vault::error::{Error, OrRevert, require};
use margin_vault::session::{Session, emit, only_owner_of, usd, word};
use margin_vault::storage::{Field, Storage};
use margin_vault::word::Word;

/// Credits what really arrives of `amount` of the caller's tokens.
pub fn deposit(store: &mut Storage, account: B256, amount: u128) -> Bytes {
    let from = WasmVM::default().msg_sender();
    let arrived = calls::pull(store.address(Field::QuoteToken), from, amount);
    require(arrived > 0, Error::InvalidAmount);
    let mut session = Session::open(store);
    let value = session.amount(arrived);
    session.ledger.deposit(account, value).or_revert();
    session.finish();
    let words = [word(account), Word::of_address(from), Word::of(arrived)];
    emit(&IMarginVault::Deposited::SIGNATURE_HASH, 2, &words);
    &[]
}

/// Pays capital out to `to`.
pub fn withdraw(store: &mut Storage, account: B256, amount: u128, to: Address) -> Bytes {
    only_owner_of(account);
    require(amount > 0, Error::InvalidAmount);
    require(
        !to.is_zero() && to != WasmVM::default().contract_address(),
        Error::InvalidRecipient,
    );
    let token = store.address(Field::QuoteToken);
    let mut session = Session::settled(store, account, true);
    let value = session.amount(amount);
    session.ledger.withdraw(account, value).or_revert();
    session.check_withdrawal(account);
    session.finish();
    let words = [word(account), Word::of_address(to), Word::of(amount)];
    emit(&IMarginVault::Withdrawn::SIGNATURE_HASH, 2, &words);
    calls::push(token, to, amount);
    encode(&words[2..])
}

/// Turns profit of the caller's account into capital at the coverage ratio.
pub fn convert(store: &mut Storage, account: B256, max_profit: u128) -> Bytes {
    only_owner_of(account);
    let limit = Usd(math::signed(max_profit).unwrap_or(i128::MAX));
    let mut session = Session::settled(store, account, true);
    let converted = session.ledger.convert(account, limit).or_revert();
    session.observe(account);
    session.finish();
    let words = [
        word(account),
        usd(converted.profit),
        usd(converted.received),
    ];
    emit(&IMarginVault::Converted::SIGNATURE_HASH, 1, &words);
    encode(&words[2..])
}
