//! Shares of one owner.

use contract_support::packing::{Pack, Unpack};
use insurance::PoolTotals;
use stylus_sdk::prelude::*;
use stylus_sdk::storage::StorageB256;

/// Slot of shares (16 bytes) and the generation in which they were counted (1).
#[storage]
pub struct Holding {
    word: StorageB256,
}

impl Holding {
    /// The shares, as they count at `totals`.
    pub fn shares(&self, totals: &PoolTotals) -> u128 {
        let mut fields = Unpack::new(self.word.get());
        let shares = fields.uint(16);
        totals.carried(shares, fields.short(1) as u8)
    }

    /// Replaces them by `shares`, as they count at `totals`.
    pub fn set(&mut self, shares: u128, totals: &PoolTotals) {
        let word = Pack::default()
            .uint(shares, 16)
            .short(totals.generation.into(), 1);
        self.word.set(word.word());
    }
}
