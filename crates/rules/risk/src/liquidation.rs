//! When an account may be closed, how much of it, and at what penalty. Pure decisions; the ledger applies them.

use crate::{Error, Health, Ratio, Result, Usd, WAD, math};

/// Equity / maintenance margin that a liquidation restores: 1.25.
const TARGET: u128 = WAD / 4 * 5;
/// Seconds that one observation of ill health can add to the clock.
const MAX_STEP: u32 = 60;
/// Seconds in which nobody looked, after which the clock has forgotten what it was.
const FORGETS_AFTER: u32 = 600;

/// How long an account has been seen in ill health.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    /// Unix time of the last observation of ill health; 0 if health was observed since.
    pub seen: u32,
    /// Seconds of ill health, at most 65,535.
    pub unhealthy: u16,
}

impl Clock {
    /// The clock after an observation: ill health adds the time since the last, at most 60 seconds; health clears it, and so do
    /// 10 minutes in which nobody looked.
    #[must_use]
    pub fn observed(self, now: u64, healthy: bool) -> Self {
        if healthy {
            return Self::default();
        }
        let now = u32::try_from(now).unwrap_or(u32::MAX);
        let unobserved = now.saturating_sub(self.seen);
        let unhealthy = if self.seen == 0 || unobserved >= FORGETS_AFTER {
            0
        } else {
            u32::from(self.unhealthy) + unobserved.min(MAX_STEP)
        };
        Self {
            seen: now,
            unhealthy: u16::try_from(unhealthy).unwrap_or(u16::MAX),
        }
    }
}

/// Parameters of a liquidation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Penalty rate at the start of the clock, a share of maintenance margin, at most one.
    pub penalty_start: Ratio,
    /// Seconds over which the penalty rises to the whole maintenance margin.
    pub penalty_ramp: u32,
}

impl Terms {
    /// Penalty rate after some seconds of ill health: start + (1 - start) x seconds / ramp, at most one.
    ///
    /// # Errors
    /// [`Error::Overflow`] if the start is above one.
    pub fn penalty_rate(&self, unhealthy: u16) -> Result<Ratio> {
        if u32::from(unhealthy) >= self.penalty_ramp {
            return Ok(Ratio::ONE);
        }
        let rise = Ratio::ONE.minus(self.penalty_start)?;
        self.penalty_start.plus(Ratio(math::mul_div_up(
            rise.0,
            unhealthy.into(),
            self.penalty_ramp.into(),
        )?))
    }
}

/// What a liquidation or a deleveraging takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Liquidation {
    /// Share of every leg that can move.
    pub share: Ratio,
    /// Penalty, at most the equity.
    pub penalty: Usd,
    /// Maintenance margin of the account that it was decided for.
    pub maintenance: Usd,
}

/// Decides a liquidation at `rate`, the penalty as a share of maintenance margin, of at most `max_share`. `movable` is the
/// maintenance margin of the legs that can move, what it falls by if they go, which share and penalty count; `dust` says whether the account is too
/// small to leave a rest of.
///
/// # Errors
/// [`Error::Healthy`] if equity covers maintenance; [`Error::NoEquity`] if there is none; [`Error::Overflow`].
pub fn plan_liquidation(
    health: &Health,
    movable: Usd,
    rate: Ratio,
    max_share: Ratio,
    dust: bool,
) -> Result<Liquidation> {
    if health.is_healthy() {
        return Err(Error::Healthy);
    }
    if health.equity <= Usd::ZERO {
        return Err(Error::NoEquity);
    }
    let share = if dust {
        Ratio::ONE
    } else {
        share_to_target(health, movable, rate)?
    };
    with_penalty(health, movable, rate, share.min(max_share))
}

/// The smallest share of every movable leg whose removal restores equity to the target:
/// (1.25 MM - E) / (MM' (1.25 - r)), MM' of the movable legs, rounded up, at most one. Needs E < MM. A penalty that takes
/// all equity takes every leg.
pub(crate) fn share_to_target(health: &Health, movable: Usd, rate: Ratio) -> Result<Ratio> {
    if movable.times_up(rate)? >= health.equity {
        return Ok(Ratio::ONE);
    }
    let missing = health
        .maintenance
        .times_up(Ratio(TARGET))?
        .minus(health.equity)?;
    let freed = movable.times_down(Ratio(TARGET).minus(rate)?)?;
    if freed == Usd::ZERO {
        return Ok(Ratio::ONE);
    }
    // At most one, or too large for its type: then everything goes as well.
    let share = math::mul_div_up(math::unsigned(missing.0)?, WAD, math::unsigned(freed.0)?);
    Ok(Ratio(share.unwrap_or(WAD)).min(Ratio::ONE))
}

/// The share with its penalty: share x min(rate x maintenance margin of the movable legs, equity), rounded up.
fn with_penalty(health: &Health, movable: Usd, rate: Ratio, share: Ratio) -> Result<Liquidation> {
    let whole = movable.times_up(rate)?.min(health.equity);
    Ok(Liquidation {
        share,
        penalty: whole.times_up(share)?,
        maintenance: health.maintenance,
    })
}
