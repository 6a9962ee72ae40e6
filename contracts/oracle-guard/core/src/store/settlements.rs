//! The days of an asset: what is counted of the one that goes on, what the settled ones came to.

use oracle::settlement::{DAY, next_expiry};
use oracle::{Pending, Settled, SettlementPrice, Settlements, Sums, Windows};
use program_support::Word;
use program_support::storage::{load, store};

use super::bits::{field, in_field};
use super::{Part, Record};

/// What is stored at the end of a day.
enum Day {
    /// Sums: of its trusted marks, and of the seconds of its window for which they were in force.
    Counting(Sums),
    /// The price of that day, and since when days have had it.
    Settled(Settled),
}

impl Record {
    /// The days without a price.
    fn pending(&self) -> Pending {
        let Word { high, low } = self.load(Part::Pending);
        Pending {
            first: field(high, 0, 32),
            window: field(high, 32, 32) as u32,
            sums: Sums {
                sum: low,
                secs: field(high, 64, 32) as u32,
            },
        }
    }

    fn set_pending(&self, pending: &Pending) {
        let high = in_field(pending.first, 0, 32)
            | in_field(pending.window, 32, 32)
            | in_field(pending.sums.secs, 64, 32);
        self.store(Part::Pending, Word::new(high, pending.sums.sum));
    }

    /// What an observation at `now` needs of the settlements, after the last one at `observed_at`.
    pub(super) fn settlements(
        &self,
        is_pending: bool,
        windows: &Windows,
        observed_at: u64,
        now: u64,
    ) -> Settlements {
        let sums = |day: u64| match self.day(day) {
            Day::Counting(sums) => sums,
            Day::Settled(_) => Sums::default(),
        };
        Settlements {
            day: windows
                .begun(observed_at, now)
                .map(sums)
                .unwrap_or_default(),
            pending: is_pending.then(|| self.pending()),
            settled: [None; 3],
        }
    }

    /// Stores what an observation at `now` has made of the settlements. Days that are settled are stored at the last of them.
    pub(super) fn set_settlements(&self, settlements: &Settlements, now: u64) {
        for settled in settlements.settled.iter().flatten() {
            self.set_day(settled.last, &Day::Settled(*settled));
        }
        if settlements.day.secs > 0 {
            self.set_day(next_expiry(now), &Day::Counting(settlements.day));
        }
        if let Some(pending) = &settlements.pending {
            self.set_pending(pending);
        }
    }

    /// The price of the day that ended at `expiry`, at `now`; zero if it has none yet. It is stored with the last of the days that
    /// were settled with it, which links back to the first: in turn each day is looked at that ended since.
    pub fn settled(&self, expiry: u64, now: u64) -> SettlementPrice {
        let mut day = expiry;
        while day <= now {
            if let Day::Settled(settled) = self.day(day) {
                return if settled.first <= expiry {
                    settled.price
                } else {
                    SettlementPrice::ZERO
                };
            }
            day += DAY;
        }
        SettlementPrice::ZERO
    }

    fn day(&self, expiry: u64) -> Day {
        let Word { high, low } = load(&self.expiry_slot(expiry));
        match field(high, 32, 32) {
            0 => Day::Counting(Sums {
                sum: low,
                secs: field(high, 0, 32) as u32,
            }),
            first => Day::Settled(Settled {
                first,
                last: expiry,
                price: SettlementPrice(low),
            }),
        }
    }

    fn set_day(&self, expiry: u64, day: &Day) {
        let word = match day {
            Day::Counting(sums) => Word::new(in_field(sums.secs, 0, 32), sums.sum),
            Day::Settled(settled) => Word::new(in_field(settled.first, 32, 32), settled.price.0),
        };
        store(&self.expiry_slot(expiry), word);
    }
}
