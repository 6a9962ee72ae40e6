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

#[cfg(test)]
mod tests {
    use super::*;

    /// Bend, gain of long options and loss of short ones of one option.
    fn added(size: i64, deviation: Fix, step: Fix, is_stopped: bool) -> [i64; 3] {
        let mut sum = BetweenRows::NOTHING;
        sum.add(Wrapping(size), deviation, step, is_stopped);
        [sum.bend.0, sum.longs.0, sum.shorts.0]
    }

    #[test]
    fn what_may_be_lost_between_rows_is_rounded_up() {
        let tenths = |n: i64| Wrapping(ONE.0 * n / 10);
        // w = 0.04, h = 0.4: (0.1 x 0.4 + 0.0303 x 0.04) x 0.04 and 0.4 x 0.04 of 2^30 are 1,770,042.2 and 17,179,869.2.
        assert_eq!(
            added(1, tenths(1), tenths(4), false),
            [1_770_043, 17_179_870, 0]
        );
        // w = 0.14: 0.0303 x 0.14^2 and 0.4 x 0.14 of 2^30 are 637,673.0 and 60,129,542.1.
        assert_eq!(
            added(-1, tenths(1), tenths(14), false),
            [637_674, 0, 60_129_543]
        );
        // w = 1/8, h = 1/4, and 0.1 w more where the least volatility stops the move.
        let (half, quarter) = (tenths(5), Wrapping(ONE.0 / 4));
        assert_eq!(added(1, half, quarter, false), [3_863_794, 53_687_092, 0]);
        assert_eq!(added(1, half, quarter, true), [17_285_566, 53_687_092, 0]);
        assert_eq!(added(-1, half, quarter, true), [508_350, 0, 53_687_092]);
        // Of nothing, a unit.
        assert_eq!(added(1, Wrapping(0), Wrapping(0), false), [1, 1, 0]);
        assert_eq!(added(-1, Wrapping(0), Wrapping(0), false), [1, 0, 1]);
    }

    #[test]
    fn no_option_loses_more_between_rows_than_it_is_worth() {
        assert_eq!(
            added(3, Wrapping(100 * ONE.0), ONE, false),
            [3 * ONE.0, 3 * ONE.0, 0]
        );
        assert_eq!(
            added(-3, Wrapping(100 * ONE.0), ONE, true),
            [3 * ONE.0, 0, 3 * ONE.0]
        );
    }

    #[test]
    fn the_least_of_three_bounds_counts_at_the_highest_price() {
        let most = |bend, longs, shorts| {
            let [bend, longs, shorts] = [bend, longs, shorts].map(Wrapping);
            BetweenRows {
                bend,
                longs,
                shorts,
            }
            .most(Wrapping(3))
            .0
        };
        // In whole sizes, rounded up.
        assert_eq!(
            [
                most(1, ONE.0 * 5, ONE.0 * 5),
                most(ONE.0 * 5, ONE.0, ONE.0 * 5)
            ],
            [3, 3]
        );
        assert_eq!(
            [most(ONE.0 * 5, ONE.0 * 5, ONE.0 + 1), most(0, 0, 0)],
            [6, 0]
        );
    }

    #[test]
    fn coefficients_are_the_next_above_two_fifths_a_tenth_and_303_ten_thousandths() {
        for (coefficient, share, of) in [(STEEPEST, 2, 5), (TENTH, 1, 10), (CURVED, 303, 10_000)] {
            let above = coefficient.0 * of - ONE.0 * share;
            assert!((1..=of).contains(&above), "{above} of {of}");
        }
    }
}
