//! Legs in their buckets: what one is worth, how it joins and leaves, and how a side is cut.

use super::Ledger;
use crate::bucket::BUCKETS;
use crate::{
    Account, Base, Bucket, Cumulative, Error, Index, InstrumentId, Leg, Position, Result, Side,
    Size, Store, Usd, water_fill,
};

/// A leg as it stands now.
pub(super) struct Standing {
    pub leg: Leg,
    pub bucket: Bucket,
    /// With the sign of its side.
    pub index: Index,
    /// Whether its bucket's epoch lasts. If not, it has been cut to nothing.
    pub live: bool,
    /// Whether its instrument is settled: it has a size until it is taken away, and no position.
    pub settled: bool,
    /// K now, or at the end of its epoch.
    pub cumulative: Cumulative,
    /// What it has gained since it was last settled.
    pub gain: Usd,
    pub size: Size,
}

impl Standing {
    pub fn position(&self) -> Result<Position> {
        if self.settled {
            return Ok(Position::ZERO);
        }
        self.leg.side.position(self.size)
    }

    /// Whether it was cut since it joined: at the scale of that time, its base was what has its size at joining. What was cut
    /// of an instrument that is settled made nobody ill.
    pub fn is_cut(&self) -> Result<bool> {
        if self.settled {
            return Ok(false);
        }
        Ok(!self.live || Base::of(self.leg.joined, self.bucket.scale)? != self.leg.base)
    }
}

impl<S: Store> Ledger<'_, S> {
    /// Looks at a leg that the account holds.
    pub(super) fn standing(
        &self,
        id: S::AccountId,
        bucket: u8,
        instrument: InstrumentId,
    ) -> Result<Standing> {
        let leg = self.store.leg(id, instrument);
        let number = bucket;
        let bucket = self.store.bucket(instrument, leg.side, number);
        let index = self.index(instrument, leg.side)?;
        let live = leg.base != Base::ZERO && leg.epoch == bucket.epoch;
        let cumulative = if live {
            bucket.cumulative_floor(index)?
        } else if leg.base == Base::ZERO {
            leg.settled
        } else {
            self.store.closed(instrument, leg.side, number, leg.epoch)
        };
        Ok(Standing {
            gain: leg.base.gain(cumulative.minus(leg.settled)?)?,
            size: if live {
                leg.base.size(bucket.scale)?
            } else {
                Size::ZERO
            },
            leg,
            bucket,
            index,
            live,
            settled: self.store.is_settled(instrument),
            cumulative,
        })
    }

    /// Takes a leg out of its bucket. Returns its effective position, none in an instrument that is settled, and its
    /// unsettled gain.
    pub(super) fn detach(
        &mut self,
        id: S::AccountId,
        account: &mut Account,
        instrument: InstrumentId,
    ) -> Result<(Position, Usd)> {
        let standing = self.standing(id, account.bucket, instrument)?;
        let Standing { leg, gain, .. } = standing;
        account.cut |= standing.is_cut()?;
        self.note_loss(instrument, gain)?;
        account.legs.remove(instrument);
        self.store.set_leg(id, instrument, None);
        if standing.live {
            self.leave(account.bucket, instrument, &standing)?;
        } else if gain == Usd::ZERO {
            return Ok((Position::ZERO, gain));
        }
        let removed = Position::long(standing.size)?.negated()?;
        let offset = gain.minus(standing.size.value_floor(standing.index)?)?;
        self.book(instrument, leg.side, standing.index, removed, offset)?;
        Ok((standing.position()?, gain))
    }

    /// Takes a live leg's base off its bucket.
    fn leave(&mut self, number: u8, instrument: InstrumentId, standing: &Standing) -> Result<()> {
        let Standing {
            leg, mut bucket, ..
        } = *standing;
        bucket.base = bucket.base.minus(leg.base)?;
        bucket.joined = bucket.joined.minus(leg.joined)?;
        if bucket.base == Base::ZERO {
            bucket = Bucket::empty(bucket.epoch);
            self.occupy(instrument, leg.side, number, false);
        }
        self.store.set_bucket(instrument, leg.side, number, &bucket);
        Ok(())
    }

    /// Puts a position into the account's bucket; a position of zero needs no leg. It replaces what was kept of a leg that
    /// was cut to nothing.
    pub(super) fn attach(
        &mut self,
        id: S::AccountId,
        account: &mut Account,
        instrument: InstrumentId,
        position: Position,
    ) -> Result<()> {
        let (side, size, number) = (position.side(), position.size(), account.bucket);
        if size == Size::ZERO {
            return Ok(());
        }
        let index = self.index(instrument, side)?;
        let mut bucket = self.store.bucket(instrument, side, number);
        if bucket.is_spent() {
            return Err(Error::Overflow);
        }
        let leg = Leg {
            side,
            epoch: bucket.epoch,
            base: Base::of(size, bucket.scale)?,
            joined: size,
            settled: bucket.cumulative_ceil(index)?,
        };
        bucket.base = bucket.base.plus(leg.base)?;
        bucket.joined = bucket.joined.plus(size)?;
        account.legs.remove(instrument);
        account.legs.push(instrument)?;
        self.store.set_leg(id, instrument, Some(&leg));
        self.store.set_bucket(instrument, side, number, &bucket);
        self.occupy(instrument, side, number, true);
        let offset = size.value_ceil(index)?;
        self.book(instrument, side, index, Position::long(size)?, offset)
    }

    /// Takes `amount` off one side at the mark, by water-filling over its buckets.
    pub(super) fn shrink(&mut self, id: InstrumentId, side: Side, amount: Size) -> Result<()> {
        if amount == Size::ZERO {
            return Ok(());
        }
        let index = self.index(id, side)?;
        let state = self.store.side(id, side);
        let mut sizes = [(Size::ZERO, Size::ZERO); BUCKETS];
        for (number, slot) in (0..).zip(&mut sizes) {
            if state.occupied & (1 << number) != 0 {
                let bucket = self.store.bucket(id, side, number);
                *slot = (bucket.size()?, bucket.joined);
            }
        }
        let remaining = water_fill(&sizes, amount)?;
        for (number, (&left, &(size, _))) in (0..).zip(remaining.iter().zip(&sizes)) {
            if left != size {
                self.cut(id, side, number, index, left)?;
            }
        }
        let left = state.open_interest.minus(amount)?;
        let offset = left.value_ceil(index)?.minus(state.unsettled(index)?)?;
        let removed = Position::long(amount)?.negated()?;
        self.book(id, side, index, removed, offset.minus(state.offset)?)
    }

    /// Scales one bucket down to `left`, or closes it.
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
        if let Some(end) = bucket.cut(index, left)? {
            self.store.set_closed(id, side, number, epoch, end);
            self.occupy(id, side, number, false);
        }
        self.store.set_bucket(id, side, number, &bucket);
        Ok(())
    }
}
