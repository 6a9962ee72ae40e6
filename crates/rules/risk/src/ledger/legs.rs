//! Legs in their buckets: what one is worth, how it joins and leaves, and how a side is cut.

use super::Ledger;
use super::bucket::BUCKETS;
use crate::{
    Account, Base, Bucket, Cumulative, Ended, Error, Index, InstrumentId, Leg, Position, Ratio,
    Result, Side, Size, Store, Usd, refuse, water_fill,
};

/// What has become of a leg since it was last settled; [`Ledger::state_of`] says it.
///
/// | State | Becomes | By |
/// |---|---|---|
/// | no leg | live | a trade, or positions taken over: it joins a bucket |
/// | live | past | the bases of its bucket being divided |
/// | live | past | a cut that leaves its bucket nothing, or less than [`Base::LEAST`] |
/// | past | live | settling, if its base is something in the epoch now |
/// | past | ended | settling, if it is not |
/// | live, past, ended | settled | the option's final mark, an early settlement, or its series being delisted since |
/// | live, past, ended | live | its account's legs joining anew: the owner's touch, a bucket that is due, a take-over |
/// | live, past, ended | no leg | a closing, or a trade, that takes all of it |
/// | settled | no leg | whoever settles it |
///
/// A frozen asset changes no state: prices stay, and the guard forbids what would move legs, which whoever calls the ledger has to
/// ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LegState {
    /// In its bucket's epoch: what cuts took of it since it joined is in the bucket's scale.
    Live,
    /// Of an earlier epoch of its bucket: what is left of it there is its base, divided once an epoch, or nothing.
    Past,
    /// It has no base: others' cuts took it all, or it joined with less than a unit. Its account names it until its legs join anew.
    Ended,
    /// Of an instrument whose mark is final: it has a size until it is taken away, and no position.
    Settled,
}

/// A leg as it is found now.
pub(super) struct Found {
    /// As it is in its bucket's epoch once its gain is settled; without a base if nothing is left of it.
    pub leg: Leg,
    /// What it was as it was stored.
    pub state: LegState,
    /// Whether `leg` is not what is stored.
    pub changed: bool,
    pub bucket: Bucket,
    /// With the sign of its side.
    pub index: Index,
    /// What it has gained since it was last settled.
    pub gain: Usd,
    pub size: Size,
}

impl Found {
    /// Its effective position.
    pub fn position(&self) -> Result<Position> {
        match self.state {
            LegState::Settled => Ok(Position::ZERO),
            _ => self.leg.side.position(self.size),
        }
    }

    /// Whether it was cut since it joined: at the scale of that time, its base was what has its size at joining. What was cut
    /// of an instrument that is settled made nobody ill.
    pub fn is_cut(&self) -> bool {
        match self.state {
            LegState::Settled => false,
            LegState::Past => true,
            // Of one that joined with less than a unit of base, nothing was cut while the epoch lasts.
            LegState::Live | LegState::Ended => {
                let as_joined = Base::checked(self.leg.joined, self.bucket.scale);
                self.leg.epoch != self.bucket.epoch || as_joined != Some(self.leg.base)
            }
        }
    }
}

impl<S: Store> Ledger<'_, S> {
    /// The state of a stored leg, whose account's bucket on its side is `bucket`.
    pub(super) fn state_of(
        &self,
        instrument: InstrumentId,
        leg: &Leg,
        bucket: &Bucket,
    ) -> LegState {
        if self.store.is_settled(instrument) {
            LegState::Settled
        } else if leg.base == Base::ZERO {
            LegState::Ended
        } else if leg.epoch != bucket.epoch {
            LegState::Past
        } else {
            LegState::Live
        }
    }

    /// Looks at a leg that the account holds, in its bucket.
    pub(super) fn find(
        &self,
        id: S::AccountId,
        number: u8,
        instrument: InstrumentId,
    ) -> Result<Found> {
        let mut leg = self.store.leg(id, instrument);
        let stored = leg.settled;
        let bucket = self.store.bucket(instrument, leg.side, number);
        let state = self.state_of(instrument, &leg, &bucket);
        let index = self.index(instrument, leg.side)?;
        let moved = leg.epoch != bucket.epoch;
        let mut gain = Usd::ZERO;
        if moved {
            gain = self.move_on(instrument, number, &mut leg, bucket.epoch)?;
        }
        let mut cumulative = Cumulative::ZERO;
        if leg.base != Base::ZERO {
            cumulative = bucket.cumulative_floor(index)?;
            gain = gain.plus(leg.base.gain(cumulative.minus(leg.settled)?)?)?;
        }
        leg.settled = cumulative;
        Ok(Found {
            gain,
            size: leg.base.size(bucket.scale)?,
            changed: moved || cumulative != stored,
            leg,
            bucket,
            index,
            state,
        })
    }

    /// Brings a leg of an earlier epoch into a later one. Returns what it gained until then. At most seven epochs are read: a base of
    /// that age is nothing.
    #[inline(never)]
    fn move_on(
        &self,
        instrument: InstrumentId,
        number: u8,
        leg: &mut Leg,
        epoch: u32,
    ) -> Result<Usd> {
        let mut gain = Usd::ZERO;
        while leg.epoch < epoch && leg.base != Base::ZERO {
            let ended = self.store.ended(instrument, leg.side, number, leg.epoch);
            gain = gain.plus(leg.base.gain(ended.cumulative.minus(leg.settled)?)?)?;
            leg.base = if ended.emptied {
                Base::ZERO
            } else {
                leg.base.divided()
            };
            leg.epoch += 1;
            leg.settled = Cumulative::ZERO;
        }
        Ok(gain)
    }

    /// Takes a leg out of its bucket. Returns its effective position, none in an instrument that is settled, and its
    /// unsettled gain.
    pub(super) fn detach(
        &mut self,
        id: S::AccountId,
        account: &mut Account,
        instrument: InstrumentId,
    ) -> Result<(Position, Usd)> {
        let found = self.find(id, account.bucket, instrument)?;
        let Found { leg, gain, .. } = found;
        self.note_loss(instrument, gain)?;
        account.legs.remove(instrument);
        self.store.set_leg(id, instrument, None);
        if found.leg.base != Base::ZERO {
            self.leave(account.bucket, instrument, &found)?;
        } else if gain == Usd::ZERO {
            return Ok((Position::ZERO, gain));
        }
        let removed = Position::long(found.size)?.negated()?;
        let offset = gain.minus(found.size.value_floor(found.index)?)?;
        self.book(instrument, leg.side, found.index, removed, offset)?;
        Ok((found.position()?, gain))
    }

    /// Takes what a leg counts off its bucket.
    fn leave(&mut self, number: u8, instrument: InstrumentId, found: &Found) -> Result<()> {
        let Found {
            leg, mut bucket, ..
        } = *found;
        let sizes = (found.size, leg.joined);
        let ended = bucket.leave(found.index, found.leg.base, sizes)?;
        let epoch = found.bucket.epoch;
        self.keep_bucket(instrument, leg.side, number, &bucket, (epoch, ended));
        Ok(())
    }

    /// Stores a bucket that lost some of its size, and how its epoch ended if it did.
    fn keep_bucket(
        &mut self,
        id: InstrumentId,
        side: Side,
        number: u8,
        bucket: &Bucket,
        (epoch, ended): (u32, Option<Ended>),
    ) {
        if let Some(ended) = ended {
            self.store.set_ended(id, side, number, epoch, &ended);
        }
        if bucket.is_empty() {
            self.occupy(id, side, number, false);
        }
        self.store.set_bucket(id, side, number, bucket);
    }

    /// Puts a position into the account's bucket; a position of zero needs no leg, and is noted alone. It replaces what was kept of a
    /// leg that was cut to nothing.
    pub(super) fn attach(
        &mut self,
        id: S::AccountId,
        account: &mut Account,
        instrument: InstrumentId,
        position: Position,
    ) -> Result<()> {
        let (side, size, number) = (position.side(), position.size(), account.bucket);
        self.store.note_position(id, instrument, position, number);
        if size == Size::ZERO {
            return Ok(());
        }
        let index = self.index(instrument, side)?;
        let mut bucket = self.store.bucket(instrument, side, number);
        if bucket.is_spent() {
            return refuse(Error::Overflow);
        }
        let leg = Leg {
            side,
            epoch: bucket.epoch,
            base: Base::of(size, bucket.scale)?,
            joined: size,
            settled: bucket.cumulative_ceil(index)?,
        };
        bucket.join(leg.base, size)?;
        account.legs.remove(instrument);
        account.legs.push(instrument)?;
        self.store.set_leg(id, instrument, Some(&leg));
        self.store.set_bucket(instrument, side, number, &bucket);
        self.occupy(instrument, side, number, true);
        let offset = size.value_ceil(index)?;
        self.book(instrument, side, index, Position::long(size)?, offset)
    }

    /// Closes a part of an account's leg, which has left its bucket, against the opposite side.
    pub(super) fn close_against(
        &mut self,
        account: S::AccountId,
        id: InstrumentId,
        closed: Position,
    ) -> Result<()> {
        if closed == Position::ZERO {
            return Ok(());
        }
        let level = self.shrink(id, closed.side().opposite(), closed.size())?;
        self.store.note_closed(account, id, closed, level);
        Ok(())
    }

    /// Takes `amount` off one side at the mark, by water-filling over its buckets. Returns the water level.
    fn shrink(&mut self, id: InstrumentId, side: Side, amount: Size) -> Result<Ratio> {
        let index = self.index(id, side)?;
        let state = self.store.side(id, side);
        let mut sizes = [(Size::ZERO, Size::ZERO); BUCKETS];
        for (number, slot) in (0..).zip(&mut sizes) {
            if state.occupied & (1 << number) != 0 {
                let bucket = self.store.bucket(id, side, number);
                *slot = (bucket.size()?, bucket.weight);
            }
        }
        let (remaining, level) = water_fill(&sizes, amount)?;
        for (number, (&left, &(size, _))) in (0..).zip(remaining.iter().zip(&sizes)) {
            if left != size {
                self.cut(id, side, number, index, left)?;
            }
        }
        let left = state.open_interest.minus(amount)?;
        let offset = left.value_ceil(index)?.minus(state.unsettled(index)?)?;
        let removed = Position::long(amount)?.negated()?;
        self.book(id, side, index, removed, offset.minus(state.offset)?)?;
        Ok(level)
    }

    /// Scales one bucket down to `left`.
    fn cut(
        &mut self,
        id: InstrumentId,
        side: Side,
        number: u8,
        index: Index,
        left: Size,
    ) -> Result<()> {
        let mut bucket = self.store.bucket(id, side, number);
        let epoch = bucket.epoch;
        let ended = bucket.cut(index, left)?;
        self.keep_bucket(id, side, number, &bucket, (epoch, ended));
        Ok(())
    }
}
