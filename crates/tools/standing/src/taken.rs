//! What a liquidation or a deleveraging takes of an account now.

use crate::book::Book;
use risk::rules::liquidation::{is_dust, is_spared, plan};
use risk::rules::tiers::action;
use risk::{Clock, Closing, Error, Ground, Health, Positions, Ratio, Result, Usd};

/// What is taken of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Share of every leg that can move.
    pub share: Ratio,
    /// Penalty.
    pub penalty: Usd,
    /// Notional of what is taken, rounded down.
    pub notional: Usd,
    /// Numbers of the instruments whose legs can move.
    moving: Vec<u32>,
}

impl Taken {
    /// What is taken of a leg.
    pub fn share_of(&self, instrument: u32) -> Ratio {
        if self.moving.contains(&instrument) {
            self.share
        } else {
            Ratio::ZERO
        }
    }
}

/// A clock with seconds of ill health on it, as the vault's view counts them.
pub fn clock(now: u64, unhealthy_secs: u64) -> Clock {
    if unhealthy_secs == 0 {
        return Clock::default();
    }
    Clock {
        seen: u32::try_from(now).unwrap_or(u32::MAX),
        unhealthy: u16::try_from(unhealthy_secs).unwrap_or(u16::MAX),
    }
}

impl Book<'_> {
    /// What a liquidation takes of the account, which is in such `health` with such a `clock`; none of one that is healthy, spared
    /// or without equity, nor where nothing can move.
    ///
    /// # Errors
    /// [`Error::Overflow`].
    pub fn liquidated(&self, health: &Health, clock: Clock) -> Result<Option<Taken>> {
        if health.is_healthy() || is_spared(health, self.in_grace())? {
            return Ok(None);
        }
        let (moving, margin) = self.movable(health.maintenance, action::LIQUIDATE)?;
        if moving.count() == 0 {
            return Ok(None);
        }
        let rate = self.market.penalty.rate(clock.unhealthy)?;
        match plan(health, margin, rate, Ratio::ONE, self.is_dust()?) {
            Ok(plan) => Ok(Some(self.taken(&moving, plan.share, plan.penalty)?)),
            Err(Error::Healthy | Error::NoEquity) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What a deleveraging closes of the account, which is in such `health` with such a `clock`, on the grounds that can be
    /// [seen](Ground::seen); none without one, nor where nothing can be cut. What was closed on a side within the hour may let it
    /// close less at once.
    ///
    /// # Errors
    /// [`Error::Overflow`].
    pub fn deleveraged(&self, health: &Health, clock: Clock) -> Result<Option<Taken>> {
        let Some(ground) = Ground::seen(health, clock)? else {
            return Ok(None);
        };
        let (moving, margin) = match ground {
            // Of a debt all goes that can, what hedges the rest as well.
            Ground::Debt => {
                let allowed = self.allowed(action::DELEVERAGE)?;
                let moving = self.positions.among(|place| allowed.contains(place))?;
                (moving, health.maintenance)
            }
            Ground::Cut | Ground::Margin => self.movable(health.maintenance, action::DELEVERAGE)?,
        };
        if moving.count() == 0 {
            return Ok(None);
        }
        let weights = self.weights(&moving)?;
        let closing = Closing::decide(
            ground,
            health,
            (moving.legs(), margin, weights),
            self.market.penalty.rate(clock.unhealthy)?,
            self.is_dust()?,
            self.market.time,
        )?;
        let penalty = closing.penalty(weights.times_up(closing.share)?)?;
        Ok(Some(self.taken(&moving, closing.share, penalty)?))
    }

    fn is_dust(&self) -> Result<bool> {
        is_dust(&self.positions, self.market.dust_notional, |place| {
            self.spot(place)
        })
    }

    /// What some positions count for one by one.
    fn weights(&self, positions: &Positions) -> Result<Usd> {
        let mut sum = Usd::ZERO;
        for (place, position) in positions.iter() {
            sum = sum.plus(self.rates_of(place).maintenance(position)?)?;
        }
        Ok(sum)
    }

    fn taken(&self, moving: &Positions, share: Ratio, penalty: Usd) -> Result<Taken> {
        let places = moving.legs().as_slice();
        Ok(Taken {
            share,
            penalty,
            notional: self.notional(moving)?.times_down(share)?,
            moving: places.iter().map(|&place| self.number(place)).collect(),
        })
    }
}
