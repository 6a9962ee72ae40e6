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
