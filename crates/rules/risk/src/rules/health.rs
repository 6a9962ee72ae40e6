//! Health: whether equity covers maintenance margin, and for how long it has not.

use crate::Usd;

/// Seconds that one observation of ill health can add to the clock.
const MAX_STEP: u32 = 60;
/// Seconds in which nobody looked, after which the clock has forgotten what it was.
const FORGETS_AFTER: u32 = 600;

/// Equity and maintenance margin of a settled account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Capital, and profit at its worth.
    pub equity: Usd,
    /// Maintenance margin at the mark.
    pub maintenance: Usd,
}

impl Health {
    /// Whether equity covers maintenance margin. An account without positions is healthy unless it is in debt.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.equity >= self.maintenance
    }
}

/// How long an account has been seen in ill health.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    /// Unix time of the last observation of ill health; 0 if health was observed since.
    pub seen: u32,
    /// Seconds of ill health, at most 65,535.
    pub unhealthy: u16,
}

impl Clock {
    /// The clock after an observation: ill health adds the time since the last, at most 60 seconds; health clears it, and so do
    /// 10 minutes in which nobody looked.
    #[must_use]
    pub fn observed(self, now: u64, healthy: bool) -> Self {
        if healthy {
            return Self::default();
        }
        let now = u32::try_from(now).unwrap_or(u32::MAX);
        let unobserved = now.saturating_sub(self.seen);
        let unhealthy = if self.seen == 0 || unobserved >= FORGETS_AFTER {
            0
        } else {
            u32::from(self.unhealthy) + unobserved.min(MAX_STEP)
        };
        Self {
            seen: now,
            unhealthy: u16::try_from(unhealthy).unwrap_or(u16::MAX),
        }
    }
}
