//! Time on the chain: the wall clock plus what development methods added to it.

use std::time::{SystemTime, UNIX_EPOCH};

use super::ChainError;

/// Decides the timestamp of the next block. All times are in seconds; timestamps count from the
/// Unix epoch.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    offset: i64,
    next: Option<u64>,
    interval: Option<u64>,
}

impl Clock {
    /// A clock that runs `offset` seconds ahead of the wall clock.
    pub fn with_offset(offset: i64) -> Self {
        Self {
            offset,
            ..Default::default()
        }
    }

    /// How many seconds this clock is ahead of the wall clock.
    pub fn offset(&self) -> i64 {
        self.offset
    }

    /// The timestamp that a block on top of one at `parent` would have now.
    pub fn peek(&self, parent: u64) -> u64 {
        let free = self
            .interval
            .map_or_else(|| self.now(), |step| parent.saturating_add(step));
        self.next.unwrap_or_else(|| free.max(parent))
    }

    /// Notes that a block was mined at `timestamp`. After a timestamp that was set by hand, time goes
    /// on from there.
    pub fn mined_at(&mut self, timestamp: u64) {
        if self.next.take().is_some() || self.interval.is_some() {
            self.set(timestamp);
        }
    }

    /// Moves the clock `seconds` ahead and returns its offset to the wall clock.
    pub fn advance(&mut self, seconds: u64) -> i64 {
        self.offset = self.offset.saturating_add_unsigned(seconds);
        self.offset
    }

    /// Makes it `timestamp` now and returns how far that moved the clock, in seconds.
    pub fn set(&mut self, timestamp: u64) -> i64 {
        let moved = signed(timestamp).saturating_sub(signed(self.now()));
        self.offset = signed(timestamp).saturating_sub(signed(wall_clock()));
        moved
    }

    /// Fixes the timestamp of the next block, which may not be before `parent`'s.
    ///
    /// # Errors
    /// [`ChainError::TimestampInPast`].
    pub fn set_next(&mut self, timestamp: u64, parent: u64) -> Result<(), ChainError> {
        if timestamp < parent {
            return Err(ChainError::TimestampInPast { timestamp, parent });
        }
        self.next = Some(timestamp);
        Ok(())
    }

    /// Puts all following blocks `interval` seconds apart; none returns to the clock.
    pub fn set_interval(&mut self, interval: Option<u64>) {
        self.interval = interval;
    }

    fn now(&self) -> u64 {
        wall_clock().saturating_add_signed(self.offset)
    }
}

fn signed(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

fn wall_clock() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mines a block on top of one at `parent` and returns its timestamp.
    fn tick(clock: &mut Clock, parent: u64) -> u64 {
        let timestamp = clock.peek(parent);
        clock.mined_at(timestamp);
        timestamp
    }

    #[test]
    fn time_never_runs_backwards() {
        let mut clock = Clock::default();
        let ahead = wall_clock() + 1000;
        assert_eq!(tick(&mut clock, ahead), ahead);
    }

    #[test]
    fn time_goes_on_from_a_timestamp_set_by_hand() {
        let mut clock = Clock::default();
        let target = wall_clock() + 5000;
        clock.set_next(target, 0).unwrap();
        assert_eq!(tick(&mut clock, 0), target);
        let following = tick(&mut clock, target);
        assert!(
            (target..target + 5).contains(&following),
            "{following} after {target}"
        );
    }

    #[test]
    fn a_timestamp_before_the_parent_is_refused() {
        let refused = Clock::default().set_next(9, 10);
        assert!(matches!(
            refused,
            Err(ChainError::TimestampInPast {
                timestamp: 9,
                parent: 10
            })
        ));
    }

    #[test]
    fn a_fixed_interval_separates_blocks_exactly() {
        let mut clock = Clock::default();
        clock.set_interval(Some(60));
        let first = tick(&mut clock, wall_clock());
        assert_eq!(tick(&mut clock, first), first + 60);
    }
}
