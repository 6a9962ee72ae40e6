//! Deleveraging before debt: legs are closed at the mark against the opposite side, whose riskiest portfolios are cut first.

use alloy_primitives::B256;
use margin_vault::abi::Bytes;
use margin_vault::checks::is_dust;
use margin_vault::closings::{Closed, leg_limit, report};
use margin_vault::error::{Error, OrRevert, require};
use margin_vault::flows;
use margin_vault::session::{Session, action, main_account};
use margin_vault::storage::{Field, Storage};
use risk::{Closing, InstrumentId, Ledger, Position, Result, Size, Store, Valued};

/// Closes a share of at most `max_legs` legs of an account near debt. One in debt is refused with `NoEquity`: then the call is
/// `vault-debts`' to serve.
///
/// Fails with `InvalidAmount`, `NotDeleverageable`, `NoEquity`, `ActionBlocked`, `RateLimited`, `SameAccount`, `GuardFailed`,
/// `EngineFailed`, `PoolFailed` or `Overflow`.
pub fn deleverage(store: &mut Storage, account: B256, max_legs: u128) -> Bytes {
    let max_legs = leg_limit(max_legs);
    let (mut session, valued) = Session::settled(store, account, false);
    // The clock first: this very look may be the one that makes two minutes.
    session.observe(account, &valued.health);
    let done = reduce(&mut session, account, &valued, max_legs);
    // Again, as the cuts have left it: if it is healthy, its clock is cleared and the closing is over.
    let left = session.ledger.touch(account, false).or_revert();
    session.observe(account, &left.health);
    session.finish_in_place();
    report(&Closed {
        done,
        ..Closed::default()
    })
}

/// Closes a share of at most `max_legs` legs of a settled account that is not in debt, as the last call decided if that did
/// not finish. Returns whether nothing is left to do.
fn reduce(session: &mut Session, account: B256, valued: &Valued, max_legs: usize) -> bool {
    let held = session.ledger.store.account(account);
    // A share that was decided stays: decided anew, it would be taken off legs that were cut already.
    let mut closing = if held.closing && session.ledger.store.closing(account).is_valid(session.now)
    {
        session.ledger.store.closing(account)
    } else {
        decide(session, account, valued).or_revert()
    };
    let movable = session.allowed(action::DELEVERAGE, &closing.remaining);
    require(!movable.as_slice().is_empty(), Error::ActionBlocked);
    let (mut any, mut limited) = (false, false);
    for &id in movable.as_slice().iter().take(max_legs) {
        let cut = cut(session, account, &closing, (id, valued.positions.get(id)));
        let (closed, left) = cut.or_revert();
        any |= closed;
        limited |= left;
        closing.remaining.remove(id);
    }
    // Nothing but the throttle stood in the way: said by an error, not by a success that closed nothing.
    require(any || !limited, Error::RateLimited);
    let goes_on = !closing.remaining.as_slice().is_empty();
    keep(&mut session.ledger, account, goes_on.then_some(&closing));
    !goes_on && !limited
}

/// Decides what to close of the legs that can be cut, but for what hedges one that cannot.
fn decide(session: &Session, account: B256, valued: &Valued) -> Result<Closing> {
    let store = &*session.ledger.store;
    let held = &store.account(account);
    let ledger = &session.ledger;
    let ground = ledger.ground(account, held, &valued.positions, &valued.health)?;
    let ground = (ground, Error::NotDeleverageable).or_revert();
    let allowed = session.allowed(action::DELEVERAGE, &held.legs);
    let (moving, margin) = ledger.movable(valued, &allowed)?;
    Closing::decide(
        ground,
        &valued.health,
        (moving.legs(), margin, store.weights(&moving)?),
        store.rates().penalty().rate(held.clock.unhealthy)?,
        is_dust(store, &valued.positions)?,
        session.now,
    )
}

/// Closes the share of one leg, as far as what was closed on that side within the hour allows. Returns whether it closed
/// something, and whether something is left of the share.
fn cut(
    session: &mut Session,
    account: B256,
    closing: &Closing,
    (id, position): (InstrumentId, Position),
) -> Result<(bool, bool)> {
    let (now, ledger) = (session.now, &mut session.ledger);
    let pool = main_account(ledger.store.address(Field::Pool));
    // It is the other side that loses size, so that it is throttled.
    let side = position.side().opposite();
    let open_interest = ledger.store.side(id, side).open_interest;
    let mut throttle = ledger.store.throttle(id, side);
    let limit = throttle.available(now, open_interest)?;
    let cut = ledger.cut_leg(account, pool, id, closing.share, limit, closing.rate)?;
    let any = throttle.take(now, open_interest, cut.size)? > Size::ZERO;
    if any {
        ledger.store.set_throttle(id, side, &throttle);
    }
    flows::pay_in_for(ledger, id, cut.penalty);
    Ok((any, cut.left > Size::ZERO))
}

/// Keeps a closing that goes on.
fn keep(ledger: &mut Ledger<Storage>, id: B256, closing: Option<&Closing>) {
    if let Some(closing) = closing {
        ledger.store.set_closing(id, closing);
    }
    let mut account = ledger.store.account(id);
    account.closing = closing.is_some();
    ledger.store.set_account(id, &account);
}
