//! Taking over the legs of an account in ill health.

use super::Ledger;
use super::value::{Assessment, Valued};
use crate::{Error, Legs, Liquidation, Position, Positions, Ratio, Result, Store, Usd, refuse};

impl<S: Store> Ledger<'_, S> {
    /// Moves a share of every `movable` leg of a touched account into another touched account at the mark. That account
    /// and the pool's are paid half of the penalty each. Returns both accounts afterwards.
    ///
    /// # Errors
    /// [`Error::SameAccount`] unless the three differ; [`Error::TooManyLegs`]; [`Error::Overflow`].
    pub fn liquidate(
        &mut self,
        id: S::AccountId,
        into: S::AccountId,
        pool: S::AccountId,
        plan: &Liquidation,
        movable: &Legs,
    ) -> Result<[Valued; 2]> {
        let mut taken = Positions::default();
        let left = self.take_over(id, into, pool, plan, movable, &mut taken)?;
        Ok([left, self.receive(into, &taken)?])
    }

    /// Takes a share of every `movable` leg off a touched account at the mark, and adds it to `taken`, which `into` then has
    /// to [receive](Ledger::receive): once, whatever the number of accounts that are taken over. Both its account and the
    /// pool's are paid half of the penalty at once. Returns the account afterwards. Where a deleveraging of the account goes on,
    /// what is left of it has to be [made less](crate::Closing::less).
    ///
    /// # Errors
    /// [`Error::SameAccount`] unless the three differ; [`Error::TooManyLegs`] if `taken` has no room; [`Error::Overflow`].
    pub fn take_over(
        &mut self,
        id: S::AccountId,
        into: S::AccountId,
        pool: S::AccountId,
        plan: &Liquidation,
        movable: &Legs,
        taken: &mut Positions,
    ) -> Result<Valued> {
        if id == into || into == pool || id == pool {
            return refuse(Error::SameAccount);
        }
        // Settled to the last digit before it pays, so that no rounding leaves a debt where the penalty takes all equity.
        let mut payer = self.store.account(id);
        let mut sum = Assessment::of(&payer);
        self.detach_all(id, &mut payer, &mut sum)?;
        self.gain(&mut payer, sum.gain, sum.class)?;
        let reward = Usd(plan.penalty.0 / 2);
        self.pay_to(&mut payer, into, reward)?;
        self.pay_to(&mut payer, pool, plan.penalty.minus(reward)?)?;
        let moving = sum.positions.among(|id| movable.contains(id))?;
        let whole = moving.count() == sum.positions.count();
        for (instrument, position) in moving.iter() {
            let moved = position
                .side()
                .position(position.size().share_up(plan.share)?)?;
            taken.add(instrument, moved)?;
            sum.positions.add(instrument, moved.negated()?)?;
            if moved == position {
                self.left(id, instrument, &payer);
            }
        }
        sum.margin = if whole {
            // A share of everything leaves that share of the margin.
            plan.maintenance.times_up(Ratio::ONE.minus(plan.share)?)?
        } else {
            self.maintenance(&sum.positions)?
        };
        self.attach_all(id, &mut payer, &sum)?;
        self.keep(id, &mut payer)?;
        self.value(payer, &sum, self.coverage()?)
    }

    /// Settles an account, adds positions that were taken over at the mark, and moves its legs to the bucket that is due.
    /// Returns it afterwards.
    ///
    /// # Errors
    /// [`Error::TooManyLegs`]; [`Error::Overflow`].
    pub fn receive(&mut self, into: S::AccountId, taken: &Positions) -> Result<Valued> {
        let mut account = self.store.account(into);
        let mut sum = Assessment::of(&account);
        account.closing = false;
        self.detach_all(into, &mut account, &mut sum)?;
        self.gain(&mut account, sum.gain, sum.class)?;
        for (instrument, position) in taken.iter() {
            sum.positions.add(instrument, position)?;
            if sum.positions.get(instrument) == Position::ZERO {
                self.left(into, instrument, &account);
            }
        }
        sum.margin = self.maintenance(&sum.positions)?;
        self.attach_all(into, &mut account, &sum)?;
        self.keep(into, &mut account)?;
        self.value(account, &sum, self.coverage()?)
    }
}
