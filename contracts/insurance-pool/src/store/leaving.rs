//! What is on its way out, of everybody together.

use contract_support::packing::{Pack, Unpack};
use stylus_sdk::prelude::*;
use stylus_sdk::storage::StorageB256;

/// Slot of the shares that wait to be fulfilled (16 bytes), and of the assets that were set aside and not redeemed (12).
#[storage]
pub struct Leaving {
    word: StorageB256,
}

impl Leaving {
    /// Shares that wait, and assets set aside.
    pub fn get(&self) -> (u128, u128) {
        let mut fields = Unpack::new(self.word.get());
        (fields.uint(16), fields.uint(12))
    }

    /// Shares that wait.
    pub fn pending(&self) -> u128 {
        self.get().0
    }

    /// Assets set aside.
    pub fn set_aside(&self) -> u128 {
        self.get().1
    }

    /// Replaces both.
    pub fn set(&mut self, pending: u128, set_aside: u128) {
        let word = Pack::default().uint(pending, 16).uint(set_aside, 12);
        self.word.set(word.word());
    }
}
