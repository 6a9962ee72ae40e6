//! Undiscounted Black-76 value and Greeks of one option (F. Black, The pricing of commodity contracts, 1976).

use super::fixed::{BITS, MAX_DEVIATION, ONE, deviation, ln_ratio, sqrt_years};
use super::normal::{density, distribution, outside_value};
use crate::math::{mul_div_down, mul_wide};
use crate::{Error, Price, Ratio, Result, WAD};

/// Which right an option gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// To buy at the strike.
    Call,
    /// To sell at the strike.
    Put,
}

/// What a price depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Call or put.
    pub kind: Kind,
    /// Price of the underlying at expiry, today.
    pub forward: Price,
    /// Price at which the option is exercised.
    pub strike: Price,
    /// Seconds to expiry.
    pub seconds: u64,
    /// Volatility per root of a year of 365 days.
    pub volatility: Ratio,
}

/// Value and sensitivities of one option on one unit, all WAD.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quote {
    /// Value, rounded down.
    pub value: Price,
    /// Change of value by the forward: 0 to 1 of a call, -1 to 0 of a put.
    pub delta: i128,
    /// Change of delta by the forward, per USD. The largest number where it does not fit.
    pub gamma: u128,
    /// Change of value by volatility, per unit of it. The largest number where it does not fit.
    pub vega: u128,
}

/// Where an option stands, in units of 2^-60.
struct Standing {
    /// Deviation of the logarithm of the price at expiry.
    deviation: i128,
    /// |ln(forward / strike)| / deviation - deviation / 2, and + deviation / 2.
    near: i128,
    far: i128,
}

impl Terms {
    /// Value and Greeks. Without time, volatility, forward or strike, the value is the intrinsic one. The value is wrong
    /// by at most 1e-16 of the smaller of forward and strike, and 1e-18.
    ///
    /// # Errors
    /// [`Error::Overflow`] if forward or strike is above [`Price::MAX`].
    pub fn quote(&self) -> Result<Quote> {
        let (forward, strike) = (self.forward, self.strike);
        if forward > Price::MAX || strike > Price::MAX {
            return Err(Error::Overflow);
        }
        let root = sqrt_years(self.seconds);
        let Some(at) = self.standing(root) else {
            return Ok(self.intrinsic());
        };
        let outside = outside_value(at.near, at.far).unsigned_abs();
        let smaller = forward.min(strike).0;
        let value = self.intrinsic().value.0 + mul_div_down(smaller, outside, ONE.unsigned_abs())?;
        let d1 = if forward < strike { -at.near } else { at.far };
        let peak = density(d1).unsigned_abs();
        Ok(Quote {
            value: Price(value),
            delta: self.delta(d1),
            gamma: gamma(peak, forward, at.deviation),
            vega: vega(peak, forward, root),
        })
    }

    fn standing(&self, root: u128) -> Option<Standing> {
        let deviation = deviation(self.volatility.0, root);
        if deviation == 0 || self.forward.0 == 0 || self.strike.0 == 0 {
            return None;
        }
        let log = ln_ratio(self.forward.0, self.strike.0).abs();
        // Beyond this many deviations nothing is left, and the quotient fits.
        let whole = (log / deviation).min(MAX_DEVIATION >> BITS);
        let moneyness = (whole << BITS) + ((log % deviation) << BITS) / deviation;
        Some(Standing {
            deviation,
            near: moneyness - deviation / 2,
            far: moneyness + deviation / 2,
        })
    }

    /// What exercising now would give, without any uncertainty.
    fn intrinsic(&self) -> Quote {
        let (forward, strike) = (self.forward.0, self.strike.0);
        let (value, delta) = match self.kind {
            Kind::Call => (forward.saturating_sub(strike), WAD as i128),
            Kind::Put => (strike.saturating_sub(forward), -(WAD as i128)),
        };
        Quote {
            value: Price(value),
            delta: if value == 0 { 0 } else { delta },
            ..Quote::default()
        }
    }

    /// N(d1) of a call, -N(-d1) of a put.
    fn delta(&self, d1: i128) -> i128 {
        let share = |x: i128| (distribution(x) * WAD as i128) >> BITS;
        match self.kind {
            Kind::Call => share(d1),
            Kind::Put => -share(-d1),
        }
    }
}

/// phi(d1) / (forward x deviation), WAD.
fn gamma(peak: u128, forward: Price, deviation: i128) -> u128 {
    /// WAD^2 / 2^36.
    const SCALE: u128 = 5_u128.pow(36);
    // With 64 more bits than one: WAD^2 / 2^64 = SCALE / 2^28, and 2^28 x the largest price fits.
    let slope = (peak << 64) / deviation.unsigned_abs();
    mul_div_down(slope, SCALE, forward.0 << 28).unwrap_or(u128::MAX)
}

/// forward x phi(d1) x root of the time, WAD.
fn vega(peak: u128, forward: Price, root: u128) -> u128 {
    let one = ONE.unsigned_abs();
    let (high, low) = mul_wide(forward.0, peak);
    crate::math::div_wide(high, low, one)
        .and_then(|(slope, _)| mul_div_down(slope, root, one))
        .unwrap_or(u128::MAX)
}
