//! Where prices are accepted, and tiers raised.

use alloy_primitives::B256;
use alloy_sol_types::SolError;
use oracle::{
    Cause, Observation, Outlook, Price, RangeLimits, Ranges, Sample, Sequencer, Sources, Tier,
    TripRefusal,
};
use program_support::event::emit;
use program_support::topic;

use crate::abi::guard;
use crate::feeds;
use crate::host::{now, revert, sender, uint};
use crate::readings::{Reader, known};
use crate::settlements;
use crate::store::{Entry, Feeds, Field, Record, Shared, Source};

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
    let Some(seen) = feeds::sequencer(now()) else {
        return known;
    };
    let sequencer = known.sequencer.followed_by(seen);
    let shared = Shared { sequencer, ..known };
    if sequencer != known.sequencer {
        shared.store();
        let words = [uint(u8::from(sequencer.down)), uint(sequencer.since)];
        emit(topic!(guard::SequencerStatusChanged), 0, &words);
    }
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
    let ranges = sample(&record, &before.limits, &price, shared, now);
    let settling = before.settling && {
        let price = before.price.under(&shared.sequencer);
        !settlements::count(&record, asset, &price, now).is_complete()
    };
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
    report(asset, &before, &shared.sequencer, reported, cause, now);
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

/// Says how the tier came from what was last reported to `tier`: first what time alone had done to it until `now`, then what
/// was done now, for `cause` where that is stricter.
fn report(asset: &B256, before: &Entry, sequencer: &Sequencer, tier: Tier, cause: Cause, now: u64) {
    let (price, trip) = (&before.price, &before.trip);
    let (lapsed, lapse) = price.lapse(trip, before.reported, sequencer, now);
    emit_tier(asset, before.reported, lapsed, lapse);
    emit_tier(asset, lapsed, tier, cause);
}

/// A tier never becomes milder but by calm.
fn emit_tier(asset: &B256, from: Tier, to: Tier, cause: Cause) {
    if from == to {
        return;
    }
    let cause = if to < from { Cause::Calm } else { cause };
    let words = [*asset, uint(from as u8), uint(to as u8), uint(cause as u8)];
    emit(topic!(guard::TierChanged), 1, &words);
}

/// Raises the tier of `asset` for `secs` seconds, at most 72 hours in 30 days, and at most to Restricted while the sources
/// agree. Guardian only.
///
/// Fails with `NotGuardian`, `UnknownAsset`, `InsufficientGas`, `TierNotRaised`, `SourcesAgree`, `TripTooShort` or
/// `TripAllowanceExceeded`.
pub fn trip(asset: B256, tier: u8, secs: u32, reason: B256) {
    let caller = sender();
    if caller != Field::Guardian.address() {
        revert(guard::NotGuardian::SELECTOR, &[caller.into_word()]);
    }
    let (record, before) = known(&asset);
    let reader = Reader::new();
    let now = reader.now;
    let sequencer = reader.sequencer(&before.price);
    let price = before.price.under(&sequencer);
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
    report(&asset, &before, &sequencer, reported, Cause::Guardian, now);
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
