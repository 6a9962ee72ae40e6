//! Prices, and what the sides of an instrument gain by them.

use super::Ledger;
use crate::{Error, Index, InstrumentId, Position, Prices, Result, Side, Size, Store, Usd, math};

impl<S: Store> Ledger<'_, S> {
    /// Sets an instrument's prices, and moves the total of unsettled gains with its index. A price that is refused is one
    /// to go without: its instrument then keeps the prices it had, and every account can act at those.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) if the price or the funding is out of range (see [`Index::new`]), if a side's
    /// open interest x index would pass [`Usd::MAX_VALUE`], or the total of unsettled gains [`Usd::MAX`].
    pub fn set_prices(
        &mut self,
        id: InstrumentId,
        prices: &Prices,
    ) -> core::result::Result<(), Error> {
        let gains = self.gains_at(id, prices).ok_or(Error::Overflow)?;
        self.totals.gains = gains;
        self.store.set_prices(id, prices);
        Ok(())
    }

    /// The total of unsettled gains once an instrument has such prices; `None` if they are to be gone without.
    fn gains_at(&self, id: InstrumentId, prices: &Prices) -> Option<Usd> {
        let old = self.store.prices(id).checked_index()?;
        let new = prices.checked_index()?;
        let mut gains = self.totals.gains.0;
        for side in Side::BOTH {
            let state = self.store.side(id, side);
            let (value, after) = state.value_and_unsettled(side.signed(new))?;
            let (_, before) = state.value_and_unsettled(side.signed(old))?;
            if value.0.unsigned_abs() > Usd::MAX_VALUE.0.unsigned_abs() {
                return None;
            }
            gains = gains.checked_sub(before.or_zero().0)?;
            gains = gains.checked_add(after.or_zero().0)?;
        }
        (gains.unsigned_abs() <= Usd::MAX.0.unsigned_abs()).then_some(Usd(gains))
    }

    /// Empties the sides of an instrument whose legs are all gone, so that its place can be another's. What is left of open
    /// interest is residue and rounding: it goes. What the sides have gained stays, for legs that were cut to nothing
    /// may still be owed some of it, but no price moves it any more. G and conservation stay as they were; buckets keep their
    /// epochs, and thereby those legs what they are owed. Returns false, without effect, while a bucket has legs.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow).
    pub fn retire(&mut self, id: InstrumentId) -> Result<bool> {
        let index = self.store.prices(id).index()?;
        let mut sides = Side::BOTH.map(|side| (side, self.store.side(id, side)));
        if sides.iter().any(|(_, state)| state.occupied != 0) {
            return Ok(false);
        }
        for (side, state) in &mut sides {
            state.offset = state.unsettled(side.signed(index))?.negated()?;
            state.open_interest = Size::ZERO;
            self.store.set_side(id, *side, state);
        }
        Ok(true)
    }

    /// The index of an instrument, with the sign of a side.
    pub(super) fn index(&self, id: InstrumentId, side: Side) -> Result<Index> {
        Ok(side.signed(self.store.prices(id).index()?))
    }

    /// Changes one side's open interest and offset, and the total of unsettled gains with them.
    pub(super) fn book(
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
        if size.0 > 0 && state.open_interest > Size::MAX {
            return crate::refuse(crate::Error::Overflow);
        }
        state.offset = state.offset.plus(offset)?;
        self.totals.gains = self
            .totals
            .gains
            .minus(before)?
            .plus(state.unsettled(index)?.or_zero())?;
        self.store.set_side(id, side, &state);
        Ok(())
    }

    /// Notes whether a bucket of a side has legs.
    pub(super) fn occupy(&mut self, id: InstrumentId, side: Side, bucket: u8, occupied: bool) {
        let mut state = self.store.side(id, side);
        let bit = 1 << bucket;
        let bits = if occupied {
            state.occupied | bit
        } else {
            state.occupied & !bit
        };
        if bits != state.occupied {
            state.occupied = bits;
            self.store.set_side(id, side, &state);
        }
    }
}
