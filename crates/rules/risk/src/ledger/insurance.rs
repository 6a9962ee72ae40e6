//! What insurance pays for instruments, and which instruments debts are owed for (DESIGN 3; `insurance.py` is the reference).
//!
//! Every payment of insurance is [`Ledger::pay_for`] or a reward, and goes through the instrument's [`Cover`].

use super::Ledger;
use crate::rules::cover;
use crate::{
    Account, Attribution, Cover, Error, InstrumentId, Parts, Pool, Result, Store, Usd, math,
    refuse, whole_units,
};

/// What one operation knows of insurance. Of debts that are known, it pays nothing before the pool was asked; then what covers have
/// for them, as far as the pool goes:
///
/// | Insurance | is | Pays of known debts |
/// |---|---|---|
/// | not asked | [`NotAsked`](Self::NotAsked) | nothing |
/// | none | [`Asked`](Self::Asked), with nothing payable, or nothing that covers have for known debts | nothing |
/// | asked | [`Asked`](Self::Asked) | what covers have for them, at most what is payable |
/// | drawn on | [`Asked`](Self::Asked), with less payable, and covers that have less left | the same of what is left |
///
/// What was drawn is off the pool's word at once, so that nothing is counted twice; in one operation the pool is asked once.
#[derive(Clone, Copy, Debug)]
pub(super) enum Insurance {
    /// Nobody has asked the pool: while no debt is known, that costs nothing.
    NotAsked,
    /// What the pool has said, less what was drawn since.
    Asked(Pool),
}

impl Insurance {
    /// What the pool has said, less what was drawn since.
    const fn pool(&self) -> Option<&Pool> {
        match self {
            Self::NotAsked => None,
            Self::Asked(pool) => Some(pool),
        }
    }
}

impl<S: Store> Ledger<'_, S> {
    /// Takes in what the pool says, and adds up what covers have for known debts. It loops over the instruments with known debts
    /// alone; without debts it reads nothing.
    ///
    /// # Errors
    /// [`Error::Overflow`].
    pub fn insure(&mut self, pool: Pool) -> Result<()> {
        self.insurance = Insurance::Asked(pool);
        if self.totals.debt > Usd::ZERO {
            self.count_insured()?;
        }
        Ok(())
    }

    /// Adds up what covers have for known debts, once the pool has said what they are measured by.
    #[cold]
    #[inline(never)]
    pub(super) fn count_insured(&mut self) -> Result<()> {
        let mut left = match self.insurance {
            Insurance::NotAsked => 0,
            Insurance::Asked(_) => self.store.records().known,
        };
        self.covered = Usd::ZERO;
        while left != 0 {
            let id = left.trailing_zeros() as InstrumentId;
            left &= left - 1;
            let covered = self.store.debts(id).known.min(self.cover_of(id)?.room()?);
            self.covered = self.covered.plus(covered)?;
        }
        Ok(())
    }

    /// Whether the pool was asked in this operation.
    #[must_use]
    pub const fn is_insured(&self) -> bool {
        matches!(self.insurance, Insurance::Asked(_))
    }

    /// What the pool pays now.
    #[must_use]
    pub fn payable(&self) -> Usd {
        let pool = self.insurance.pool();
        pool.map_or(Usd::ZERO, |pool| pool.payable)
    }

    /// What insurance pays of the known debts: what covers have for them, as far as the pool goes.
    #[must_use]
    pub fn insured(&self) -> Usd {
        self.covered.min(self.payable())
    }

    /// What payments have left of an instrument's cover, at its size now.
    ///
    /// # Errors
    /// [`Error::Overflow`].
    #[inline(never)]
    pub fn cover_of(&self, id: InstrumentId) -> Result<Cover> {
        let pool = self.insurance.pool();
        let measured = pool.map_or(Usd::ZERO, |pool| pool.measured);
        let size = self.store.cover_size(id, measured, self.now)?;
        self.store.cover(id).at(size, self.now)
    }

    /// A cover at most as large as it would be by what the pool had before those deposits that have come while something is on record:
    /// nobody's deposit pays for what was owed before it.
    fn as_on_record(&self, id: InstrumentId, cover: Cover) -> Result<Cover> {
        match self.insurance {
            Insurance::Asked(pool) if pool.recorded < pool.measured => {
                let size = self.store.cover_size(id, pool.recorded, self.now)?;
                cover.within(size.min(pool.recorded))
            }
            _ => Ok(cover),
        }
    }

    /// What payments have left of an instrument's cover for what is on record.
    fn cover_on_record(&self, id: InstrumentId) -> Result<Cover> {
        self.as_on_record(id, self.cover_of(id)?)
    }

    /// What the pool is told, once it was asked what covers are measured by: the deficit that is known, written off or not, less
    /// haircuts; debts that can be closed, all but those that are `stuck`; and what insurance would pay of those and of what is on
    /// record, each within its cover, on however many days.
    ///
    /// # Errors
    /// [`Error::Overflow`].
    pub fn claims(&self, stuck: Usd) -> Result<[Usd; 3]> {
        let deficit = self.totals.shortfall.plus(self.totals.debt)?.or_zero();
        let closable = self.totals.debt.minus(stuck)?.or_zero();
        let records = self.store.records();
        let (mut left, mut recoverable) = (records.unpaid, Usd::ZERO);
        while left != 0 {
            let id = left.trailing_zeros() as InstrumentId;
            left &= left - 1;
            let debts = self.store.debts(id);
            let room = self.cover_on_record(id)?.room()?;
            let unpaid = records.unpaid_of(&debts)?;
            let due = cover::recoverable(unpaid, room, debts.known)?;
            recoverable = recoverable.plus(due)?;
        }
        let recoverable = recoverable.min(self.totals.shortfall.or_zero());
        let insured = self.covered.min(closable).min(deficit);
        Ok([deficit, closable, insured.plus(recoverable)?])
    }

    /// Draws on the pool for what is on record of an instrument: what its cover, as large as it was then, has beyond known debts, in
    /// whole units of the token. Returns what the pool has to pay.
    ///
    /// # Errors
    /// [`Error::Overflow`].
    pub fn recover(&mut self, id: InstrumentId, unit: Usd) -> Result<Usd> {
        let (mut records, mut debts) = (self.store.records(), self.store.debts(id));
        let owed = records.unpaid_of(&debts)?.min(self.totals.shortfall);
        let room = self.cover_on_record(id)?.room()?.minus(debts.known)?;
        let paid = whole_units(owed.or_zero(), unit, room.min(self.payable()))?;
        if paid == Usd::ZERO {
            return Ok(paid);
        }
        records.recover(id, &mut debts, paid)?;
        self.totals.shortfall = self.totals.shortfall.minus(paid)?;
        if self.totals.shortfall <= Usd::ZERO {
            records.begin_anew();
        }
        self.store.set_debts(id, &debts);
        self.store.set_records(&records);
        self.pay_for(id, paid)?;
        Ok(paid)
    }

    /// A payment for an instrument's debts that has not arrived: nobody has paid it, and it has used nothing up.
    ///
    /// # Errors
    /// [`Error::Overflow`].
    pub fn refused(&mut self, id: InstrumentId, lost: Usd) -> Result<()> {
        if lost == Usd::ZERO {
            return Ok(());
        }
        self.totals.tokens = self.totals.tokens.minus(lost)?;
        self.change_cover(id, |cover| cover.refund(lost))?;
        self.record(id, lost)
    }

    /// A reward for closing legs of an instrument that has not arrived has used nothing up.
    pub(super) fn unrewarded(&mut self, id: InstrumentId, lost: Usd) -> Result<()> {
        if lost == Usd::ZERO {
            return Ok(());
        }
        self.change_cover(id, |cover| cover.refund_reward(lost))
    }

    /// Books the debt of an account as stuck, or no more. It counts as uninsured for those who convert their own profit.
    ///
    /// # Errors
    /// [`Error::Overflow`].
    #[inline(never)]
    pub fn set_stuck(&mut self, id: S::AccountId, stuck: bool) -> Result<()> {
        let mut account = self.store.account(id);
        if account.stuck == stuck || !account.in_debt() {
            return Ok(());
        }
        let debt = account.pnl.deficit()?;
        account.stuck = stuck;
        self.move_stuck(if stuck { debt } else { debt.negated()? })?;
        self.store.set_account(id, &account);
        Ok(())
    }

    /// Stores the account at hand. A debt that was found or has changed is attributed: what it grew by to what its legs have lost.
    pub(super) fn keep(&mut self, id: S::AccountId, account: &mut Account) -> Result<()> {
        self.keep_paid(id, account)?;
        self.losses.clear();
        Ok(())
    }

    /// Stores an account that another has paid, or that has paid another.
    pub(super) fn keep_paid(&mut self, id: S::AccountId, account: &mut Account) -> Result<()> {
        if account.attributed || account.in_debt() {
            if !S::ATTRIBUTES {
                return refuse(Error::NoEquity);
            }
            self.attribute(id, account)?;
        }
        self.store.set_account(id, account);
        Ok(())
    }

    /// Remembers what a leg of the account at hand has lost, or gained: less than nothing.
    pub(super) fn note_loss(&mut self, id: InstrumentId, gain: Usd) -> Result<()> {
        if S::ATTRIBUTES && gain != Usd::ZERO {
            self.losses.add(id, gain.negated()?)?;
        }
        Ok(())
    }

    /// How an account's debt is divided, as it was stored.
    #[inline(never)]
    pub(super) fn attribution_of(&self, id: S::AccountId, account: &Account) -> Attribution {
        if account.attributed {
            self.store.attribution(id)
        } else {
            Attribution::default()
        }
    }

    /// Attributes a debt that has changed since the account was stored.
    #[cold]
    #[inline(never)]
    fn attribute(&mut self, id: S::AccountId, account: &mut Account) -> Result<()> {
        let (old, new) = (
            self.store.account(id).pnl.deficit()?,
            account.pnl.deficit()?,
        );
        let before = self.attribution_of(id, account);
        let after = self.attributed(&before, (old, new), &self.losses)?;
        if after != before {
            self.store.set_attribution(id, &after);
        }
        if account.stuck {
            self.move_stuck(new.minus(old)?)?;
        }
        let owes = new > Usd::ZERO;
        (account.attributed, account.stuck) = (owes, account.stuck && owes);
        self.move_known(&before.parts(old)?, after.parts(new)?)
    }

    /// How a debt is divided that was `old` and is `new`: see [`Attribution::grown`].
    fn attributed(
        &self,
        before: &Attribution,
        debts: (Usd, Usd),
        losses: &Parts,
    ) -> Result<Attribution> {
        before.grown(debts, losses, |id| self.store.underlying(id))
    }

    /// What insurance pays of the known debts once a stored account is settled.
    pub(super) fn insured_once(
        &self,
        id: S::AccountId,
        stored: &Account,
        settled: &Account,
    ) -> Result<Usd> {
        let (old, new) = (stored.pnl.deficit()?, settled.pnl.deficit()?);
        if !S::ATTRIBUTES || !self.is_insured() || old == new {
            return Ok(self.insured());
        }
        let mut losses = Parts::default();
        for &instrument in stored.legs.as_slice() {
            let gain = self.find(id, stored.bucket, instrument)?.gain;
            losses.add(instrument, gain.negated()?)?;
        }
        let before = self.attribution_of(id, stored);
        let after = self.attributed(&before, (old, new), &losses)?.parts(new)?;
        let before = before.parts(old)?;
        let mut all = after;
        for (underlying, _) in before.iter() {
            all.add(underlying, Usd::ZERO)?;
        }
        let mut insured = self.covered;
        for (underlying, part) in all.iter() {
            let room = self.cover_of(underlying)?.room()?;
            let known = self.store.debts(underlying).known;
            let then = known.minus(before.get(underlying))?.plus(part)?;
            insured = insured.minus(known.min(room))?.plus(then.min(room))?;
        }
        Ok(insured.min(self.payable()))
    }

    /// Moves instruments' known debts from the parts that a debt had to those that it has.
    fn move_known(&mut self, before: &Parts, mut after: Parts) -> Result<()> {
        for (id, part) in before.iter() {
            after.add(id, part.negated()?)?;
        }
        for (id, change) in after.iter() {
            self.change_known(id, change)?;
        }
        self.count_insured()
    }

    /// Changes an instrument's known debts; what is insured of them has to be counted then.
    #[inline(never)]
    pub(super) fn change_known(&mut self, id: InstrumentId, change: Usd) -> Result<()> {
        let (mut debts, mut records) = (self.store.debts(id), self.store.records());
        debts.known = debts.known.plus(change)?.or_zero();
        records.note(id, debts.known > Usd::ZERO);
        self.store.set_debts(id, &debts);
        self.store.set_records(&records);
        Ok(())
    }

    /// What insurance pays of a part of the known debts of an instrument: the share that its cover has of all of them, as far as the
    /// pool goes and haircuts have not paid already, in whole units of the token.
    pub(super) fn due_for(&self, id: InstrumentId, part: Usd, unit: Usd) -> Result<Usd> {
        let (room, known) = (self.cover_of(id)?.room()?, self.store.debts(id).known);
        let needed = self.totals.shortfall.plus(self.totals.debt)?.or_zero();
        let paid_of_all = self.insured().min(needed);
        let insured = known.min(room);
        if insured == Usd::ZERO || paid_of_all == Usd::ZERO || part <= Usd::ZERO {
            return Ok(Usd::ZERO);
        }
        let [part, known, insured, paid_of_all, all] =
            [part, known, insured, paid_of_all, self.covered].map(|amount| amount.0.unsigned_abs());
        let paid = math::mul_div_up(insured, paid_of_all, all)?;
        let due = Usd(math::signed(math::mul_div_up(part, paid, known)?)?);
        whole_units(due, unit, room.min(self.payable()))
    }

    /// The pool pays for debts of an instrument.
    pub(super) fn pay_for(&mut self, id: InstrumentId, amount: Usd) -> Result<()> {
        if amount == Usd::ZERO {
            return Ok(());
        }
        self.totals.tokens = self.totals.tokens.plus(amount)?;
        self.draw(amount)?;
        self.change_cover(id, |cover| cover.pay(amount))
    }

    /// The pool pays a reward for closing legs of an instrument, whose tokens its payee then has to deposit. It is at most what the
    /// instrument's cover has for rewards, and what the pool has beyond the debts that it insures. Returns it, in whole units of the
    /// token.
    pub(super) fn reward_for(&mut self, id: InstrumentId, wanted: Usd, unit: Usd) -> Result<Usd> {
        let beyond = self.payable().minus(self.covered)?.or_zero();
        let most = self.cover_of(id)?.reward_room()?.min(beyond).min(wanted);
        let reward = whole_units(most, unit, most)?;
        if reward > Usd::ZERO {
            self.draw(reward)?;
            self.change_cover(id, |cover| cover.reward(reward))?;
        }
        Ok(reward)
    }

    /// Puts what nobody paid for an instrument on record, as far as no haircut has paid it before.
    #[inline(never)]
    pub(super) fn record(&mut self, id: InstrumentId, unpaid: Usd) -> Result<()> {
        let before = self.totals.shortfall;
        self.totals.shortfall = before.plus(unpaid)?;
        let after = self.totals.shortfall;
        let on_record = after.or_zero().minus(before.or_zero())?;
        let ends = after <= Usd::ZERO && before > Usd::ZERO;
        if on_record > Usd::ZERO || ends {
            let (mut records, mut debts) = (self.store.records(), self.store.debts(id));
            records.record(id, &mut debts, on_record)?;
            if ends {
                records.begin_anew();
            }
            self.store.set_debts(id, &debts);
            self.store.set_records(&records);
        }
        Ok(())
    }

    /// Takes a haircut off what nobody has paid, of every instrument alike; beyond it is a credit for debts that are still open.
    pub(super) fn haircut(&mut self, haircut: Usd) -> Result<()> {
        let before = self.totals.shortfall;
        self.totals.shortfall = before.minus(haircut)?;
        if before > Usd::ZERO && haircut > Usd::ZERO {
            let mut records = self.store.records();
            records.cut(self.totals.shortfall, before)?;
            self.store.set_records(&records);
        }
        Ok(())
    }

    /// Adds to the sum of stuck debts.
    pub(super) fn move_stuck(&mut self, change: Usd) -> Result<()> {
        let stuck = self.store.stuck().plus(change)?.or_zero();
        self.store.set_stuck(stuck);
        Ok(())
    }

    fn draw(&mut self, amount: Usd) -> Result<()> {
        let Insurance::Asked(pool) = &mut self.insurance else {
            return refuse(Error::Overflow);
        };
        pool.payable = pool.payable.minus(amount)?;
        Ok(())
    }

    /// Changes what payments have left of an instrument's cover. While something is on record that those who joined since do not pay
    /// for, it drains from then on as if they had not.
    fn change_cover(
        &mut self,
        id: InstrumentId,
        change: impl FnOnce(&mut Cover) -> Result<()>,
    ) -> Result<()> {
        let mut cover = self.cover_of(id)?;
        change(&mut cover)?;
        let cover = self.as_on_record(id, cover)?;
        self.store.set_cover(id, &cover);
        self.count_insured()
    }
}
