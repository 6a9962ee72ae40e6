//! The operations of the vault ledger.

use crate::bucket::{BUCKETS, DEBT, bucket_due};
use crate::{
    Account, Base, Bucket, Coverage, Error, Health, Index, InstrumentId, Leg, Legs, Liquidation,
    Position, Positions, Price, Result, Side, Size, Store, Totals, Usd, math, water_fill,
};

/// One vault's state, open for one operation. Whoever opens it calls [`Ledger::save`] when the operation succeeded.
#[derive(Debug)]
pub struct Ledger<'s, S: Store> {
    /// Where everything but the totals is read and written at once.
    pub store: &'s mut S,
    /// The running totals.
    pub totals: Totals,
    /// What the insurance pool would pay now; outside V.
    pub insurance: Usd,
}

/// What settling an account's legs did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// Net gain of all legs.
    pub gain: Usd,
    /// The account afterwards.
    pub account: Account,
}

/// What deleveraging an account did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Closed {
    /// Whether nothing is left to do: false if legs remain that this plan closes.
    pub done: bool,
    /// Debt written off.
    pub deficit: Usd,
    /// What insurance has to pay for it, a multiple of the token's smallest unit, and may exceed it by less than one.
    pub insured: Usd,
}

/// What a conversion did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Converted {
    /// Profit taken.
    pub profit: Usd,
    /// Capital given for it.
    pub received: Usd,
}

impl<'s, S: Store> Ledger<'s, S> {
    /// Opens a vault's ledger; `insurance` is what its pool would pay now.
    pub fn open(store: &'s mut S, insurance: Usd) -> Self {
        let totals = store.totals();
        Self {
            store,
            totals,
            insurance,
        }
    }

    /// Stores the totals.
    pub fn save(self) {
        self.store.set_totals(&self.totals);
    }

    // ---- valuation ----

    /// The coverage ratio.
    ///
    /// # Errors
    /// [`Error::Overflow`].
    pub fn coverage(&self) -> Result<Coverage> {
        self.totals.coverage(self.insurance)
    }

    /// Equity and maintenance margin of a settled account.
    ///
    /// # Errors
    /// [`Error::Overflow`].
    pub fn health(&self, id: S::AccountId) -> Result<Health> {
        let account = self.store.account(id);
        Ok(Health {
            equity: self.coverage()?.equity(&account)?,
            maintenance: self.maintenance(&self.positions(id)?)?,
        })
    }

    /// An account's positions.
    ///
    /// # Errors
    /// [`Error::Overflow`].
    pub fn positions(&self, id: S::AccountId) -> Result<Positions> {
        let mut positions = Positions::default();
        for &instrument in self.store.account(id).legs.as_slice() {
            let leg = self.store.leg(id, instrument);
            let bucket = self.store.bucket(instrument, leg.side, leg.bucket);
            if leg.epoch == bucket.epoch {
                positions.add(instrument, leg.side.position(leg.base.size(bucket.scale)?)?)?;
            }
        }
        Ok(positions)
    }

    /// An account's positions in some of its instruments.
    ///
    /// # Errors
    /// [`Error::Overflow`].
    pub fn among(&self, id: S::AccountId, instruments: &Legs) -> Result<Positions> {
        let mut some = Positions::default();
        for (instrument, position) in self.positions(id)?.iter() {
            if instruments.as_slice().contains(&instrument) {
                some.add(instrument, position)?;
            }
        }
        Ok(some)
    }

    /// Sum of size x mark x maintenance rate, rounded up.
    ///
    /// # Errors
    /// [`Error::Overflow`].
    pub fn maintenance(&self, positions: &Positions) -> Result<Usd> {
        let mut sum = Usd::ZERO;
        for (id, position) in positions.iter() {
            let instrument = self.store.instrument(id);
            let notional = position.size().notional_up(instrument.mark)?;
            sum = sum.plus(notional.times_up(instrument.maintenance_rate)?)?;
        }
        Ok(sum)
    }

    // ---- prices and tokens ----

    /// Sets an instrument's mark.
    ///
    /// # Errors
    /// [`Error::Overflow`] if the price or what is gained by it is out of range.
    pub fn set_mark(&mut self, id: InstrumentId, mark: Price) -> Result<()> {
        let mut instrument = self.store.instrument(id);
        let old = instrument.index()?;
        instrument.mark = mark;
        self.reprice(id, old, instrument.index()?)?;
        self.store.set_mark(id, mark);
        Ok(())
    }

    /// Moves the total of unsettled gains with an instrument's index, before the instrument is stored.
    ///
    /// # Errors
    /// [`Error::Overflow`].
    pub fn reprice(&mut self, id: InstrumentId, old: Index, new: Index) -> Result<()> {
        for side in Side::BOTH {
            let state = self.store.side(id, side);
            let before = state.unsettled(side.signed(old))?.or_zero();
            let after = state.unsettled(side.signed(new))?.or_zero();
            self.totals.gains = self.totals.gains.minus(before)?.plus(after)?;
        }
        Ok(())
    }

    /// Credits capital for tokens that have arrived; a debt is paid out of it first.
    ///
    /// # Errors
    /// [`Error::Overflow`].
    pub fn deposit(&mut self, id: S::AccountId, amount: Usd) -> Result<()> {
        self.totals.tokens = self.totals.tokens.plus(amount)?;
        self.credit_stored(id, Usd::ZERO, amount)
    }

    /// Takes capital from an account that has just been touched by its owner, for tokens that leave.
    ///
    /// # Errors
    /// [`Error::InsufficientCapital`] if the account holds less; [`Error::Overflow`].
    pub fn withdraw(&mut self, id: S::AccountId, amount: Usd) -> Result<()> {
        self.credit_stored(id, Usd::ZERO, Usd::ZERO.minus(amount)?)?;
        self.totals.tokens = self.totals.tokens.minus(amount)?;
        self.touch(id, true)?;
        Ok(())
    }

    /// Adds tokens that insurance has paid for deficits written off.
    ///
    /// # Errors
    /// [`Error::Overflow`].
    pub fn recover(&mut self, paid: Usd) -> Result<()> {
        self.totals.tokens = self.totals.tokens.plus(paid)?;
        self.totals.shortfall = self.totals.shortfall.minus(paid)?;
        self.insurance = self.insurance.minus(paid)?;
        Ok(())
    }

    // ---- operations ----

    /// Settles an account. Somebody else's touch leaves its legs where they are, unless it finds debt.
    ///
    /// # Errors
    /// [`Error::Overflow`].
    pub fn touch(&mut self, id: S::AccountId, by_owner: bool) -> Result<Settlement> {
        let mut account = self.store.account(id);
        let mut gain = Usd::ZERO;
        if !by_owner {
            gain = self.settle(id, &mut account)?;
        }
        if by_owner || account.in_debt() != (account.bucket == DEBT) {
            gain = gain.plus(self.rebuild(id, &mut account, &Positions::default())?)?;
        }
        self.store.set_account(id, &account);
        Ok(Settlement { gain, account })
    }

    /// Moves a touched account up to the bucket that is due. Returns the bucket it was in, and the new one.
    ///
    /// # Errors
    /// [`Error::NotDue`] if it is not below that; [`Error::Overflow`].
    pub fn rebucket(&mut self, id: S::AccountId) -> Result<(u8, u8)> {
        let mut account = self.store.account(id);
        let old = account.bucket;
        if self.bucket_for(&account, &self.positions(id)?)? <= old {
            return Err(Error::NotDue);
        }
        self.rebuild(id, &mut account, &Positions::default())?;
        self.store.set_account(id, &account);
        Ok((old, account.bucket))
    }

    /// `buyer` takes `size` at `price` from `seller`; the distance from the mark is paid between them.
    ///
    /// # Errors
    /// [`Error::SameAccount`], [`Error::TooManyLegs`], [`Error::Overflow`].
    pub fn trade(
        &mut self,
        buyer: S::AccountId,
        seller: S::AccountId,
        id: InstrumentId,
        size: Size,
        price: Price,
    ) -> Result<()> {
        if buyer == seller {
            return Err(Error::SameAccount);
        }
        let edge = Index(math::signed(self.store.instrument(id).mark.0)?)
            .minus(Index(math::signed(price.0)?))?;
        for (party, side) in [(buyer, Side::Long), (seller, Side::Short)] {
            let mut account = self.store.account(party);
            self.credit(
                &mut account,
                size.value_floor(side.signed(edge))?,
                Usd::ZERO,
            )?;
            self.rebuild(
                party,
                &mut account,
                &Positions::one(id, side.position(size)?),
            )?;
            self.store.set_account(party, &account);
        }
        Ok(())
    }

    /// Turns at most `limit` of a touched account's profit into capital at h, as far as there are tokens that no capital
    /// claims; worthless profit is cancelled against the shortfall. Leaves h as it is, or rounds it up.
    ///
    /// # Errors
    /// [`Error::Overflow`].
    pub fn convert(&mut self, id: S::AccountId, limit: Usd) -> Result<Converted> {
        let coverage = self.coverage()?;
        let profit = self.store.account(id).pnl.or_zero().min(limit);
        let worth = coverage.worth(profit)?;
        let received = worth.min(self.totals.tokens.minus(self.totals.capital)?);
        let taken = if received == worth {
            profit
        } else {
            coverage.profit_worth(received)?.min(profit)
        };
        if received == Usd::ZERO && !coverage.is_zero() {
            return Ok(Converted::default());
        }
        self.credit_stored(id, Usd::ZERO.minus(taken)?, received)?;
        self.totals.shortfall = self.totals.shortfall.minus(taken.minus(received)?)?;
        Ok(Converted {
            profit: taken,
            received,
        })
    }

    /// Moves a share of every `movable` leg of a touched account into another touched account at the mark. That account and the pool's
    /// are paid half of the penalty each.
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
    ) -> Result<()> {
        if id == into || into == pool {
            return Err(Error::SameAccount);
        }
        let (mut taken, mut given) = (Positions::default(), Positions::default());
        for (instrument, position) in self.among(id, movable)?.iter() {
            let moved = position
                .side()
                .position(position.size().share_up(plan.share)?)?;
            taken.add(instrument, moved)?;
            given.add(instrument, moved.negated()?)?;
        }
        let reward = Usd(plan.penalty.0 / 2);
        self.pay(id, into, reward)?;
        self.pay(id, pool, plan.penalty.minus(reward)?)?;
        for (party, changes) in [(id, &given), (into, &taken)] {
            let mut account = self.store.account(party);
            self.rebuild(party, &mut account, changes)?;
            self.store.set_account(party, &account);
        }
        Ok(())
    }

    /// Closes a share of at most `max_legs` of the `movable` legs of a touched account at the mark against the opposite side, and pays the
    /// penalty to the pool's account. Writes off what the account then owes, once it has no legs; insurance pays for that, in
    /// multiples of `unit`, what haircuts have not paid already.
    ///
    /// # Errors
    /// [`Error::SameAccount`] for the pool's account; [`Error::Overflow`].
    pub fn deleverage(
        &mut self,
        id: S::AccountId,
        pool: S::AccountId,
        plan: &Liquidation,
        movable: &Legs,
        max_legs: usize,
        unit: Usd,
    ) -> Result<Closed> {
        self.pay(id, pool, plan.penalty)?;
        let mut account = self.store.account(id);
        for &instrument in movable.as_slice().iter().take(max_legs) {
            let (position, gain) = self.detach(id, &mut account, instrument)?;
            self.credit(&mut account, gain, Usd::ZERO)?;
            let cut = position.size().share_up(plan.share)?;
            self.shrink(instrument, position.side().opposite(), cut)?;
            let rest = position.side().position(position.size().minus(cut)?)?;
            self.attach(id, &mut account, instrument, rest)?;
        }
        let mut closed = Closed {
            done: movable.as_slice().len() <= max_legs,
            ..Closed::default()
        };
        if account.legs.as_slice().is_empty() {
            (closed.deficit, closed.insured) = self.write_off(&mut account, unit)?;
        }
        self.store.set_account(id, &account);
        Ok(closed)
    }

    // ---- moves within the ledger ----

    /// Adds profit or loss, and capital, to an account and the totals.
    fn credit(&mut self, account: &mut Account, pnl: Usd, capital: Usd) -> Result<()> {
        let old = *account;
        account.credit(pnl, capital)?;
        self.totals.replace(&old, account)
    }

    fn credit_stored(&mut self, id: S::AccountId, pnl: Usd, capital: Usd) -> Result<()> {
        let mut account = self.store.account(id);
        self.credit(&mut account, pnl, capital)?;
        self.store.set_account(id, &account);
        Ok(())
    }

    /// Pays `value`, or what the payer has: profit moves as profit, at h; the rest moves as capital.
    fn pay(&mut self, from: S::AccountId, to: S::AccountId, value: Usd) -> Result<()> {
        if value == Usd::ZERO {
            return Ok(());
        }
        if from == to {
            return Err(Error::SameAccount);
        }
        let coverage = self.coverage()?;
        let payer = self.store.account(from);
        let profit = payer.pnl.or_zero();
        let worth = coverage.worth(profit)?;
        let junior = if coverage.is_zero() {
            Usd::ZERO
        } else if worth <= value {
            profit
        } else {
            coverage.profit_worth(value)?.min(profit)
        };
        let senior = value.minus(worth)?.or_zero().min(payer.capital);
        self.credit_stored(from, Usd::ZERO.minus(junior)?, Usd::ZERO.minus(senior)?)?;
        self.credit_stored(to, junior, senior)
    }

    /// Writes off the debt of an account without legs. Returns it, and what insurance has to pay.
    fn write_off(&mut self, account: &mut Account, unit: Usd) -> Result<(Usd, Usd)> {
        let deficit = account.pnl.deficit()?;
        let unpaid = deficit
            .plus(self.totals.shortfall.min(Usd::ZERO))?
            .or_zero();
        let units = math::unsigned(unpaid.0)?.div_ceil(math::unsigned(unit.0)?.max(1));
        let due = Usd(math::signed(units)?
            .checked_mul(unit.0)
            .ok_or(Error::Overflow)?);
        let insured = due.min(self.insurance);
        self.totals.shortfall = self.totals.shortfall.plus(deficit)?;
        self.recover(insured)?;
        self.credit(account, deficit, Usd::ZERO)?;
        Ok((deficit, insured))
    }

    /// Changes one side's open interest and offset, and the total of unsettled gains with them.
    fn book(
        &mut self,
        id: InstrumentId,
        side: Side,
        index: Index,
        size: Position,
        offset: Usd,
    ) -> Result<()> {
        let mut state = self.store.side(id, side);
        let before = state.unsettled(index)?.or_zero();
        let open_interest = Position(math::signed(state.open_interest.0)?).plus(size)?;
        state.open_interest = Size(math::unsigned(open_interest.0)?);
        state.offset = state.offset.plus(offset)?;
        self.totals.gains = self
            .totals
            .gains
            .minus(before)?
            .plus(state.unsettled(index)?.or_zero())?;
        self.store.set_side(id, side, &state);
        Ok(())
    }

    /// Takes a leg out of its bucket. Returns its effective position and its unsettled gain.
    fn detach(
        &mut self,
        id: S::AccountId,
        account: &mut Account,
        instrument: InstrumentId,
    ) -> Result<(Position, Usd)> {
        let leg = self.store.leg(id, instrument);
        let index = leg.side.signed(self.store.instrument(instrument).index()?);
        let mut bucket = self.store.bucket(instrument, leg.side, leg.bucket);
        account.legs.remove(instrument);
        self.store.set_leg(id, instrument, None);
        if leg.epoch != bucket.epoch {
            let end = self
                .store
                .closed(instrument, leg.side, leg.bucket, leg.epoch);
            let gain = leg.base.gain(end.minus(leg.settled)?)?;
            self.book(instrument, leg.side, index, Position::ZERO, gain)?;
            return Ok((Position::ZERO, gain));
        }
        let gain = leg
            .base
            .gain(bucket.cumulative_floor(index)?.minus(leg.settled)?)?;
        let size = leg.base.size(bucket.scale)?;
        bucket.base = bucket.base.minus(leg.base)?;
        bucket.joined = bucket.joined.minus(leg.joined)?;
        if bucket.base == Base::ZERO {
            bucket = Bucket::empty(bucket.epoch);
        }
        self.store
            .set_bucket(instrument, leg.side, leg.bucket, &bucket);
        let removed = Position::long(size)?.negated()?;
        self.book(
            instrument,
            leg.side,
            index,
            removed,
            gain.minus(size.value_floor(index)?)?,
        )?;
        Ok((leg.side.position(size)?, gain))
    }

    /// Puts a position into the account's bucket; a position of zero needs no leg.
    fn attach(
        &mut self,
        id: S::AccountId,
        account: &mut Account,
        instrument: InstrumentId,
        position: Position,
    ) -> Result<()> {
        let (side, size) = (position.side(), position.size());
        if size == Size::ZERO {
            return Ok(());
        }
        let index = side.signed(self.store.instrument(instrument).index()?);
        let mut bucket = self.store.bucket(instrument, side, account.bucket);
        let base = Base::of(size, bucket.scale)?;
        let settled = bucket.cumulative_ceil(index)?;
        bucket.base = bucket.base.plus(base)?;
        bucket.joined = bucket.joined.plus(size)?;
        let leg = Leg {
            side,
            bucket: account.bucket,
            epoch: bucket.epoch,
            base,
            joined: size,
            settled,
        };
        account.legs.push(instrument)?;
        self.store.set_leg(id, instrument, Some(&leg));
        self.store
            .set_bucket(instrument, side, account.bucket, &bucket);
        self.book(
            instrument,
            side,
            index,
            Position::long(size)?,
            size.value_ceil(index)?,
        )
    }

    /// Settles all legs net, in place: nothing but gains moves.
    fn settle(&mut self, id: S::AccountId, account: &mut Account) -> Result<Usd> {
        let mut net = Usd::ZERO;
        let legs = account.legs;
        for &instrument in legs.as_slice() {
            let mut leg = self.store.leg(id, instrument);
            let bucket = self.store.bucket(instrument, leg.side, leg.bucket);
            if leg.epoch != bucket.epoch {
                net = net.plus(self.detach(id, account, instrument)?.1)?;
                continue;
            }
            let index = leg.side.signed(self.store.instrument(instrument).index()?);
            let cumulative = bucket.cumulative_floor(index)?;
            let gain = leg.base.gain(cumulative.minus(leg.settled)?)?;
            leg.settled = cumulative;
            self.store.set_leg(id, instrument, Some(&leg));
            self.book(instrument, leg.side, index, Position::ZERO, gain)?;
            net = net.plus(gain)?;
        }
        self.credit(account, net, Usd::ZERO)?;
        Ok(net)
    }

    /// Settles all legs net, applies changes of size, and puts the legs into the bucket due now. Returns the gain.
    fn rebuild(
        &mut self,
        id: S::AccountId,
        account: &mut Account,
        changes: &Positions,
    ) -> Result<Usd> {
        let mut net = Usd::ZERO;
        let mut held = Positions::default();
        let legs = account.legs;
        for &instrument in legs.as_slice() {
            let (position, gain) = self.detach(id, account, instrument)?;
            held.add(instrument, position)?;
            net = net.plus(gain)?;
        }
        self.credit(account, net, Usd::ZERO)?;
        for (instrument, change) in changes.iter() {
            held.add(instrument, change)?;
        }
        account.bucket = self.bucket_for(account, &held)?;
        for (instrument, position) in held.iter() {
            self.attach(id, account, instrument, position)?;
        }
        Ok(net)
    }

    /// The bucket that is due for an account with these positions.
    fn bucket_for(&self, account: &Account, positions: &Positions) -> Result<u8> {
        if account.in_debt() {
            return Ok(DEBT);
        }
        bucket_due(
            self.maintenance(positions)?,
            self.coverage()?.equity(account)?,
        )
    }

    /// Takes `amount` off one side at the mark, by water-filling over its buckets.
    fn shrink(&mut self, id: InstrumentId, side: Side, amount: Size) -> Result<()> {
        if amount == Size::ZERO {
            return Ok(());
        }
        let index = side.signed(self.store.instrument(id).index()?);
        let mut sizes = [(Size::ZERO, Size::ZERO); BUCKETS];
        for (number, slot) in (0..).zip(&mut sizes) {
            let bucket = self.store.bucket(id, side, number);
            *slot = (bucket.size()?, bucket.joined);
        }
        let remaining = water_fill(&sizes, amount)?;
        for number in 0..=DEBT {
            let at = usize::from(number);
            if remaining[at] == sizes[at].0 {
                continue;
            }
            let mut bucket = self.store.bucket(id, side, number);
            let epoch = bucket.epoch;
            if let Some(end) = bucket.cut(index, remaining[at])? {
                self.store.set_closed(id, side, number, epoch, end);
            }
            self.store.set_bucket(id, side, number, &bucket);
        }
        let state = self.store.side(id, side);
        let left = state.open_interest.minus(amount)?;
        let offset = left.value_ceil(index)?.minus(state.unsettled(index)?)?;
        self.book(
            id,
            side,
            index,
            Position::long(amount)?.negated()?,
            offset.minus(state.offset)?,
        )
    }
}
