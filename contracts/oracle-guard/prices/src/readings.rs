//! Where prices are served.

use alloc::vec;
use alloc::vec::Vec;

use alloy_primitives::B256;

use crate::prices::{Observer, Purpose, Reading};
use guard_support::host::{encode, fill, uint};

/// Words of an encoded `Mark`.
pub const MARK_WORDS: usize = 8;
/// Words of an encoded `Reading`.
const READING_WORDS: usize = 10;

impl Observer {
    /// What a vault needs of one asset.
    pub fn mark(&self, reading: &Reading) -> [B256; MARK_WORDS] {
        let entry = &reading.entry;
        // It was observed in this second: nothing has moved since.
        let (maintenance, initial) = reading.outlook.after(self.parameters(), 0);
        let raised = entry.raised.told(reading.tier, &entry.trip, self.now);
        [
            uint(entry.price.mark.0),
            uint(entry.price.stable.0),
            uint(reading.tier as u8),
            uint(reading.blocked),
            uint(maintenance),
            uint(initial),
            uint(raised.caution),
            uint(raised.restricted),
        ]
    }

    fn read(&self, asset: &B256) -> [B256; READING_WORDS] {
        let reading = self.observe(asset);
        let [mark, stable, tier, blocked, ..] = self.mark(&reading);
        let Reading { record, entry, .. } = &reading;
        let (low, high) = entry.price.range(entry.limits.confidence);
        let volatility = record.volatility();
        let ranges = volatility.ranges(self.parameters(), &entry.limits, self.now);
        [
            mark,
            uint(low),
            uint(high),
            stable,
            uint(entry.price.updated_at),
            tier,
            blocked,
            uint(ranges.volatility),
            uint(ranges.maintenance),
            uint(ranges.initial),
        ]
    }
}

/// What the guard would know of `asset` if it were poked now. Fails as [`Observer::observe`] does.
pub fn read(asset: B256) -> Vec<u8> {
    encode(&Observer::new(Purpose::View).read(&asset))
}

/// [`read`] for many assets.
pub fn read_many(assets: &[[u8; 32]]) -> Vec<u8> {
    let observer = Observer::new(Purpose::View);
    array(assets, |asset| observer.read(asset))
}

/// What a vault needs of [`read_many`]. Fails as [`Observer::observe`] does.
pub fn marks(purpose: Purpose, assets: &[[u8; 32]]) -> Vec<u8> {
    let observer = Observer::new(purpose);
    array(assets, |asset| observer.mark(&observer.observe(asset)))
}

/// An array of `answer` for each asset.
fn array<const N: usize>(assets: &[[u8; 32]], answer: impl Fn(&B256) -> [B256; N]) -> Vec<u8> {
    let mut bytes = vec![0; 64 + 32 * N * assets.len()];
    let (head, body) = bytes.split_at_mut(64);
    fill(head, &[uint(32u8), uint(assets.len() as u64)]);
    for (place, asset) in body.chunks_exact_mut(32 * N).zip(assets) {
        fill(place, &answer(&B256::new(*asset)));
    }
    bytes
}
