//! Where the prices are settled at which instruments expire.

use alloc::vec::Vec;

use alloy_primitives::B256;
use alloy_sol_types::SolError;
use oracle::{NotOpened, Settlement};
use program_support::event::emit;
use program_support::topic;

use crate::prices::{Observer, Purpose};
use guard_support::abi::guard;
use guard_support::host::{encode, revert, uint};
use guard_support::store::Entry;

/// Opens the settlement of `asset` at `expiry`, 08:00 UTC of some day. Anyone may, from a day before, and afterwards if the
/// expiry has a surface and was missed; its window ends at the expiry, or starts now if that is later. The one before it must be
/// complete, or make way for a missed one. The asset is poked first.
///
/// Fails with `UnknownAsset`, `InsufficientGas`, `SettlementRunning` or `InvalidExpiry`.
pub fn open(asset: B256, expiry: u64) {
    let observer = Observer::new(Purpose::Poke);
    let reading = observer.observe(&asset);
    let (record, now) = (reading.record, observer.now);
    let last = record.settlement();
    let window = observer.parameters().settlement_window;
    let missed = expiry <= now && record.quoted(expiry).exists() && record.settled(expiry) == 0;
    let next = match last.open_next(expiry, missed, window, now) {
        Ok(next) => next,
        Err(NotOpened::Running) => revert(guard::SettlementRunning::SELECTOR, &[uint(last.expiry)]),
        Err(NotOpened::InvalidExpiry) => revert(guard::InvalidExpiry::SELECTOR, &[uint(expiry)]),
    };
    if last.is_complete() {
        record.set_settled(&last);
    }
    record.set_settlement(&next);
    record.set_entry(&Entry {
        settling: true,
        ..reading.entry
    });
    let words = [asset, uint(expiry), uint(next.from), uint(window)];
    emit(topic!(guard::SettlementOpened), 2, &words);
}

/// Says so if an observation has completed the settlement of `asset`.
pub fn report(asset: &B256, settlement: Option<&Settlement>) {
    if let Some(settlement) = settlement.filter(|one| one.is_complete()) {
        let words = [*asset, uint(settlement.expiry), uint(settlement.price)];
        emit(topic!(guard::Settled), 2, &words);
    }
}

/// The WAD mean for the expiry of `asset` so far, the seconds that it still has to count, and whether it is final, as if it were
/// poked now. All zero if it was not opened. Fails as [`Observer::observe`] does.
pub fn settlement(asset: B256, expiry: u64) -> Vec<u8> {
    let reading = Observer::new(Purpose::View).observe(&asset);
    let last = reading.record.settlement();
    if last.expiry != expiry {
        let price = reading.record.settled(expiry);
        return encode(&[uint(price), B256::ZERO, uint(u8::from(price != 0))]);
    }
    encode(&[
        uint(last.price),
        uint(last.window - last.counted),
        uint(u8::from(last.is_complete())),
    ])
}
