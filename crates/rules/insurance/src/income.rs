//! Income that belongs to the shares only as time passes, so that nobody comes for it and goes (DESIGN 6).

use crate::math::mul_div_up;

/// Seconds over which income is released: seven days.
pub const RELEASE: u64 = 604_800;

/// Income below this part of what is still locked does not move its end.
const SMALL_PARTS: u128 = 10_000;

/// Income that is not released yet. It falls linearly from `locked` at `since` to nothing at `end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Income {
    /// Asset units that were locked at `since`.
    pub locked: u128,
    /// Unix time.
    pub since: u64,
    /// Unix time at which all of it is released.
    pub end: u64,
}

impl Income {
    /// What is not released at `now`, rounded up.
    #[must_use]
    pub fn locked_at(&self, now: u64) -> u128 {
        if now >= self.end {
            return 0;
        }
        let (left, all) = (self.end - now, self.end - self.since);
        // `now` is never before `since`, so that this is at most what was locked.
        mul_div_up(self.locked, left.into(), all.into()).unwrap_or(self.locked)
    }

    /// Adds `income` at `now`: what was locked and what comes now end at the mean of their ends, weighted by amount and rounded
    /// up. Income below one `dollar`, or a ten-thousandth of what is locked, ends with the rest; where nothing is locked there is
    /// no rest.
    #[must_use]
    pub fn with(&self, income: u128, now: u64, dollar: u128) -> Self {
        let locked = self.locked_at(now);
        let is_small = income < dollar || income * SMALL_PARTS < locked;
        let end = if locked == 0 {
            now + RELEASE
        } else if is_small {
            self.end
        } else {
            now + mean(locked, self.end - now, income)
        };
        Self {
            locked: locked + income,
            since: now,
            end,
        }
    }

    /// Takes off what a deficit takes at `now`; the rest ends when it would have.
    #[must_use]
    pub fn without(&self, paid: u128, now: u64) -> Self {
        Self {
            locked: self.locked_at(now).saturating_sub(paid),
            since: now,
            end: self.end,
        }
    }
}

/// The mean of `left` seconds for `locked` and a whole release for `income`, rounded up.
fn mean(locked: u128, left: u64, income: u128) -> u64 {
    // Amounts are below 2^96 and seconds below 2^32.
    let weighed = locked * u128::from(left) + income * u128::from(RELEASE);
    let mean = mul_div_up(weighed, 1, locked + income).unwrap_or(0);
    // A mean of two times is at most the later.
    mean as u64
}
