//! Where the prices are served at which days end, and instruments with them.

use alloc::vec::Vec;

use alloy_primitives::B256;
use guard_support::host::{encode, uint};
use oracle::settlement::is_expiry;
use risk::SettlementPrice;

use crate::prices::{Observer, Purpose, Reading};

/// The price of the day that ended at `expiry`, of what was observed in this second; zero if that is not final.
pub fn final_price(reading: &Reading, expiry: u64, now: u64) -> SettlementPrice {
    let waits = reading.settlements.pending;
    if waits.is_some_and(|pending| pending.first <= expiry) {
        return SettlementPrice::ZERO;
    }
    reading.record.settled(expiry, now)
}

/// The WAD mean for the day of `asset` that ends at `expiry` so far, the trusted seconds that it needs yet, and whether it is final, as
/// if it were poked now. All zero of what is no such time, or not being counted. Fails as [`Observer::observe`] does.
pub fn settlement(asset: B256, expiry: u64) -> Vec<u8> {
    let observer = Observer::new(Purpose::View);
    let reading = observer.observe(&asset);
    if !is_expiry(expiry) {
        return encode(&[B256::ZERO; 3]);
    }
    let (settlements, now) = (&reading.settlements, observer.now);
    let price = final_price(&reading, expiry, now);
    if price != SettlementPrice::ZERO {
        return encode(&[uint(price.0), B256::ZERO, uint(1u8)]);
    }
    let (mean, missing) = settlements.progress(expiry, observer.windows(), now);
    encode(&[uint(mean.0), uint(missing), B256::ZERO])
}
