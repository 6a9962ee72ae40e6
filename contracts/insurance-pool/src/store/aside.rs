//! What the pool holds and its shares do not own: income that is not released yet, and what was set aside for those who left.

use contract_support::packing::{Pack, Unpack};
use insurance::Income;
use stylus_sdk::prelude::*;
use stylus_sdk::storage::StorageB256;

/// Slot of the income that was locked (12 bytes), since when (4) and until when (4), and of the assets set aside (12).
#[storage]
pub struct Aside {
    word: StorageB256,
}

impl Aside {
    /// Income that is not released, and assets set aside.
    pub fn get(&self) -> (Income, u128) {
        let mut fields = Unpack::new(self.word.get());
        let income = Income {
            locked: fields.uint(12),
            since: fields.short(4),
            end: fields.short(4),
        };
        (income, fields.uint(12))
    }

    /// Income that is not released.
    pub fn income(&self) -> Income {
        self.get().0
    }

    /// Assets set aside.
    pub fn set_aside(&self) -> u128 {
        self.get().1
    }

    /// Replaces both.
    pub fn set(&mut self, income: &Income, set_aside: u128) {
        let word = Pack::default()
            .uint(income.locked, 12)
            .short(income.since, 4)
            .short(income.end, 4)
            .uint(set_aside, 12);
        self.word.set(word.word());
    }
}
