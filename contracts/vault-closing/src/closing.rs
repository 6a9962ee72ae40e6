//! Closing accounts in ill health: liquidation, deleveraging, and what the pool pays.

use alloy_primitives::B256;
use alloy_sol_types::SolEvent;
use risk::{
    Error as Refusal, Legs, Liquidation, Ratio, Result, Store, Usd, plan_deleverage,
    plan_liquidation,
};

use margin_vault::abi::{Args, Bytes, IMarginVault, encode};
use margin_vault::calls;
use margin_vault::error::{Error, OrRevert, require, revert};
use margin_vault::session::{Session, action, emit, main_account, only_owner_of, usd, word};
use margin_vault::storage::{Field, Storage};
use margin_vault::word::Word;

/// Seconds on its clock from which an account that is not in debt may be deleveraged.
const DELEVERAGE_AFTER: u32 = 120;

/// Moves a share of every leg of an account in ill health into one of the caller's.
pub fn liquidate(store: &mut Storage, account: B256, into: B256, max_share: u128) -> Bytes {
    only_owner_of(into);
    let plan = take_over(store, account, into, max_share).or_revert();
    encode(&[Word::of(plan.share.0), usd(plan.penalty)])
}

/// Liquidates each account that still needs it; returns how many did.
pub fn liquidate_batch(
    store: &mut Storage,
    accounts: (Args, usize),
    into: B256,
    max_share: u128,
) -> Bytes {
    only_owner_of(into);
    let mut done = 0;
    for place in 0..accounts.1 {
        match take_over(store, accounts.0.b256(place), into, max_share) {
            Ok(_) => done += 1,
            Err(Refusal::Healthy | Refusal::NoEquity) => {}
            Err(error) => revert(Error::Ledger(error)),
        }
    }
    encode(&[Word::of(done)])
}

/// What the touches have settled stays if the account needs no liquidation, for a batch to go on from.
fn take_over(
    store: &mut Storage,
    account: B256,
    into: B256,
    max_share: u128,
) -> Result<Liquidation> {
    if account == into {
        return Err(Refusal::SameAccount);
    }
    require(max_share > 0, Error::InvalidAmount);
    let pool = main_account(store.address(Field::Pool));
    let mut session = Session::open(store);
    session.want_legs(account);
    session.want_legs(into);
    session.read_prices();
    session.touch(account, false);
    session.touch(into, true);
    let movable = session.movable(action::LIQUIDATE, account);
    let plan = plan(&mut session, account, &movable, Ratio(max_share));
    if let Ok(plan) = &plan {
        session
            .ledger
            .liquidate(account, into, pool, plan, &movable)?;
        session.observe(account);
        let equity = session.observe(into).equity;
        require(equity >= session.initial(into), Error::InsufficientMargin);
        let words = [
            word(account),
            word(into),
            Word::of(plan.share.0),
            usd(plan.penalty),
        ];
        emit(&IMarginVault::Liquidated::SIGNATURE_HASH, 2, &words);
    }
    session.finish();
    plan
}

fn plan(
    session: &mut Session,
    account: B256,
    movable: &Legs,
    max_share: Ratio,
) -> Result<Liquidation> {
    let terms = session.ledger.store.rates().terms();
    let dust = session.ledger.store.amounts().dust;
    let health = session.observe(account);
    let mut notional = Usd::ZERO;
    for (id, position) in session.positions(account).iter() {
        notional = notional.plus(
            position
                .size()
                .notional_up(session.ledger.store.instrument(id).mark)?,
        )?;
    }
    let movable = session.maintenance_of(account, movable);
    let clock = session.ledger.store.account(account).clock;
    plan_liquidation(
        &health,
        movable,
        terms.penalty_rate(clock.unhealthy)?,
        max_share,
        notional < dust,
    )
}

/// Closes legs of an account in debt, or near it, against the opposite side; the pool pays what it then owes.
pub fn deleverage(store: &mut Storage, account: B256, max_legs: u128) -> Bytes {
    let terms = store.rates().terms();
    let (pool, token) = (store.address(Field::Pool), store.address(Field::QuoteToken));
    let max_legs = usize::try_from(max_legs).unwrap_or(usize::MAX);
    let mut session = Session::settled(store, account, false);
    let movable = session.movable(action::DELEVERAGE, account);
    let health = session.observe(account);
    let held = session.ledger.store.account(account);
    let margin = session.maintenance_of(account, &movable);
    let rate = terms.penalty_rate(held.clock.unhealthy);
    let plan = rate
        .and_then(|rate| plan_deleverage(&health, margin, rate))
        .or_revert();
    if !held.in_debt() {
        require(
            held.clock.unhealthy >= DELEVERAGE_AFTER,
            Error::Ledger(Refusal::NotDeleverageable),
        );
        require(
            movable.as_slice().len() <= max_legs,
            Error::Ledger(Refusal::NotDeleverageable),
        );
    }
    session.insure();
    let unit = session.unit();
    let one = session.amount(1);
    let closed = session
        .ledger
        .deleverage(account, main_account(pool), &plan, &movable, max_legs, one)
        .or_revert();
    session.observe(account);
    session.finish();
    let words = [
        word(account),
        Word::of(closed.done.into()),
        usd(closed.deficit),
        usd(closed.insured),
    ];
    emit(&IMarginVault::Deleveraged::SIGNATURE_HASH, 1, &words);
    calls::cover(pool, token, closed.insured.0.unsigned_abs() / unit);
    encode(&words[1..])
}

/// Draws on the pool for deficits that were written off.
pub fn recover(store: &mut Storage) -> Bytes {
    let (pool, token) = (store.address(Field::Pool), store.address(Field::QuoteToken));
    let mut session = Session::open(store);
    session.insure();
    let due = session
        .ledger
        .totals
        .shortfall
        .or_zero()
        .min(session.ledger.insurance);
    let units = due.0.unsigned_abs().div_ceil(session.unit());
    require(units > 0, Error::NothingToRecover);
    let paid = session.amount(units);
    session.ledger.recover(paid).or_revert();
    session.finish();
    let words = [usd(paid)];
    emit(&IMarginVault::Recovered::SIGNATURE_HASH, 0, &words);
    calls::cover(pool, token, units);
    encode(&words)
}
