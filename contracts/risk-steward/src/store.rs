//! What the steward remembers of a parameter, and of a struct's emergency.

use alloy_primitives::B256;
use contract_support::packing::{Pack, Unpack};
use steward::{Corridor, Emergency};
use stylus_sdk::prelude::*;
use stylus_sdk::storage::StorageB256;

/// Slots of one parameter.
#[storage]
pub struct StoredParameter {
    /// Least and greatest value of the corridor, 16 bytes each.
    bounds: StorageB256,
    /// Greatest step (8 bytes), delay (4), time of the last change (8).
    pace: StorageB256,
    /// Value before the emergency and in it, 16 bytes each.
    held: StorageB256,
}

/// What an emergency made of a parameter.
#[derive(Clone, Copy)]
pub struct HeldValues {
    /// Before it began.
    pub before: u128,
    /// As the multisig set it last.
    pub value: u128,
}

impl StoredParameter {
    /// The corridor, and when the steward last changed the parameter.
    pub fn terms(&self) -> (Corridor, u64) {
        let mut bounds = Unpack::new(self.bounds.get());
        let mut pace = Unpack::new(self.pace.get());
        let corridor = Corridor {
            min: bounds.uint(16),
            max: bounds.uint(16),
            max_step: pace.short(8),
            delay: pace.short(4) as u32,
        };
        (corridor, pace.short(8))
    }

    /// Replaces the corridor; the time of the last change stays.
    pub fn set_corridor(&mut self, corridor: &Corridor) {
        let (_, changed_at) = self.terms();
        let bounds = Pack::default()
            .uint(corridor.min, 16)
            .uint(corridor.max, 16);
        self.bounds.set(bounds.word());
        self.set_pace(corridor, changed_at);
    }

    /// Remembers that the steward changed the parameter at `now`.
    pub fn set_changed(&mut self, now: u64) {
        let (corridor, _) = self.terms();
        self.set_pace(&corridor, now);
    }

    fn set_pace(&mut self, corridor: &Corridor, changed_at: u64) {
        let pace = Pack::default()
            .short(corridor.max_step, 8)
            .short(corridor.delay.into(), 4)
            .short(changed_at, 8);
        self.pace.set(pace.word());
    }

    /// What an emergency made of it; means nothing unless one has hold of it.
    pub fn held(&self) -> HeldValues {
        let mut held = Unpack::new(self.held.get());
        HeldValues {
            before: held.uint(16),
            value: held.uint(16),
        }
    }

    /// Remembers what an emergency made of it.
    pub fn set_held(&mut self, held: &HeldValues) {
        let word = Pack::default().uint(held.before, 16).uint(held.value, 16);
        self.held.set(word.word());
    }
}

/// A struct's emergency out of its slot: when it began (8 bytes), and which fields it holds (4).
pub fn emergency_of(word: B256) -> Emergency {
    let mut fields = Unpack::new(word);
    Emergency {
        started_at: fields.short(8),
        held: fields.short(4) as u32,
    }
}

/// See [`emergency_of`].
pub fn word_of(emergency: &Emergency) -> B256 {
    Pack::default()
        .short(emergency.started_at, 8)
        .short(emergency.held.into(), 4)
        .word()
}
