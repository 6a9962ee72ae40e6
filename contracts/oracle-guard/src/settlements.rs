//! Where the prices are settled at which instruments expire.

use alloc::vec::Vec;

use alloy_primitives::B256;
use alloy_sol_types::SolError;
use oracle::{NotOpened, Price, Settlement};
use program_support::event::emit;
use program_support::topic;

use crate::abi::guard;
use crate::host::{encode, revert, uint};
use crate::readings::{Reader, Reading, known};
use crate::store::{Entry, Record};

/// Opens the settlement of `asset` at `expiry`, 08:00 UTC of some day. Anyone may, from a day before, and afterwards if the
/// expiry has a surface and was missed; its window ends at the expiry, or starts now if that is later. The one before it must be
/// complete, or make way for a missed one.
///
/// Fails with `UnknownAsset`, `InsufficientGas`, `SettlementRunning` or `InvalidExpiry`.
pub fn open(asset: B256, expiry: u64) {
    let (record, entry) = known(&asset);
    let reader = Reader::new();
    let now = reader.now;
    let last = record.settlement();
    let complete = if entry.settling {
        let price = entry.price.under(&reader.sequencer(&entry.price));
        count(&record, &asset, &price, now)
    } else {
        last
    };
    let window = reader.parameters().settlement_window;
    let missed = expiry <= now && record.quoted(expiry).exists() && record.settled(expiry) == 0;
    let next = match complete.open_next(expiry, missed, window, now) {
        Ok(next) => next,
        Err(NotOpened::Running) => {
            revert(guard::SettlementRunning::SELECTOR, &[uint(complete.expiry)])
        }
        Err(NotOpened::InvalidExpiry) => revert(guard::InvalidExpiry::SELECTOR, &[uint(expiry)]),
    };
    if complete.is_complete() {
        record.set_settled(&complete);
    }
    record.set_settlement(&next);
    record.set_entry(&Entry {
        settling: true,
        ..entry
    });
    let words = [asset, uint(expiry), uint(next.from), uint(window)];
    emit(topic!(guard::SettlementOpened), 2, &words);
}

/// Counts the `price` that was in force until `now` towards the settlement of `asset`; says so if that completes it.
pub fn count(record: &Record, asset: &B256, price: &Price, now: u64) -> Settlement {
    let settlement = record.settlement().count(price, now);
    record.set_settlement(&settlement);
    if settlement.is_complete() {
        let words = [*asset, uint(settlement.expiry), uint(settlement.price)];
        emit(topic!(guard::Settled), 2, &words);
    }
    settlement
}

/// The WAD mean for the expiry of `asset` so far, the seconds that it still has to count, and whether it is final: then there
/// are none, and a poke has counted them all. All zero if it was not opened. Fails as [`Reader::asset`] does.
pub fn settlement(asset: B256, expiry: u64) -> Vec<u8> {
    let reader = Reader::new();
    let Reading { record, entry, .. } = reader.asset(&asset);
    let stored = record.settlement();
    if stored.expiry != expiry {
        let price = record.settled(expiry);
        return encode(&[uint(price), B256::ZERO, uint(u8::from(price != 0))]);
    }
    let counted = stored.count(&entry.price, reader.now);
    encode(&[
        uint(counted.price),
        uint(counted.window - counted.counted),
        uint(u8::from(stored.is_complete())),
    ])
}
