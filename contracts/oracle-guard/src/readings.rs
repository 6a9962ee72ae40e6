//! Where prices are served.

use alloc::vec;
use alloc::vec::Vec;
use core::cell::OnceCell;

use alloy_primitives::B256;
use alloy_sol_types::SolError;
use oracle::{Parameters, Price, Sequencer, Tier};

use crate::abi::guard;
use crate::feeds;
use crate::host::{encode, fill, now, revert, uint};
use crate::store::{Entry, Record, Shared};

/// Words of an encoded `Mark`.
pub const MARK_WORDS: usize = 6;
/// Words of an encoded `Reading`.
const READING_WORDS: usize = 10;

/// A configured asset; reverts with `UnknownAsset`.
pub fn known(asset: &B256) -> (Record, Entry) {
    let record = Record::of(asset);
    match record.entry() {
        Some(entry) => (record, entry),
        None => revert(guard::UnknownAsset::SELECTOR, &[*asset]),
    }
}

/// Serves one call.
pub struct Reader {
    shared: Shared,
    /// The block's time.
    pub now: u64,
    /// What the uptime feed says now; asked at most once, and only where that is needed.
    asked: OnceCell<Sequencer>,
}

/// An asset as it counts for readers, which is not what is stored.
pub struct Reading {
    /// Where it is stored.
    pub record: Record,
    /// What is stored, except that a price from before an outage is no longer valid.
    pub entry: Entry,
    /// The tier in force.
    pub tier: Tier,
    /// The actions forbidden.
    pub blocked: u16,
}

impl Reader {
    /// In this block.
    pub fn new() -> Self {
        Self {
            shared: Shared::load(),
            now: now(),
            asked: OnceCell::new(),
        }
    }

    /// The parameters.
    pub fn parameters(&self) -> &Parameters {
        &self.shared.parameters
    }

    /// An asset from two slots, and three while its sources differ. Fails with `UnknownAsset`, or with `InsufficientGas` if the
    /// uptime feed has to be asked and could not get its whole gas allowance.
    pub fn asset(&self, asset: &B256) -> Reading {
        let (record, entry) = known(asset);
        let sequencer = self.sequencer(&entry.price);
        let price = entry.price.under(&sequencer);
        let tier = price.tier_at(&entry.trip, self.now);
        let grace = sequencer.is_grace(self.now, self.shared.parameters.grace_period);
        Reading {
            record,
            entry: Entry { price, ..entry },
            tier,
            blocked: price.blocked_at(tier, grace, self.now),
        }
    }

    /// The status that decides whether `price` is from before an outage: what the last poke stored, or what the uptime feed says
    /// where nobody has looked for longer than the mean's window.
    pub fn sequencer(&self, price: &Price) -> Sequencer {
        let stored = self.shared.sequencer;
        if !price.needs_sequencer(self.now, self.shared.parameters.mean_window) {
            return stored;
        }
        let asked = || feeds::sequencer(self.now).unwrap_or(stored);
        *self.asked.get_or_init(asked)
    }

    /// What a vault needs of one asset.
    pub fn mark(&self, reading: &Reading) -> [B256; MARK_WORDS] {
        let (entry, parameters) = (&reading.entry, &self.shared.parameters);
        let stable = entry
            .price
            .stable_at(self.now, parameters.stable_price_rate);
        let secs = self.now.saturating_sub(entry.price.observed_at);
        let (maintenance, initial) = entry.outlook.after(parameters, secs);
        [
            uint(entry.price.mark),
            uint(stable),
            uint(reading.tier as u8),
            uint(reading.blocked),
            uint(maintenance),
            uint(initial),
        ]
    }

    fn read(&self, asset: &B256) -> [B256; READING_WORDS] {
        let reading = self.asset(asset);
        let [mark, stable, tier, blocked, ..] = self.mark(&reading);
        let Reading { record, entry, .. } = &reading;
        let (low, high) = entry.price.range(entry.limits.confidence);
        let volatility = record.volatility();
        let ranges = volatility.ranges(&self.shared.parameters, &entry.limits, self.now);
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

/// What the guard knows of `asset` now, without asking its feeds. Fails as [`Reader::asset`] does.
pub fn read(asset: B256) -> Vec<u8> {
    encode(&Reader::new().read(&asset))
}

/// [`read`] for many assets.
pub fn read_many(assets: &[[u8; 32]]) -> Vec<u8> {
    let reader = Reader::new();
    array(assets, |asset| reader.read(asset))
}

/// What a vault needs of [`read_many`], from fewer slots. Fails as [`Reader::asset`] does.
pub fn marks(assets: &[[u8; 32]]) -> Vec<u8> {
    let reader = Reader::new();
    array(assets, |asset| reader.mark(&reader.asset(asset)))
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
