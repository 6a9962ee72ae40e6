//! What accounts are worth, without settling them.

use super::Ledger;
use super::bucket::{DEBT, bucket_due};
use super::legs::{Found, LegState};
use crate::rules::liquidation;
use crate::{
    Account, Closing, Coverage, Ground, Health, InstrumentId, Legs, Maturity, Position, Positions,
    Ratio, Result, Store, TierEnds, Usd,
};

/// An account with the gains of all its legs counted.
#[derive(Clone, Copy, Debug)]
pub struct Valued {
    /// The account as it is once all its legs are settled.
    pub account: Account,
    /// Its positions.
    pub positions: Positions,
    /// Net gain of all its legs: still unsettled, or settled just now.
    pub gain: Usd,
    /// Equity and maintenance margin.
    pub health: Health,
    /// What profit is worth once the account is settled.
    pub coverage: Coverage,
}

impl Valued {
    /// Equity that counts for initial margin at unix time `now`: profit that has not matured is left out.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow).
    pub fn mature_equity(&self, now: u64) -> Result<Usd> {
        let mut account = self.account;
        account.pnl = account.pnl.minus(account.immature(now))?;
        self.coverage.equity(&account)
    }
}

/// What an account's legs add up to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Assessment {
    pub positions: Positions,
    /// Net gain.
    pub gain: Usd,
    /// When the account was last settled: its legs have gained since.
    since: u32,
    /// Longest maturity among the legs that have gained.
    pub class: Maturity,
    /// Whether a leg was cut since it joined.
    pub cut: bool,
    /// Whether a leg's instrument is settled.
    pub settled: bool,
    /// Maintenance margin of the positions, once it was asked for.
    pub margin: Usd,
}

impl Assessment {
    /// Of an account that is not settled yet, without its legs.
    pub fn of(account: &Account) -> Self {
        Self {
            since: account.maturing.since,
            ..Self::default()
        }
    }

    /// Counts the gain of one more leg, by the tiers of its instrument.
    pub fn add_gain(&mut self, gain: Usd, ends: TierEnds) -> Result<()> {
        self.gain = self.gain.plus(gain)?;
        if gain > Usd::ZERO {
            self.class = self.class.max(ends.maturity_since(self.since));
        }
        Ok(())
    }

    /// Counts one more leg.
    pub fn add_leg(&mut self, instrument: InstrumentId, leg: &Found, ends: TierEnds) -> Result<()> {
        self.cut |= leg.is_cut();
        self.settled |= leg.state == LegState::Settled;
        self.add_gain(leg.gain, ends)?;
        self.positions.add(instrument, leg.position()?)
    }
}

impl<S: Store> Ledger<'_, S> {
    /// Values an account as [`Ledger::touch`] by somebody else would leave it, without a change.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow).
    pub fn valued(&self, id: S::AccountId) -> Result<Valued> {
        let stored = self.store.account(id);
        let mut legs = self.assess(id, &stored)?;
        legs.margin = self.maintenance(&legs.positions)?;
        let (account, coverage) = self.once_settled(id, &stored, &legs)?;
        self.value(account, &legs, coverage)
    }

    /// A stored account once its legs are settled, and what profit is worth then.
    pub(super) fn once_settled(
        &self,
        id: S::AccountId,
        stored: &Account,
        legs: &Assessment,
    ) -> Result<(Account, Coverage)> {
        let mut account = *stored;
        account.gain(legs.gain, legs.class, self.now)?;
        let coverage = self.coverage_once_settled(id, stored, &account)?;
        Ok((account, coverage))
    }

    /// An account that is settled but for what `legs` says, with the health that it has at a coverage ratio.
    pub(super) fn value(
        &self,
        account: Account,
        legs: &Assessment,
        coverage: Coverage,
    ) -> Result<Valued> {
        Ok(Valued {
            health: Health {
                equity: coverage.equity(&account)?,
                maintenance: legs.margin,
            },
            account,
            positions: legs.positions,
            gain: legs.gain,
            coverage,
        })
    }

    /// Adds up an account's legs, without their margin.
    pub(super) fn assess(&self, id: S::AccountId, account: &Account) -> Result<Assessment> {
        let mut sum = Assessment::of(account);
        for &instrument in account.legs.as_slice() {
            let leg = self.find(id, account.bucket, instrument)?;
            sum.add_leg(instrument, &leg, self.store.tier_ends(instrument))?;
        }
        Ok(sum)
    }

    /// The coverage ratio after an account's legs have been settled. While nothing is missing, no side is read for it.
    fn coverage_once_settled(
        &self,
        id: S::AccountId,
        stored: &Account,
        settled: &Account,
    ) -> Result<Coverage> {
        let mut totals = self.totals;
        totals.replace(stored, settled)?;
        let insured = self.insured_once(id, stored, settled)?;
        if totals.missing(insured)? == Usd::ZERO {
            return Ok(Coverage::FULL);
        }
        for &instrument in stored.legs.as_slice() {
            let leg = self.find(id, stored.bucket, instrument)?;
            let mut side = self.store.side(instrument, leg.leg.side);
            let before = side.unsettled(leg.index)?.or_zero();
            side.offset = side.offset.plus(leg.gain)?;
            let after = side.unsettled(leg.index)?.or_zero();
            totals.gains = totals.gains.minus(before)?.plus(after)?;
        }
        totals.coverage(insured)
    }

    /// An account's positions.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow).
    pub fn positions(&self, id: S::AccountId) -> Result<Positions> {
        Ok(self.assess(id, &self.store.account(id))?.positions)
    }

    /// An account's position in one instrument.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow).
    pub fn position(&self, id: S::AccountId, instrument: InstrumentId) -> Result<Position> {
        let account = self.store.account(id);
        if !account.legs.contains(instrument) {
            return Ok(Position::ZERO);
        }
        self.find(id, account.bucket, instrument)?.position()
    }

    /// Maintenance margin, now, of the positions that an account's legs were when they joined, but for those in instruments that are
    /// settled.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow).
    pub fn maintenance_of_joined(&self, id: S::AccountId, legs: &Legs) -> Result<Usd> {
        self.maintenance(&self.positions_at_joining(id, legs)?)
    }

    /// The positions that an account's legs were when they joined, but for those in instruments that are settled.
    pub(super) fn positions_at_joining(&self, id: S::AccountId, legs: &Legs) -> Result<Positions> {
        let mut joined = Positions::default();
        for &instrument in legs.as_slice() {
            if !self.store.is_settled(instrument) {
                let leg = self.store.leg(id, instrument);
                joined.add(instrument, leg.side.position(leg.joined)?)?;
            }
        }
        Ok(joined)
    }

    /// Whether a touched account that ails counts as healthy for a liquidation, because cuts of others took what hedged it, or a
    /// deleveraging for that goes on: see [`liquidation::spares_cut`].
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow).
    pub fn is_spared_as_cut(
        &self,
        id: S::AccountId,
        valued: &Valued,
        closing: impl FnOnce() -> Closing,
    ) -> Result<bool> {
        let account = &self.store.account(id);
        if !liquidation::spares_cut(account.clock) {
            return Ok(false);
        }
        if account.closing {
            let closing = closing();
            return Ok(closing.rate == Ratio::ZERO && closing.is_valid(self.now));
        }
        let ground = self.ground(id, account, &valued.positions, &valued.health)?;
        Ok(ground == Some(Ground::Cut))
    }

    /// Maintenance margin of some positions.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow).
    pub fn maintenance(&self, positions: &Positions) -> Result<Usd> {
        if positions.count() == 0 {
            return Ok(Usd::ZERO);
        }
        self.store.maintenance(positions)
    }

    /// What a liquidation or a deleveraging takes of an account's positions where only those in the `allowed` instruments can move,
    /// and by how much the account's maintenance margin falls if all of that goes: see [`liquidation::movable`].
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow).
    pub fn movable(&self, valued: &Valued, allowed: &Legs) -> Result<(Positions, Usd)> {
        liquidation::movable(
            &valued.positions,
            valued.health.maintenance,
            allowed,
            |id| self.store.underlying(id),
            |positions| self.maintenance(positions),
        )
    }

    /// The bucket that is due for a settled account with positions of such a margin.
    pub(super) fn bucket_for(&self, account: &Account, margin: Usd) -> Result<u8> {
        if account.in_debt() {
            return Ok(DEBT);
        }
        bucket_due(margin, self.coverage()?.equity(account)?)
    }
}
