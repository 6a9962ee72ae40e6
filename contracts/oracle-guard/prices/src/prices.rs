//! Where prices are accepted, and tiers raised.
//!
//! Whatever is served of an asset is what an observation makes of it in that very call: the feeds are asked, and the state is
//! worked out. What becomes of it depends on who asks: see [`Purpose`].

use alloy_primitives::{B256, U256};
use alloy_sol_types::SolError;
use oracle::{
    Cause, Outlook, Parameters, Round, Settlements, Sources, State, Tier, TripRefusal, Windows,
};
use program_support::event::emit;
use program_support::topic;

use crate::events::{settled, tier_changed};
use guard_support::abi::guard;
use guard_support::feeds;
use guard_support::host::{now, revert, sender, uint};
use guard_support::spells::refuse_spell;
use guard_support::store::{Entry, Feeds, Field, Record, Shared, Source, known};

/// What an observation is made for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To tell what a poke would find. Nothing is kept, and no event says so.
    View,
    /// To act on it. It is kept if there is news in it.
    Operation,
    /// To keep it.
    Poke,
}

/// Serves one call.
pub struct Observer {
    shared: Shared,
    purpose: Purpose,
    /// The block's time.
    pub now: u64,
}

/// An asset as an observation in this call has found it.
pub struct Reading {
    /// Where it is stored.
    pub record: Record,
    /// What readers need.
    pub entry: Entry,
    /// The ranges that margins cover.
    pub outlook: Outlook,
    /// The prices at which days end.
    pub settlements: Settlements,
    /// The tier in force.
    pub tier: Tier,
    /// The actions forbidden.
    pub blocked: u16,
}

/// What the feeds of an asset answer.
struct Answers {
    feeds: Feeds,
    /// Of the primary and the secondary; with the decimals that they were configured with until they are asked for theirs.
    rounds: [Option<Round>; 2],
}

impl Observer {
    /// In this block. The uptime feed is asked, and its status stored where it changed; without a feed the sequencer counts as up.
    ///
    /// Fails with `InsufficientGas` if it could not get its whole gas allowance.
    pub fn new(purpose: Purpose) -> Self {
        // Before any asset: a mark from before an outage counts no more, whatever its feeds say.
        let (now, mut shared) = (now(), Shared::load());
        if let Some(seen) = feeds::sequencer(now) {
            let sequencer = shared.sequencer.followed_by(seen);
            if sequencer != shared.sequencer {
                shared.sequencer = sequencer;
                if purpose != Purpose::View {
                    shared.store();
                    let words = [uint(u8::from(sequencer.down)), uint(sequencer.since)];
                    emit(topic!(guard::SequencerStatusChanged), 0, &words);
                }
            }
        }
        Self {
            shared,
            purpose,
            now,
        }
    }

    /// The parameters.
    pub fn parameters(&self) -> &Parameters {
        &self.shared.parameters
    }

    /// The windows of settlements.
    pub fn windows(&self) -> &Windows {
        &self.shared.windows
    }

    /// Asks the feeds of `asset`. One that cannot be trusted is no error: without any, the asset freezes at its last mark.
    ///
    /// Fails with `UnknownAsset`, or with `InsufficientGas` if a feed could not get its whole gas allowance.
    pub fn observe(&self, asset: &B256) -> Reading {
        let (record, before) = known(asset);
        let last = record.state(&before, self.windows(), self.now);
        let mut answers = Answers::ask(record.feeds());
        let (mut state, mut cause) = self.follow(&last, &before, &answers);
        // Feeds that say nothing new have not changed their decimals either.
        let keeps = self.purpose == Purpose::Poke || state.has_news(&last, &self.shared.sequencer);
        if keeps && !answers.confirm_decimals() {
            (state, cause) = self.follow(&last, &before, &answers);
        }
        let price = state.asset.price;
        let tier = price.tier_at(&before.trip, self.now);
        let ranges = state
            .volatility
            .ranges(self.parameters(), &before.limits, self.now);
        let entry = Entry {
            price,
            reported: tier,
            is_pending: state.settlements.pending.is_some(),
            raised: before.raised.after(before.price.tier, price.tier, self.now),
            ..before
        };
        // A view writes, too, for what it serves is read back; a view is never flushed.
        if keeps || self.purpose == Purpose::View {
            record.set_state(&state, &entry);
        }
        if keeps && self.purpose != Purpose::View {
            settled(asset, &state.settlements);
            let words = [*asset, uint(price.mark.0), uint(ranges.volatility)];
            emit(topic!(guard::Poked), 1, &words);
            self.report(asset, &before, tier, cause);
        }
        let grace = self.parameters().grace_period;
        let grace = self.shared.sequencer.is_grace(self.now, grace);
        Reading {
            record,
            entry,
            outlook: Outlook::of(&ranges),
            settlements: state.settlements,
            tier,
            blocked: price.blocked_at(tier, grace, self.now),
        }
    }

    #[inline(never)]
    fn follow(&self, last: &State, entry: &Entry, answers: &Answers) -> (State, Cause) {
        let Shared {
            parameters,
            windows,
            sequencer,
        } = &self.shared;
        let (sources, limits) = (answers.sources(self.now), &entry.limits);
        last.observe(sources, sequencer, limits, parameters, windows, self.now)
    }

    /// Says how the tier came from what was last reported to `tier`: first what time alone had done to it until now, then what
    /// was done now, for `cause` where that is stricter.
    fn report(&self, asset: &B256, before: &Entry, tier: Tier, cause: Cause) {
        let Entry {
            price,
            trip,
            reported,
            ..
        } = before;
        let (lapsed, lapse) = price.lapse(trip, *reported, &self.shared.sequencer, self.now);
        tier_changed(asset, *reported, lapsed, lapse);
        tier_changed(asset, lapsed, tier, cause);
    }
}

impl Answers {
    fn ask(feeds: Feeds) -> Self {
        let rounds = [feeds.primary, feeds.secondary].map(|source| {
            if source.feed.is_zero() {
                return None;
            }
            let words = feeds::latest_round(source.feed)?;
            Some(Round::from_words(&words, U256::from(source.decimals)))
        });
        Self { feeds, rounds }
    }

    /// Asks the feeds for their decimals; whether they are those with which they were configured.
    fn confirm_decimals(&mut self) -> bool {
        let mut same = true;
        for (source, answer) in [self.feeds.primary, self.feeds.secondary]
            .iter()
            .zip(&mut self.rounds)
        {
            if let Some(mut round) = *answer {
                let expected = round.decimals;
                *answer = feeds::decimals(source.feed).map(|decimals| {
                    round.decimals = decimals;
                    round
                });
                same &= answer.is_some_and(|round| round.decimals == expected);
            }
        }
        same
    }

    /// What of it is trusted at `now`.
    fn sources(&self, now: u64) -> Sources {
        let Self {
            feeds,
            rounds: [primary, secondary],
        } = self;
        let sample = |source: Source, round: &Option<Round>| {
            feeds.limits(source).check(round.as_ref()?, now).ok()
        };
        let first = sample(feeds.primary, primary);
        if feeds.secondary.feed.is_zero() {
            Sources::One(first)
        } else {
            Sources::Two(first, sample(feeds.secondary, secondary))
        }
    }
}

/// Asks the feeds of `asset` and updates its mark and tier. Anyone may call. Returns the WAD mark and the tier in force. Fails as
/// [`Observer::observe`] does.
pub fn poke(asset: B256) -> [B256; 2] {
    let reading = Observer::new(Purpose::Poke).observe(&asset);
    [uint(reading.entry.price.mark.0), uint(reading.tier as u8)]
}

/// [`poke`] for an asset that may be unknown: whatever its settings are changed by goes by what is known of it in this call.
pub fn poke_known(asset: B256) {
    if Record::of(&asset).entry().is_some() {
        poke(asset);
    }
}

/// [`poke`] for many assets, each independent of the others' feeds. Fails as `poke` does.
pub fn poke_many(assets: &[[u8; 32]]) {
    let observer = Observer::new(Purpose::Poke);
    for asset in assets {
        observer.observe(&B256::new(*asset));
    }
}

/// Raises the tier of `asset` for `secs` seconds, at most 72 hours in 30 days, and at most to Restricted while the sources
/// agree. It is poked first. Guardian only.
///
/// Fails with `NotGuardian`, `UnknownAsset`, `InsufficientGas`, `TierNotRaised`, `SourcesAgree`, `TripTooShort` or
/// `TripAllowanceExceeded`.
pub fn trip(asset: B256, tier: u8, secs: u32, reason: B256) {
    let caller = sender();
    if caller != Field::Guardian.address() {
        revert(guard::NotGuardian::SELECTOR, &[caller.into_word()]);
    }
    let observer = Observer::new(Purpose::Poke);
    // Observed first, so that the guardian raises the tier that is, and halts only while the sources differ now.
    let reading = observer.observe(&asset);
    let (entry, current, now) = (reading.entry, reading.tier, observer.now);
    let agree = entry.price.sources_agree(now);
    let raised = entry
        .trip
        .raise(Tier::from_u8(tier), secs, now, current, agree);
    let trip = match raised {
        Ok(trip) => trip,
        Err(refusal) => refuse_trip(refusal, current, tier, secs),
    };
    let reported = entry.price.tier_at(&trip, now);
    reading.record.set_entry(&Entry {
        trip,
        reported,
        raised: entry.raised.with_trip(&entry.trip, now),
        ..entry
    });
    let words = [asset, uint(trip.tier as u8), uint(trip.spell.until), reason];
    emit(topic!(guard::Tripped), 1, &words);
    tier_changed(&asset, current, reported, Cause::Guardian);
}

fn refuse_trip(refusal: TripRefusal, current: Tier, asked: u8, secs: u32) -> ! {
    match refusal {
        TripRefusal::NotRaised => {
            let words = [uint(current as u8), uint(asked)];
            revert(guard::TierNotRaised::SELECTOR, &words)
        }
        TripRefusal::SourcesAgree => revert(guard::SourcesAgree::SELECTOR, &[]),
        TripRefusal::Spell(refusal) => refuse_spell(refusal, secs),
    }
}
