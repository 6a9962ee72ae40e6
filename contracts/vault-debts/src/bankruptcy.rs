//! Closing accounts in debt: leg by leg, against the opposite side; the pool pays what is owed, and a reward.

use alloy_primitives::{Address, B256};
use margin_vault::abi::{Bytes, usd, word};
use margin_vault::checks::allowed;
use margin_vault::closings::{Closed, Revealed, leg_limit, report};
use margin_vault::error::{Error, OrRevert, require};
use margin_vault::event::emit;
use margin_vault::flows;
use margin_vault::interfaces::IMarginVault;
use margin_vault::parameters::ratio;
use margin_vault::session::{Session, action, main_account};
use margin_vault::storage::Storage;
use margin_vault::topic;
use margin_vault::word::Word;
use risk::{
    InstrumentId, Ledger, MAX_LEGS, Ratio, Result, Store, Usd, Valued, math, rate_of_weights,
};
use stylus_sdk::host::WasmVM;
use stylus_sdk::stylus_core::MessageAccess;

/// A bankruptcy that is being closed.
struct Bankruptcy<'l, 's> {
    ledger: &'l mut Ledger<'s, Storage>,
    account: B256,
    /// One of the token's smallest units.
    unit: Usd,
    /// The pool's.
    assets: Usd,
    /// Reward for closing a leg, a share of what it counts for.
    reward_share: Ratio,
    /// What is left of the largest reward.
    reward_left: Usd,
    reward: Usd,
    /// What insurance has to pay for each of the account's instruments, in the order of its legs.
    due: [Usd; MAX_LEGS],
    closed: Closed,
}

/// Closes at most `max_legs` legs of an account in debt. Of one that is not it settles the legs and answers nothing: then the call is
/// `vault-deleveraging`'s to serve.
pub fn deleverage(store: &mut Storage, account: B256, max_legs: u128) -> Bytes {
    let max_legs = leg_limit(max_legs);
    let (mut session, valued) = Session::settled_to_close(store, account);
    session.observe(account, &valued.health);
    if !valued.account.in_debt() {
        session.finish();
        return &[];
    }
    session.keep_outflow();
    let closed = close(&mut session, account, &valued, max_legs);
    // An account that has left debt leaves the bucket of those in debt.
    let left = session.ledger.touch(account, false).or_revert();
    session.observe(account, &left.health);
    session.finish();
    report(account, &closed)
}

/// Closes at most `max_legs` of the legs of a settled account in debt, those that can be cut, and draws on the pool for
/// what is written off.
fn close(session: &mut Session, account: B256, valued: &Valued, max_legs: usize) -> Closed {
    let legs = &valued.account.legs;
    let movable = allowed(session, action::DELEVERAGE, legs);
    require(
        !movable.as_slice().is_empty() || legs.as_slice().is_empty(),
        Error::ActionBlocked,
    );
    let assets = session.amount(session.ledger.store.pool_assets().units);
    let unit = session.amount(1);
    let ledger = &mut session.ledger;
    // What it does not pay is seen when it is drawn.
    ledger.insurance = Usd::MAX;
    let revealed = ledger.store.revealed(account);
    let mut bankruptcy = Bankruptcy {
        account,
        unit,
        assets,
        reward_share: reward_share(ledger.store, valued).or_revert(),
        reward_left: revealed.map_or(Usd::ZERO, |revealed| revealed.reward),
        ledger,
        reward: Usd::ZERO,
        due: [Usd::ZERO; MAX_LEGS],
        closed: Closed::default(),
    };
    let closing = &movable.as_slice()[..max_legs.min(movable.as_slice().len())];
    for (place, &id) in closing.iter().enumerate() {
        bankruptcy.due[place] = bankruptcy.close_leg(id).or_revert();
    }
    bankruptcy.close_rest().or_revert();
    bankruptcy.draw(closing).or_revert();
    let by = revealed.map_or_else(caller, |revealed| revealed.by);
    bankruptcy.settle(by).or_revert();
    let closed = bankruptcy.closed;
    session.ask_again();
    closed
}

impl Bankruptcy<'_, '_> {
    /// Closes a leg and writes off its part of the debt. Insurance pays at most the instrument's cover for it; returns what.
    /// Without cover there is no reward either; it does not count against the cover, so that the order in which accounts are
    /// closed changes nothing of what is missing.
    fn close_leg(&mut self, id: InstrumentId) -> Result<Usd> {
        let cover = flows::cover(self.ledger, id, self.assets)?;
        let leg = self.ledger.close_leg(self.account, id, cover, self.unit)?;
        let part = self.reward_left.times_down(leg.part)?;
        self.reward_left = self.reward_left.minus(part)?;
        let reward = leg.weight.times_down(self.reward_share)?;
        let reward = self.whole_units(reward.min(part).min(cover));
        self.reward = self.reward.plus(reward)?;
        self.count(leg.deficit, leg.insured)?;
        Ok(leg.insured)
    }

    /// Writes off what an account without legs owes.
    fn close_rest(&mut self) -> Result<()> {
        let account = self.ledger.store.account(self.account);
        if account.legs.as_slice().is_empty() && account.in_debt() {
            let (deficit, insured) = self.ledger.close_debt(self.account, Usd::MAX, self.unit)?;
            self.count(deficit, insured)?;
        }
        self.closed.done = account.legs.as_slice().is_empty();
        Ok(())
    }

    /// Pays the reward as capital, half to the caller and half to `revealer`, and remembers what is left of it while debt is
    /// left.
    fn settle(&mut self, revealer: Address) -> Result<()> {
        self.pay_reward(revealer)?;
        let store = &mut *self.ledger.store;
        let in_debt = store.account(self.account).in_debt();
        let left = Revealed {
            by: revealer,
            reward: self.reward_left,
        };
        store.set_revealed(self.account, in_debt.then_some(&left));
        Ok(())
    }

    /// Draws on the pool, for what is insured of some legs and the reward. What does not arrive comes off the reward first.
    fn draw(&mut self, closed: &[InstrumentId]) -> Result<()> {
        let insured = self.closed.insured;
        let asked = insured.plus(self.reward)?;
        let units = (asked.0 / self.unit.0).unsigned_abs();
        let arrived = math::signed(flows::draw(self.ledger.store, units))?;
        let lost = Usd(asked.0 - arrived * self.unit.0);
        let unrewarded = lost.min(self.reward);
        self.reward = self.reward.minus(unrewarded)?;
        let uninsured = lost.minus(unrewarded)?;
        self.closed.insured = insured.minus(uninsured)?;
        for (&id, due) in closed.iter().zip(self.due) {
            let part = (
                self.closed.insured.0.unsigned_abs(),
                insured.0.unsigned_abs().max(1),
            );
            let paid = math::mul_div_up(due.0.unsigned_abs(), part.0, part.1)?;
            flows::draw_for(self.ledger, id, Usd(math::signed(paid)?));
        }
        self.ledger.recover(uninsured.negated()?)
    }

    fn pay_reward(&mut self, revealer: Address) -> Result<()> {
        if self.reward == Usd::ZERO {
            return Ok(());
        }
        let closer = caller();
        let half = Usd(self.reward.0 / 2);
        let rest = self.reward.minus(half)?;
        self.ledger.deposit(main_account(revealer), half)?;
        self.ledger.deposit(main_account(closer), rest)?;
        let words = [
            word(self.account),
            Word::of_address(closer),
            Word::of_address(revealer),
            usd(self.reward),
        ];
        emit(topic!(IMarginVault::Rewarded), 3, &words);
        Ok(())
    }

    fn count(&mut self, deficit: Usd, insured: Usd) -> Result<()> {
        self.closed.deficit = self.closed.deficit.plus(deficit)?;
        self.closed.insured = self.closed.insured.plus(insured)?;
        Ok(())
    }

    const fn whole_units(&self, amount: Usd) -> Usd {
        Usd(amount.0 - amount.0 % self.unit.0)
    }
}

/// Reward for closing an account, a share of what its positions count for one by one.
fn reward_share(store: &Storage, valued: &Valued) -> Result<Ratio> {
    let of_margin = ratio(store.rates().reward_share);
    let weights = store.weights(&valued.positions)?;
    rate_of_weights(of_margin, valued.health.maintenance, weights)
}

fn caller() -> Address {
    WasmVM::default().msg_sender()
}
