//! Options whose settlement price is being averaged: what of them is left to move.
//!
//! The fraction c of the average is counted, at a mean a. What an option pays follows from c a + (1 - c) x, x being what the rest
//! averages: (1 - c) options struck at (strike - c a) / (1 - c). The rest is fixed, and hedges nothing (DESIGN 4).

use super::black::Kind;
use super::encoding::{OptionLeg, parts_of};
use crate::math::{checked_mul_div_down, checked_mul_div_up};
use crate::{Position, Price, Ratio, SettlementPrice, WAD};

/// How much of a settlement average is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// The fraction that is; one, or above, when nothing is left to move.
    pub share: Ratio,
    /// The mean of what is.
    pub average: SettlementPrice,
}

/// What moves like an option in its settlement window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moving {
    /// Its strike; zero stands for any at or below, where a call moves as the price does, and a put is worth nothing.
    pub strike: Price,
    /// Its size, of the same sign. Nothing only of nothing, or where everything is counted.
    pub size: Position,
}

impl Counted {
    /// What is left to move of `size` options struck at `strike`. What is long counts for less, what is short for more: a long
    /// call's strike is rounded up and a short one's down, a put's the other way round, each to 1e-18; long sizes are rounded
    /// down, but to no less than a unit, short ones away from zero. A strike above [`Price::MAX`] comes out as that: no price that
    /// is margined comes near it. No rounding is against the account at every price, since what loses on one side of the mark
    /// gains on the other; this one takes from hedges, whose gains are what an attack lives on. A margin changes by at most two
    /// units of the last digit of strike and size.
    #[must_use]
    pub fn moving(&self, kind: Kind, strike: Price, size: Position) -> Moving {
        let share = self.share.0;
        let Some(rest) = WAD.checked_sub(share).filter(|&rest| rest > 0) else {
            let size = Position::ZERO;
            return Moving { strike, size };
        };
        let up = rounds_up(kind, size);
        Moving {
            strike: self.moving_strike(strike, rest, up),
            size: moving_size(size, rest),
        }
    }

    /// (strike - c a) / (1 - c); zero at or below zero.
    fn moving_strike(&self, strike: Price, rest: u128, up: bool) -> Price {
        let round = if up {
            checked_mul_div_up
        } else {
            checked_mul_div_down
        };
        let round_fixed = if up {
            checked_mul_div_down
        } else {
            checked_mul_div_up
        };
        // Beyond the largest price there is no average.
        let average = self.average.price().min(Price::MAX).0;
        let fixed = round_fixed(average, self.share.0, WAD).unwrap_or(u128::MAX);
        let left = strike.0.saturating_sub(fixed);
        let moving = round(left, WAD, rest).unwrap_or(u128::MAX);
        Price(moving).min(Price::MAX)
    }
}

/// Whether the strike of an option is rounded up, so that what is long is worth less, and what is short more.
const fn rounds_up(kind: Kind, size: Position) -> bool {
    matches!(kind, Kind::Call) == (size.0 > 0)
}

/// (1 - c) x size.
fn moving_size(size: Position, rest: u128) -> Position {
    let magnitude = size.size().0;
    // The rest is at most one, so that the product fits.
    let moving = checked_mul_div_down(magnitude, rest, WAD).unwrap_or(magnitude);
    if size.0 > 0 {
        return Position(moving.max(1).cast_signed());
    }
    let exact = moving.wrapping_mul(WAD) == magnitude.wrapping_mul(rest);
    Position((moving + u128::from(!exact)).cast_signed().wrapping_neg())
}

impl OptionLeg {
    /// The option as it is margined in its settlement window, its size as [`Counted::moving`] rounds it, its strike in parts of a
    /// `tick`: the average is rounded to one, the other way than the strike, which so is off by less than 1 / (1 - c) parts.
    #[must_use]
    #[cold]
    #[inline(never)]
    pub fn in_settlement(&self, tick: Price, counted: &Counted) -> Self {
        let share = counted.share.0.min(WAD);
        let rest = WAD - share;
        if rest == 0 {
            let size = Position::ZERO;
            return Self { size, ..*self };
        }
        let up = rounds_up(self.kind, self.size);
        let average = parts_of(counted.average.price(), tick, !up);
        // Each product is of 64 and 60 bits.
        let left = u128::from(self.strike) * WAD;
        let left = left.saturating_sub(u128::from(average) * share);
        let moving = if up { left.div_ceil(rest) } else { left / rest };
        Self {
            strike: u64::try_from(moving).unwrap_or(u64::MAX),
            size: moving_size(self.size, rest),
            ..*self
        }
    }
}
