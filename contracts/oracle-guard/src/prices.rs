//! Where prices are accepted and served.

use alloc::vec::Vec;

use alloy_primitives::B256;
use alloy_sol_types::{SolError, SolEvent};
use oracle::{Cause, Observation, Price, Sample, Sources, Tier, TripRefusal};

use crate::abi::guard;
use crate::feeds::{self, Sequencer};
use crate::host::{emit, encode, now, revert, sender, uint};
use crate::store::{Entry, Feeds, Field, Record, Shared, Source};

/// Words of an encoded `Mark`.
const MARK_WORDS: usize = 4;
/// Words of an encoded `Reading`.
const READING_WORDS: usize = 10;

fn known(asset: &B256) -> (Record, Entry) {
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
    emit(&guard::SequencerStatusChanged::SIGNATURE_HASH, 0, &words);
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
    record.set_progress(&state);
    record.set_entry(&Entry {
        price,
        reported,
        ..before
    });
    let mark = uint(price.mark);
    emit(
        &guard::Poked::SIGNATURE_HASH,
        1,
        &[*asset, mark, B256::ZERO],
    );
    let cause = if reported < before.reported {
        Cause::Calm
    } else {
        cause
    };
    emit_tier(asset, before.reported, reported, cause);
    [mark, uint(reported as u8)]
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
        emit(&guard::TierChanged::SIGNATURE_HASH, 1, &words);
    }
}

/// What the guard knows of `asset` now, without asking a feed. Fails with `UnknownAsset`.
pub fn read(asset: B256) -> Vec<u8> {
    encode(&reading(&asset, &Shared::load()))
}

/// [`read`] for many assets.
pub fn read_many(assets: &[[u8; 32]]) -> Vec<u8> {
    serve(assets, READING_WORDS, |asset, shared, out| {
        append(out, &reading(asset, shared));
    })
}

/// What a vault needs of [`read_many`], from two slots an asset while its sources agree, and three while they do not. Fails
/// with `UnknownAsset`.
pub fn marks(assets: &[[u8; 32]]) -> Vec<u8> {
    let now = now();
    serve(assets, MARK_WORDS, |asset, shared, out| {
        append(out, &mark(&known(asset).1, shared, now));
    })
}

/// An array with what `answer` appends for each asset, `words` words.
fn serve(
    assets: &[[u8; 32]],
    words: usize,
    answer: impl Fn(&B256, &Shared, &mut Vec<u8>),
) -> Vec<u8> {
    let shared = Shared::load();
    let mut out = Vec::with_capacity(64 + 32 * words * assets.len());
    append(&mut out, &[uint(32u8), uint(assets.len() as u64)]);
    for asset in assets {
        answer(&B256::new(*asset), &shared, &mut out);
    }
    out
}

fn append(out: &mut Vec<u8>, words: &[B256]) {
    for word in words {
        out.extend_from_slice(word.as_slice());
    }
}

fn mark(entry: &Entry, shared: &Shared, now: u64) -> [B256; MARK_WORDS] {
    let Entry { price, trip, .. } = entry;
    let tier = price.tier_at(trip, now);
    let stable = price.stable_at(now, shared.parameters.stable_price_rate);
    [
        uint(price.mark),
        uint(stable),
        uint(tier as u8),
        uint(price.blocked_at(tier, shared.is_grace(now), now)),
    ]
}

fn reading(asset: &B256, shared: &Shared) -> [B256; READING_WORDS] {
    let (_, entry) = known(asset);
    let [mark, stable, tier, blocked] = mark(&entry, shared, now());
    let (low, high) = entry.price.range();
    [
        mark,
        uint(low),
        uint(high),
        stable,
        uint(entry.price.updated_at),
        tier,
        blocked,
        B256::ZERO,
        B256::ZERO,
        B256::ZERO,
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
    emit(&guard::Tripped::SIGNATURE_HASH, 1, &words);
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
