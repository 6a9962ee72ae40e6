//! Margin and sensitivities of a portfolio together.

use super::black::{OVER_WAD, Quote, Terms};
use super::encoding::{OptionLeg, Portfolio, Requirement, VOLATILITY_UNITS};
use super::refusal::{Refusal, Result};
use super::scaled::Scaled;
use super::scenario::{MAX_OPTIONS, Revaluation};
use crate::{Position, Price, Ratio, Usd, WAD, math};

/// What there is to know of a portfolio's risk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evaluation {
    /// Maintenance and initial margin.
    pub requirement: Requirement,
    /// Scenario of the worst loss: 3 x step of spot + step of volatility, each from the lowest; 21 and 22 are the tails.
    pub worst: u8,
    /// Sums over the portfolio.
    pub sums: Sums,
}

/// Sums of sizes x quotes, WAD, each product towards zero and to 60 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Change of value by spot, the perpetual's included.
    pub delta: Position,
    /// Change of delta by spot, per USD.
    pub gamma: i128,
    /// Change of value by volatility, per unit of it.
    pub vega: Usd,
    /// Value of the options.
    pub value: Usd,
}

impl Sums {
    /// Those of the perpetual alone.
    #[must_use]
    pub fn of_perpetual(size: Position) -> Self {
        Self {
            delta: size,
            ..Self::default()
        }
    }

    /// Adds a quote times a size.
    ///
    /// # Errors
    /// [`Refusal::Overflow`] if a sum does not fit.
    pub fn add(&mut self, size: Position, quote: &Quote) -> Result<()> {
        let magnitude = Scaled::of_wide(size.size().0).times(OVER_WAD);
        let product = |factor: u128| magnitude.times(Scaled::of_wide(factor)).whole();
        let signed = |negative: bool, factor: u128| {
            let product = math::signed(product(factor))?;
            Ok::<_, Refusal>(if negative { -product } else { product })
        };
        let short = size.0 < 0;
        let delta = signed(short != (quote.delta < 0), quote.delta.unsigned_abs())?;
        self.delta = self.delta.plus(Position(delta))?;
        let sum = self.gamma.checked_add(signed(short, quote.gamma)?);
        self.gamma = sum.ok_or(Refusal::Overflow)?;
        self.vega = self.vega.plus(Usd(signed(short, quote.vega)?))?;
        self.value = self.value.plus(Usd(signed(short, quote.value.0)?))?;
        Ok(())
    }
}

impl Portfolio {
    /// Begins the revaluation of the perpetual and of options of the given `sizes`.
    ///
    /// # Errors
    /// As for [`Revaluation::new`]; [`Refusal::TooManyOptions`] above [`MAX_OPTIONS`], [`Refusal::Overflow`] if the sum of the sizes
    /// does not fit.
    #[inline]
    pub fn begin(&self, sizes: impl Iterator<Item = Position>) -> Result<Revaluation> {
        let (mut count, mut gross) = (0, self.perpetual.size());
        for size in sizes {
            gross = gross.plus(size.size())?;
            count += 1;
        }
        if count > MAX_OPTIONS {
            return Err(Refusal::TooManyOptions);
        }
        Revaluation::new(self, gross)
    }

    fn revalued(&self, options: &[OptionLeg]) -> Result<(Requirement, u8)> {
        let mut revaluation = self.begin(options.iter().map(|leg| leg.size))?;
        for leg in options {
            let contract = revaluation.contract(leg);
            revaluation.add(&contract);
        }
        revaluation.requirement()
    }

    /// Maintenance and initial margin of the perpetual and `options`.
    ///
    /// # Errors
    /// As for [`begin`](Self::begin); [`Refusal::Overflow`] if a result does not fit.
    pub fn requirement(&self, options: &[OptionLeg]) -> Result<Requirement> {
        Ok(self.revalued(options)?.0)
    }

    /// Margin, worst scenario, Greeks and value of the perpetual and `options`.
    ///
    /// # Errors
    /// As for [`requirement`](Self::requirement); [`Refusal::Price`] if a strike is above [`Price::MAX`].
    pub fn evaluate(&self, options: &[OptionLeg]) -> Result<Evaluation> {
        let (requirement, worst) = self.revalued(options)?;
        let mut sums = Sums::of_perpetual(self.perpetual);
        for leg in options {
            sums.add(
                leg.size,
                &self.terms(leg).quote().map_err(|_| Refusal::Price)?,
            )?;
        }
        Ok(Evaluation {
            requirement,
            worst,
            sums,
        })
    }

    /// Terms of an option at spot.
    fn terms(&self, leg: &OptionLeg) -> Terms {
        Terms {
            kind: leg.kind,
            forward: self.spot,
            strike: Price(self.tick.0.saturating_mul(leg.strike.into())),
            seconds: leg.seconds.into(),
            volatility: Ratio(u128::from(leg.volatility) * (WAD / u128::from(VOLATILITY_UNITS))),
        }
    }
}
