//! Where the guardian distrusts a volatility surface.

use alloc::vec::Vec;

use alloy_primitives::B256;
use alloy_sol_types::SolError;
use oracle::NotDistrusted;
use program_support::event::emit;
use program_support::topic;

use guard_support::abi::guard;
use guard_support::host::{encode, now, revert, sender, uint};
use guard_support::spells::refuse_spell;
use guard_support::store::{Field, known};

/// Distrusts the surface of an expiry of an asset for `secs` seconds, at most until the expiry and 72 hours in 30 days. Its options
/// keep the volatility that they have at the mark that was observed last; nobody updates it meanwhile. Guardian only.
///
/// Fails with `NotGuardian`, `UnknownAsset`, `InvalidExpiry`, `TripTooShort` or `TripAllowanceExceeded`.
pub fn distrust(asset: B256, expiry: u64, secs: u32, reason: B256) {
    let caller = sender();
    if caller != Field::Guardian.address() {
        revert(guard::NotGuardian::SELECTOR, &[caller.into_word()]);
    }
    let (record, entry) = known(&asset);
    let quoted = record.quoted(expiry);
    let quoted = match quoted.distrusted(secs, expiry, entry.price.mark, now()) {
        Ok(quoted) => quoted,
        Err(NotDistrusted::NoSurface) => revert(guard::InvalidExpiry::SELECTOR, &[uint(expiry)]),
        Err(NotDistrusted::Spell(refusal)) => refuse_spell(refusal, secs),
    };
    record.set_quoted(expiry, &quoted);
    for day in quoted.days_of_distrust(now()) {
        record.set_distrusted(expiry, day);
    }
    let words = [asset, uint(expiry), uint(quoted.distrust.until), reason];
    emit(topic!(guard::SurfaceDistrusted), 2, &words);
}

/// Until when the surface of an expiry is or was distrusted, and the seconds for which it may be now. Fails with `UnknownAsset`.
pub fn distrusted(asset: B256, expiry: u64) -> Vec<u8> {
    let (record, _) = known(&asset);
    let distrust = record.quoted(expiry).distrust;
    encode(&[uint(distrust.until), uint(distrust.allowance(now()))])
}
