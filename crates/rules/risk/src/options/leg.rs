//! An option as the scenario loop takes it: everything that does not depend on the price.

use core::num::Wrapping;

use super::deviation::{Call, Deviation};
use super::fast::{self, BITS, Fix, ONE, log_of, reciprocal, root_of_years, times};
use super::moves::{ROWS, STILL, Sum};
use super::rows::BetweenRows;
use super::scaled::Scaled;

/// No move takes a volatility below 5 %.
const MIN_VOLATILITY: Fix = Wrapping(ONE.0 / 20);
/// Deviation and change of volatility beyond which products would not fit: both are far beyond what makes a difference.
const MAX_PRODUCT: Fix = Wrapping(1 << 36);
const MAX_SHOCK: Fix = Wrapping(1 << 41);
/// Power of two from which a strike is far: its calls are out of the money after every move.
const FAR: i64 = 3;

/// An option in units of the loop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leg {
    /// Positive is long.
    pub(super) size: Fix,
    /// Nothing of a far one.
    pub(super) strike: Fix,
    /// Logarithm of the strike.
    pub(super) log: Fix,
    /// Whether 2^-30 of the unit is too coarse for its strike, and it is revalued as a share of the price itself.
    pub(super) is_far: bool,
    /// Of the logarithm of the price at expiry, by the volatility itself.
    deviation: Fix,
    /// By the least volatility.
    least: Fix,
    /// How far volatility moves, a share of itself.
    shock: Fix,
}

impl Leg {
    /// An option of a `size`, a `strike` in units, `seconds` to expiry and a `volatility`, where a 30-day volatility moves by
    /// `range`.
    pub(super) fn new(
        size: Fix,
        strike: Scaled,
        seconds: u32,
        volatility: Fix,
        range: Fix,
    ) -> Self {
        let root = root_of_years(seconds);
        let is_far = strike.reaches(FAR);
        Self {
            size,
            strike: if is_far { Wrapping(0) } else { strike.fix() },
            log: strike.fast_ln(),
            is_far,
            deviation: times(volatility, root).min(MAX_PRODUCT),
            least: (root * MIN_VOLATILITY) >> BITS,
            shock: times(range, fast::term_factor(seconds)).min(MAX_SHOCK),
        }
    }

    /// Its deviation in a row: up, the volatility is multiplied by one and the move, down it is divided, so that the way back is
    /// the way there.
    #[inline(always)]
    pub(super) fn deviation(&self, row: usize) -> Deviation {
        Deviation::new(self.moved(row).max(self.least))
    }

    /// The option by a volatility that is fixed: neither moved nor held to the least.
    pub(super) fn unmoved(&self) -> Deviation {
        Deviation::new(self.deviation)
    }

    #[inline(always)]
    fn moved(&self, row: usize) -> Fix {
        const HALF_STEPS: usize = (ROWS - 1) / STILL;
        let steps = Wrapping(row.abs_diff(STILL) as i64);
        let factor = ONE + self.shock * steps / Wrapping(HALF_STEPS as i64);
        let factor = if row < STILL {
            reciprocal(factor, 2 * BITS as u32)
        } else {
            factor
        };
        times(self.deviation, factor)
    }

    /// The option as a call at one price.
    pub(super) fn call(&self, deviation: &Deviation, price: Fix) -> Call {
        let log = log_of(price) - self.log;
        if self.is_far {
            deviation.far_call(price, log)
        } else {
            deviation.call(price, log, self.strike)
        }
    }

    /// By how much its mark is less than its value at a `price` where nothing has moved: an option whose volatility is below the
    /// least is revalued at that.
    #[inline]
    pub(super) fn below(&self, price: Fix) -> Fix {
        if self.deviation >= self.least {
            return Wrapping(0);
        }
        let marked = self.call(&self.unmoved(), price);
        let still = self.call(&self.deviation(STILL), price);
        self.size * (still.value - marked.value)
    }

    /// Adds what may be lost between two rows.
    #[inline]
    pub(super) fn add_between_rows(&self, sum: &mut BetweenRows) {
        let lowest = times(self.least, ONE + self.shock);
        let is_stopped = self.deviation < lowest;
        sum.add(self.size, self.deviation, self.shock >> 1, is_stopped);
    }

    /// Adds the option as a call to what others are worth.
    pub(super) fn add_to(&self, sum: &mut Sum, call: &Call) {
        if self.size > Wrapping(0) {
            sum.longs += self.size * call.value;
            sum.delta += self.size * call.delta;
        } else {
            sum.shorts += self.size * call.value;
        }
    }
}
