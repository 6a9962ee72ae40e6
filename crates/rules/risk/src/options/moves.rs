//! How many moves of price and volatility the scenarios take, and what options are worth after one.

use core::num::Wrapping;

use super::fast::Fix;
use crate::{Ratio, WAD};

/// Widest range of spot: the price after the largest move stays below 8 x spot.
pub const MAX_RANGE: Ratio = Ratio(3 * WAD);
/// Steps of spot, a third of the range each, and the tails after them.
pub(super) const STEPS: usize = 7;
pub(super) const MOVES: usize = 9;
/// Moves of volatility: down by the range and by half of it, none, up by half and by all of it.
pub(super) const ROWS: usize = 5;
/// The one that is none.
pub(super) const STILL: usize = 2;
/// What options are worth at one price and volatility, as calls.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sum {
    /// Short options.
    pub(super) shorts: Fix,
    /// Long options.
    pub(super) longs: Fix,
    /// Delta of long options.
    pub(super) delta: Fix,
}

impl Sum {
    /// Of no options.
    pub(super) const NOTHING: Self = Self {
        shorts: Wrapping(0),
        longs: Wrapping(0),
        delta: Wrapping(0),
    };

    /// Adds others.
    pub(super) fn add(&mut self, others: &Self) {
        self.shorts += others.shorts;
        self.longs += others.longs;
        self.delta += others.delta;
    }
}
