//! Undiscounted Black-76 value and Greeks of one option (F. Black, The pricing of commodity contracts, 1976).

use super::fixed::{FRACTION_BITS, LN_BITS, WHOLE, ln_of, product, root_of_years};
use super::scaled::{Scaled, high_product};
use super::standing::Standing;
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

/// 1 / WAD and WAD^2, to the nearest.
pub(super) const OVER_WAD: Scaled = Scaled {
    mantissa: 10_633_823_966_279_326_983,
    exponent: -60,
};
const WAD_SQUARED: Scaled = Scaled {
    mantissa: 13_877_787_807_814_456_755,
    exponent: 119,
};

impl Terms {
    /// Value and Greeks. Without time, volatility, forward or strike, the value is the intrinsic one. The value is wrong
    /// by at most 1e-14 of the smaller of forward and strike, and 1e-18.
    ///
    /// # Errors
    /// [`Error::Overflow`] if forward or strike is above [`Price::MAX`].
    pub fn quote(&self) -> Result<Quote> {
        let (forward, strike) = (self.forward, self.strike);
        if forward > Price::MAX || strike > Price::MAX {
            return Err(Error::Overflow);
        }
        let root = root_of_years(self.seconds);
        let deviation = Scaled::of_wide(self.volatility.0)
            .times(root)
            .times(OVER_WAD);
        if deviation.mantissa == 0 || forward == Price::ZERO || strike == Price::ZERO {
            return Ok(self.intrinsic());
        }
        Ok(self.priced(root, deviation))
    }

    /// A quote of what has uncertainty.
    fn priced(&self, root: Scaled, deviation: Scaled) -> Quote {
        let (forward, strike) = (self.forward, self.strike);
        let smaller = Scaled::of_wide(forward.min(strike).0);
        let ratio = smaller.times(Scaled::of_wide(forward.max(strike).0).inverse());
        let log = if forward == strike {
            0
        } else {
            ln_of(ratio).unsigned_abs()
        };
        let standing = Standing::new(Scaled::new(log).shifted(-i64::from(LN_BITS)), deviation);
        let (likelihood, far) = (standing.likelihood(), standing.far_ratio());
        let outside = smaller.times(fraction(standing.outside_of(likelihood, far)));
        // d1 is -near below the strike, and far from it on: phi(far) = phi(near) x smaller / larger.
        let (peak, inside) = if forward < strike {
            (standing.density, likelihood)
        } else {
            let peak = product(standing.density, ratio.to_fixed(FRACTION_BITS.into()));
            (peak, WHOLE.wrapping_sub(product(peak, far)))
        };
        let (peak, price) = (fraction(peak), Scaled::of_wide(forward.0));
        Quote {
            value: Price(self.intrinsic().value.0 + outside.whole()),
            delta: self.delta(inside),
            gamma: peak
                .times(deviation.times(price).inverse())
                .times(WAD_SQUARED)
                .whole(),
            vega: price.times(peak).times(root).whole(),
        }
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
    fn delta(&self, inside: i64) -> i128 {
        let wad = |share: i64| {
            let doubled = share.clamp(0, WHOLE).cast_unsigned() << 1;
            i128::from(high_product(doubled, 2 * WAD as u64))
        };
        match self.kind {
            Kind::Call => wad(inside),
            Kind::Put => -wad(WHOLE.wrapping_sub(inside)),
        }
    }
}

/// A fraction that is not negative.
fn fraction(x: i64) -> Scaled {
    Scaled::new(x.cast_unsigned()).shifted(-i64::from(FRACTION_BITS))
}
