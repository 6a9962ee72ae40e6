//! Options of series that settle before they expire, from a day before on (DESIGN 4, In the last day of a closing series).
//!
//! The volatility of such an option is fixed: no scenario moves it, so that it hedges no volatility that lives on. It is worth its
//! Black-76 value, with the time to its expiry, at the forward c a + (1 - c) x: the fraction c of its settlement average is counted,
//! at the mean a, and the rest goes with spot, x. Those are (1 - c) options on x + c a / (1 - c), struck at strike / (1 - c); the loop
//! leaves the forward as it is, so that nothing grows without bound where little is left.

use core::num::Wrapping;

use super::black::Kind;
use super::deviation::Deviation;
use super::encoding::OptionLeg;
use super::fast::{BITS, Fix, times};
use super::leg::Leg;
use super::moves::Sum;
use super::scaled::Scaled;
use super::settlement::Counted;
use crate::WAD;

/// An average above so many times the larger of spot and stable price counts as that: no forward is beyond the prices of the loop.
const HIGHEST: i64 = 7;

/// An option whose series settles early, from a day before on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClosingLeg {
    /// Its terms, its volatility, which is fixed, and its size, of which a part is counted.
    pub option: OptionLeg,
    /// What is counted of its settlement.
    pub counted: Counted,
}

impl ClosingLeg {
    /// What is left to move of its settlement, WAD.
    pub(super) fn rest(&self) -> u128 {
        WAD.saturating_sub(self.counted.share.0)
    }
}

/// The same in units of the loop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Closing {
    leg: Leg,
    /// At its volatility, in every row.
    deviation: Deviation,
    is_put: bool,
    /// What is fixed of its forward.
    fixed: Fix,
    /// Of how much of it spot is the price.
    rest: Fix,
}

impl Closing {
    /// A closing option that is `leg`, where a price is as many units as its product with `inverse`.
    pub(super) fn new(closing: &ClosingLeg, leg: Leg, inverse: Scaled) -> Self {
        let average = Scaled::of_wide(closing.counted.average.0).times(inverse);
        let average = if average.reaches(3) {
            HIGHEST << BITS
        } else {
            average.fix().0.min(HIGHEST << BITS)
        };
        // Products of 60 and of 33 bits.
        let rest = closing.rest();
        let share = |of: i64, share| Wrapping((of as u128 * share / WAD) as i64);
        Self {
            leg,
            deviation: leg.unmoved(),
            is_put: closing.option.kind == Kind::Put,
            fixed: share(average, WAD - rest),
            rest: share(1 << BITS, rest),
        }
    }

    pub(super) fn is_long(&self) -> bool {
        self.leg.size > Wrapping(0)
    }

    /// Adds what it is worth at one price, whatever the volatility of others, to what they are. A put is a call less its forward, which
    /// is linear, plus the strike.
    #[inline(never)]
    pub(super) fn add_to(&self, sum: &mut Sum, price: Fix) {
        let forward = (self.fixed + times(self.rest, price)).max(Wrapping(1));
        let mut call = self.leg.call(&self.deviation, forward);
        call.delta = times(self.rest, call.delta);
        self.leg.add_to(sum, &call);
        if self.is_put {
            sum.shorts -= self.leg.size * forward;
        }
    }
}
