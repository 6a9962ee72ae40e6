//! Liquidation: when, how much of an account, of which of its legs, and at what penalty. Pure decisions; the ledger applies them.

use super::health::{Clock, Health};
use crate::{Error, InstrumentId, Legs, Positions, Ratio, Result, Spot, Usd, WAD, math};

/// Equity / maintenance margin that a liquidation restores: 1.25.
const TARGET: u128 = WAD / 4 * 5;
/// Equity / maintenance margin that spares an account during an outage and the grace period after it, in which owners could not act:
/// 0.95.
const SPARED_FROM: Ratio = Ratio(WAD / 100 * 95);
/// Seconds on the clock of an account that cuts have made ill, in which its owner can hedge it anew.
const SPARED_AFTER_CUT: u16 = 600;
/// What a liquidation costs, by how long the account has been in ill health.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Penalty {
    /// Rate at the start of the clock, a share of maintenance margin, at most one.
    pub start: Ratio,
    /// Seconds over which it rises to the whole maintenance margin.
    pub ramp: u32,
}

impl Penalty {
    /// Rate after some seconds of ill health: start + (1 - start) x seconds / ramp, at most one.
    ///
    /// # Errors
    /// [`Error::Overflow`] if the start is above one.
    pub fn rate(&self, unhealthy: u16) -> Result<Ratio> {
        if u32::from(unhealthy) >= self.ramp {
            return Ok(Ratio::ONE);
        }
        let rise = Ratio::ONE.minus(self.start)?;
        self.start.plus(Ratio(math::mul_div_up(
            rise.0,
            unhealthy.into(),
            self.ramp.into(),
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

/// Whether an account that is ill because others' cuts took what hedged it is not to be liquidated yet, for a penalty: for its first ten
/// minutes. It can be deleveraged, for none. Whoever closes a debt would otherwise choose who loses a hedge by it, and take the
/// penalty in the same transaction.
#[must_use]
pub const fn spares_cut(clock: Clock) -> bool {
    clock.unhealthy < SPARED_AFTER_CUT
}

/// Decides a liquidation at `rate`, the penalty as a share of maintenance margin, of at most `max_share`. `movable` is the
/// maintenance margin of the legs that can move, what it falls by if they go, which share and penalty count; `dust` says whether
/// the account is too small to leave a rest of.
///
/// # Errors
/// [`Error::Healthy`] if equity covers maintenance; [`Error::NoEquity`] if there is none; [`Error::Overflow`].
pub fn plan(
    health: &Health,
    movable: Usd,
    rate: Ratio,
    max_share: Ratio,
    dust: bool,
) -> core::result::Result<Liquidation, Error> {
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
    let plan = with_penalty(health, movable, rate, share.min(max_share))?;
    Ok(plan)
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
    let share = math::checked_mul_div_up(math::unsigned(missing.0)?, WAD, math::unsigned(freed.0)?);
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

/// Whether positions are too small to leave a rest of: whether what they are on, each size times the `spot` of its underlying, is below
/// `dust_notional`.
///
/// # Errors
/// [`Error::Overflow`].
pub fn is_dust(
    positions: &Positions,
    dust_notional: Usd,
    spot: impl Fn(InstrumentId) -> Spot,
) -> Result<bool> {
    Ok(notional(positions, spot)? < dust_notional)
}

/// Sum of the sizes of positions, each times the `spot` of its underlying and rounded up.
///
/// # Errors
/// [`Error::Overflow`].
pub fn notional(positions: &Positions, spot: impl Fn(InstrumentId) -> Spot) -> Result<Usd> {
    let mut notional = Usd::ZERO;
    for (id, position) in positions.iter() {
        notional = notional.plus(position.size().notional_up(spot(id).price())?)?;
    }
    Ok(notional)
}

/// Whether an account is left alone for having nearly enough, where `in_grace` says that one of its legs' assets is in an outage or
/// in the grace period after one (DESIGN 5).
///
/// # Errors
/// [`Error::Overflow`].
pub fn is_spared(health: &Health, in_grace: bool) -> Result<bool> {
    Ok(in_grace && health.equity >= health.maintenance.times_up(SPARED_FROM)?)
}

/// What a liquidation or a deleveraging takes of the positions `held` where only those in the `allowed` instruments can move, and by
/// how much `whole`, their maintenance margin, falls if all of that goes. `underlying` names the perpetual on an instrument's
/// underlying; `maintenance` is the margin of some positions, zero of none.
///
/// What hedges a leg that has to stay, stays with it: of an underlying with such a leg, all goes whose going lowers the margin,
/// or nothing. The margin is the worst of many losses, so that a share of what moves lowers it by at least that share.
///
/// # Errors
/// [`Error::Overflow`].
pub fn movable(
    held: &Positions,
    whole: Usd,
    allowed: &Legs,
    underlying: impl Fn(InstrumentId) -> InstrumentId,
    maintenance: impl Fn(&Positions) -> Result<Usd>,
) -> Result<(Positions, Usd)> {
    let mut moving = held.among(|id| allowed.contains(id))?;
    if moving.count() == held.count() {
        return Ok((moving, whole));
    }
    for (stays, _) in held.iter() {
        if !allowed.contains(stays) {
            let beside = moving.among(|id| underlying(id) == underlying(stays))?;
            if beside.count() > 0 && maintenance(&held.without(&beside)?)? >= whole {
                moving = moving.without(&beside)?;
            }
        }
    }
    let left = maintenance(&held.without(&moving)?)?;
    Ok((moving, whole.minus(left)?.or_zero()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_the_grace_period_an_account_with_95_percent_of_its_margin_is_spared() {
        let spared = |equity, in_grace| {
            let health = Health {
                equity: Usd(equity),
                maintenance: Usd(1_001),
            };
            is_spared(&health, in_grace).unwrap()
        };
        // 950.95, rounded up.
        assert_eq!(
            [950, 951, 1_000].map(|e| spared(e, true)),
            [false, true, true]
        );
        assert!(!spared(1_000, false));
    }
}
