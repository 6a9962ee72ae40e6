//! Margin and sensitivities of a portfolio together.

use super::black::{Forward, Inputs, OVER_WAD, fraction};
use super::closing::ClosingLeg;
use super::encoding::{OptionLeg, Portfolio, Requirement, VOLATILITY_UNITS};
use super::refusal::{Refusal, Result};
use super::rough_normal::Rough;
use super::scaled::Scaled;
use super::scenario::{MAX_OPTIONS, Revaluation, Worth};
use crate::{Position, Ratio, Usd, WAD, math};

/// What there is to know of a portfolio's risk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evaluation {
    /// Maintenance and initial margin.
    pub requirement: Requirement,
    /// Where the worst loss is: see [`Revaluation::requirement`].
    pub worst: u8,
    /// Sums over the portfolio.
    pub sums: Sums,
}

/// Sums of sizes x quotes, WAD: each product is rounded towards zero, and wrong by at most 1e-9 of its scale.
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

/// Sums in the making.
#[derive(Clone, Copy, Debug)]
pub struct Summation {
    spot: Forward,
    sums: Sums,
}

impl Summation {
    /// Begins with the perpetual of a portfolio.
    ///
    /// # Errors
    /// [`Refusal::Price`] if spot is above [`Price::MAX`].
    pub fn new(portfolio: &Portfolio) -> Result<Self> {
        Ok(Self {
            spot: Forward::new(portfolio.spot.price()).map_err(|_| Refusal::Price)?,
            sums: Sums {
                delta: portfolio.perpetual,
                ..Sums::default()
            },
        })
    }

    /// Adds an option of a size, by what the formula takes, but for the forward.
    ///
    /// # Errors
    /// [`Refusal::Price`] if the strike is above [`Price::MAX`], [`Refusal::Overflow`] if a sum does not fit.
    pub fn add(&mut self, inputs: &Inputs, size: Position) -> Result<()> {
        let quote = self
            .spot
            .unrounded::<Rough>(inputs)
            .map_err(|_| Refusal::Price)?;
        let magnitude = Scaled::of_wide(size.size().0);
        let is_short = size.0 < 0;
        let amount = |is_negative: bool, factor: Scaled| {
            let product = math::signed(magnitude.times(factor).whole())?;
            Ok::<_, Refusal>(if is_negative { -product } else { product })
        };
        let delta = fraction(quote.delta.wrapping_abs());
        let value = Scaled::of_wide(quote.value).times(OVER_WAD);
        let Sums {
            delta: deltas,
            gamma,
            vega,
            value: values,
        } = &mut self.sums;
        *deltas = deltas.plus(Position(amount(is_short != (quote.delta < 0), delta)?))?;
        *gamma = gamma
            .checked_add(amount(is_short, quote.gamma)?)
            .ok_or(Refusal::Overflow)?;
        *vega = vega.plus(Usd(amount(is_short, quote.vega)?))?;
        *values = values.plus(Usd(amount(is_short, value)?))?;
        Ok(())
    }

    /// What has been added up.
    #[must_use]
    pub const fn sums(&self) -> Sums {
        self.sums
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

    fn revalued(&self, options: &[OptionLeg], closing: &[ClosingLeg]) -> Result<(Requirement, u8)> {
        let sizes = options.iter().chain(closing.iter().map(|leg| &leg.option));
        let revaluation = self.begin(sizes.map(|leg| leg.size))?;
        let mut worth = Worth::NOTHING;
        for leg in closing {
            revaluation.add_closing(&mut worth, leg);
        }
        for leg in options {
            revaluation.add(&mut worth, &revaluation.contract(leg));
        }
        let contract_at = |place| options.get(place).map(|leg| revaluation.contract(leg));
        revaluation.requirement(&worth, (&contract_at, closing))
    }

    /// Maintenance and initial margin of the perpetual and `options`.
    ///
    /// # Errors
    /// As for [`begin`](Self::begin); [`Refusal::Overflow`] if a result does not fit.
    pub fn requirement(&self, options: &[OptionLeg]) -> Result<Requirement> {
        self.requirement_with(options, &[])
    }

    /// The same with options that are `closing`.
    ///
    /// # Errors
    /// As for [`requirement`](Self::requirement).
    pub fn requirement_with(
        &self,
        options: &[OptionLeg],
        closing: &[ClosingLeg],
    ) -> Result<Requirement> {
        Ok(self.revalued(options, closing)?.0)
    }

    /// Margin, worst loss, Greeks and value of the perpetual and `options`.
    ///
    /// # Errors
    /// As for [`requirement`](Self::requirement); [`Refusal::Price`] if a strike is above [`Price::MAX`].
    pub fn evaluate(&self, options: &[OptionLeg]) -> Result<Evaluation> {
        let (requirement, worst) = self.revalued(options, &[])?;
        let mut summation = Summation::new(self)?;
        for leg in options {
            summation.add(&self.inputs(leg), leg.size)?;
        }
        Ok(Evaluation {
            requirement,
            worst,
            sums: summation.sums(),
        })
    }

    /// What is taken of an option at spot.
    fn inputs(&self, leg: &OptionLeg) -> Inputs {
        Inputs {
            kind: leg.kind,
            forward: self.spot.price(),
            strike: leg.strike_price(self.tick),
            seconds: leg.seconds.into(),
            volatility: Ratio(u128::from(leg.volatility) * (WAD / u128::from(VOLATILITY_UNITS))),
        }
    }
}
