//! Rules that the reference model leaves out, each against its formula in exact fractions: initial margin, the band,
//! reduced risk, the share and penalty of a liquidation, the clock, and how conversion works off what is missing.
//!
//! `RISK_CASES` is the number of cases of each property.

mod common;

use common::{HEALTHY, POOL, Vault, usd};
use ledger_model::{Exact, wad};
use num_traits::{One, Signed};
use proptest::prelude::*;
use risk::rules::liquidation;
use risk::rules::trading::reduced_risk;
use risk::rules::trading::within_band;
use risk::{
    Clock, DEBT, Health, Mark, Penalty, Position, Positions, Price, Ranges, Ratio, Size, Spot,
    Stable, Store, Totals, Underlying, Usd, WAD, bucket_due, math,
};

const DOLLAR: i128 = WAD as i128;
/// One unit of 1e-18.
const UNIT: i128 = 1;

fn config() -> ProptestConfig {
    let cases = std::env::var("RISK_CASES").map_or(2_000, |cases| cases.parse().unwrap());
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn exact(units: u128) -> Exact {
    wad(units.try_into().unwrap())
}

/// A price between 1e-12 and 1e9, evenly over its digits.
fn price() -> impl Strategy<Value = u128> {
    (6_u32..27, 1_u128..1000).prop_map(|(digits, lead)| lead * 10_u128.pow(digits) / 100)
}

/// An amount up to 1e12 USD, evenly over its digits.
fn amount() -> impl Strategy<Value = i128> {
    (0_u32..29, 0_i128..1000).prop_map(|(digits, lead)| lead * 10_i128.pow(digits) + lead)
}

fn rate() -> impl Strategy<Value = u128> {
    (0_u128..=1_000_000_000).prop_map(|billionths| billionths * 1_000_000_000)
}

fn underlying(spot: u128, stable: u128, maintenance: u128, initial: u128) -> Underlying {
    Underlying {
        spot: Spot(spot),
        stable: Stable(stable),
        ranges: Ranges {
            maintenance: Ratio(maintenance),
            initial: Ratio(initial),
        },
    }
}

/// The size of a notional at a price, at most what a side may hold.
fn size(notional: i128, price: u128) -> i128 {
    let size = math::mul_div_down(notional.unsigned_abs(), WAD, price);
    size.unwrap_or(u128::MAX).min(Size::MAX.0).cast_signed()
}

/// max(range x size x spot, range x size x stable + loss from spot to the stable price, 1.25 x maintenance margin).
fn exact_initial(underlying: &Underlying, position: i128) -> Exact {
    let (spot, stable) = (exact(underlying.spot.0), exact(underlying.stable.0));
    let size = wad(position.abs());
    let loss = (&spot - &stable) * wad(position);
    let range = exact(underlying.ranges.initial.0);
    let least = exact(underlying.ranges.maintenance.0) * &size * &spot * exact(WAD / 4 * 5);
    let at_spot = &range * &size * spot;
    let at_stable = range * size * stable + loss;
    at_spot.max(at_stable).max(least)
}

fn penalty(start: u128, ramp: u32) -> Penalty {
    Penalty {
        start: Ratio(start),
        ramp,
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn initial_margin_is_the_worse_of_mark_and_stable_price_rounded_up(
        mark in price(), wider in 0_u128..2_000, ranges in (rate(), rate()), notional in amount(), long in any::<bool>(),
    ) {
        let stable = mark * wider / 1_000;
        let size = size(notional, mark);
        let position = if long { size } else { -size };
        let underlying = underlying(mark, stable, ranges.0, ranges.1);
        let got = wad(underlying.initial(Position(position)).unwrap().0);
        let expected = exact_initial(&underlying, position);
        prop_assert!(got >= expected, "{got} < {expected}");
        // Notional, its share and a quarter more are each rounded up.
        prop_assert!(got <= expected + wad(4 * UNIT));
    }

    #[test]
    fn splitting_a_position_never_lowers_initial_margin(
        mark in price(), wider in 800_u128..1_200, rate in rate(), first in amount(), second in amount(),
    ) {
        let underlying = underlying(mark, mark * wider / 1_000, rate / 2, rate);
        let (first, second) = (Position(size(first, mark)), Position(size(second, mark)));
        let whole = underlying.initial(Position(first.0 + second.0)).unwrap();
        let parts = underlying.initial(first).unwrap().0 + underlying.initial(second).unwrap().0;
        prop_assert!(parts >= whole.0);
    }

    #[test]
    fn a_price_is_within_the_band_if_its_distance_is_at_most_the_share(
        mark in price(), thousandths in 0_u128..2_000, band in rate(), beyond in -1_i128..=1,
    ) {
        let fill = (mark * thousandths / 1_000).saturating_add_signed(beyond);
        let distance = (exact(fill) - exact(mark)).abs();
        let allowed = exact(mark) * exact(band);
        prop_assert_eq!(within_band(Price(fill), Mark(mark), Ratio(band)), Ok(distance <= allowed));
        // And at the very edge.
        let edge = mark - mark / 1_000 * (band / 1_000_000_000_000_000);
        let distance = exact(mark - edge);
        prop_assert_eq!(within_band(Price(edge), Mark(mark), Ratio(band)), Ok(distance <= allowed));
    }

    #[test]
    fn risk_is_reduced_if_maintenance_fell_and_equity_covers_no_less_of_it(
        old in (amount(), amount()), new in (amount(), amount()), sign in any::<bool>(), same in 0_u8..4,
    ) {
        let health = |(equity, maintenance): (i128, i128)| Health {
            equity: Usd(equity),
            maintenance: Usd(maintenance),
        };
        let mut after = health(new);
        // The same ratio exactly, the same margin, or no equity.
        match same {
            0 => after = health((old.0 / 7 * 3, old.1 / 7 * 3)),
            1 => after.maintenance = Usd(old.1),
            2 => after.equity = Usd(if sign { -new.0 } else { 0 }),
            _ => {}
        }
        let before = health(old);
        let fell = after.maintenance < before.maintenance;
        let covers = wad(after.equity.0) * wad(before.maintenance.0)
            >= wad(before.equity.0) * wad(after.maintenance.0);
        let expected = fell && after.equity >= Usd::ZERO && covers;
        prop_assert_eq!(reduced_risk(&before, &after), expected);
    }

    #[test]
    fn a_liquidation_takes_the_smallest_share_that_restores_the_target(
        maintenance in 1_000_000_i128..1_000_000 * DOLLAR, part in 1_u32..1_000, rate in rate(), dust in any::<bool>(),
    ) {
        let equity = maintenance * i128::from(part) / 1_000;
        prop_assume!(equity > 0);
        let health = Health { equity: Usd(equity), maintenance: Usd(maintenance) };
        let plan = liquidation::plan(&health, health.maintenance, Ratio(rate), Ratio::ONE, dust).unwrap();
        let (share, penalty) = (exact(plan.share.0), wad(plan.penalty.0));
        prop_assert!(plan.penalty <= health.equity && plan.share <= Ratio::ONE);
        // The penalty is its share of min(rate x margin, equity), rounded up.
        let whole = (exact(rate) * wad(maintenance)).min(wad(equity));
        let due = &share * &whole;
        prop_assert!(penalty >= due && penalty <= due + wad(2 * UNIT));
        if dust {
            prop_assert_eq!(plan.share, Ratio::ONE);
        }
        // 1.25 x what is left of the margin is covered by what is left of the equity, and by nothing less.
        let target = Exact::new(5.into(), 4.into());
        let lacks = |share: &Exact, slack: i128| {
            let left = (Exact::one() - share) * wad(maintenance) * &target;
            left > wad(equity) - share * &whole + wad(slack)
        };
        prop_assert!(plan.share == Ratio::ONE || !lacks(&share, 2 * UNIT));
        let step = Exact::new(5.into(), maintenance.into()) + wad(2);
        let less = &share - step;
        prop_assert!(dust || less.is_negative() || lacks(&less, 0), "a smaller share would do");
    }

    #[test]
    fn no_liquidation_takes_more_than_was_asked_for(
        maintenance in 1_000_000_i128..1_000_000 * DOLLAR, part in 1_u32..1_000, rate in rate(), most in rate(),
    ) {
        let equity = (maintenance * i128::from(part) / 1_000).max(1);
        let health = Health { equity: Usd(equity), maintenance: Usd(maintenance) };
        let all = liquidation::plan(&health, health.maintenance, Ratio(rate), Ratio::ONE, false).unwrap();
        let some = liquidation::plan(&health, health.maintenance, Ratio(rate), Ratio(most), false).unwrap();
        prop_assert_eq!(some.share, all.share.min(Ratio(most)));
        prop_assert!(some.penalty <= all.penalty);
    }

    #[test]
    fn the_clock_counts_each_observed_minute_once(
        observations in prop::collection::vec((0_u64..200, prop::bool::weighted(0.85)), 1..60), start in rate(), ramp in 1_u32..43_200,
    ) {
        let (mut clock, mut now, mut expected) = (HEALTHY, 1_800_000_000, None::<u64>);
        let penalty = penalty(start, ramp);
        let mut last = penalty.rate(0).unwrap();
        prop_assert_eq!(last, Ratio(start));
        for (passed, ill) in observations {
            now += passed;
            clock = clock.observed(now, !ill);
            expected = ill.then(|| expected.map_or(0, |seconds| seconds + passed.min(60)));
            prop_assert_eq!(u64::from(clock.unhealthy), expected.unwrap_or(0));
            let rate = penalty.rate(clock.unhealthy).unwrap();
            if ill && expected > Some(0) {
                prop_assert!(rate >= last, "the penalty rises with the clock");
            }
            let rise = Exact::new(clock.unhealthy.into(), ramp.into()).min(Exact::one());
            let due = exact(start) + (Exact::one() - exact(start)) * rise;
            prop_assert!(exact(rate.0) >= due && exact(rate.0) <= due + wad(UNIT));
            last = rate;
        }
    }

    #[test]
    fn a_clock_stays_at_its_end(seen in 1_u32.., unhealthy in 65_400_u16.., passed in 0_u32..600) {
        let clock = Clock { seen, unhealthy };
        let later = clock.observed(u64::from(seen) + u64::from(passed), false);
        prop_assert!(later.unhealthy >= unhealthy);
    }

    #[test]
    fn the_bucket_that_is_due_is_the_first_whose_edge_holds_the_utilisation(maintenance in amount(), equity in amount()) {
        let bucket = bucket_due(Usd(maintenance), Usd(equity)).unwrap();
        let fits = |bucket: u8| wad(maintenance) <= ledger_model::edge(bucket.into()) * wad(equity);
        prop_assert!(bucket < DEBT);
        prop_assert!(bucket == DEBT - 1 || fits(bucket) );
        // Edges round down: one unit of 1e-18 of equity may be missing to the bucket below.
        let nearly = |bucket: u8| wad(maintenance + UNIT) <= ledger_model::edge(bucket.into()) * wad(equity);
        prop_assert!(bucket == 0 || !nearly(bucket - 1));
    }
}

/// A market in which an account of so much leverage faces several winners, after a move.
fn crash(leverage: u32, winners: usize, moved: i32) -> Vault {
    let mark = 100 * WAD;
    let mut vault = Vault::default();
    vault.list(0, Price(mark));
    vault.deposit(0, usd(1_000)).unwrap();
    let size = Size(u128::from(leverage) * 10 * WAD / winners as u128);
    for winner in 1..=winners {
        vault.deposit(winner, usd(1_000)).unwrap();
        vault.trade(0, winner, 0, size, Price(mark)).unwrap();
    }
    let price = mark * 1_000_u128.saturating_add_signed(moved.into()) / 1_000;
    vault.poke(0, Price(price)).unwrap();
    vault
}

proptest! {
    #![proptest_config(ProptestConfig { cases: config().cases / 10, ..config() })]

    /// What the vault does in Impaired mode: everybody is settled and converted, by whomever.
    #[test]
    fn converting_everybody_works_off_what_is_missing(
        leverage in 5_u32..40, winners in 1_usize..5, moved in -900_i32..900,
    ) {
        let mut vault = crash(leverage, winners, moved);
        let everybody = || (0..=winners).chain([POOL]);
        for account in everybody() {
            vault.touch(account, false).unwrap();
        }
        for account in everybody() {
            if vault.memory.account(account).in_debt() {
                prop_assert!(vault.deleverage(account).unwrap().is_some());
            }
        }
        let missing = vault.missing();
        for account in everybody() {
            vault.touch(account, false).unwrap();
        }
        let before = vault.coverage();
        for account in everybody() {
            let held = vault.memory.account(account);
            let converted = vault.convert(account).unwrap();
            let worth = (exact(before) + exact(1_000)) * wad(held.pnl.0.max(0));
            prop_assert!(wad(converted.received.0) <= worth, "h stays as it is");
        }
        prop_assert!(vault.missing().0 <= 100, "{:?} of {:?} is left", vault.missing(), missing);
        prop_assert!(vault.memory.totals.capital <= vault.memory.totals.tokens);
        vault.check();
    }
}

#[test]
fn some_of_these_crashes_leave_something_missing() {
    let mut vault = crash(20, 3, -300);
    vault.touch(0, false).unwrap();
    vault.deleverage(0).unwrap();
    assert!(vault.missing() > usd(1_000), "{:?}", vault.missing());
    assert!(vault.coverage() < WAD);
}

#[test]
fn profit_is_worthless_below_one_part_in_a_trillion() {
    let coverage = |missing: i128| {
        let totals = Totals {
            profit: Usd(3_000_000_000_000),
            shortfall: Usd(missing),
            ..Totals::default()
        };
        totals.coverage(Usd::ZERO).unwrap()
    };
    assert!(!coverage(3_000_000_000_000 - 3).is_zero());
    assert!(coverage(3_000_000_000_000 - 2).is_zero());
    assert!(coverage(3_000_000_000_000).is_zero());
    // Where nobody has profit, none is worthless.
    let none = Totals::default().coverage(Usd::ZERO).unwrap();
    assert!(!none.is_zero() && none.is_full());
}

/// 3 at 200 dollars and -2 at 50: 700 dollars, whichever way round.
#[test]
fn what_positions_are_on_says_whether_they_are_dust() {
    let mut positions = Positions::default();
    positions.add(4, Position(3 * DOLLAR)).unwrap();
    positions.add(9, Position(-2 * DOLLAR)).unwrap();
    let spot = |id| Spot(if id == 4 { 200 } else { 50 } * WAD);
    assert_eq!(liquidation::notional(&positions, spot), Ok(usd(700)));
    let is_dust = |least| liquidation::is_dust(&positions, least, spot);
    assert_eq!(is_dust(usd(700)), Ok(false));
    assert_eq!(is_dust(Usd(usd(700).0 + 1)), Ok(true));
    let nothing = Positions::default();
    assert_eq!(liquidation::is_dust(&nothing, Usd::ZERO, spot), Ok(false));
}
