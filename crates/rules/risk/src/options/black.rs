//! Undiscounted Black-76 value and Greeks of one option (F. Black, The pricing of commodity contracts, 1976).

use super::arguments::Arguments;
use super::fixed::{FRACTION_BITS, LN_BITS, WHOLE, ln_of, root_of_years};
use super::normal::{Normal, Precise};
use super::scaled::{Scaled, high_product};
use crate::{Error, Price, Ratio, Result, WAD, refuse};

/// Which right an option gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// To buy at the strike.
    Call,
    /// To sell at the strike.
    Put,
}

/// 1 / WAD, to the nearest.
pub(super) const OVER_WAD: Scaled = Scaled {
    mantissa: 10_633_823_966_279_326_983,
    exponent: -60,
};

/// What the formula takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inputs {
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

/// A forward, and what all options on it have in common.
#[derive(Clone, Copy, Debug)]
pub(super) struct Forward {
    price: Price,
    /// The same, and its inverse.
    wad: Scaled,
    inverse: Scaled,
    /// The same in USD, and its inverse.
    usd: Scaled,
    per_usd: Scaled,
}

/// A quote before it is rounded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unrounded {
    /// WAD, rounded down.
    pub(super) value: u128,
    /// A fraction.
    pub(super) delta: i64,
    /// Per USD.
    pub(super) gamma: Scaled,
    /// USD.
    pub(super) vega: Scaled,
}

impl Inputs {
    /// Value and Greeks. Without time, volatility, forward or strike, the value is the intrinsic one. The value is wrong
    /// by at most 1e-14 of the smaller of forward and strike, and 1e-18.
    ///
    /// # Errors
    /// [`Error::Overflow`] if forward or strike is above [`Price::MAX`].
    pub fn quote(&self) -> Result<Quote> {
        Ok(Forward::new(self.forward)?
            .unrounded::<Precise>(self)?
            .rounded())
    }

    /// What exercising now would give.
    fn intrinsic(&self, forward: Price) -> u128 {
        match self.kind {
            Kind::Call => forward.0.saturating_sub(self.strike.0),
            Kind::Put => self.strike.0.saturating_sub(forward.0),
        }
    }
}

impl Forward {
    /// # Errors
    /// [`Error::Overflow`] if the price is above [`Price::MAX`].
    pub(super) fn new(price: Price) -> Result<Self> {
        if price > Price::MAX {
            return refuse(Error::Overflow);
        }
        let wad = Scaled::of_wide(price.0);
        let inverse = wad.inverse();
        Ok(Self {
            price,
            wad,
            inverse,
            usd: wad.times(OVER_WAD),
            per_usd: inverse.times(Scaled::new(WAD as u64)),
        })
    }

    /// Value and Greeks of an option by what the formula takes, but for the forward.
    ///
    /// # Errors
    /// [`Error::Overflow`] if the strike is above [`Price::MAX`].
    pub(super) fn unrounded<N: Normal>(&self, inputs: &Inputs) -> Result<Unrounded> {
        if inputs.strike > Price::MAX {
            return refuse(Error::Overflow);
        }
        let root = root_of_years(inputs.seconds);
        let deviation = Scaled::of_wide(inputs.volatility.0)
            .times(root)
            .times(OVER_WAD);
        if deviation.mantissa == 0 || self.price == Price::ZERO || inputs.strike == Price::ZERO {
            return Ok(self.certain(inputs));
        }
        Ok(self.uncertain::<N>(inputs, root, deviation))
    }

    /// An option whose value is the intrinsic one.
    fn certain(&self, inputs: &Inputs) -> Unrounded {
        let value = inputs.intrinsic(self.price);
        Unrounded {
            value,
            delta: match (value, inputs.kind) {
                (0, _) => 0,
                (_, Kind::Call) => WHOLE,
                (_, Kind::Put) => -WHOLE,
            },
            gamma: Scaled::new(0),
            vega: Scaled::new(0),
        }
    }

    fn uncertain<N: Normal>(&self, inputs: &Inputs, root: Scaled, deviation: Scaled) -> Unrounded {
        let strike = Scaled::of_wide(inputs.strike.0);
        let ratio = strike.times(self.inverse);
        let is_below = self.price < inputs.strike;
        let log = if self.price == inputs.strike {
            0
        } else {
            ln_of(ratio).unsigned_abs()
        };
        let inverse = deviation.inverse();
        let moneyness = Scaled::new(log).shifted(-i64::from(LN_BITS)).times(inverse);
        let arguments = Arguments::<N>::new(moneyness, deviation);
        let (likelihood, far) = (arguments.likelihood(), arguments.far_ratio());
        // d1 is -near below the strike, and far from it on: phi(far) = phi(near) x strike / forward.
        let (smaller, peak, inside) = if is_below {
            (self.wad, arguments.density, likelihood)
        } else {
            let peak = N::product(arguments.density, ratio.to_fixed(FRACTION_BITS.into()));
            (strike, peak, WHOLE.wrapping_sub(N::product(peak, far)))
        };
        let outside = smaller.times(fraction(arguments.outside_of(likelihood, far)));
        let peak = fraction(peak);
        Unrounded {
            value: inputs.intrinsic(self.price) + outside.whole(),
            // N(d1) of a call, -N(-d1) of a put.
            delta: match inputs.kind {
                Kind::Call => inside,
                Kind::Put => inside.wrapping_sub(WHOLE),
            },
            gamma: peak.times(inverse).times(self.per_usd),
            vega: peak.times(root).times(self.usd),
        }
    }
}

impl Unrounded {
    fn rounded(&self) -> Quote {
        let one = Scaled::new(WAD as u64);
        let doubled = self.delta.unsigned_abs().min(WHOLE.unsigned_abs()) << 1;
        let delta = i128::from(high_product(doubled, 2 * WAD as u64));
        Quote {
            value: Price(self.value),
            delta: if self.delta < 0 { -delta } else { delta },
            gamma: self.gamma.times(one).whole(),
            vega: self.vega.times(one).whole(),
        }
    }
}

/// A fraction that is not negative.
pub(super) fn fraction(x: i64) -> Scaled {
    Scaled::new(x.cast_unsigned()).shifted(-i64::from(FRACTION_BITS))
}
