//! What may be lost between two volatilities of the grid, more than at the worse of them.

/// Of an option or of several, as shares of the highest price.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BetweenRows {
    /// How far values may bend away from the straight line between two rows, against the account.
    pub bend: f64,
    /// What long options may gain from one row to the next.
    pub longs: f64,
    /// What short options may lose.
    pub shorts: f64,
}

impl BetweenRows {
    /// Of one option of a `size`, by its deviation (volatility times the root of its time), the share of itself that its volatility
    /// moves from one row to the next, and whether the least volatility stops that.
    #[must_use]
    pub fn of(size: f64, deviation: f64, step: f64, is_stopped: bool) -> Self {
        let change = deviation * step;
        let curved = 0.0303 * change * change;
        let moved = (0.4 * change).min(1.0);
        if size > 0.0 {
            let stop = if is_stopped { 1.0 } else { 0.0 };
            let bend = (curved + 0.1 * change * (step + stop)).min(1.0);
            Self {
                bend: size * bend,
                longs: size * moved,
                shorts: 0.0,
            }
        } else {
            Self {
                bend: -size * curved.min(1.0),
                longs: 0.0,
                shorts: -size * moved,
            }
        }
    }

    /// The sum.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            bend: self.bend + other.bend,
            longs: self.longs + other.longs,
            shorts: self.shorts + other.shorts,
        }
    }

    /// No more than this is hidden.
    #[must_use]
    pub fn most(&self) -> f64 {
        self.bend.min(self.longs).min(self.shorts)
    }
}
