//! What covers and draws are measured by (DESIGN 6).

/// What a day began with, and what was drawn on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Day {
    /// Asset units that all vaults have drawn.
    pub drawn: u128,
    /// Asset units at the day's start, less what left it since; deposits do not raise it.
    pub opening: u128,
}

impl Day {
    /// What a share may be drawn of when `held` is held and `drawn` counts as drawn: the opening. A pool that began the day with
    /// less than a `dollar` counts what came in since, so that a new one covers from its first hour.
    #[must_use]
    pub const fn basis(&self, held: u128, drawn: u128, dollar: u128) -> u128 {
        if self.opening < dollar {
            held.saturating_add(drawn)
        } else {
            self.opening
        }
    }

    /// What instruments' covers are measured by when `held` is held: the smaller of the opening, and what is held with what was drawn
    /// today. What was drawn counts, so that paying makes no cover smaller, and what came in does not, so that tokens that pass
    /// through make none larger.
    #[must_use]
    pub fn measure(&self, held: u128, dollar: u128) -> u128 {
        let before_draws = held.saturating_add(self.drawn);
        before_draws.min(self.basis(held, self.drawn, dollar))
    }

    /// Counts a draw.
    #[must_use]
    pub const fn with_draw(self, amount: u128) -> Self {
        Self {
            drawn: self.drawn.saturating_add(amount),
            ..self
        }
    }

    /// Counts an exit. An opening of a `dollar` or more stays one, so that the pool is not taken for a new one.
    #[must_use]
    pub fn with_exit(self, amount: u128, dollar: u128) -> Self {
        let left = self.opening.saturating_sub(amount);
        Self {
            opening: left.max(dollar.min(self.opening)),
            ..self
        }
    }
}
