//! Shares, assets, what the day began with and what was drawn on it: one slot for every operation, a second one for draws and exits.

use contract_support::packing::{Pack, Unpack};
use insurance::{DAY, Day, PoolTotals};
use stylus_sdk::prelude::*;
use stylus_sdk::storage::StorageB256;

use super::{pack_totals, unpack_totals};

/// Slots of the totals with the day of their last change; and of what all vaults drew on that day (14 bytes), the assets at its
/// start (14), and the day again (4), which keeps the slot from ever being empty. Assets are all that vaults can draw: income
/// that is not released as well.
#[storage]
pub struct Reserves {
    totals: StorageB256,
    day: StorageB256,
}

impl Reserves {
    /// Shares and assets.
    pub fn totals(&self) -> PoolTotals {
        unpack_totals(self.totals.get()).0
    }

    /// What the day of `now` began with, and what was drawn on it.
    pub fn day(&self, now: u64) -> Day {
        let (totals, day) = unpack_totals(self.totals.get());
        if day != now / DAY {
            return Day {
                drawn: 0,
                opening: totals.assets,
            };
        }
        let mut fields = Unpack::new(self.day.get());
        Day {
            drawn: fields.uint(14),
            opening: fields.uint(14),
        }
    }

    /// Stores totals within their bounds; the first change on a day keeps what the day began with.
    pub fn set(&mut self, now: u64, totals: &PoolTotals) {
        let (_, day) = unpack_totals(self.totals.get());
        if day != now / DAY {
            let today = self.day(now);
            self.store_day(now, today);
        }
        self.totals.set(pack_totals(totals, now / DAY));
    }

    /// Stores totals, and what the day of `now` is after a draw or an exit.
    pub fn set_with_day(&mut self, now: u64, totals: &PoolTotals, day: Day) {
        self.store_day(now, day);
        self.totals.set(pack_totals(totals, now / DAY));
    }

    fn store_day(&mut self, now: u64, day: Day) {
        let word = Pack::default()
            .uint(day.drawn, 14)
            .uint(day.opening, 14)
            .short(now / DAY, 4);
        self.day.set(word.word());
    }
}
