//! What accounts need: one rule for perpetuals and options, of each underlying and together.
//!
//! An underlying's price may move by a range: the larger of what governance set for it and what the guard derives from its
//! volatility (DESIGN 4). Maintenance margin covers the maintenance range; initial margin covers the initial range, at least a
//! quarter more than maintenance margin. Tier and concentration widen the initial range alone: nobody is liquidated by a tier or
//! by somebody else's trade. A perpetual alone needs its range x its notional, which is what the scenarios give for a delta of
//! one; with options beside it, it is a leg of their portfolio (see [`options`](crate::options)). Underlyings add.
//!
//! The vault's program computes with these very functions, but for portfolios, of which it asks the risk engine.

use super::listing::CONCENTRATION_STEPS;
use super::tiers::Tier;
use crate::options::scenario::MAX_RANGE;
use crate::options::{ClosingLeg, OptionLeg, Portfolio, Requirement, Shock};
use crate::{Position, Price, Ratio, Result, Spot, Stable, Usd, WAD, math};

/// Initial margin of maintenance margin, at least: 1.25.
pub const LEAST_INITIAL: Ratio = Ratio(WAD / 4 * 5);
/// Rewards for closing an account that its initial margin has to reach, so that bankruptcies are not worth making.
pub const REWARDS_IN_MARGIN: Ratio = Ratio(10 * WAD);

/// Margin of one position: size x price x rate, rounded up.
///
/// # Errors
/// [`Overflow`](crate::Error::Overflow) if it does not fit.
pub fn linear_margin(position: Position, price: Price, rate: Ratio) -> Result<Usd> {
    position.size().notional_up(price)?.times_up(rate)
}

/// A rate of the maintenance margin `margin` of some positions as a rate of their `weights`, rounded down: what is then taken
/// position by position adds up to what they need together, hedged as they are.
///
/// # Errors
/// [`Overflow`](crate::Error::Overflow) if it does not fit.
pub fn rate_of_weights(rate: Ratio, margin: Usd, weights: Usd) -> Result<Ratio> {
    if margin == weights || weights == Usd::ZERO {
        return Ok(rate);
    }
    let (margin, weights) = (math::unsigned(margin.0)?, math::unsigned(weights.0)?);
    math::mul_div_down(rate.0, margin, weights).map(Ratio)
}

/// How far an underlying's price may move, each a share of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ranges {
    /// What maintenance margin covers.
    pub maintenance: Ratio,
    /// What initial margin covers.
    pub initial: Ratio,
}

impl Ranges {
    /// The ranges that apply: of an instrument's own rates and what the guard says the larger; the initial one x 5/4 from
    /// Caution, x (1 + `concentration` / 16), rounded up. A range beyond 18.4 counts as that.
    #[must_use]
    pub fn of(rates: Self, guarded: Self, tier: Tier, concentration: u32) -> Self {
        let wider = u64::try_from(rates.initial.max(guarded.initial).0).unwrap_or(u64::MAX);
        let quarters = if tier >= Tier::Caution { 5 } else { 4 };
        let factor = quarters * (CONCENTRATION_STEPS + concentration.min(CONCENTRATION_STEPS));
        let initial = u128::from(wider) * u128::from(factor);
        Self {
            maintenance: rates.maintenance.max(guarded.maintenance),
            initial: Ratio(initial.div_ceil(u128::from(4 * CONCENTRATION_STEPS))),
        }
    }
}

/// What margin in one underlying is computed from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Underlying {
    /// Mark of the perpetual.
    pub spot: Spot,
    /// The stable price; the mark where there is none.
    pub stable: Stable,
    /// How far the price may move.
    pub ranges: Ranges,
}

/// What options on an underlying are margined by, beside its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OptionRates {
    /// What strikes are counted in.
    pub tick: Price,
    /// How far a 30-day volatility may move.
    pub volatility_range: Ratio,
    /// Margin of every short option, of spot.
    pub short_option_rate: Ratio,
}

impl Underlying {
    /// Maintenance margin of a position that nothing is counted against: size x spot x maintenance range, rounded up.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) if it does not fit.
    pub fn maintenance(&self, position: Position) -> Result<Usd> {
        linear_margin(position, self.spot.price(), self.ranges.maintenance)
    }

    /// Initial margin of a perpetual alone: size x initial range x spot; or x the stable price, and the loss from the mark to
    /// it, if that is more; at least a quarter more than maintenance margin. Rounded up.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) if it does not fit.
    pub fn initial(&self, position: Position) -> Result<Usd> {
        let at_spot = linear_margin(position, self.spot.price(), self.ranges.initial)?;
        let least = at_spot.max(self.maintenance(position)?.times_up(LEAST_INITIAL)?);
        let fell = self.stable.0 < self.spot.0;
        if fell != (position.0 > 0) {
            return Ok(least);
        }
        let distance = Price(self.spot.0.abs_diff(self.stable.0));
        let loss = position.size().notional_up(distance)?;
        let at_stable = linear_margin(position, self.stable.price(), self.ranges.initial)?;
        Ok(least.max(at_stable.plus(loss)?))
    }

    /// The underlying's part of an account as the scenarios margin it, without the options. An initial range beyond what the
    /// scenarios know, 300 %, counts as that.
    #[must_use]
    pub fn portfolio(&self, perpetual: Position, rates: &OptionRates) -> Portfolio {
        Portfolio {
            spot: self.spot,
            stable: self.stable,
            tick: rates.tick,
            perpetual,
            shock: Shock {
                spot_range: self.ranges.maintenance,
                initial_spot_range: self.ranges.initial.min(MAX_RANGE),
                volatility_range: rates.volatility_range,
                short_option_rate: rates.short_option_rate,
                initial_factor: LEAST_INITIAL,
            },
        }
    }
}

/// What an account holds in one underlying.
#[derive(Clone, Copy, Debug)]
pub struct Holding<'o> {
    /// The underlying.
    pub underlying: Underlying,
    /// What options on it are margined by.
    pub rates: OptionRates,
    /// The perpetual; positive is long.
    pub perpetual: Position,
    /// Options that have not settled.
    pub options: &'o [OptionLeg],
    /// Of series that settle early, within a day.
    pub closing: &'o [ClosingLeg],
    /// Whether the guardian distrusts the volatility of one of them.
    pub distrusted: bool,
}

impl Holding<'_> {
    /// Whether anything is held.
    fn is_live(&self) -> bool {
        let option = |leg: &OptionLeg| leg.size != Position::ZERO;
        let closing = |leg: &ClosingLeg| option(&leg.option);
        self.perpetual != Position::ZERO
            || self.options.iter().any(option)
            || self.closing.iter().any(closing)
    }

    /// Both margins of it.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) if one does not fit, or for a portfolio that the
    /// [scenarios refuse](crate::options::Refusal).
    pub fn requirement(&self) -> Result<Requirement> {
        let Self {
            underlying,
            perpetual,
            ..
        } = self;
        if self.options.is_empty() && self.closing.is_empty() {
            return Ok(Requirement {
                maintenance: underlying.maintenance(*perpetual)?,
                initial: underlying.initial(*perpetual)?,
            });
        }
        let mut portfolio = underlying.portfolio(*perpetual, &self.rates);
        if self.distrusted {
            portfolio.shock.distrust();
        }
        Ok(portfolio.requirement_with(self.options, self.closing)?)
    }
}

/// Both margins of an account: the sums over what it holds in each underlying; if it holds anything, its initial margin is at
/// least ten times `max_reward`, the largest reward for closing it.
///
/// # Errors
/// [`Overflow`](crate::Error::Overflow) as [`Holding::requirement`].
pub fn requirement(holdings: &[Holding], max_reward: Usd) -> Result<Requirement> {
    let mut sum = Requirement::default();
    for holding in holdings {
        let one = holding.requirement()?;
        sum.maintenance = sum.maintenance.plus(one.maintenance)?;
        sum.initial = sum.initial.plus(one.initial)?;
    }
    let live = holdings.iter().any(Holding::is_live);
    sum.initial = least_initial(sum.initial, live, max_reward)?;
    Ok(sum)
}

/// An account's initial margin, given what its positions need by themselves: with any live leg at least ten times the largest
/// reward for closing it, whatever the engine says.
///
/// # Errors
/// [`Overflow`](crate::Error::Overflow) if ten rewards do not fit.
pub fn least_initial(initial: Usd, live: bool, max_reward: Usd) -> Result<Usd> {
    if !live {
        return Ok(initial);
    }
    Ok(initial.max(max_reward.times_up(REWARDS_IN_MARGIN)?))
}
