//! What accounts need: ranges, perpetuals alone and in portfolios, underlyings, and the sum over many wallets.

mod common;

use common::{usd, wad};
use proptest::prelude::*;
use risk::options::black::Kind;
use risk::options::encoding::parts_of_ticks;
use risk::options::{OptionLeg, Requirement};
use risk::rules::listing::concentration;
use risk::rules::margin::{least_initial, requirement};
use risk::{
    Holding, OptionRates, Position, Price, Ranges, Ratio, Size, Spot, Stable, Tier, Underlying,
    Usd, WAD,
};

const DAY: u32 = 86_400;

const fn percent(share: u128) -> Ratio {
    Ratio(share * WAD / 100)
}

const fn ranges(maintenance: u128, initial: u128) -> Ranges {
    Ranges {
        maintenance: percent(maintenance),
        initial: percent(initial),
    }
}

fn underlying(spot: u128, stable: u128, ranges: Ranges) -> Underlying {
    Underlying {
        spot: Spot(spot * WAD),
        stable: Stable(stable * WAD),
        ranges,
    }
}

fn rates() -> OptionRates {
    OptionRates {
        tick: Price(WAD),
        volatility_range: percent(45),
        short_option_rate: percent(1),
    }
}

fn holding<'o>(underlying: Underlying, perpetual: i128, options: &'o [OptionLeg]) -> Holding<'o> {
    Holding {
        underlying,
        rates: rates(),
        perpetual: Position(perpetual),
        options,
        closing: &[],
        distrusted: false,
    }
}

fn option(kind: Kind, strike: u64, days: u32, size: i128) -> OptionLeg {
    OptionLeg {
        kind,
        strike: parts_of_ticks(strike),
        seconds: days * DAY,
        volatility: 800_000,
        size: Position(size),
    }
}

/// A book around a spot of 2,000: a covered call, a strangle, a far put, and one that has expired but not settled.
fn book(unit: i128) -> [OptionLeg; 5] {
    [
        option(Kind::Call, 2_100, 14, -2 * unit),
        option(Kind::Call, 2_500, 56, -unit),
        option(Kind::Put, 1_700, 56, -unit),
        option(Kind::Put, 900, 28, 5 * unit),
        option(Kind::Call, 1_950, 0, unit),
    ]
}

#[test]
fn the_larger_of_the_instruments_rate_and_the_guards_range_applies() {
    let of = |rates, guarded| Ranges::of(rates, guarded, Tier::Normal, 0);
    assert_eq!(of(ranges(3, 8), ranges(5, 6)), ranges(5, 8));
    assert_eq!(of(ranges(3, 4), ranges(2, 9)), ranges(3, 9));
}

#[test]
fn tier_and_concentration_widen_the_initial_range_alone() {
    let of = |tier, concentration| {
        Ranges::of(
            ranges(4, 8),
            ranges(2, 2),
            Tier::from_u8(tier),
            concentration,
        )
    };
    assert_eq!(of(0, 0), ranges(4, 8));
    for tier in 1..=3 {
        assert_eq!(of(tier, 0), ranges(4, 10));
    }
    assert_eq!(of(0, 8), ranges(4, 12));
    assert_eq!(of(0, 16), ranges(4, 16));
    assert_eq!(of(0, 17), ranges(4, 16), "it doubles at most");
    assert_eq!(of(2, 16), ranges(4, 20));
    for (tier, step, expected) in [(0, 1, 2), (1, 0, 2), (0, 0, 1), (1, 16, 3)] {
        let least = Ranges {
            maintenance: Ratio::ZERO,
            initial: Ratio(1),
        };
        assert_eq!(
            Ranges::of(least, least, Tier::from_u8(tier), step).initial,
            Ratio(expected),
            "rounded up"
        );
    }
    let vast = Ranges {
        maintenance: Ratio(u128::MAX),
        initial: Ratio(u128::MAX),
    };
    let widest = Ranges::of(vast, vast, Tier::Halted, 16).initial;
    assert_eq!(
        widest.0,
        u128::from(u64::MAX) * 5 / 2 + 1,
        "and does not wrap"
    );
}

#[test]
fn a_perpetual_needs_its_ranges_and_a_quarter_more_than_maintenance_at_first() {
    let flat = |ranges| underlying(100, 100, ranges);
    let two = Position(wad(2));
    assert_eq!(flat(ranges(4, 8)).maintenance(two), Ok(usd(8)));
    assert_eq!(flat(ranges(4, 8)).initial(two), Ok(usd(16)));
    assert_eq!(flat(ranges(4, 4)).initial(two), Ok(usd(10)));
    assert_eq!(flat(ranges(4, 5)).initial(two), Ok(usd(10)));
    let nothing = holding(flat(ranges(4, 8)), 0, &[]);
    assert_eq!(nothing.requirement(), Ok(Requirement::default()));
    let penny = Underlying {
        spot: Spot(1),
        ..flat(ranges(4, 8))
    };
    assert_eq!(
        penny.maintenance(Position(wad(-1))),
        Ok(Usd(1)),
        "rounded up"
    );
}

#[test]
fn initial_margin_counts_the_worse_of_mark_and_stable_price() {
    let at = |stable, position| underlying(100, stable, ranges(0, 10)).initial(Position(position));
    let (long, short) = (wad(2), wad(-2));
    assert_eq!(at(100, long), Ok(usd(20)));
    assert_eq!(
        at(90, long),
        Ok(usd(38)),
        "18 of margin at 90 and 20 of loss"
    );
    assert_eq!(at(90, short), Ok(usd(20)));
    assert_eq!(at(110, short), Ok(usd(42)));
    assert_eq!(at(110, long), Ok(usd(20)));
}

#[test]
fn whoever_holds_anything_needs_ten_rewards() {
    let tiny = holding(underlying(100, 100, ranges(4, 8)), wad(1) / 100, &[]);
    let needed = requirement(&[tiny], usd(3)).unwrap();
    assert_eq!(
        (needed.maintenance.0, needed.initial),
        (wad(4) / 100, usd(30))
    );
    assert_eq!(requirement(&[], usd(3)), Ok(Requirement::default()));
    assert_eq!(least_initial(usd(31), true, usd(3)), Ok(usd(31)));
    assert_eq!(least_initial(Usd::ZERO, false, usd(3)), Ok(Usd::ZERO));
    // Of a perfect hedge the engine may ask for nothing.
    assert_eq!(least_initial(Usd::ZERO, true, usd(3)), Ok(usd(30)));
}

#[test]
fn underlyings_add_up() {
    let legs = book(wad(1));
    let first = holding(underlying(2_000, 1_900, ranges(5, 9)), wad(3), &legs);
    let second = holding(underlying(50, 50, ranges(7, 7)), wad(-40), &[]);
    let [one, other] = [first, second].map(|holding| holding.requirement().unwrap());
    let both = requirement(&[first, second], Usd::ZERO).unwrap();
    assert_eq!(
        both.maintenance,
        one.maintenance.plus(other.maintenance).unwrap()
    );
    assert_eq!(both.initial, one.initial.plus(other.initial).unwrap());
    assert!(one.initial > one.maintenance);
}

/// Where the design has accounts split one position: the range counts the whole side, so that nothing is gained.
#[test]
fn one_position_needs_the_same_in_twenty_wallets() {
    let limit = Size(10_000 * WAD);
    for (units, tier, stable) in [(100, 0, 2_000), (7_300, 1, 1_990), (10_000, 2, 2_050)] {
        let whole = wad(units);
        let step = concentration(Size(whole.unsigned_abs()), limit);
        assert_eq!(step > 0, units > 5_000);
        let ranges = Ranges::of(ranges(3, 5), ranges(5, 6), Tier::from_u8(tier), step);
        let underlying = underlying(2_000, stable, ranges);
        for hedged in [false, true] {
            let needs = |part: i128| {
                let legs = book(part);
                let options = if hedged { &legs[..] } else { &[] };
                let held = holding(underlying, -part, options);
                requirement(&[held], usd(10)).unwrap().initial.0
            };
            let (one, many) = (needs(whole), 20 * needs(whole / 20));
            assert!(
                one.abs_diff(many) <= one.unsigned_abs() / 10_000,
                "{one} {many}"
            );
        }
    }
}

#[test]
fn an_initial_range_beyond_the_scenarios_counts_as_their_widest() {
    let legs = [option(Kind::Put, 2_000, 30, wad(-1))];
    let needs = |initial| {
        let held = holding(underlying(2_000, 2_000, ranges(50, initial)), 0, &legs);
        held.requirement().unwrap().initial
    };
    assert_eq!(needs(301), needs(300));
    assert_eq!(needs(1_000), needs(300));
}

proptest! {
    /// One rule, not two: without options, the scenarios give what the perpetual needs alone, to 1e-8 of its notional.
    #[test]
    fn a_perpetual_needs_what_the_scenarios_say(
        spot in 1_u128..1_000_000, offset in 800_u128..1_250, maintenance in 1_u128..60, more in 0_u128..39, size in 1_i128..1_000_000,
        long in any::<bool>(),
    ) {
        let size = wad(size) / 1_000;
        let position = Position(if long { size } else { -size });
        let underlying = Underlying {
            spot: Spot(spot * WAD / 1_000),
            stable: Stable(spot * WAD / 1_000 * offset / 1_000),
            ranges: ranges(maintenance, maintenance + more),
        };
        let alone = holding(underlying, position.0, &[]).requirement().unwrap();
        let portfolio = underlying.portfolio(position, &rates());
        let scenarios = portfolio.requirement(&[]).unwrap();
        let notional = position.size().notional_up(underlying.spot.price()).unwrap().0;
        for (alone, scenarios) in [(alone.maintenance, scenarios.maintenance), (alone.initial, scenarios.initial)] {
            let distance = (alone.0 - scenarios.0).abs();
            prop_assert!(distance <= notional / 100_000_000 + 10, "{alone:?} {scenarios:?} of {notional}");
        }
    }

    /// A hedge never costs more than both of its legs alone.
    #[test]
    fn a_hedge_never_costs_more_than_its_parts(
        perpetual in -1_000_i128..1_000, option_size in -1_000_i128..1_000, strike in 1_000_u64..4_000, days in 0_u32..90,
        call in any::<bool>(),
    ) {
        let underlying = underlying(2_000, 1_950, ranges(6, 10));
        let kind = if call { Kind::Call } else { Kind::Put };
        let legs = [option(kind, strike, days, wad(option_size) / 100)];
        let perpetual = wad(perpetual) / 100;
        let needs = |perpetual, options| holding(underlying, perpetual, options).requirement().unwrap();
        let (both, one, other) = (needs(perpetual, &legs), needs(perpetual, &[]), needs(0, &legs));
        let rounding = (perpetual.abs() + legs[0].size.0.abs()) / 10_000;
        prop_assert!(both.maintenance.0 <= one.maintenance.0 + other.maintenance.0 + rounding);
        prop_assert!(both.initial.0 <= one.initial.0 + other.initial.0 + rounding);
        prop_assert!(both.maintenance >= Usd::ZERO && both.initial >= both.maintenance);
    }
}
