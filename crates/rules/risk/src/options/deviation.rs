//! Value and delta of a call in the scenario loop.

use core::num::Wrapping;

use super::arguments::{self, Arguments};
use super::fast::{BITS, Fix, ONE, reciprocal};
use super::fast_normal::distribution;
use super::rough_normal::Rough;

/// Deviations of the logarithm of a price: an option of the largest is worth all it can be, and one of the smallest nothing
/// more than it has inside, both to less than 1e-8.
const MIN_DEVIATION: Fix = Wrapping(1 << 4);
const MAX_DEVIATION: Fix = Wrapping(16 * ONE.0);

/// A call at one price: a long option as such, a short one as such, a put as a call and the underlying.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    /// Share of the unit of prices.
    pub(super) value: Fix,
    /// Change of it by the price, from zero to one.
    pub(super) delta: Fix,
}

/// Deviation of the logarithm of a price, and its reciprocal: one division for all moves of spot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deviation {
    half: Fix,
    /// 2^30 x 2^shift / deviation, below 2^27: its product with any logarithm fits.
    reciprocal: Fix,
    shift: usize,
}

impl Deviation {
    #[inline(always)]
    pub(super) fn new(deviation: Fix) -> Self {
        let deviation = deviation.clamp(MIN_DEVIATION, MAX_DEVIATION);
        let length = 63 - deviation.0.leading_zeros();
        Self {
            half: deviation >> 1,
            reciprocal: reciprocal(deviation, length + 26),
            shift: length as usize - 4,
        }
    }

    /// A call at a `price`; `log` is ln(price / strike).
    #[inline(always)]
    pub(super) fn call(&self, price: Fix, log: Fix, strike: Fix) -> Call {
        let x = (log * self.reciprocal) >> self.shift;
        let delta = distribution(x + self.half);
        let value = (price * delta - strike * distribution(x - self.half)) >> BITS;
        Call { value, delta }
    }

    /// The same of a strike that is not below the price, whatever the strike.
    pub(super) fn far_call(&self, price: Fix, log: Fix) -> Call {
        const FINER: usize = arguments::ARGUMENT_BITS as usize - BITS;
        const LOST: usize = arguments::FRACTION_BITS as usize - BITS;
        // Below 16, as half of a deviation is.
        const MOST: Fix = Wrapping((16 << BITS) - 1);
        let moneyness = ((-log * self.reciprocal) >> self.shift).min(MOST);
        let arguments =
            Arguments::<Rough>::of_arguments((moneyness << FINER).0, (self.half << FINER).0);
        let likelihood = arguments.likelihood();
        let outside = arguments.outside_of(likelihood, arguments.far_ratio());
        Call {
            value: (price * Wrapping(outside >> LOST)) >> BITS,
            delta: Wrapping(likelihood >> LOST),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fast::log_of;
    use super::*;

    /// Value and delta of a call by its definition, in units.
    fn exact(price: f64, strike: f64, deviation: f64) -> [f64; 2] {
        let tail = |x: f64| libm::erfc(-x / core::f64::consts::SQRT_2) / 2.0;
        let x = libm::log(price / strike) / deviation;
        let delta = tail(x + deviation / 2.0);
        let value = price * delta - strike * tail(x - deviation / 2.0);
        [value, delta].map(|x| x * ONE.0 as f64)
    }

    fn units(x: f64) -> Fix {
        Wrapping((x * ONE.0 as f64) as i64)
    }

    #[test]
    fn a_call_is_worth_what_it_is_near_and_far() {
        for deviation in [0.001, 0.02, 0.2, 1.0, 3.0, 15.0] {
            for (price, strike) in [(1.0, 1.0), (1.0, 1.001), (0.9, 1.0), (1.0, 4.0), (5.0, 6.0)] {
                let log = log_of(units(price)) - log_of(units(strike));
                let found = Deviation::new(units(deviation));
                let [value, delta] = exact(price, strike, deviation);
                let near = found.call(units(price), log, units(strike));
                let far = found.far_call(units(price), log);
                // A unit of the logarithm is as much of delta as the deviation is small.
                let off = 12.0 + 4.0 / deviation;
                for call in [near, far] {
                    assert!(
                        (call.value.0 as f64 - value).abs() < 24.0,
                        "{price} {strike} {deviation} {call:?} {value}"
                    );
                    assert!(
                        (call.delta.0 as f64 - delta).abs() < off,
                        "{price} {strike} {deviation} {call:?} {delta}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_deviation_is_from_2_to_the_minus_26_to_16() {
        let (price, log) = (units(2.0), log_of(units(2.0)));
        for (given, counted) in [
            (0, 1 << 4),
            (15, 1 << 4),
            (i64::MAX, 16 << BITS),
            ((16 << BITS) + 1, 16 << BITS),
        ] {
            let [given, counted] = [given, counted].map(|x| Deviation::new(Wrapping(x)));
            let parts = |x: &Deviation| (x.half, x.reciprocal, x.shift);
            assert_eq!(parts(&given), parts(&counted));
        }
        // The smallest has nothing but what is inside, the largest all of the price; to three units of the distribution.
        let near = |found: Fix, expected: Fix| (found - expected).0.abs() <= 3;
        let least = Deviation::new(Wrapping(0)).call(price, log, ONE);
        assert!(
            near(least.value, ONE) && near(least.delta, ONE),
            "{least:?}"
        );
        let most = Deviation::new(Wrapping(i64::MAX)).call(price, log, ONE);
        assert!(near(most.value, price) && near(most.delta, ONE), "{most:?}");
    }
}
