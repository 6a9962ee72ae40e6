//! Where prices are accepted and served.

use alloc::vec;
use alloc::vec::Vec;

use alloy_primitives::B256;
use alloy_sol_types::SolError;
use oracle::{
    Cause, Observation, Outlook, Price, RangeLimits, Ranges, Sample, Sources, Tier, TripRefusal,
};

use crate::abi::guard;
use crate::feeds::{self, Sequencer};
use crate::host::{emit, encode, fill, now, revert, sender, topic, uint};
use crate::settlements;
use crate::store::{Entry, Feeds, Field, Record, Shared, Source};

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

/// Asks the feeds of `asset` and updates its mark and tier. Anyone may call. Returns the WAD mark and the tier in force.
///
/// A feed that cannot be trusted is no error: the asset freezes at its last mark. Fails with `UnknownAsset`, or with
/// `InsufficientGas` if a feed could not get its whole gas allowance.
pub fn poke(asset: B256) -> [B256; 2] {
    poke_one(&asset, &update_sequencer())
}

/// [`poke`] for many assets, each independent of the others' feeds. Fails as `poke` does.
pub fn poke_many(assets: &[[u8; 32]]) {
    let shared = update_sequencer();
    for asset in assets {
        poke_one(&B256::new(*asset), &shared);
    }
}

/// Asks the uptime feed and stores its status where it changed. Without a feed the sequencer counts as up.
fn update_sequencer() -> Shared {
    let known = Shared::load();
    let feed = Field::SequencerFeed.address();
    if feed.is_zero() {
        return known;
    }
    let sequencer = feeds::sequencer(feed);
    let Sequencer { down, since } = sequencer;
    let still_down = down && known.sequencer.down;
    if still_down || sequencer == known.sequencer {
        return known;
    }
    let shared = Shared { sequencer, ..known };
    shared.store();
    let words = [uint(u8::from(down)), uint(since)];
    emit(topic!(guard::SequencerStatusChanged), 0, &words);
    shared
}

fn poke_one(asset: &B256, shared: &Shared) -> [B256; 2] {
    let now = now();
    let (record, before) = known(asset);
    let observation = Observation {
        sources: ask_sources(&record.feeds(), now),
        sequencer_down: shared.sequencer.down,
    };
    let state = record.asset(before.price);
    let (state, cause) = state.observe(observation, &shared.parameters, now);
    let price = state.price;
    let reported = price.tier_at(&before.trip, now);
    let settling =
        before.settling && !settlements::count(&record, asset, &before.price, now).is_complete();
    let ranges = sample(&record, &before.limits, &price, shared, now);
    record.set_progress(&state);
    record.set_entry(&Entry {
        price,
        reported,
        settling,
        outlook: Outlook::of(&ranges),
        ..before
    });
    let mark = uint(price.mark);
    let words = [*asset, mark, uint(ranges.volatility)];
    emit(topic!(guard::Poked), 1, &words);
    let cause = if reported < before.reported {
        Cause::Calm
    } else {
        cause
    };
    emit_tier(asset, before.reported, reported, cause);
    [mark, uint(reported as u8)]
}

/// Counts a trusted mark towards the asset's volatility; returns what margins need of it.
fn sample(
    record: &Record,
    limits: &RangeLimits,
    price: &Price,
    shared: &Shared,
    now: u64,
) -> Ranges {
    let mut volatility = record.volatility();
    if price.is_trusted(now) {
        volatility = volatility.sample(price.mark, &shared.parameters, limits, now);
        record.set_volatility(&volatility);
    }
    volatility.ranges(&shared.parameters, limits, now)
}

fn ask_sources(feeds: &Feeds, now: u64) -> Sources {
    let primary = ask(feeds, feeds.primary, now);
    if feeds.secondary.feed.is_zero() {
        Sources::One(primary)
    } else {
        Sources::Two(primary, ask(feeds, feeds.secondary, now))
    }
}

fn ask(feeds: &Feeds, source: Source, now: u64) -> Option<Sample> {
    let round = feeds::latest_round(source.feed)?;
    feeds.limits(source).check(&round, now).ok()
}

fn emit_tier(asset: &B256, from: Tier, to: Tier, cause: Cause) {
    if from != to {
        let words = [*asset, uint(from as u8), uint(to as u8), uint(cause as u8)];
        emit(topic!(guard::TierChanged), 1, &words);
    }
}

/// What the guard knows of `asset` now, without asking a feed. Fails with `UnknownAsset`.
pub fn read(asset: B256) -> Vec<u8> {
    encode(&reading(&asset, &Shared::load()))
}

/// [`read`] for many assets.
pub fn read_many(assets: &[[u8; 32]]) -> Vec<u8> {
    let shared = Shared::load();
    array(assets, |asset| reading(asset, &shared))
}

/// What a vault needs of [`read_many`], from two slots an asset while its sources agree, and three while they do not. Fails
/// with `UnknownAsset`.
pub fn marks(assets: &[[u8; 32]]) -> Vec<u8> {
    let (shared, now) = (Shared::load(), now());
    array(assets, |asset| mark(&known(asset).1, &shared, now))
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

/// What a vault needs of one asset.
pub fn mark(entry: &Entry, shared: &Shared, now: u64) -> [B256; MARK_WORDS] {
    let price = &entry.price;
    let (tier, blocked) = permissions(entry, shared, now);
    let stable = price.stable_at(now, shared.parameters.stable_price_rate);
    let secs = now.saturating_sub(price.observed_at);
    let (maintenance, initial) = entry.outlook.after(&shared.parameters, secs);
    [
        uint(price.mark),
        uint(stable),
        uint(tier as u8),
        uint(blocked),
        uint(maintenance),
        uint(initial),
    ]
}

/// The tier in force and the actions forbidden.
pub fn permissions(entry: &Entry, shared: &Shared, now: u64) -> (Tier, u16) {
    let tier = entry.price.tier_at(&entry.trip, now);
    let grace = shared.is_grace(now);
    (tier, entry.price.blocked_at(tier, grace, now))
}

fn reading(asset: &B256, shared: &Shared) -> [B256; READING_WORDS] {
    let (record, entry) = known(asset);
    let now = now();
    let [mark, stable, tier, blocked, ..] = mark(&entry, shared, now);
    let (low, high) = entry.price.range(entry.limits.confidence);
    let ranges = record
        .volatility()
        .ranges(&shared.parameters, &entry.limits, now);
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

/// Raises the tier of `asset` for `secs` seconds, at most 72 hours in 30 days, and at most to Restricted while the sources
/// agree. Guardian only.
///
/// Fails with `NotGuardian`, `UnknownAsset`, `TierNotRaised`, `SourcesAgree`, `TripTooShort` or `TripAllowanceExceeded`.
pub fn trip(asset: B256, tier: u8, secs: u32, reason: B256) {
    let caller = sender();
    if caller != Field::Guardian.address() {
        revert(guard::NotGuardian::SELECTOR, &[caller.into_word()]);
    }
    let now = now();
    let (record, before) = known(&asset);
    let price: Price = before.price;
    let current = price.tier_at(&before.trip, now);
    let agree = price.sources_agree(now);
    let raised = before
        .trip
        .raise(Tier::from_u8(tier), secs, now, current, agree);
    let trip = match raised {
        Ok(trip) => trip,
        Err(refusal) => refuse_trip(refusal, current, tier, secs),
    };
    let reported = price.tier_at(&trip, now);
    record.set_entry(&Entry {
        trip,
        reported,
        ..before
    });
    let words = [asset, uint(trip.tier as u8), uint(trip.until), reason];
    emit(topic!(guard::Tripped), 1, &words);
    emit_tier(&asset, before.reported, reported, Cause::Guardian);
}

fn refuse_trip(refusal: TripRefusal, current: Tier, asked: u8, secs: u32) -> ! {
    match refusal {
        TripRefusal::NotRaised => {
            let words = [uint(current as u8), uint(asked)];
            revert(guard::TierNotRaised::SELECTOR, &words)
        }
        TripRefusal::SourcesAgree => revert(guard::SourcesAgree::SELECTOR, &[]),
        TripRefusal::TooShort => revert(guard::TripTooShort::SELECTOR, &[uint(secs)]),
        TripRefusal::AllowanceExceeded { left } => {
            revert(guard::TripAllowanceExceeded::SELECTOR, &[uint(left)])
        }
    }
}
