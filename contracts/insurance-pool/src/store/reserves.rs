//! Shares, assets, and what the day began with: one slot for every operation, a second one for draws.

use alloy_primitives::U256;
use contract_support::packing::{Pack, Unpack};
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{StorageB256, StorageU256};

use super::super::shares::Totals;
use super::DAY;

/// Most asset units that the pool counts: 79 billion whole tokens of 18 decimals.
pub const MAX_ASSETS: U256 = U256::from_limbs([u64::MAX, (1 << 32) - 1, 0, 0]);

/// Most shares that can exist. Shares have 21 decimals and begin at a dollar, so a pool of a billion dollars can lose
/// all but 3e-9 of it, and be filled up again, before it has to refuse deposits.
pub const MAX_SUPPLY: U256 = U256::from_limbs([u64::MAX, u64::MAX, 0, 0]);

/// Slots of the totals (supply 16 bytes, assets 12, day 4) and of the assets at that day's start.
#[storage]
pub struct Reserves {
    totals: StorageB256,
    opening: StorageU256,
}

impl Reserves {
    /// Shares and assets.
    pub fn totals(&self) -> Totals {
        self.fields().0
    }

    /// What the day of `now` began with.
    pub fn opening(&self, now: u64) -> U256 {
        let (totals, day) = self.fields();
        if day == now / DAY {
            self.opening.get()
        } else {
            totals.assets
        }
    }

    /// Stores totals within [`MAX_ASSETS`] and [`MAX_SUPPLY`]; the first change on a day keeps what the day began with.
    pub fn set(&mut self, now: u64, totals: Totals) {
        let (before, day) = self.fields();
        let today = now / DAY;
        if day != today {
            self.opening.set(before.assets);
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
