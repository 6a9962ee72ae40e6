//! What the pool stores, packed so that a deposit, a draw and a quote touch as few slots as can be.

mod config;
mod exits;
mod holding;
mod income;
mod leaving;
mod reserves;
mod vault;

pub use config::{Config, DRAW_SHARE_UNIT, Settings};
pub use exits::Exits;
pub use holding::Holding;
pub use income::LockedIncome;
pub use leaving::Leaving;
pub use reserves::Reserves;
pub use vault::VaultRecord;

use alloy_primitives::B256;
use contract_support::packing::{Pack, Unpack};
use insurance::PoolTotals;

/// Slot of totals (shares 16 bytes, assets 12, generation 1) and a day (3), counted from 1970.
fn pack_totals(totals: &PoolTotals, day: u64) -> B256 {
    Pack::default()
        .uint(totals.shares, 16)
        .uint(totals.assets, 12)
        .short(totals.generation.into(), 1)
        .short(day, 3)
        .word()
}

/// What [`pack_totals`] has packed.
fn unpack_totals(word: B256) -> (PoolTotals, u64) {
    let mut fields = Unpack::new(word);
    let totals = PoolTotals {
        shares: fields.uint(16),
        assets: fields.uint(12),
        generation: fields.short(1) as u8,
    };
    (totals, fields.short(3))
}
