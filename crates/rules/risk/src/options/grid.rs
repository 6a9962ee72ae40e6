//! The prices and volatilities at which a portfolio is revalued, and what it is worth there.

use core::num::Wrapping;

use super::closing::Closing;
use super::deviation::Deviation;
use super::fast::{BITS, Fix, ONE, log_of, of_wad};
use super::leg::Leg;
use super::moves::{MAX_RANGE, MOVES, ROWS, STEPS, STILL, Sum};
use super::refusal::{Refusal, Result};
use crate::Ratio;

/// No move takes a price below 1 %.
const MIN_PRICE: Fix = Wrapping(ONE.0 / 100);

/// Options at every price and volatility of a grid, by row; only the still row has tails.
pub(super) type Rows = [[Sum; MOVES]; ROWS];

/// A range of spot: prices after each move as shares of the unit, and their logarithms.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    pub(super) price: [Fix; MOVES],
    log: [Fix; MOVES],
}

impl Grid {
    /// Moves of at most `range` around `base`, a share of the unit.
    pub(super) fn new(base: Fix, range: Ratio) -> Result<Self> {
        let range = match u64::try_from(range.0) {
            Ok(wad) if range <= MAX_RANGE => of_wad(wad) + Wrapping(1),
            _ => return Err(Refusal::Range),
        };
        let thirds = [-3, -2, -1, 0, 1, 2, 3, -6, 6];
        let moved = |n: i64| (ONE + range * Wrapping(n) / Wrapping(3)).max(MIN_PRICE);
        let price = thirds.map(|n| ((base * moved(n)) >> BITS).max(Wrapping(1)));
        Ok(Self {
            price,
            log: price.map(log_of),
        })
    }

    /// The highest price of the range.
    pub(super) const fn highest(&self) -> Fix {
        let [.., highest, _, _] = self.price;
        highest
    }

    /// Adds a closing option at every price: in every row the same.
    pub(super) fn add_closing(&self, rows: &mut Rows, closing: &Closing) {
        for (place, price) in self.price.iter().enumerate() {
            let mut worth = Sum::NOTHING;
            closing.add_to(&mut worth, *price);
            for sum in rows.iter_mut().filter_map(|row| row.get_mut(place)) {
                sum.add(&worth);
            }
        }
    }

    /// Adds an option at every price of a `row`, in which its deviation is `deviation`.
    #[inline(always)]
    pub(super) fn add(&self, rows: &mut Rows, row: usize, leg: &Leg, deviation: &Deviation) {
        let moves = if row == STILL { MOVES } else { STEPS };
        let sums = rows.get_mut(row).into_iter().flatten().take(moves);
        let moves = self.price.iter().zip(&self.log).zip(sums);
        if leg.is_far {
            for ((price, log), sum) in moves {
                leg.add_to(sum, &deviation.far_call(*price, log - leg.log));
            }
        } else if leg.size > Wrapping(0) {
            for ((price, log), sum) in moves {
                let call = deviation.call(*price, log - leg.log, leg.strike);
                sum.longs += leg.size * call.value;
                sum.delta += leg.size * call.delta;
            }
        } else {
            for ((price, log), sum) in moves {
                let call = deviation.call(*price, log - leg.log, leg.strike);
                sum.shorts += leg.size * call.value;
            }
        }
    }
}
