//! What may be lost between two volatilities of the grid, more than at the worse of them (DESIGN 4).
//!
//! At each price the value of long options rises with volatility and that of short ones falls. So between two rows no more is lost,
//! beyond what is lost at the worse of them, than short options lose from one row to the other, nor than long options gain. Nor is it
//! more than an eighth of what values bend against the account, where a row is one. With the deviation s of an option, the share h
//! of itself that its volatility moves from one row to the next, and w = s h, each in shares of the price:
//!
//! | | at most | because |
//! |---|---|---|
//! | change of a value from a row to the next | 0.4 w, and 1 | by the deviation it changes by the density at d1, at most 0.399 |
//! | bend of a long option, an eighth | 0.1 w h + 0.0303 w^2, and 1 | by the deviation it changes by density x d1 d2 / s. Upwards the deviation is s (1 + h t) and bends not, downwards it is s / (1 + h t) and its own bend counts twice: density x (d1 d2 + 2) w h, of which density x (x^2 + 2) is at most 0.798 and density x d1 s at most 0.242 s |
//! | bend of a short option, an eighth | 0.0303 w^2, and 1 | the same the other way: -d1 d2 is at most d1 (s - d1), and downwards the bend of the deviation is for the account |
//! | where the least volatility stops the move | 0.1 w more | a corner in the deviation, of a slope of at most w, and of a height of at most a quarter of that |
//!
//! All of it is by the option alone, so that it costs little; it holds at every price up to the highest of the range.

use core::num::Wrapping;

use super::fast::{BITS, Fix, ONE, times};

/// No change of a deviation is counted that is larger: at this, an option bends by all that it is worth. Below 8.
const MOST: Fix = Wrapping(8 * ONE.0 - 1);
/// 0.4, 0.1 and 0.0303, rounded up.
const STEEPEST: Fix = Wrapping(ONE.0 * 2 / 5 + 1);
const TENTH: Fix = Wrapping(ONE.0 / 10 + 1);
const CURVED: Fix = Wrapping(ONE.0 * 303 / 10_000 + 1);
/// A product rounds down.
const UNIT: Fix = Wrapping(1);

/// Of the options of a portfolio, in sizes x shares of the highest price: below 2^59.
#[derive(Clone, Copy, Debug)]
pub(super) struct BetweenRows {
    /// An eighth of how far values may bend against the account.
    bend: Fix,
    /// What long options may gain from one row to the next.
    longs: Fix,
    /// What short options may lose.
    shorts: Fix,
}

impl BetweenRows {
    /// Of no options.
    pub(super) const NOTHING: Self = Self {
        bend: Wrapping(0),
        longs: Wrapping(0),
        shorts: Wrapping(0),
    };

    /// Adds an option of a `size` below 2^30 and a `deviation` of at most 2^36, whose volatility moves from one row to the next by
    /// the share `step`, below 2^41, of itself; or is stopped by the least.
    #[inline]
    pub(super) fn add(&mut self, size: Fix, deviation: Fix, step: Fix, is_stopped: bool) {
        let change = (times(deviation, step) + UNIT).min(MOST);
        let curved = ((change * CURVED) >> BITS) + UNIT;
        let moved = (((change * STEEPEST) >> BITS) + UNIT).min(ONE);
        if size > Wrapping(0) {
            let stop = if is_stopped { ONE } else { Wrapping(0) };
            let bent = curved + times(step + stop, TENTH) + UNIT;
            self.bend += size * (times(bent, change) + UNIT).min(ONE);
            self.longs += size * moved;
        } else {
            self.bend -= size * (times(curved, change) + UNIT).min(ONE);
            self.shorts -= size * moved;
        }
    }

    /// No more is lost, in sizes x shares of the unit, where no price is above `highest`, which is below 8.
    pub(super) fn most(&self, highest: Fix) -> Fix {
        let most = self.bend.min(self.longs).min(self.shorts);
        ((most + ONE - UNIT) >> BITS) * highest
    }
}
