//! What an account owns.

use crate::{Clock, Error, Legs, Maturing, Maturity, Result, Usd, refuse};

/// An account's own state; its legs are stored apart, by instrument.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// C: deposits and converted profit, never negative, always worth 1.
    pub capital: Usd,
    /// P: settled profit, worth the coverage ratio; debt when negative, and then there is no capital.
    pub pnl: Usd,
    /// I: settled gains and losses that have not matured.
    pub maturing: Maturing,
    /// The bucket that the account's legs are in, on every side.
    pub bucket: u8,
    /// How long the account has been seen in ill health.
    pub clock: Clock,
    /// Whether a deleveraging of it goes on as it was decided: until the account is seen in health, enters or leaves debt, trades
    /// or takes over positions. Nothing that a stranger does starts it anew: no deposit, touch, conversion or move to another
    /// bucket; a liquidation takes its share off what is left to close.
    pub closing: bool,
    /// Whether its debt is [attributed](crate::Attribution) to instruments: from when it is found until it is gone.
    pub attributed: bool,
    /// Whether the rest of its debt counts as stuck: its legs were frozen when it was closed.
    pub stuck: bool,
    /// Instruments in which the account has a leg.
    pub legs: Legs,
}

impl Account {
    /// Adds profit or loss, and capital; a loss eats profit, then capital, then becomes debt.
    ///
    /// # Errors
    /// [`Error::InsufficientCapital`] if a negative `capital` takes more than there is; [`Error::Overflow`], beyond
    /// [`Usd::MAX`] as well.
    pub(crate) fn credit(&mut self, pnl: Usd, capital: Usd) -> Result<()> {
        self.capital = self.capital.plus(capital)?;
        if self.capital < Usd::ZERO {
            return refuse(Error::InsufficientCapital);
        }
        self.pnl = self.pnl.plus(pnl)?;
        let paid = self.pnl.deficit()?.min(self.capital);
        self.capital = self.capital.minus(paid)?;
        self.pnl = self.pnl.plus(paid)?;
        self.capital.within(Usd::MAX)?;
        self.pnl.within(Usd::MAX)?;
        Ok(())
    }

    /// Adds a settled gain or loss, which matures; nothing is one as well, for what arises later arises from `now` on.
    ///
    /// # Errors
    /// [`Error::Overflow`].
    pub(crate) fn gain(&mut self, gain: Usd, class: Maturity, now: u64) -> Result<()> {
        self.maturing = self.maturing.plus(gain, class, now);
        self.credit(gain, Usd::ZERO)
    }

    /// How much of the settled profit is neither convertible nor counted for initial margin at unix time `now`.
    #[must_use]
    pub fn immature(&self, now: u64) -> Usd {
        self.maturing.immature(self.pnl, now)
    }

    /// Moves the clock by an observation; health ends a deleveraging as well.
    pub fn observe(&mut self, now: u64, healthy: bool) {
        self.clock = self.clock.observed(now, healthy);
        self.closing &= !healthy;
    }

    /// Whether losses have exceeded everything that the account held.
    #[must_use]
    pub fn in_debt(&self) -> bool {
        self.pnl < Usd::ZERO
    }
}
