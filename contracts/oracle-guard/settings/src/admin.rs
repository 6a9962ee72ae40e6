//! Set-up, ownership, roles, feeds and parameters.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolError;
use oracle::compact::Decimal;
use oracle::source::{MAX_CEILING, MAX_DECIMALS, MAX_HEARTBEAT};
use oracle::{
    AssetState, NotTaken, Parameters, Price, RangeLimits, Round, Sample, Sequencer, Sources,
    SurfaceLimits, Tier, Windows, handover,
};
use program_support::event::{Topic, emit};
use program_support::topic;
use stylus_sdk::host::WasmVM;
use stylus_sdk::stylus_core::AccountAccess;

use guard_support::abi::{guard, ownable};
use guard_support::arguments::Args;
use guard_support::feeds;
use guard_support::host::{encode, now, revert, sender, uint, unknown_function};
use guard_support::store::{self, Entry, Feeds, Field, Record, Shared, Source, known, steward};

/// Runs once, in the transaction that deploys the guard. A zero `guardian` is none; a zero `sequencer_feed` is a chain
/// without one. The parameters start at [`Parameters::DEFAULT`], the limits of surfaces at [`SurfaceLimits::DEFAULT`].
///
/// Fails with `ZeroAddress` for a zero owner and `FeedUnavailable` for a sequencer feed without code.
pub fn construct(owner: Address, guardian: Address, sequencer_feed: Address) {
    // Once: afterwards there is no such function.
    if !Field::Owner.address().is_zero() {
        unknown_function();
    }
    if owner.is_zero() {
        revert(guard::ZeroAddress::SELECTOR, &[]);
    }
    if !sequencer_feed.is_zero() && WasmVM::default().code_size(sequencer_feed) == 0 {
        refuse_feed(sequencer_feed);
    }
    set_owner(owner);
    Field::SequencerFeed.set_address(sequencer_feed);
    put_role(Field::Guardian, topic!(guard::GuardianSet), guardian);
    put_surface_limits(&SurfaceLimits::DEFAULT);
    let parameters = Parameters::DEFAULT;
    put_parameters(&Shared {
        parameters,
        windows: Windows::of_length(parameters.settlement_window),
        sequencer: Sequencer::default(),
    });
}

/// The address in `field`.
pub fn address(field: Field) -> Vec<u8> {
    encode(&[field.address().into_word()])
}

/// What the stewards have counted.
pub fn emergencies() -> Vec<u8> {
    encode(&[steward().counted().b256()])
}

fn only_owner() {
    let caller = sender();
    if caller != Field::Owner.address() {
        revert(ownable::NotOwner::SELECTOR, &[caller.into_word()]);
    }
}

/// For the steward, and for the owner unless there was an emergency since it wrote down how many the stewards had counted.
fn only_steward(emergencies: u32) {
    let caller = sender();
    if !steward().may_set(caller, Field::Owner.address(), emergencies) {
        revert(guard::NotSteward::SELECTOR, &[caller.into_word()]);
    }
}

/// Offers ownership to `new_owner`; zero withdraws the offer. Owner only (`NotOwner`).
pub fn transfer_ownership(new_owner: Address) {
    only_owner();
    Field::PendingOwner.set_address(new_owner);
    let words = [sender().into_word(), new_owner.into_word()];
    let event = topic!(ownable::OwnershipTransferStarted);
    emit(event, 2, &words);
}

/// Takes offered ownership. Fails with `NotPendingOwner`.
pub fn accept_ownership() {
    let caller = sender();
    if caller != Field::PendingOwner.address() {
        revert(ownable::NotPendingOwner::SELECTOR, &[caller.into_word()]);
    }
    Field::PendingOwner.set_address(Address::ZERO);
    set_owner(caller);
}

fn set_owner(owner: Address) {
    let words = [Field::Owner.address().into_word(), owner.into_word()];
    Field::Owner.set_address(owner);
    emit(topic!(ownable::OwnershipTransferred), 2, &words);
}

/// Sets the guardian, which may trip breakers; zero removes it. Owner only (`NotOwner`).
pub fn set_guardian(guardian: Address) {
    only_owner();
    put_role(Field::Guardian, topic!(guard::GuardianSet), guardian);
}

/// Sets the registrar, which may add assets; zero removes it. Owner only (`NotOwner`).
pub fn set_registrar(registrar: Address) {
    only_owner();
    put_role(Field::Registrar, topic!(guard::RegistrarSet), registrar);
}

/// Sets the steward, which may set parameters and range limits as the owner may; zero removes it, after which the owner's changes
/// need the number that it had counted. Owner only (`NotOwner`); to name one fails with `EmergencySince` or `StewardFailed`.
pub fn set_steward(named: Address, emergencies: u32) {
    only_owner();
    store::set_steward(&steward().replaced(named, emergencies));
    emit(topic!(guard::StewardSet), 1, &[named.into_word()]);
}

/// Sets the surface provider; zero removes it, and then no surface can be set. Owner only (`NotOwner`), but the guardian may
/// remove it.
pub fn set_surface_provider(provider: Address) {
    // The guardian may take a stolen key away at once, and give it to nobody.
    if !provider.is_zero() || sender() != Field::Guardian.address() {
        only_owner();
    }
    let event = topic!(guard::SurfaceProviderSet);
    put_role(Field::SurfaceProvider, event, provider);
}

/// Sets what surfaces are held to from their next update on. Owner or steward; fails with `NotSteward`,
/// `EmergencySince`, `StewardFailed` or `SurfaceLimitsOutOfBounds`.
pub fn set_surface_limits(args: Args) {
    only_steward(args.u32(5));
    let limits = SurfaceLimits {
        min_volatility: args.u64(0),
        max_volatility: args.u64(1),
        max_step: args.u64(2),
        min_interval: args.u32(3),
        stale_after: args.u32(4),
    };
    if !limits.is_within_bounds() {
        revert(guard::SurfaceLimitsOutOfBounds::SELECTOR, &[]);
    }
    put_surface_limits(&limits);
}

fn put_surface_limits(limits: &SurfaceLimits) {
    store::set_surface_limits(limits);
    let words = surface_limit_words(limits);
    emit(topic!(guard::SurfaceLimitsSet), 0, &words);
}

/// What surfaces are held to.
pub fn surface_limits() -> Vec<u8> {
    encode(&surface_limit_words(&store::surface_limits()))
}

fn surface_limit_words(limits: &SurfaceLimits) -> [B256; 5] {
    [
        uint(limits.min_volatility),
        uint(limits.max_volatility),
        uint(limits.max_step),
        uint(limits.min_interval),
        uint(limits.stale_after),
    ]
}

fn put_role(role: Field, event: Topic, holder: Address) {
    role.set_address(holder);
    emit(event, 1, &[holder.into_word()]);
}

/// Sets every parameter, in the units in which they are stored; another settlement window holds from the next 08:00 UTC. Owner or
/// steward; fails with `NotSteward`, `EmergencySince`, `StewardFailed` or `ParametersOutOfBounds`.
pub fn set_parameters(args: Args) {
    only_steward(args.u32(12));
    let parameters = Parameters {
        caution_move: args.u64(0),
        restricted_move: args.u64(1),
        mean_window: args.u32(2),
        calm_period: args.u32(3),
        grace_period: args.u32(4),
        slow_period: args.u32(5),
        fast_period: args.u32(6),
        stressed_weight: args.u64(7),
        hourly_rise: args.u64(8),
        range_multiplier: args.u64(9),
        horizon: args.u32(10),
        settlement_window: args.u32(11),
    };
    if !parameters.is_within_bounds() || !Shared::can_store(&parameters) {
        revert(guard::ParametersOutOfBounds::SELECTOR, &[]);
    }
    let shared = Shared::load();
    let window = parameters.settlement_window;
    // From the next 08:00 on: no price that is being averaged changes its window.
    let windows = if window == shared.windows.length {
        shared.windows
    } else {
        shared.windows.changed(window, now())
    };
    put_parameters(&Shared {
        parameters,
        windows,
        ..shared
    });
}

fn put_parameters(shared: &Shared) {
    shared.store();
    emit(
        topic!(guard::ParametersSet),
        0,
        &words_of(&shared.parameters),
    );
}

/// The parameters.
pub fn parameters() -> Vec<u8> {
    encode(&words_of(&Shared::load().parameters))
}

fn words_of(p: &Parameters) -> [B256; 12] {
    [
        uint(p.caution_move),
        uint(p.restricted_move),
        uint(p.mean_window),
        uint(p.calm_period),
        uint(p.grace_period),
        uint(p.slow_period),
        uint(p.fast_period),
        uint(p.stressed_weight),
        uint(p.hourly_rise),
        uint(p.range_multiplier),
        uint(p.horizon),
        uint(p.settlement_window),
    ]
}

/// Configures the sources of an asset: the owner at any time, the registrar for an unknown asset.
///
/// The last trusted mark and the tier of a known asset stay, but that a frozen one becomes Restricted; its mean restarts. Fails with
/// `NotRegistrar`, `AssetExists`, `EmergencySince`, `StewardFailed`, `ZeroAddress`, `SameSource`, `InvalidHeartbeat`,
/// `InvalidPriceRange`, `FeedUnavailable` or `UnsupportedDecimals`; of an asset that has had a price, with `FeedTooSoon`,
/// `FeedUntrusted` or `FeedTooFar`.
pub fn set_feed(args: Args) {
    let asset = args.b256(0);
    let record = Record::of(&asset);
    check_may_set_feed(&asset, &record, args.u32(7));
    let [primary, secondary] = [args.address(1), args.address(2)];
    if primary.is_zero() {
        revert(guard::ZeroAddress::SELECTOR, &[]);
    }
    if primary == secondary {
        revert(guard::SameSource::SELECTOR, &[primary.into_word()]);
    }
    let (floor, ceiling) = bounds(args.unsigned(5), args.unsigned(6));
    let feeds = Feeds {
        primary: source(primary, args.u32(3), floor),
        secondary: if secondary.is_zero() {
            Source {
                feed: Address::ZERO,
                heartbeat: 0,
                decimals: 0,
                bound: ceiling,
            }
        } else {
            source(secondary, args.u32(4), ceiling)
        },
    };
    take_over(&record, &feeds);
    let mut words = [asset; 7];
    words[1..].copy_from_slice(&feed_words(&record));
    emit(topic!(guard::FeedSet), 1, &words);
}

/// Configures `feeds`, if they may take over where the asset's price stands, which was observed in this call. A frozen asset is
/// Restricted when it returns.
fn take_over(record: &Record, feeds: &Feeds) {
    let now = now();
    let Some(entry) = record.entry() else {
        return record.configure(feeds);
    };
    let price = entry.price;
    let sources = heard(feeds, now);
    let state = match handover::take(&price, record.changed_at(), &sources, now) {
        Ok(state) => state,
        Err(refusal) => refuse_handover(refusal),
    };
    record.configure(feeds);
    if state != AssetState::Unpriced {
        record.set_changed_at(now);
    }
    if state == AssetState::Frozen {
        let price = Price {
            tier: Tier::Restricted,
            ..price
        };
        record.set_entry(&Entry { price, ..entry });
    }
}

/// What is trusted of what `feeds` say.
fn heard(feeds: &Feeds, now: u64) -> Sources {
    let sample = |source: Source| -> Option<Sample> {
        let words = feeds::latest_round(source.feed)?;
        let round = Round::from_words(&words, U256::from(source.decimals));
        feeds.limits(source).check(&round, now).ok()
    };
    let primary = sample(feeds.primary);
    if feeds.secondary.feed.is_zero() {
        Sources::One(primary)
    } else {
        Sources::Two(primary, sample(feeds.secondary))
    }
}

fn refuse_handover(refusal: NotTaken) -> ! {
    match refusal {
        NotTaken::TooSoon { allowed_at } => {
            revert(guard::FeedTooSoon::SELECTOR, &[uint(allowed_at)])
        }
        NotTaken::Untrusted => revert(guard::FeedUntrusted::SELECTOR, &[]),
        NotTaken::TooFar { price } => revert(guard::FeedTooFar::SELECTOR, &[uint(price.0)]),
    }
}

/// Replaces the sequencer's uptime feed by one that says "up" since at least the grace period. Owner only.
///
/// Fails with `NotOwner`, `FeedUnavailable` if it does not answer so, or `SequencerNotUp`.
pub fn set_uptime_feed(feed: Address) {
    only_owner();
    let (now, shared) = (now(), Shared::load());
    let Some(answer) = feeds::latest_round(feed) else {
        refuse_feed(feed)
    };
    let sequencer = Sequencer::from_answer(Some(&answer), now);
    // One that has just come up would begin a grace period at a moment of the owner's choice.
    if sequencer.is_grace(now, shared.parameters.grace_period) {
        revert(guard::SequencerNotUp::SELECTOR, &[uint(sequencer.since)]);
    }
    Field::SequencerFeed.set_address(feed);
    emit(topic!(guard::UptimeFeedSet), 1, &[feed.into_word()]);
}

/// A feed that answers, with a heartbeat within bounds.
fn source(feed: Address, heartbeat: u32, bound: Decimal) -> Source {
    if heartbeat == 0 || heartbeat > MAX_HEARTBEAT {
        revert(guard::InvalidHeartbeat::SELECTOR, &[uint(heartbeat)]);
    }
    Source {
        feed,
        heartbeat,
        decimals: supported_decimals(feed),
        bound,
    }
}

/// Floor and ceiling, if they are in order and have no more digits than are stored.
fn bounds(floor: u128, ceiling: u128) -> (Decimal, Decimal) {
    match (Decimal::of(floor), Decimal::of(ceiling)) {
        (Some(low), Some(high)) if floor < ceiling && ceiling <= MAX_CEILING => (low, high),
        _ => {
            let words = [uint(floor), uint(ceiling)];
            revert(guard::InvalidPriceRange::SELECTOR, &words)
        }
    }
}

/// The sources of `asset`; all zero for an unknown one.
pub fn feed(asset: B256) -> Vec<u8> {
    encode(&feed_words(&Record::of(&asset)))
}

fn feed_words(record: &Record) -> [B256; 6] {
    let Feeds { primary, secondary } = record.feeds();
    [
        primary.feed.into_word(),
        secondary.feed.into_word(),
        uint(primary.heartbeat),
        uint(secondary.heartbeat),
        uint(primary.bound.value()),
        uint(secondary.bound.value()),
    ]
}

/// Sets what the volatility, ranges and stable price of an asset are held to. Owner or steward; fails with `NotSteward`,
/// `EmergencySince`, `StewardFailed`, `UnknownAsset` or `RangeLimitsOutOfBounds`.
pub fn set_range_limits(args: Args) {
    only_steward(args.u32(6));
    let asset = args.b256(0);
    let limits = RangeLimits {
        stressed: args.u64(1),
        min: args.u64(2),
        max: args.u64(3),
        confidence: args.u64(4),
        stable_price_rate: args.u64(5),
    };
    if !limits.is_within_bounds() {
        revert(guard::RangeLimitsOutOfBounds::SELECTOR, &[]);
    }
    let (record, entry) = known(&asset);
    record.set_entry(&Entry { limits, ..entry });
    let mut words = [asset; 6];
    words[1..].copy_from_slice(&limit_words(&limits));
    emit(topic!(guard::RangeLimitsSet), 1, &words);
}

/// What the volatility, ranges and stable price of `asset` are held to. Fails with `UnknownAsset`.
pub fn range_limits(asset: B256) -> Vec<u8> {
    encode(&limit_words(&known(&asset).1.limits))
}

fn limit_words(limits: &RangeLimits) -> [B256; 5] {
    [
        uint(limits.stressed),
        uint(limits.min),
        uint(limits.max),
        uint(limits.confidence),
        uint(limits.stable_price_rate),
    ]
}

fn check_may_set_feed(asset: &B256, record: &Record, emergencies: u32) {
    let caller = sender();
    if caller == Field::Owner.address() {
        return steward().require_no_emergency_since(emergencies);
    }
    if caller != Field::Registrar.address() {
        revert(guard::NotRegistrar::SELECTOR, &[caller.into_word()]);
    }
    if record.entry().is_some() {
        revert(guard::AssetExists::SELECTOR, &[*asset]);
    }
}

/// The decimals that `feed` answers with, if prices can be scaled from them.
fn supported_decimals(feed: Address) -> u8 {
    let Some(decimals) = feeds::decimals(feed) else {
        refuse_feed(feed)
    };
    match u8::try_from(decimals) {
        Ok(supported) if supported <= MAX_DECIMALS => supported,
        _ => revert(
            guard::UnsupportedDecimals::SELECTOR,
            &[feed.into_word(), decimals.into()],
        ),
    }
}

fn refuse_feed(feed: Address) -> ! {
    revert(guard::FeedUnavailable::SELECTOR, &[feed.into_word()])
}
