//! Income that belongs to the shares only as time passes, so that nobody comes for it and goes (DESIGN 6).

use crate::math::mul_div_up;

/// Seconds over which income is released: seven days.
pub const RELEASE: u64 = 604_800;

/// Binary digits of a second that times are kept to. Whole seconds, rounded up, would let a unit delay everybody's income by one.
const DIGITS: u32 = 40;

/// Income that is not released yet. It falls linearly from `locked` at `since` to nothing `left` later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Income {
    /// Asset units that were locked at `since`.
    pub locked: u128,
    /// Unix time.
    pub since: u64,
    /// How long after `since` all of it is released: units of 2^-40 seconds, at most a whole [`RELEASE`].
    pub left: u64,
}

impl Income {
    /// What comes at `now`, all of it locked.
    #[must_use]
    pub const fn new(locked: u128, now: u64) -> Self {
        Self {
            locked,
            since: now,
            left: RELEASE << DIGITS,
        }
    }

    /// What is not released at `now`, rounded up.
    #[must_use]
    pub fn locked_at(&self, now: u64) -> u128 {
        match self.left_at(now) {
            0 => 0,
            // At most what was locked, since `now` is never before `since`.
            left => mul_div_up(self.locked, left.into(), self.left.into()).unwrap_or(self.locked),
        }
    }

    /// How long after `now` all of it is released; units of 2^-40 seconds.
    fn left_at(&self, now: u64) -> u64 {
        let passed = u128::from(now.saturating_sub(self.since)) << DIGITS;
        // The rest of 64 bits has as many.
        u128::from(self.left).saturating_sub(passed) as u64
    }

    /// Adds `income` at `now`: what was locked and what comes now end at the mean of their ends, weighted by amount and rounded up. So
    /// parts of an income end when the whole would have, and nothing delays others' by more than its weight.
    #[must_use]
    pub fn with(&self, income: u128, now: u64) -> Self {
        let locked = self.locked_at(now);
        let whole = Self::new(locked.saturating_add(income), now);
        if locked == 0 {
            return whole;
        }
        let left = self.left_at(now);
        let later = whole.left - left;
        // At most `later`, as the income is at most the whole.
        let delay = mul_div_up(income, later.into(), whole.locked);
        Self {
            left: left + delay.unwrap_or(later.into()) as u64,
            ..whole
        }
    }

    /// Takes off what a deficit takes at `now`; the rest ends when it would have.
    #[must_use]
    pub fn without(&self, paid: u128, now: u64) -> Self {
        Self {
            locked: self.locked_at(now).saturating_sub(paid),
            since: now,
            left: self.left_at(now),
        }
    }
}
