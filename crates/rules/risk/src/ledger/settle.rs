//! Settling accounts, and moving them between buckets.

use super::Ledger;
use super::bucket::DEBT;
use super::legs::LegState;
use super::value::{Assessment, Valued};
use crate::{
    Account, Error, Ground, Health, InstrumentId, Legs, Maturity, Position, Positions, Result,
    Store, Usd, refuse,
};

impl<S: Store> Ledger<'_, S> {
    /// Settles an account. Its owner's touch moves its legs to the bucket that is due. Somebody else's leaves them where
    /// they are, unless it finds debt, or finds none any more. Legs of an account that stays in debt stay as they are.
    /// Legs of settled instruments are taken away, whoever touches.
    ///
    /// # Errors
    /// [`Error::Overflow`].
    pub fn touch(&mut self, id: S::AccountId, by_owner: bool) -> Result<Valued> {
        let mut account = self.store.account(id);
        let settled = self.settle(id, &mut account)?;
        let was_in_debt = account.bucket == DEBT;
        if account.in_debt() != was_in_debt {
            account.closing = false;
            self.place(id, &mut account, &settled)?;
        } else if by_owner && !was_in_debt {
            self.place(id, &mut account, &settled)?;
        }
        self.keep(id, &mut account)?;
        self.value(account, &settled, self.coverage()?)
    }

    /// Settles an account for anybody, and moves it up to the bucket that is due. Where that is not above the account's own, its
    /// legs of ended epochs alone join that one anew. Returns the bucket it was in, and the account.
    ///
    /// # Errors
    /// [`Error::NotDue`] if there is nothing to move, or while the account is ill because others' cuts took what hedged it: legs that
    /// join anew would end that [ground](Ground::Cut); [`Error::Overflow`].
    pub fn rebucket(&mut self, id: S::AccountId) -> Result<(u8, Valued)> {
        let mut account = self.store.account(id);
        let old = account.bucket;
        let ended = self.legs_of_ended_epochs(id, &account)?;
        let legs = self.settle(id, &mut account)?;
        let health = Health {
            equity: self.coverage()?.equity(&account)?,
            maintenance: legs.margin,
        };
        if self.ground(id, &account, &legs.positions, &health)? == Some(Ground::Cut) {
            return refuse(Error::NotDue);
        }
        if self.bucket_with_room(&account, &legs)? > old {
            self.join_anew(id, &mut account, &legs)?;
        } else if account.in_debt() || self.rejoin(id, &mut account, &ended)? == 0 {
            return refuse(Error::NotDue);
        }
        self.keep(id, &mut account)?;
        Ok((old, self.value(account, &legs, self.coverage()?)?))
    }

    /// The legs of an account whose bucket has gone on, or that have ended there.
    fn legs_of_ended_epochs(&self, id: S::AccountId, account: &Account) -> Result<Legs> {
        let mut ended = Legs::default();
        for &instrument in account.legs.as_slice() {
            let leg = self.store.leg(id, instrument);
            let bucket = self.store.bucket(instrument, leg.side, account.bucket);
            match self.state_of(instrument, &leg, &bucket) {
                LegState::Past | LegState::Ended => ended.push(instrument)?,
                // One that is settled is taken away before others join anew.
                LegState::Live | LegState::Settled => {}
            }
        }
        Ok(ended)
    }

    /// Takes some legs of a settled account out and puts them back into the account's bucket, unless it is spent. Returns how many.
    fn rejoin(&mut self, id: S::AccountId, account: &mut Account, legs: &Legs) -> Result<u8> {
        let held = account.legs;
        let mut count = 0;
        for &instrument in legs.as_slice() {
            let side = self.store.leg(id, instrument).side;
            let bucket = self.store.bucket(instrument, side, account.bucket);
            if held.contains(instrument) && !bucket.is_spent() {
                let (position, _) = self.detach(id, account, instrument)?;
                self.attach(id, account, instrument, position)?;
                count += 1;
            }
        }
        account.legs = account.legs.ordered_as(held);
        Ok(count)
    }

    /// Settles all legs net, in place: nothing but gains moves, and what is settled for good goes. A leg of an earlier epoch comes
    /// into its bucket's; one that was cut to nothing stays until its account's legs join anew.
    pub(super) fn settle(&mut self, id: S::AccountId, account: &mut Account) -> Result<Assessment> {
        let mut sum = Assessment::of(account);
        for &instrument in account.legs.as_slice() {
            let found = self.find(id, account.bucket, instrument)?;
            sum.add_leg(instrument, &found, self.store.tier_ends(instrument))?;
            if found.state == LegState::Settled {
                continue;
            }
            self.note_loss(instrument, found.gain)?;
            let leg = found.leg;
            if found.changed {
                self.store.set_leg(id, instrument, Some(&leg));
            }
            if found.gain != Usd::ZERO {
                let (side, index) = (leg.side, found.index);
                self.book(instrument, side, index, Position::ZERO, found.gain)?;
            }
        }
        self.gain(account, sum.gain, sum.class)?;
        if sum.settled {
            self.take_settled_out(id, account)?;
        }
        sum.margin = self.maintenance(&sum.positions)?;
        Ok(sum)
    }

    /// Takes out the legs of settled instruments, whose gains the account has.
    fn take_settled_out(&mut self, id: S::AccountId, account: &mut Account) -> Result<()> {
        let held = account.legs;
        for &instrument in held.as_slice() {
            if self.store.is_settled(instrument) {
                self.detach(id, account, instrument)?;
                self.left(id, instrument, account);
            }
        }
        account.legs = account.legs.ordered_as(held);
        Ok(())
    }

    /// Moves settled legs to the bucket that is due. They stay where that changes nothing:
    /// they are there, and none has been cut since it joined.
    pub(super) fn place(
        &mut self,
        id: S::AccountId,
        account: &mut Account,
        settled: &Assessment,
    ) -> Result<()> {
        if !settled.cut && self.bucket_with_room(account, settled)? == account.bucket {
            return Ok(());
        }
        self.join_anew(id, account, settled)
    }

    /// Puts legs that have just been settled into the bucket due now.
    fn join_anew(
        &mut self,
        id: S::AccountId,
        account: &mut Account,
        settled: &Assessment,
    ) -> Result<()> {
        self.detach_all(id, account, &mut Assessment::default())?;
        self.attach_all(id, account, settled)
    }

    /// Takes all legs out of their buckets.
    pub(super) fn detach_all(
        &mut self,
        id: S::AccountId,
        account: &mut Account,
        sum: &mut Assessment,
    ) -> Result<()> {
        let held = account.legs;
        for &instrument in held.as_slice() {
            let (position, gain) = self.detach(id, account, instrument)?;
            sum.add_gain(gain, self.store.tier_ends(instrument))?;
            sum.positions.add(instrument, position)?;
        }
        Ok(())
    }

    /// Notes that an account has no leg in an instrument any more.
    pub(super) fn left(&mut self, id: S::AccountId, instrument: InstrumentId, account: &Account) {
        let bucket = account.bucket;
        self.store
            .note_position(id, instrument, Position::ZERO, bucket);
    }

    /// Puts positions into the bucket that is due.
    pub(super) fn attach_all(
        &mut self,
        id: S::AccountId,
        account: &mut Account,
        legs: &Assessment,
    ) -> Result<()> {
        account.bucket = self.bucket_with_room(account, legs)?;
        for (instrument, position) in legs.positions.iter() {
            self.attach(id, account, instrument, position)?;
        }
        Ok(())
    }

    /// The bucket that is due for an account, or the one that stands in for it.
    fn bucket_with_room(&self, account: &Account, legs: &Assessment) -> Result<u8> {
        let due = self.bucket_for(account, legs.margin)?;
        Ok(self.with_room(due, account.bucket, &legs.positions))
    }

    /// The first bucket from the one that is due, towards more risk, that takes these positions; if there is none, or debt
    /// is due, the account's own.
    pub(super) fn with_room(&self, due: u8, own: u8, positions: &Positions) -> u8 {
        let spent = |number| {
            let mut buckets = positions
                .iter()
                .map(|(id, position)| self.store.bucket(id, position.side(), number));
            buckets.any(|bucket| bucket.is_spent())
        };
        (due..DEBT.max(due + 1))
            .find(|&number| !spent(number))
            .unwrap_or(own)
    }

    /// How fast what an account has gained by an instrument since it was last settled matures.
    pub(super) fn class_of_gains(&self, account: &Account, instrument: InstrumentId) -> Maturity {
        let ends = self.store.tier_ends(instrument);
        ends.maturity_since(account.maturing.since)
    }

    /// Settles a gain or loss of an account.
    pub(super) fn gain(&mut self, account: &mut Account, gain: Usd, class: Maturity) -> Result<()> {
        let old = *account;
        account.gain(gain, class, self.now)?;
        self.totals.replace(&old, account)
    }
}
