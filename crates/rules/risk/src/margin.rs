//! Margin requirements, and the rules that trades are held to.

use core::cmp::Ordering;

use crate::{Position, Price, Ratio, Result, Usd, math};

/// Equity and maintenance margin of a settled account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Capital, and profit at its worth.
    pub equity: Usd,
    /// Maintenance margin at the mark.
    pub maintenance: Usd,
}

impl Health {
    /// Whether equity covers maintenance margin. An account without positions is healthy unless it is in debt.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.equity >= self.maintenance
    }
}

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

/// Whether a trade reduced an account's risk: maintenance fell, equity is not negative, and equity / maintenance did not
/// fall.
#[must_use]
pub fn reduced_risk(before: &Health, after: &Health) -> bool {
    let (Ok(old_margin), Ok(margin), Ok(equity)) = (
        math::unsigned(before.maintenance.0),
        math::unsigned(after.maintenance.0),
        math::unsigned(after.equity.0),
    ) else {
        return false;
    };
    let old_equity = before.equity.or_zero().0.unsigned_abs();
    margin < old_margin
        && math::cmp_products(equity, old_margin, old_equity, margin) != Ordering::Less
}

/// Whether `price` is within `band`, a share of the mark, of the mark.
///
/// # Errors
/// [`Overflow`](crate::Error::Overflow) if the product does not fit.
pub fn within_band(price: Price, mark: Price, band: Ratio) -> Result<bool> {
    Ok(price.0.abs_diff(mark.0) <= math::mul_div_down(mark.0, band.0, crate::WAD)?)
}
