//! Money in and out of accounts.

use alloy_primitives::{Address, B256};
use margin_vault::abi::{Bytes, encode, usd, word};
use margin_vault::calls;
use margin_vault::error::{Error, OrRevert, require};
use margin_vault::event::emit;
use margin_vault::interfaces::IMarginVault;
use margin_vault::session::{Session, only_owner_of, owner_of};
use margin_vault::storage::{Field, Storage};
use margin_vault::topic;
use margin_vault::word::Word;
use risk::{Account, OutflowRates, Result, Store, Usd, Valued, math};
use stylus_sdk::host::WasmVM;
use stylus_sdk::stylus_core::{AccountAccess, BlockAccess, MessageAccess};

/// Credits what really arrives of `amount` of the caller's tokens. A debt is paid out of it first; one that is paid off takes the
/// account out of the bucket of those in debt at once.
///
/// Fails with `InvalidAmount`, `TokenFailed`, `GuardFailed`, `EngineFailed`, `PoolFailed` or `Overflow`.
pub fn deposit(store: &mut Storage, account: B256, amount: u128) -> Bytes {
    let from = WasmVM::default().msg_sender();
    let token = store.token();
    // Taken first, and measured: a token that takes a fee credits its depositor with less, and nobody else pays for it.
    let arrived = calls::pull(token.address, from, amount);
    require(arrived > 0, Error::InvalidAmount);
    let value = math::mul_div_down(arrived, token.unit(), 1).and_then(math::signed);
    let value = Usd(value.or_revert());
    count_deposit(store, token.outflow(), owner_of(account), value).or_revert();
    if !credit_capital(store, account, value).or_revert() {
        settle_debt(store, account, value);
    }
    let words = [word(account), Word::of_address(from), Word::of(arrived)];
    emit(topic!(IMarginVault::Deposited), 2, &words);
    &[]
}

/// Brings the outflow limiter up to now, before the tokens of a deposit count, and credits the account's owner with them.
fn count_deposit(
    store: &mut Storage,
    rates: OutflowRates,
    owner: Address,
    value: Usd,
) -> Result<()> {
    let mut outflow = store.outflow();
    let now = WasmVM::default().block_timestamp();
    // At V without this deposit: it may not raise the cap by which it leaves again.
    outflow.observe(now, store.backing().tokens, rates)?;
    store.set_outflow(&outflow);
    let credit = store.credit(owner).deposited(value, now)?;
    store.set_credit(owner, &credit);
    Ok(())
}

/// Credits capital to an account that may be in debt, or in a vault that is impaired. A deposit that pays off a debt is a touch.
fn settle_debt(store: &mut Storage, account: B256, value: Usd) {
    let pays_off = pays_off(store, account, value);
    let mut session = if pays_off {
        Session::priced(store, account)
    } else {
        Session::open(store)
    };
    session.ledger.deposit(account, value).or_revert();
    if pays_off {
        touch_payee(&mut session, account);
    }
    session.finish();
}

/// Whether a payment pays off what an account owes: it is a touch then.
fn pays_off(store: &Storage, account: B256, value: Usd) -> bool {
    let owed = store.account(account).pnl.deficit().or_revert();
    owed > Usd::ZERO && owed <= value
}

/// Settles an account whose debt has just been paid off, and takes it out of the bucket of those in debt.
fn touch_payee(session: &mut Session, account: B256) {
    let valued = session.touch(account, false);
    session.observe(account, &valued.health);
}

/// Credits capital for tokens where nothing but the two of them moves: the account owes nothing, and the vault is not
/// impaired. That is nearly every deposit, and spares it two of the slots of the totals. Returns whether it is one.
fn credit_capital(store: &mut Storage, id: B256, value: Usd) -> Result<bool> {
    let mut account = store.account(id);
    let mut backing = store.backing();
    if account.in_debt() || backing.impaired_since > 0 {
        return Ok(false);
    }
    // Sum of C and V grow by the same: capital stays backed without a look at anything else.
    account.capital = account.capital.plus(value)?.within(Usd::MAX)?;
    backing.capital = backing.capital.plus(value)?;
    backing.tokens = backing.tokens.plus(value)?.within(Usd::MAX_TOKENS)?;
    store.set_account(id, &account);
    store.set_backing(&backing);
    Ok(true)
}

/// Pays capital out to `to`: what is asked for, or what may leave the vault now. Returns it.
///
/// Fails with `NotAccountOwner`, `InvalidAmount`, `InvalidRecipient`, `OutflowLimited`, `InsufficientCapital`, `ActionBlocked`,
/// `InsufficientMargin`, `TokenFailed`, `GuardFailed`, `EngineFailed`, `PoolFailed` or `Overflow`.
pub fn withdraw(store: &mut Storage, account: B256, amount: u128, to: Address) -> Bytes {
    only_owner_of(account);
    require(amount > 0, Error::InvalidAmount);
    require(
        // Tokens that the vault sends to itself would be counted for nobody.
        !to.is_zero() && to != WasmVM::default().contract_address(),
        Error::InvalidRecipient,
    );
    let token = store.address(Field::QuoteToken);
    let mut session = Session::priced(store, account);
    let units = take_outflow(&mut session, account, amount);
    let value = session.amount(units);
    let before = session.ledger.store.account(account);
    let valued = session.ledger.withdraw(account, value).or_revert();
    give(session, account, &before, &valued);
    let words = [word(account), Word::of_address(to), Word::of(units)];
    emit(topic!(IMarginVault::Withdrawn), 2, &words);
    // Last: the account is charged, and the limiter filled, before the token can call anybody.
    calls::push(token, to, units);
    encode(&words[2..])
}

/// How much of `amount` of the token's smallest units may leave the vault now for an account's owner: what it has just brought,
/// and what all share; reverts if nothing may.
fn take_outflow(session: &mut Session, account: B256, amount: u128) -> u128 {
    let owner = owner_of(account);
    let (mut outflow, rates) = session.outflow();
    let mut credit = session.ledger.store.credit(owner).at(session.now);
    let has_credit = credit.available().or_revert() > Usd::ZERO;
    let unit = session.unit();
    let available = outflow.available_to(&credit, rates).or_revert();
    // Rounded down to whole units of the token: a part of one may not leave.
    let units = amount.min(available.0.unsigned_abs() / unit);
    require(units > 0, Error::OutflowLimited);
    let value = session.amount(units);
    outflow.take_for(&mut credit, value, rates).or_revert();
    session.ledger.store.set_outflow(&outflow);
    if has_credit {
        session.ledger.store.set_credit(owner, &credit);
    }
    units
}

/// Moves capital between two accounts of the caller's. One that pays off the other's debt is a touch of that one.
///
/// Fails with `NotAccountOwner`, `DifferentOwners`, `InvalidAmount`, `SameAccount`, `InsufficientCapital`, `ActionBlocked`,
/// `InsufficientMargin`, `GuardFailed`, `EngineFailed`, `PoolFailed` or `Overflow`.
pub fn transfer(store: &mut Storage, from: B256, to: B256, amount: u128) -> Bytes {
    only_owner_of(from);
    // Credits of outflow are by owner: between owners, capital leaves as a withdrawal and comes as a deposit.
    require(owner_of(from) == owner_of(to), Error::DifferentOwners);
    require(amount > 0, Error::InvalidAmount);
    let value = Usd(math::signed(amount).or_revert());
    let pays_off = pays_off(store, to, value);
    let mut session = Session::open(store);
    session.want_legs(from);
    if pays_off {
        session.want_legs(to);
    }
    session.read_prices();
    let before = session.ledger.store.account(from);
    let mut valued = session.ledger.transfer(from, to, value).or_revert();
    if pays_off {
        touch_payee(&mut session, to);
        // A debt that is left is missing, and profit is worth less by it.
        valued = session.ledger.touch(from, false).or_revert();
    }
    give(session, from, &before, &valued);
    let words = [word(from), word(to), usd(value)];
    emit(topic!(IMarginVault::Transferred), 2, &words);
    &[]
}

/// Ends an operation in which an account gave capital away; reverts unless it may.
fn give(mut session: Session, account: B256, before: &Account, valued: &Valued) {
    session.watch(account, before, valued);
    session.check_withdrawal(account, valued);
    session.observe(account, &valued.health);
    session.finish();
}
