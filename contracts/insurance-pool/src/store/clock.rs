//! The clock that requests wait by.

use alloy_primitives::B256;
use contract_support::packing::{Pack, Unpack};
use stylus_sdk::prelude::*;
use stylus_sdk::storage::StorageB256;

/// Slot of a clock that stands still from when a deficit is seen until it is seen gone: when it stopped (8 bytes, zero
/// while it runs) and for how long it has stood before (8).
#[storage]
pub struct ExitClock {
    word: StorageB256,
}

impl ExitClock {
    /// The clock's time at `now`: seconds, less those for which it stood.
    pub fn time(&self, now: u64) -> u64 {
        let (stopped_at, stood) = self.fields();
        let until = if stopped_at == 0 { now } else { stopped_at };
        until.saturating_sub(stood)
    }

    /// Whether the clock stands still.
    pub fn is_stopped(&self) -> bool {
        self.fields().0 != 0
    }

    /// Stops the clock.
    pub fn stop(&mut self, now: u64) {
        let (_, stood) = self.fields();
        self.word.set(Self::pack(now, stood));
    }

    /// Lets the clock go on; returns for how long it stood.
    pub fn start(&mut self, now: u64) -> u64 {
        let (stopped_at, stood_before) = self.fields();
        let stood = now.saturating_sub(stopped_at);
        self.word
            .set(Self::pack(0, stood_before.saturating_add(stood)));
        stood
    }

    fn fields(&self) -> (u64, u64) {
        let mut fields = Unpack::new(self.word.get());
        (fields.short(8), fields.short(8))
    }

    fn pack(stopped_at: u64, stood: u64) -> B256 {
        Pack::default().short(stopped_at, 8).short(stood, 8).word()
    }
}
