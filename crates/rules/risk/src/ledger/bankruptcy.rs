//! Closing accounts in debt: leg by leg, against the opposite side; insurance pays its share of what is owed, and a reward.

use super::Ledger;
use crate::{
    Account, Attribution, Error, InstrumentId, Legs, Parts, Position, Ratio, Result, Store, Usd,
    math, refuse,
};

/// What a call that closes an account draws on the pool for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Draw {
    /// One of the token's smallest units.
    pub unit: Usd,
    /// Reward for closing a leg, a share of what it [counts for](Store::weight).
    pub reward_share: Ratio,
    /// What is left of the largest reward for closing the account.
    pub reward_left: Usd,
    /// The reward so far, whose tokens are not the vault's yet.
    pub reward: Usd,
    /// Debt written off so far.
    pub deficit: Usd,
    /// Of it, what was attributed to each instrument; nothing of one whose cover pays a reward alone.
    pub deficits: Parts,
    /// What insurance pays of it, by instrument; whole units.
    pub insured: Parts,
    /// Rewards, by instrument.
    pub rewards: Parts,
}

impl Draw {
    /// What the pool has to pay.
    ///
    /// # Errors
    /// [`Error::Overflow`].
    pub fn total(&self) -> Result<Usd> {
        self.insured.sum()?.plus(self.reward)
    }
}

/// What closing a leg of an account in debt did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClosedLeg {
    /// The position that was closed.
    pub position: Position,
    /// What it [counted for](Store::weight).
    pub weight: Usd,
    /// What insurance pays for closing it, beside the debt.
    pub reward: Usd,
}

impl<S: Store> Ledger<'_, S> {
    /// Closes at most `max_legs` of the `closable` legs of a touched account in debt; see [`Ledger::close_leg`]. Once all of them
    /// are closed, what no leg is left of is written off, and the rest is booked as stuck. Returns whether no legs stay.
    ///
    /// Nothing is written off before: with its debt gone, the account would gain by a leg that is left, and whoever chooses the number
    /// of legs could keep the one that lost.
    ///
    /// # Errors
    /// [`Error::NotDeleverageable`] if the account is not in debt; [`Error::Overflow`].
    pub fn close(
        &mut self,
        id: S::AccountId,
        closable: &Legs,
        max_legs: usize,
        draw: &mut Draw,
    ) -> Result<bool> {
        if !self.store.account(id).in_debt() {
            return refuse(Error::NotDeleverageable);
        }
        for _ in 0..max_legs {
            match self.next_to_close(id, closable) {
                Some(leg) if self.store.account(id).in_debt() => self.close_leg(id, leg, draw)?,
                _ => break,
            };
        }
        if self.next_to_close(id, closable).is_none() {
            self.close_ended(id, draw)?;
            self.set_stuck(id, true)?;
        }
        Ok(self.store.account(id).legs.as_slice().is_empty())
    }

    /// The leg that is closed next.
    fn next_to_close(&self, id: S::AccountId, closable: &Legs) -> Option<InstrumentId> {
        let account = self.store.account(id);
        let mut held = account.legs.as_slice().iter().copied();
        held.find(|&leg| closable.contains(leg))
    }

    /// Closes a leg of a touched account in debt at the mark against the opposite side, for a reward. A leg of a settled instrument
    /// has nothing to close: the opposite side stays as it is.
    ///
    /// # Errors
    /// [`Error::NotDeleverageable`] if the account is not in debt or has no such leg; [`Error::Overflow`].
    pub fn close_leg(
        &mut self,
        id: S::AccountId,
        instrument: InstrumentId,
        draw: &mut Draw,
    ) -> Result<ClosedLeg> {
        let mut account = self.store.account(id);
        if !account.in_debt() || !account.legs.contains(instrument) {
            return refuse(Error::NotDeleverageable);
        }
        let (position, gain) = self.detach(id, &mut account, instrument)?;
        let class = self.class_of_gains(&account, instrument);
        self.gain(&mut account, gain, class)?;
        self.keep(id, &mut account)?;
        self.left(id, instrument, &account);
        let weight = self.store.weight(instrument, position)?;
        self.close_against(id, instrument, position)?;
        Ok(ClosedLeg {
            position,
            weight,
            reward: self.reward(self.store.underlying(instrument), weight, draw)?,
        })
    }

    /// Writes off the parts of an account's debt that no leg is left of; all of it once the account has none.
    fn close_ended(&mut self, id: S::AccountId, draw: &mut Draw) -> Result<()> {
        let mut account = self.store.account(id);
        let mut attribution = self.attribution_of(id, &account);
        attribution.keep_held(|underlying| self.holds(&account, underlying));
        self.write_off(id, &mut account, &attribution, draw)?;
        Ok(())
    }

    /// Follows up on what the pool has paid of a draw: what has not arrived comes off the reward first, and then off what was insured,
    /// of every instrument alike.
    ///
    /// # Errors
    /// [`Error::Overflow`].
    pub fn arrived(&mut self, draw: &mut Draw, arrived: Usd) -> Result<()> {
        let lost = draw.total()?.minus(arrived)?.or_zero();
        let unrewarded = lost.min(draw.reward);
        draw.reward = draw.reward.minus(unrewarded)?;
        for (id, lost) in draw.rewards.dividing(unrewarded)?.iter() {
            self.unrewarded(id, lost)?;
            draw.rewards.add(id, lost.negated()?)?;
        }
        let unpaid = lost.minus(unrewarded)?;
        if unpaid == Usd::ZERO {
            return Ok(());
        }
        for (id, lost) in draw.insured.dividing(unpaid)?.iter() {
            self.refused(id, lost)?;
            draw.insured.add(id, lost.negated()?)?;
        }
        Ok(())
    }

    /// Whether an account has a leg on an underlying.
    fn holds(&self, account: &Account, underlying: InstrumentId) -> bool {
        let mut legs = account.legs.as_slice().iter();
        legs.any(|&leg| self.store.underlying(leg) == underlying)
    }

    /// Writes off what an attribution leaves of an account's debt: all of it, if it has no shares. Stores the account. Returns what
    /// was written off.
    #[inline(never)]
    fn write_off(
        &mut self,
        id: S::AccountId,
        account: &mut Account,
        left: &Attribution,
        draw: &mut Draw,
    ) -> Result<Usd> {
        let before = self.attribution_of(id, account);
        let debt = account.pnl.deficit()?;
        let rest = math::mul_div_up(debt.0.unsigned_abs(), left.sum(), before.sum().max(1))?;
        let rest = Usd(math::signed(rest)?);
        let deficit = debt.minus(rest)?;
        if deficit == Usd::ZERO {
            return Ok(deficit);
        }
        let stays = left.parts(rest)?;
        for (underlying, part) in before.parts(debt)?.iter() {
            let part = part.minus(stays.get(underlying))?;
            let due = self.due_for(underlying, part, draw.unit)?;
            self.credit(account, part, Usd::ZERO)?;
            self.change_known(underlying, part.negated()?)?;
            self.count_insured()?;
            self.pay_for(underlying, due)?;
            self.record(underlying, part.minus(due)?)?;
            draw.deficits.add(underlying, part)?;
            draw.insured.add(underlying, due)?;
        }
        // A debt that no instrument has caused is on nobody's record.
        let unattributed = account.pnl.deficit()?.minus(rest)?;
        self.credit(account, unattributed, Usd::ZERO)?;
        self.totals.shortfall = self.totals.shortfall.plus(unattributed)?;
        if account.stuck {
            self.move_stuck(deficit.negated()?)?;
        }
        account.attributed &= account.in_debt();
        account.stuck &= account.in_debt();
        self.store.set_attribution(id, left);
        self.store.set_account(id, account);
        draw.deficit = draw.deficit.plus(deficit)?;
        Ok(deficit)
    }

    /// The reward for closing a leg that counted for a weight.
    fn reward(&mut self, underlying: InstrumentId, weight: Usd, draw: &mut Draw) -> Result<Usd> {
        let wanted = weight.times_down(draw.reward_share)?.min(draw.reward_left);
        let reward = self.reward_for(underlying, wanted, draw.unit)?;
        draw.reward_left = draw.reward_left.minus(reward)?;
        draw.reward = draw.reward.plus(reward)?;
        draw.rewards.add(underlying, reward)?;
        if reward > Usd::ZERO {
            // What its cover pays is told with it, in a call that writes nothing off as well.
            draw.deficits.add(underlying, Usd::ZERO)?;
        }
        Ok(reward)
    }
}
