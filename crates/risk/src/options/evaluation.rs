//! Margin and sensitivities of a portfolio together.

use super::black::{Quote, Terms};
use super::encoding::{OptionLeg, Portfolio, Requirement, VOLATILITY_UNITS};
use super::scenario::Revaluation;
use crate::math::mul_div_floor;
use crate::{Error, Position, Price, Ratio, Result, Size, Usd, WAD};

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

/// Sums of sizes x quotes, WAD, each product rounded down.
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
    /// Adds a quote times a size.
    ///
    /// # Errors
    /// [`Error::Overflow`] if a sum does not fit.
    pub fn add(&mut self, size: Position, quote: &Quote) -> Result<()> {
        let product = |factor: u128| mul_div_floor(size.0, factor, WAD);
        let delta = product(quote.delta.unsigned_abs())?;
        self.delta = self.delta.plus(Position(match quote.delta {
            0.. => delta,
            _ => delta.wrapping_neg(),
        }))?;
        let sum = self.gamma.checked_add(product(quote.gamma)?);
        self.gamma = sum.ok_or(Error::Overflow)?;
        self.vega = self.vega.plus(Usd(product(quote.vega)?))?;
        self.value = self.value.plus(Usd(product(quote.value.0)?))?;
        Ok(())
    }
}

impl Portfolio {
    /// Sum of all sizes, of which at most [`MAX_OPTIONS`](super::scenario::MAX_OPTIONS) are of options.
    fn gross(&self, options: &[OptionLeg]) -> Result<Size> {
        if options.len() > super::scenario::MAX_OPTIONS {
            return Err(Error::Overflow);
        }
        options
            .iter()
            .try_fold(self.perpetual.size(), |sum, leg| sum.plus(leg.size.size()))
    }

    fn revalued(&self, options: &[OptionLeg]) -> Result<Revaluation> {
        let mut revaluation = Revaluation::new(self, self.gross(options)?)?;
        for leg in options {
            let contract = revaluation.contract(leg);
            revaluation.add(&contract);
        }
        Ok(revaluation)
    }

    /// Maintenance and initial margin of the perpetual and `options`.
    ///
    /// # Errors
    /// [`Error::Overflow`] as for [`Revaluation::new`], for more than [`MAX_OPTIONS`](super::scenario::MAX_OPTIONS), and if a
    /// result does not fit.
    pub fn requirement(&self, options: &[OptionLeg]) -> Result<Requirement> {
        Ok(self.revalued(options)?.requirement()?.0)
    }

    /// Margin, worst scenario, Greeks and value of the perpetual and `options`.
    ///
    /// # Errors
    /// As for [`requirement`](Self::requirement).
    pub fn evaluate(&self, options: &[OptionLeg]) -> Result<Evaluation> {
        let (requirement, worst) = self.revalued(options)?.requirement()?;
        let mut sums = Sums {
            delta: self.perpetual,
            ..Sums::default()
        };
        for leg in options {
            sums.add(leg.size, &self.terms(leg)?.quote()?)?;
        }
        Ok(Evaluation {
            requirement,
            worst,
            sums,
        })
    }

    /// Terms of an option at spot.
    fn terms(&self, leg: &OptionLeg) -> Result<Terms> {
        let strike = self.tick.0.checked_mul(leg.strike.into());
        Ok(Terms {
            kind: leg.kind,
            forward: self.spot,
            strike: Price(strike.ok_or(Error::Overflow)?),
            seconds: leg.seconds.into(),
            volatility: Ratio(u128::from(leg.volatility) * (WAD / u128::from(VOLATILITY_UNITS))),
        })
    }
}
