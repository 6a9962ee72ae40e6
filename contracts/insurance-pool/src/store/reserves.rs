//! Shares, assets, what the day began with and what was drawn on it: one slot for every operation, a second one for draws.

use alloy_primitives::U256;
use contract_support::packing::{Pack, Unpack};
use stylus_sdk::prelude::*;
use stylus_sdk::storage::StorageB256;

use super::super::shares::Totals;
use super::DAY;

/// Most asset units that the pool counts: 79 billion whole tokens of 18 decimals.
pub const MAX_ASSETS: U256 = U256::from_limbs([u64::MAX, (1 << 32) - 1, 0, 0]);

/// Most shares that can exist. Shares have 21 decimals and begin at a dollar, so a pool of a billion dollars can lose
/// all but 3e-9 of it, and be filled up again, before it has to refuse deposits.
pub const MAX_SUPPLY: U256 = U256::from_limbs([u64::MAX, u64::MAX, 0, 0]);

/// Slots of the totals (supply 16 bytes, assets 12, day 4); and of what all vaults drew on that day (16) and the assets at its
/// start (16).
#[storage]
pub struct Reserves {
    totals: StorageB256,
    day: StorageB256,
}

impl Reserves {
    /// Shares and assets.
    pub fn totals(&self) -> Totals {
        self.fields().0
    }

    /// What the day of `now` began with.
    pub fn opening(&self, now: u64) -> U256 {
        self.day(now).1
    }

    /// What all vaults have drawn on the day of `now`.
    pub fn drawn(&self, now: u64) -> U256 {
        self.day(now).0
    }

    /// Counts a draw of `amount`, after which the totals are these.
    pub fn draw(&mut self, now: u64, amount: U256, totals: Totals) {
        self.set(now, totals);
        let (drawn, opening) = self.day(now);
        let word = Pack::default()
            .uint(drawn.saturating_add(amount).saturating_to(), 16)
            .uint(opening.saturating_to(), 16);
        self.day.set(word.word());
    }

    /// What was drawn on the day of `now`, and the assets at its start.
    fn day(&self, now: u64) -> (U256, U256) {
        let (totals, day) = self.fields();
        if day != now / DAY {
            return (U256::ZERO, totals.assets);
        }
        let mut fields = Unpack::new(self.day.get());
        (U256::from(fields.uint(16)), U256::from(fields.uint(16)))
    }

    /// Stores totals within [`MAX_ASSETS`] and [`MAX_SUPPLY`]; the first change on a day keeps what the day began with.
    pub fn set(&mut self, now: u64, totals: Totals) {
        let (before, day) = self.fields();
        let today = now / DAY;
        if day != today {
            let word = Pack::default()
                .uint(0, 16)
                .uint(before.assets.saturating_to(), 16);
            self.day.set(word.word());
        }
        let word = Pack::default()
            .uint(totals.shares.saturating_to(), 16)
            .uint(totals.assets.saturating_to(), 12)
            .short(today, 4);
        self.totals.set(word.word());
    }

    fn fields(&self) -> (Totals, u64) {
        let mut fields = Unpack::new(self.totals.get());
        let totals = Totals {
            shares: U256::from(fields.uint(16)),
            assets: U256::from(fields.uint(12)),
        };
        (totals, fields.short(4))
    }
}
