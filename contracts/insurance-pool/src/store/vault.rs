//! A vault that draws on the pool.

use contract_support::packing::{Pack, Unpack};
use insurance::DAY;
use stylus_sdk::prelude::*;
use stylus_sdk::storage::StorageB256;

/// Slot of what a vault drew (12 bytes) on a day (4), and of its position in the list of vaults (1), from one; zero if it
/// is not registered. What it drew stays when it is removed, so that it cannot begin a day twice.
#[storage]
pub struct VaultRecord {
    word: StorageB256,
}

impl VaultRecord {
    /// The vault's position in the list, from one; zero if it is not registered.
    pub fn position(&self) -> u8 {
        self.fields().2
    }

    /// Sets the position; see [`position`](Self::position).
    pub fn set_position(&mut self, position: u8) {
        let (drawn, day, _) = self.fields();
        self.store(drawn, day, position);
    }

    /// Asset units drawn on the day of `now`.
    pub fn drawn_on(&self, now: u64) -> u128 {
        let (drawn, day, _) = self.fields();
        if day == now / DAY { drawn } else { 0 }
    }

    /// Counts a draw of `amount`, at most the pool's assets.
    pub fn draw(&mut self, now: u64, amount: u128) {
        let drawn = self.drawn_on(now).saturating_add(amount);
        let position = self.position();
        self.store(drawn, now / DAY, position);
    }

    fn fields(&self) -> (u128, u64, u8) {
        let mut fields = Unpack::new(self.word.get());
        (fields.uint(12), fields.short(4), fields.short(1) as u8)
    }

    fn store(&mut self, drawn: u128, day: u64, position: u8) {
        let word = Pack::default()
            .uint(drawn, 12)
            .short(day, 4)
            .short(position.into(), 1);
        self.word.set(word.word());
    }
}
