//! Shares, assets, what the day began with and what was drawn on it: one slot for every operation, a second one for draws and exits.

use contract_support::packing::{Pack, Unpack};
use insurance::{DAY, Day, Totals};
use stylus_sdk::prelude::*;
use stylus_sdk::storage::StorageB256;

use super::{pack_totals, unpack_totals};

/// Slots of the totals with the day of their last change; and of what all vaults drew on that day (16 bytes) and the assets at its
/// start (16). Assets are all that vaults can draw: income that is not released as well.
#[storage]
pub struct Reserves {
    totals: StorageB256,
    day: StorageB256,
}

impl Reserves {
    /// Shares and assets.
    pub fn totals(&self) -> Totals {
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
            drawn: fields.uint(16),
            opening: fields.uint(16),
        }
    }

    /// Stores totals within their bounds; the first change on a day keeps what the day began with.
    pub fn set(&mut self, now: u64, totals: &Totals) {
        let (_, day) = unpack_totals(self.totals.get());
        if day != now / DAY {
            let today = self.day(now);
            self.store_day(today);
        }
        self.totals.set(pack_totals(totals, now / DAY));
    }

    /// Stores totals, and what the day of `now` is after a draw or an exit.
    pub fn set_with_day(&mut self, now: u64, totals: &Totals, day: Day) {
        self.store_day(day);
        self.totals.set(pack_totals(totals, now / DAY));
    }

    fn store_day(&mut self, day: Day) {
        let word = Pack::default().uint(day.drawn, 16).uint(day.opening, 16);
        self.day.set(word.word());
    }
}
