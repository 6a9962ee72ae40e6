//! Closing legs against the opposite side, one at a time.

use super::Ledger;
use crate::{Account, Error, InstrumentId, Position, Ratio, Result, Size, Store, Usd, WAD, math};

/// What closing a leg of an account in debt did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClosedLeg {
    /// The position that was closed.
    pub position: Position,
    /// What it [counted for](Store::weight).
    pub weight: Usd,
    /// Its part of the weights of the legs that the debt still counted against, rounded down.
    pub part: Ratio,
    /// Debt written off.
    pub deficit: Usd,
    /// What insurance has to pay for it, a multiple of the token's smallest unit; it may exceed the deficit by less than
    /// one.
    pub insured: Usd,
}

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
    /// Closes a leg of a touched account in debt at the mark against the opposite side, and writes off the leg's part of
    /// the debt: in proportion to what legs [counted for](Store::weight) when the debt was found, all of the rest for the
    /// last. What has become of them since, and in what order they are closed, changes nothing. Insurance pays what haircuts
    /// have not paid already, at most `cover`, rounded up to a multiple of `unit`; the rest is missing. A leg of a settled
    /// instrument has nothing to close: the opposite side stays as it is.
    ///
    /// # Errors
    /// [`Error::NotDeleverageable`] if the account is not in debt or has no such leg; [`Error::Overflow`].
    pub fn close_leg(
        &mut self,
        id: S::AccountId,
        instrument: InstrumentId,
        cover: Usd,
        unit: Usd,
    ) -> Result<ClosedLeg> {
        let mut account = self.store.account(id);
        if !account.in_debt() || !account.legs.contains(instrument) {
            return Err(Error::NotDeleverageable);
        }
        let weights = self.weights(id, &account, instrument)?;
        let (position, gain) = self.detach(id, &mut account, instrument)?;
        self.gain(&mut account, gain, self.maturities.get(instrument))?;
        let weight = self.store.weight(instrument, position)?;
        self.shrink(instrument, position.side().opposite(), position.size())?;
        let whole = Usd(math::signed(WAD)?);
        let last = account.legs.as_slice().is_empty();
        let deficit = part_of(account.pnl.deficit()?, weights, last)?;
        let insured = self.write_off(&mut account, deficit, cover, unit)?;
        self.store.set_account(id, &account);
        Ok(ClosedLeg {
            position,
            weight,
            part: Ratio(math::unsigned(part_of(whole, weights, last)?.0)?),
            deficit,
            insured,
        })
    }

    /// Writes off the debt of an account without legs. Insurance pays at most `cover` for it, rounded up to a multiple of
    /// `unit`. Returns the deficit, and what insurance has to pay.
    ///
    /// # Errors
    /// [`Error::NotDeleverageable`] if the account is not in debt or has legs; [`Error::Overflow`].
    pub fn close_debt(&mut self, id: S::AccountId, cover: Usd, unit: Usd) -> Result<(Usd, Usd)> {
        let mut account = self.store.account(id);
        if !account.in_debt() || !account.legs.as_slice().is_empty() {
            return Err(Error::NotDeleverageable);
        }
        let deficit = account.pnl.deficit()?;
        let insured = self.write_off(&mut account, deficit, cover, unit)?;
        self.store.set_account(id, &account);
        Ok((deficit, insured))
    }

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
            return Err(Error::SameAccount);
        }
        let mut account = self.store.account(id);
        let held = account.legs;
        if !held.contains(instrument) {
            return Ok(CutLeg::default());
        }
        let (position, gain) = self.detach(id, &mut account, instrument)?;
        self.gain(&mut account, gain, self.maturities.get(instrument))?;
        let (side, size) = (position.side(), position.size());
        let wanted = size.share_up(share)?;
        let cut = wanted.min(limit);
        let weight = self.store.weight(instrument, side.position(cut)?)?;
        let penalty = self.pay_to(&mut account, pool, weight.times_up(rate)?)?;
        self.shrink(instrument, side.opposite(), cut)?;
        let rest = side.position(size.minus(cut)?)?;
        self.attach(id, &mut account, instrument, rest)?;
        account.legs = account.legs.ordered_as(held);
        self.store.set_account(id, &account);
        Ok(CutLeg {
            size: cut,
            left: wanted.minus(cut)?,
            penalty,
        })
    }

    /// What one leg, and all legs, count for at their joined sizes.
    fn weights(
        &self,
        id: S::AccountId,
        account: &Account,
        instrument: InstrumentId,
    ) -> Result<(Usd, Usd)> {
        let (mut one, mut all) = (Usd::ZERO, Usd::ZERO);
        for &held in account.legs.as_slice() {
            let joined = Position::long(self.store.leg(id, held).joined)?;
            let weight = self.store.weight(held, joined)?;
            all = all.plus(weight)?;
            if held == instrument {
                one = weight;
            }
        }
        Ok((one, all))
    }

    /// Writes off a part of an account's debt. Returns what insurance has to pay.
    fn write_off(
        &mut self,
        account: &mut Account,
        deficit: Usd,
        cover: Usd,
        unit: Usd,
    ) -> Result<Usd> {
        let unpaid = deficit.plus(self.totals.shortfall.min(Usd::ZERO))?;
        let due = unpaid.min(cover).or_zero();
        let unit = math::unsigned(unit.0)?.max(1);
        let due = math::unsigned(due.0)?.div_ceil(unit).checked_mul(unit);
        let due = Usd(math::signed(due.ok_or(Error::Overflow)?)?);
        let insured = due.min(self.insurance);
        self.totals.shortfall = self.totals.shortfall.plus(deficit)?;
        self.recover(insured)?;
        self.credit(account, deficit, Usd::ZERO)?;
        Ok(insured)
    }
}

/// The part of an amount that belongs to a leg: amount x its weight / the weight of the legs that remain, rounded down;
/// all of it for the last of them.
fn part_of(amount: Usd, (weight, weights): (Usd, Usd), last: bool) -> Result<Usd> {
    if last || weights == Usd::ZERO {
        return Ok(if last { amount } else { Usd::ZERO });
    }
    let part = math::mul_div_down(
        math::unsigned(amount.0)?,
        math::unsigned(weight.0)?,
        math::unsigned(weights.0)?,
    )?;
    Ok(Usd(math::signed(part)?))
}
