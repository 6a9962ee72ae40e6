//! What an observation says by events, beside the mark: tiers that changed, days that settled.

use alloy_primitives::B256;
use guard_support::abi::guard;
use guard_support::host::uint;
use oracle::{Cause, Settlements, Tier};
use program_support::event::emit;
use program_support::topic;

/// Says that the tier of `asset` has changed, if it has. It never becomes milder but by calm.
pub fn tier_changed(asset: &B256, from: Tier, to: Tier, cause: Cause) {
    if from == to {
        return;
    }
    let cause = if to < from { Cause::Calm } else { cause };
    let words = [*asset, uint(from as u8), uint(to as u8), uint(cause as u8)];
    emit(topic!(guard::TierChanged), 1, &words);
}

/// Says what an observation of `asset` has settled.
pub fn settled(asset: &B256, settlements: &Settlements) {
    for settled in settlements.settled.iter().flatten() {
        let (last, first) = (uint(settled.last), uint(settled.first));
        let words = [*asset, last, uint(settled.price.0), first];
        emit(topic!(guard::Settled), 2, &words);
    }
}
