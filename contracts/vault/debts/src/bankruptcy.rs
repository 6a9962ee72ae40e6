//! Closing accounts in debt: leg by leg, against the opposite side; the pool pays what is owed, and a reward.

use alloy_primitives::{Address, B256};
use margin_vault::abi::{Bytes, usd, word};
use margin_vault::changes::tell_stuck;
use margin_vault::closings::{Closed, Revealed, leg_limit, report};
use margin_vault::error::{Error, OrRevert, require};
use margin_vault::event::emit;
use margin_vault::flows;
use margin_vault::interfaces::IMarginVault;
use margin_vault::parameters::ratio;
use margin_vault::session::{OutflowKept, Session, action, fee_account, main_account};
use margin_vault::storage::Storage;
use margin_vault::topic;
use margin_vault::word::Word;
use risk::{Draw, Result, Store, Usd, Valued};
use stylus_sdk::host::WasmVM;
use stylus_sdk::stylus_core::MessageAccess;

/// Closes at most `max_legs` legs of an account in debt. One that is not is refused with `NotDeleverageable`: then the call is
/// `vault-deleveraging`'s to serve.
///
/// Fails with `InvalidAmount`, `NotDeleverageable`, `ActionBlocked`, `PoolBusy`, `TokenFailed`, `GuardFailed`, `PoolFailed` or
/// `Overflow`.
pub fn deleverage(store: &mut Storage, account: B256, max_legs: u128) -> Bytes {
    let max_legs = leg_limit(max_legs);
    let (mut session, valued) = Session::settled(store, account, false);
    session.observe(account, &valued.health);
    require(valued.account.in_debt(), Error::NotDeleverageable);
    // V grows by what the pool pays: the limiter is brought up to now at what V was.
    let kept = session.keep_outflow();
    let closed = close(&mut session, kept, account, &valued, max_legs);
    // An account that has left debt leaves the bucket of those in debt.
    let left = session.ledger.touch(account, false).or_revert();
    session.observe(account, &left.health);
    session.finish();
    report(&closed)
}

/// Pays capital into the account of one who gets a part of a reward. Who owes earns none: it would pay off a debt whose legs nobody has
/// settled, and goes to the fee account.
fn pay(session: &mut Session, payee: Address, amount: Usd) -> Result<()> {
    let mut payee = main_account(payee);
    if session.ledger.store.account(payee).in_debt() {
        payee = fee_account();
    }
    session.ledger.deposit(payee, amount)
}

/// Closes at most `max_legs` of the legs of a settled account in debt, those that can be cut, and draws on the pool for
/// what is written off. What is left of the debt once all of them are closed counts as stuck.
fn close(
    session: &mut Session,
    kept: OutflowKept,
    account: B256,
    valued: &Valued,
    max_legs: usize,
) -> Closed {
    let legs = &valued.account.legs;
    let movable = session.allowed(action::DELEVERAGE, legs);
    // What is stuck already is refused until a leg can be closed: a call that does nothing must not look like one that did.
    require(
        !movable.as_slice().is_empty() || legs.as_slice().is_empty() || !valued.account.stuck,
        Error::ActionBlocked,
    );
    let revealed = session.ledger.store.revealed(account);
    let mut draw = Draw {
        unit: session.amount(1),
        reward_share: ratio(session.ledger.store.rates().reward_share),
        // One largest reward a debt, however many calls close it: nobody earns more by closing leg by leg.
        reward_left: revealed.map_or(Usd::ZERO, |revealed| revealed.reward),
        ..Draw::default()
    };
    let done = session.ledger.close(account, &movable, max_legs, &mut draw);
    let done = done.or_revert();
    // One draw for all legs of the call; what does not arrive is booked back.
    let arrived = flows::draw(session, kept, draw.total().or_revert()).or_revert();
    session.ledger.arrived(&mut draw, arrived).or_revert();
    tell(session, account, &draw);
    let by = revealed.map_or_else(caller, |revealed| revealed.by);
    settle(session, account, by, &draw).or_revert();
    Closed {
        done,
        deficit: draw.deficit,
        insured: draw.insured.sum().or_revert(),
    }
}

/// Says what was written off for each instrument, and what insurance paid of it; and whether the rest is stuck.
fn tell(session: &Session, account: B256, draw: &Draw) {
    let store = &*session.ledger.store;
    for (id, deficit) in draw.deficits.iter() {
        let words = [
            word(account),
            Word::of(store.number_of(id).into()),
            usd(deficit),
            usd(draw.insured.get(id)),
            usd(draw.rewards.get(id)),
        ];
        emit(topic!(IMarginVault::WrittenOff), 2, &words);
    }
    if store.account(account).stuck {
        tell_stuck(&account, true);
    }
}

/// Pays the reward as capital, half to the caller and half to `revealer`, and remembers what is left of it while debt is
/// left.
fn settle(session: &mut Session, account: B256, revealer: Address, draw: &Draw) -> Result<()> {
    if draw.reward > Usd::ZERO {
        let closer = caller();
        // Rounded down for the revealer; the closer has the rest, so that the halves are the whole.
        let half = Usd(draw.reward.0 / 2);
        let rest = draw.reward.minus(half)?;
        pay(session, revealer, half)?;
        pay(session, closer, rest)?;
        let words = [
            word(account),
            Word::of_address(closer),
            Word::of_address(revealer),
            usd(draw.reward),
        ];
        emit(topic!(IMarginVault::Rewarded), 3, &words);
    }
    let store = &mut *session.ledger.store;
    let left = Revealed {
        by: revealer,
        reward: draw.reward_left,
    };
    let in_debt = store.account(account).in_debt();
    store.set_revealed(account, in_debt.then_some(&left));
    Ok(())
}

fn caller() -> Address {
    WasmVM::default().msg_sender()
}
