//! Closing a share of legs against the opposite side, one at a time, of accounts that are not in debt.

use super::Ledger;
use crate::{Error, InstrumentId, Ratio, Result, Size, Store, Usd, refuse};

/// What closing a share of a leg did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CutLeg {
    /// What was closed.
    pub size: Size,
    /// What the limit left of the share.
    pub left: Size,
    /// Penalty paid.
    pub penalty: Usd,
}

impl<S: Store> Ledger<'_, S> {
    /// Closes a share of one leg of a touched account at the mark against the opposite side, at most `limit` of its size.
    /// The account pays `rate` x what the closed part [counted for](Store::weight) to the pool's account, at most what it
    /// has. The rest of the leg stays in the account's bucket. A leg that the account has no more is nothing to close.
    ///
    /// # Errors
    /// [`Error::SameAccount`] for the pool's account; [`Error::Overflow`].
    pub fn cut_leg(
        &mut self,
        id: S::AccountId,
        pool: S::AccountId,
        instrument: InstrumentId,
        share: Ratio,
        limit: Size,
        rate: Ratio,
    ) -> Result<CutLeg> {
        if id == pool {
            return refuse(Error::SameAccount);
        }
        let mut account = self.store.account(id);
        let held = account.legs;
        if !held.contains(instrument) {
            return Ok(CutLeg::default());
        }
        let (position, gain) = self.detach(id, &mut account, instrument)?;
        let class = self.class_of_gains(&account, instrument);
        self.gain(&mut account, gain, class)?;
        let (side, size) = (position.side(), position.size());
        let wanted = size.share_up(share)?;
        let cut = wanted.min(limit);
        let closed = side.position(cut)?;
        let weight = self.store.weight(instrument, closed)?;
        let penalty = self.pay_to(&mut account, pool, weight.times_up(rate)?)?;
        self.close_against(id, instrument, closed)?;
        let rest = side.position(size.minus(cut)?)?;
        self.attach(id, &mut account, instrument, rest)?;
        account.legs = account.legs.ordered_as(held);
        self.keep(id, &mut account)?;
        Ok(CutLeg {
            size: cut,
            left: wanted.minus(cut)?,
            penalty,
        })
    }
}
