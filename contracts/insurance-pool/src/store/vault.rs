//! A vault that draws on the pool.

use contract_support::packing::{Pack, Unpack};
use insurance::DAY;
use stylus_sdk::prelude::*;
use stylus_sdk::storage::StorageB256;

/// Slot of what a vault drew (12 bytes) on a day (4), of its position in the list of vaults (1), from one; zero if it is not registered;
/// and of whether covers are limited for what it has on record (1), and by what (12). What it drew stays when it is removed, so that it
/// cannot begin a day twice.
#[storage]
pub struct VaultRecord {
    word: StorageB256,
}

/// What the slot holds.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Fields {
    drawn: u128,
    day: u64,
    position: u8,
    most: Option<u128>,
}

impl VaultRecord {
    /// The vault's position in the list, from one; zero if it is not registered.
    pub fn position(&self) -> u8 {
        self.fields().position
    }

    /// Sets the position; see [`position`](Self::position).
    pub fn set_position(&mut self, position: u8) {
        let fields = self.fields();
        self.store(Fields { position, ..fields });
    }

    /// Asset units drawn on the day of `now`.
    pub fn drawn_on(&self, now: u64) -> u128 {
        let fields = self.fields();
        if fields.day == now / DAY {
            fields.drawn
        } else {
            0
        }
    }

    /// Counts a draw of `amount`, at most the pool's assets.
    pub fn draw(&mut self, now: u64, amount: u128) {
        let drawn = self.drawn_on(now).saturating_add(amount);
        let fields = self.fields();
        self.store(Fields {
            drawn,
            day: now / DAY,
            ..fields
        });
    }

    /// Asset units that covers are measured by at most, for what the vault has on record.
    pub fn most(&self) -> Option<u128> {
        self.fields().most
    }

    /// Lowers that to `most`, if it was not lower; without one, nothing limits it.
    pub fn limit(&mut self, most: Option<u128>) {
        let fields = self.fields();
        let most = most.map(|most| fields.most.map_or(most, |before| before.min(most)));
        if most != fields.most {
            self.store(Fields { most, ..fields });
        }
    }

    fn fields(&self) -> Fields {
        let mut fields = Unpack::new(self.word.get());
        let (drawn, day, position) = (fields.uint(12), fields.short(4), fields.short(1) as u8);
        let is_limited = fields.short(1) == 1;
        let most = fields.uint(12);
        Fields {
            drawn,
            day,
            position,
            most: is_limited.then_some(most),
        }
    }

    fn store(&mut self, fields: Fields) {
        let word = Pack::default()
            .uint(fields.drawn, 12)
            .short(fields.day, 4)
            .short(fields.position.into(), 1)
            .short(fields.most.is_some().into(), 1)
            .uint(fields.most.unwrap_or(0), 12);
        self.word.set(word.word());
    }
}
