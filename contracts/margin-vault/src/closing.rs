//! Closing accounts in ill health: liquidation, deleveraging, and what the pool pays.

use alloc::vec::Vec;

use alloy_primitives::B256;
use risk::{Error as Refusal, Liquidation, Ratio, Store, Terms, Usd, plan_deleverage, plan_liquidation};

use crate::abi::{Args, IMarginVault, encode};
use crate::accounts::only_owner_of;
use crate::admin::terms;
use crate::calls;
use crate::error::{Error, Result};
use crate::session::{Session, action, emit, main_account, usd, word};
use crate::storage::{Field, Storage};
use crate::word::Word;

/// Seconds on its clock from which an account that is not in debt may be deleveraged.
const DELEVERAGE_AFTER: u32 = 120;

/// Moves a share of every leg of an account in ill health into one of the caller's.
pub fn liquidate(store: &mut Storage, account: B256, into: B256, max_share: u128) -> Result<Vec<u8>> {
    only_owner_of(into)?;
    let plan = take_over(store, account, into, max_share)?;
    Ok(encode(&[Word::of(plan.share.0), usd(plan.penalty)]))
}

/// Liquidates each account that still needs it; returns how many did.
pub fn liquidate_batch(store: &mut Storage, accounts: (Args, usize), into: B256, max_share: u128) -> Result<Vec<u8>> {
    only_owner_of(into)?;
    let mut done = 0;
    for place in 0..accounts.1 {
        match take_over(store, accounts.0.b256(place)?, into, max_share) {
            Ok(_) => done += 1,
            Err(Error::Healthy | Error::NoEquity) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(encode(&[Word::of(done)]))
}

fn take_over(store: &mut Storage, account: B256, into: B256, max_share: u128) -> Result<Liquidation> {
    if account == into {
        return Err(Error::SameAccount);
    }
    if max_share == 0 {
        return Err(Error::InvalidAmount);
    }
    let (terms, dust) = terms(store);
    let pool = main_account(store.address(Field::Pool));
    let mut session = Session::with_prices(store, &[account, into], None)?;
    let gain = session.touch(account, false)?.gain;
    let into_gain = session.touch(into, true)?.gain;
    let health = session.observe(account)?;
    let plan = plan(&session, account, &terms, dust, Ratio(max_share), &health);
    let plan = match plan {
        // What the touch has settled stays, for a batch to go on from.
        Err(error) => {
            session.emit_touched(account, gain);
            session.emit_touched(into, into_gain);
            session.finish()?;
            return Err(error);
        }
        Ok(plan) => plan,
    };
    session.ledger.liquidate(account, into, pool, &plan)?;
    session.observe(account)?;
    let health = session.observe(into)?;
    if !session.meets_initial(into, &health)? {
        return Err(Error::InsufficientMargin(into));
    }
    session.emit_touched(account, gain);
    session.emit_touched(into, into_gain);
    session.finish()?;
    emit::<IMarginVault::Liquidated>(&[word(account), word(into)], &[Word::of(plan.share.0), usd(plan.penalty)]);
    Ok(plan)
}

fn plan(
    session: &Session,
    account: B256,
    terms: &Terms,
    dust: Usd,
    max_share: Ratio,
    health: &risk::Health,
) -> Result<Liquidation> {
    let held = session.ledger.store.account(account);
    session.allow(action::LIQUIDATE, held.legs.as_slice())?;
    let mut notional = Usd::ZERO;
    for &(id, position) in session.ledger.positions(account)?.as_slice() {
        notional = notional.plus(position.size().notional_up(session.ledger.store.instrument(id).mark)?)?;
    }
    let rate = terms.penalty_rate(held.clock.unhealthy)?;
    Ok(plan_liquidation(health, rate, max_share, notional < dust)?)
}

/// Closes legs of an account in debt, or near it, against the opposite side; the pool pays what it then owes.
pub fn deleverage(store: &mut Storage, account: B256, max_legs: u128) -> Result<Vec<u8>> {
    let (terms, _) = terms(store);
    let (pool, token) = (store.address(Field::Pool), store.address(Field::QuoteToken));
    let max_legs = usize::try_from(max_legs).unwrap_or(usize::MAX);
    let mut session = Session::with_prices(store, &[account], None)?;
    let gain = session.touch(account, false)?.gain;
    let health = session.observe(account)?;
    let held = session.ledger.store.account(account);
    session.allow(action::DELEVERAGE, held.legs.as_slice())?;
    let plan = plan_deleverage(&health, terms.penalty_rate(held.clock.unhealthy)?)?;
    if !held.in_debt() {
        let legs = held.legs.as_slice().len();
        if held.clock.unhealthy < DELEVERAGE_AFTER {
            return Err(Refusal::NotDeleverageable.into());
        }
        if legs > max_legs {
            return Err(Error::TooFewLegs(legs as u128));
        }
    }
    session.insure()?;
    let unit = session.unit();
    let closed = session.ledger.deleverage(account, main_account(pool), &plan, max_legs, session.amount(1)?)?;
    session.observe(account)?;
    session.emit_touched(account, gain);
    session.finish()?;
    let done = Word::of(closed.done.into());
    let words = [done, usd(closed.deficit), usd(closed.insured)];
    emit::<IMarginVault::Deleveraged>(&[word(account)], &words);
    calls::cover(pool, token, closed.insured.0.unsigned_abs() / unit)?;
    Ok(encode(&words))
}

/// Draws on the pool for deficits that were written off.
pub fn recover(store: &mut Storage) -> Result<Vec<u8>> {
    let (pool, token) = (store.address(Field::Pool), store.address(Field::QuoteToken));
    let mut session = Session::open(store)?;
    session.insure()?;
    let due = session.ledger.totals.shortfall.or_zero().min(session.ledger.insurance);
    let units = due.0.unsigned_abs() / session.unit();
    if units == 0 {
        return Err(Error::NothingToRecover);
    }
    let paid = session.amount(units)?;
    session.ledger.recover(paid)?;
    session.finish()?;
    emit::<IMarginVault::Recovered>(&[], &[usd(paid)]);
    calls::cover(pool, token, units)?;
    Ok(encode(&[usd(paid)]))
}
