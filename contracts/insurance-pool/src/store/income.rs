//! Income that the pool holds and its shares do not own yet.

use contract_support::packing::{Pack, Unpack};
use insurance::Income;
use stylus_sdk::prelude::*;
use stylus_sdk::storage::StorageB256;

/// Slot of the income that was locked (12 bytes), since when (4), and how long after that it is released (8).
#[storage]
pub struct LockedIncome {
    word: StorageB256,
}

impl LockedIncome {
    /// Income that is not released.
    pub fn get(&self) -> Income {
        let mut fields = Unpack::new(self.word.get());
        Income {
            locked: fields.uint(12),
            since: fields.short(4),
            left: fields.short(8),
        }
    }

    /// Replaces it.
    pub fn set(&mut self, income: &Income) {
        let word = Pack::default()
            .uint(income.locked, 12)
            .short(income.since, 4)
            .short(income.left, 8);
        self.word.set(word.word());
    }
}
