use proptest::prelude::*;

use super::*;
use crate::WAD;
use crate::source::{Sample, SourcePrice};
use crate::spell::Spell;
use crate::tier::action;
use crate::trip::Trip;
use crate::volatility::RangeLimits;

const P: Parameters = Parameters::DEFAULT;
/// Of the stable price, a second.
const RATE: u64 = RangeLimits::PEGGED.stable_price_rate;
const START: u64 = 1_700_000_000;
const HEARTBEAT: u64 = 3_600;

fn sample(price: u128, now: u64) -> Option<Sample> {
    Some(Sample {
        price: SourcePrice(price),
        updated_at: now,
        valid_until: now + HEARTBEAT,
    })
}

fn one(price: Option<u128>, now: u64) -> Observation {
    Observation {
        sources: Sources::One(price.and_then(|price| sample(price, now))),
        sequencer_down: false,
    }
}

fn two(primary: Option<u128>, secondary: Option<u128>, now: u64) -> Observation {
    let at = |price: Option<u128>| price.and_then(|price| sample(price, now));
    Observation {
        sources: Sources::Two(at(primary), at(secondary)),
        sequencer_down: false,
    }
}

/// Observes `price` every `step` seconds for `secs` seconds; returns the state and the time.
fn hold(mut asset: Asset, price: u128, mut now: u64, secs: u64, step: u64) -> (Asset, u64) {
    let end = now + secs;
    while now < end {
        now += step;
        asset = asset.observe(one(Some(price), now), &P, RATE, now).0;
    }
    (asset, now)
}

fn started(price: u128) -> (Asset, u64) {
    hold(Asset::default(), price, START, 600, 60)
}

#[test]
fn the_first_observation_sets_mark_and_stable_price() {
    let (asset, _) = Asset::default().observe(one(Some(2_000), START), &P, RATE, START);
    assert_eq!(
        (asset.price.mark, asset.price.stable, asset.price.tier),
        (Mark(2_000), Stable(2_000), Tier::Normal)
    );
    assert!(asset.price.sources_agree(START));
}

#[test]
fn an_asset_that_was_never_priced_forbids_everything() {
    let asset = Asset::default();
    assert_eq!(asset.price.tier_at(&Trip::default(), START), Tier::Halted);
    assert_eq!(
        asset.price.blocked_at(Tier::Halted, false, START),
        action::ALL
    );
    let (asset, cause) = asset.observe(one(None, START), &P, RATE, START);
    assert_eq!(
        (asset.price.mark, asset.price.is_trusted(START), cause),
        (Mark::ZERO, false, Cause::Frozen)
    );
}

#[test]
fn a_move_in_one_step_trips_the_breaker_at_once() {
    for (price, tier) in [
        (9_600, Tier::Normal),
        (9_500, Tier::Caution),
        (10_500, Tier::Caution),
        (8_900, Tier::Restricted),
    ] {
        let (asset, now) = started(10_000);
        let (asset, cause) = asset.observe(one(Some(price), now + 60), &P, RATE, now + 60);
        assert_eq!(
            (asset.price.tier, asset.price.mark, cause),
            (tier, Mark(price), Cause::Move)
        );
    }
}

/// The mean of the last five minutes lags a steady move by about three minutes of it.
#[test]
fn a_slow_move_is_measured_against_the_mean() {
    for (percent, tier) in [(1, Tier::Normal), (3, Tier::Caution), (6, Tier::Restricted)] {
        let (mut asset, mut now) = started(1_000_000);
        let mut price = 1_000_000u128;
        for _ in 0..8 {
            (price, now) = (price - price * percent / 100, now + 60);
            asset = asset.observe(one(Some(price), now), &P, RATE, now).0;
        }
        assert_eq!(asset.price.tier, tier, "{percent} % a minute");
    }
}

#[test]
fn a_gap_longer_than_the_window_restarts_the_mean() {
    let (asset, now) = started(10_000);
    let at_edge = asset
        .observe(one(Some(8_000), now + 300), &P, RATE, now + 300)
        .0;
    assert_eq!(at_edge.price.tier, Tier::Restricted);
    let after = asset
        .observe(one(Some(8_000), now + 301), &P, RATE, now + 301)
        .0;
    assert_eq!(after.mean, Mean::restart(Mark(8_000), now + 301));
}

#[test]
fn a_move_in_a_gap_is_measured_against_the_last_mark_by_the_root_of_the_gap() {
    let (asset, now) = started(10_000);
    let after = |gap: u64, price: u128| {
        let (asset, cause) = asset.observe(one(Some(price), now + gap), &P, RATE, now + gap);
        (asset.price.tier, cause)
    };
    // 9 % in six minutes in which nobody looked: 5.48 % are Caution.
    assert_eq!(after(360, 9_100), (Tier::Caution, Cause::Move));
    assert_eq!(after(360, 8_904), (Tier::Restricted, Cause::Move));
    assert_eq!(after(1_200, 9_001), (Tier::Normal, Cause::Move));
    assert_eq!(after(1_200, 9_000), (Tier::Caution, Cause::Move));
    assert_eq!(after(86_400, 8_001), (Tier::Normal, Cause::Move));
    assert_eq!(after(86_400, 6_000), (Tier::Restricted, Cause::Move));
}

/// The mark of an asset that was frozen is as old as it was trusted.
#[test]
fn what_was_not_trusted_counts_as_a_gap() {
    let (asset, now) = started(10_000);
    let lapsed = now + HEARTBEAT;
    let (asset, _) = asset.observe(one(None, lapsed + 900), &P, RATE, lapsed + 900);
    let (after, _) = asset.observe(one(Some(8_200), lapsed + 2_700), &P, RATE, lapsed + 2_700);
    assert_eq!(after.price.tier, Tier::Halted, "one tier at a time");
    assert_eq!(
        after.calm_since,
        lapsed + 2_700,
        "18 % of 15 in 45 minutes ask for Caution"
    );
}

/// A mark that only lapsed had a tier, and that is what it comes back with, or with what its move asks for.
#[test]
fn a_mark_that_only_lapsed_keeps_its_tier_or_takes_a_stricter_one() {
    let (asset, now) = started(10_000);
    let (restricted, _) = asset.observe(one(Some(8_900), now + 60), &P, RATE, now + 60);
    let back = now + 60 + HEARTBEAT + 600;
    assert_eq!(
        restricted.price.tier_at(&Trip::default(), back),
        Tier::Halted
    );
    let (kept, _) = restricted.observe(one(Some(8_900), back), &P, RATE, back);
    assert_eq!(kept.price.tier, Tier::Restricted);
    let (normal, _) = asset.observe(one(Some(10_000), back), &P, RATE, back);
    assert_eq!(normal.price.tier, Tier::Normal);
    let (moved, _) = asset.observe(one(Some(7_900), back), &P, RATE, back);
    assert_eq!(moved.price.tier, Tier::Caution);
}

#[test]
fn a_frozen_asset_keeps_its_last_trusted_mark_and_recovers_tier_by_tier() {
    let (asset, now) = started(10_000);
    let (frozen, cause) = asset.observe(one(None, now + 60), &P, RATE, now + 60);
    assert_eq!(
        (frozen.price.mark, frozen.price.tier, cause),
        (Mark(10_000), Tier::Halted, Cause::Frozen)
    );
    assert_eq!(
        frozen.price.blocked_at(Tier::Halted, false, now + 60),
        action::ALL
    );
    let (asset, now) = hold(frozen, 10_010, now + 60, 60, 60);
    assert_eq!(
        (asset.price.mark, asset.price.tier),
        (Mark(10_010), Tier::Halted)
    );
    assert_eq!(asset.price.blocked_at(Tier::Halted, false, now), 7);
    let (asset, now) = hold(asset, 10_010, now, 600, 60);
    assert_eq!(asset.price.tier, Tier::Restricted);
    let (asset, _) = hold(asset, 10_010, now, 1_200, 60);
    assert_eq!(asset.price.tier, Tier::Normal);
}

#[test]
fn a_mark_older_than_its_heartbeat_is_halted_without_a_poke() {
    let (asset, now) = started(10_000);
    assert_eq!(
        asset.price.tier_at(&Trip::default(), now + HEARTBEAT),
        Tier::Normal
    );
    assert_eq!(
        asset.price.tier_at(&Trip::default(), now + HEARTBEAT + 1),
        Tier::Halted
    );
    assert_eq!(
        asset
            .price
            .blocked_at(Tier::Halted, false, now + HEARTBEAT + 1),
        action::ALL
    );
}

#[test]
fn the_stable_price_follows_what_was_in_force() {
    let (asset, now) = started(1_000_000);
    let (asset, _) = asset.observe(one(Some(500_000), now), &P, RATE, now);
    assert_eq!(asset.price.stable_at(now, RATE), Stable(1_000_000));
    assert_eq!(asset.price.stable_at(now + 10, RATE), Stable(999_700));
    let at_last = asset.price.stable_at(now + HEARTBEAT, RATE);
    assert_eq!(at_last, Stable(892_000));
    assert_eq!(
        asset.price.stable_at(now + 86_400, RATE),
        at_last,
        "nothing is in force any more"
    );
}

#[test]
fn the_stable_price_of_a_frozen_asset_stands_still() {
    let (asset, now) = started(1_000_000);
    let (asset, _) = asset.observe(one(Some(900_000), now + 60), &P, RATE, now + 60);
    let (frozen, _) = asset.observe(one(None, now + 160), &P, RATE, now + 160);
    assert_eq!(frozen.price.stable, Stable(997_000));
    for secs in [0, 60, HEARTBEAT, 86_400] {
        assert_eq!(
            frozen.price.stable_at(now + 160 + secs, RATE),
            Stable(997_000)
        );
    }
}

#[test]
fn while_sources_diverge_the_stable_price_follows_the_primary_at_a_fifth_of_the_rate() {
    let first = Asset::default()
        .observe(
            two(Some(1_000_000), Some(1_000_000), START),
            &P,
            RATE,
            START,
        )
        .0;
    let (asset, cause) = first.observe(two(Some(500_000), Some(950_000), START), &P, RATE, START);
    assert_eq!(
        (asset.price.mark, asset.price.tier, cause),
        (Mark(950_000), Tier::Halted, Cause::Divergence)
    );
    assert_eq!(asset.price.stable_at(START + 10, RATE), Stable(999_940));
    assert_eq!(asset.price.range(0), (500_000, 950_000));
    assert!(!asset.price.sources_agree(START));
}

#[test]
fn a_lost_source_costs_one_tier() {
    let first = Asset::default()
        .observe(two(Some(10_000), Some(10_000), START), &P, RATE, START)
        .0;
    let (asset, cause) = first.observe(two(None, Some(10_010), START + 1), &P, RATE, START + 1);
    assert_eq!(
        (asset.price.mark, asset.price.tier, cause),
        (Mark(10_010), Tier::Caution, Cause::SourceLost)
    );
    let (asset, _) = first.observe(two(None, Some(8_000), START + 1), &P, RATE, START + 1);
    assert_eq!(
        (asset.price.mark, asset.price.tier),
        (Mark(9_000), Tier::Halted)
    );
    assert_eq!(asset.price.range(0), (8_000, 9_000));
}

#[test]
fn a_sequencer_outage_halts_but_still_marks() {
    let (asset, now) = started(10_000);
    let down = Observation {
        sequencer_down: true,
        ..one(Some(9_900), now)
    };
    let (asset, cause) = asset.observe(down, &P, RATE, now);
    assert_eq!(
        (asset.price.mark, asset.price.tier, cause),
        (Mark(9_900), Tier::Halted, Cause::SequencerDown)
    );
    assert_eq!(
        asset.price.blocked_at(Tier::Halted, false, now) & action::LIQUIDATE,
        0
    );
}

#[test]
fn grace_blocks_opening_and_shows() {
    let (asset, now) = started(10_000);
    let grace = action::OPEN | action::GRACE;
    assert_eq!(asset.price.blocked_at(Tier::Normal, true, now), grace);
    assert_eq!(asset.price.blocked_at(Tier::Halted, true, now), 7 | grace);
    let old = now + HEARTBEAT + 1;
    assert_eq!(
        asset.price.blocked_at(Tier::Halted, true, old),
        action::ALL | grace
    );
    assert_eq!(asset.price.blocked_at(Tier::Normal, false, now), 0);
}

#[test]
fn a_trip_adds_to_the_automatic_tier() {
    let (asset, now) = started(10_000);
    let trip = Trip {
        tier: Tier::Halted,
        spell: Spell {
            until: now + 60,
            used: 60,
        },
    };
    assert_eq!(asset.price.tier_at(&trip, now), Tier::Restricted);
    assert_eq!(asset.price.tier_at(&trip, now + 60), Tier::Normal);
}

fn any_price() -> impl Strategy<Value = Option<u128>> {
    prop_oneof![1 => Just(None), 4 => (1..1_000_000u128).prop_map(Some), 4 => (900_000..1_100_000u128).prop_map(Some)]
}

proptest! {
    /// Whatever the feeds say, the mark is a price that was trusted, or bounded by the stable price.
    #[test]
    fn an_untrusted_price_never_becomes_the_mark(steps in prop::collection::vec((any_price(), any_price(), 0u64..900), 1..80)) {
        let (mut asset, mut now) = (Asset::default(), START);
        for (primary, secondary, secs) in steps {
            now += secs;
            let before = asset;
            let Stable(stable) = before.price.stable_at(now, RATE);
            asset = before.observe(two(primary, secondary, now), &P, RATE, now).0;
            let Mark(mark) = asset.price.mark;
            match (primary, secondary) {
                (None, None) => prop_assert_eq!(mark, before.price.mark.0),
                (Some(p), Some(s)) if asset.price.status != Status::Frozen => {
                    prop_assert!(mark >= p.min(s) && mark <= p.max(s));
                }
                (Some(_), Some(_)) => prop_assert_eq!((stable, mark), (0, 0)),
                _ if stable == 0 => prop_assert_eq!(mark, 0),
                _ => prop_assert!(mark.abs_diff(stable) <= stable / 10),
            }
            prop_assert_eq!(asset.price.is_trusted(now), asset.price.status != Status::Frozen);
            let (low, high) = asset.price.range(0);
            prop_assert!(low <= mark && mark <= high);
        }
    }

    /// However the time between is cut up, the stable price is bounded by its rate.
    #[test]
    fn the_stable_price_never_outruns_its_rate(prices in prop::collection::vec((1_000_000u128..1 << 100, 0u64..300), 1..50)) {
        let (mut asset, mut now) = (Asset::default(), START);
        for (price, secs) in prices {
            let Stable(before) = asset.price.stable;
            now += secs;
            asset = asset.observe(one(Some(price), now), &P, RATE, now).0;
            if before != 0 {
                let bound = before / u128::from(WAD / RATE) * u128::from(secs) * 101 / 100 + 1_000;
                prop_assert!(asset.price.stable.0.abs_diff(before) <= bound);
            }
        }
    }
}
