//! Black-76 (F. Black, The pricing of commodity contracts, 1976), undiscounted.

use core::f64::consts::{FRAC_1_SQRT_2, PI};

/// Seconds of the year that volatilities are per root of.
pub const YEAR: f64 = 365.0 * 86_400.0;

/// The normal distribution N(`x`).
#[must_use]
pub fn distribution(x: f64) -> f64 {
    0.5 * libm::erfc(-x * FRAC_1_SQRT_2)
}

/// The normal density at `x`.
#[must_use]
pub fn density(x: f64) -> f64 {
    libm::exp(-x * x / 2.0) / libm::sqrt(2.0 * PI)
}

/// What the formula takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Inputs {
    /// Whether it is a call, not a put.
    pub is_call: bool,
    /// Price of the underlying at expiry, today, USD.
    pub forward: f64,
    /// Strike, USD; zero stands for any at or below.
    pub strike: f64,
    /// Time to expiry, in years.
    pub years: f64,
    /// Volatility per root of a year.
    pub volatility: f64,
}

/// Value and sensitivities of one option on one unit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Greeks {
    /// Value, USD.
    pub value: f64,
    /// Change of value by the forward.
    pub delta: f64,
    /// Change of delta by the forward, per USD.
    pub gamma: f64,
    /// Change of value by volatility, USD per unit.
    pub vega: f64,
}

impl Inputs {
    /// 1 of a call, -1 of a put.
    const fn sign(&self) -> f64 {
        if self.is_call { 1.0 } else { -1.0 }
    }

    /// Deviation of the logarithm of the price at expiry.
    #[must_use]
    pub fn deviation(&self) -> f64 {
        self.volatility * libm::sqrt(self.years)
    }

    fn is_certain(&self) -> bool {
        self.years <= 0.0 || self.volatility <= 0.0 || self.strike <= 0.0
    }

    fn d1(&self) -> f64 {
        let deviation = self.deviation();
        libm::log(self.forward / self.strike) / deviation + deviation / 2.0
    }

    /// Value: the intrinsic one without time or volatility. Each kind by its own formula, so that an option that is far
    /// out of the money keeps its digits.
    #[must_use]
    pub fn value(&self) -> f64 {
        let sign = self.sign();
        if self.is_certain() {
            return (sign * (self.forward - self.strike)).max(0.0);
        }
        let (d1, d2) = (self.d1(), self.d1() - self.deviation());
        sign * (self.forward * distribution(sign * d1) - self.strike * distribution(sign * d2))
    }

    /// Value and Greeks.
    #[must_use]
    pub fn greeks(&self) -> Greeks {
        let (sign, value) = (self.sign(), self.value());
        if self.is_certain() {
            let delta = if value > 0.0 { sign } else { 0.0 };
            return Greeks {
                value,
                delta,
                ..Greeks::default()
            };
        }
        let d1 = self.d1();
        Greeks {
            value,
            delta: sign * distribution(sign * d1),
            gamma: density(d1) / (self.forward * self.deviation()),
            vega: self.forward * density(d1) * libm::sqrt(self.years),
        }
    }
}
