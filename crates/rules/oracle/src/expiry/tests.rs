use proptest::prelude::*;
use risk::options::black::Kind::{Call, Put};

use super::*;
use crate::price::{Price as AssetPrice, Status};
use crate::settlement::{Settlements, Windows};
use crate::spell::Spell;
use crate::surface::Surface;

const EXPIRY: u64 = 20_000 * 86_400 + 8 * 3_600;
const USD: u128 = WAD as u128;
const QUOTED: Quoted = Quoted {
    surface: Surface {
        atm: 800_000,
        skew: -200_000,
        curvature: 400_000,
    },
    updated_at: EXPIRY - 3_600,
    stale_after: 3_600,
    min_volatility: 100_000,
    max_volatility: 5_000_000,
    distrust: Spell { until: 0, used: 0 },
    distrusted_at: Mark::ZERO,
};

const NOTHING: Counted = Counted {
    share: Ratio(0),
    average: SettlementPrice(0),
};

fn at(price: u128, now: u64) -> Expiry {
    Expiry::ahead(Mark(price), NOTHING, EXPIRY, QUOTED, now)
}

/// Of which so many thousandths are counted at an average in USD.
fn counted(thousandths: u128, average: u128) -> Counted {
    Counted {
        share: Ratio(thousandths * USD / 1_000),
        average: SettlementPrice(average * USD),
    }
}

fn value(expiry: &Expiry, kind: Kind, strike: u128) -> u128 {
    expiry.quote(kind, Price(strike)).quote.value.0
}

#[test]
fn ahead_it_is_black_76_at_the_volatility_of_the_strike() {
    let month = Quoted {
        updated_at: EXPIRY - 30 * 86_400,
        ..QUOTED
    };
    let expiry = Expiry::ahead(
        Mark(2_000 * USD),
        NOTHING,
        EXPIRY,
        month,
        EXPIRY - 30 * 86_400,
    );
    let found = expiry.quote(Call, Price(2_200 * USD));
    assert_eq!(found.volatility, 784_572 * (WAD / 1_000_000));
    // Black-76 in double precision at 78.4572 %.
    let value = found.quote.value.0 as f64 / WAD as f64;
    assert!((value - 104.592854).abs() < 1e-5, "{value}");
    assert!(found.quote.delta > 0 && found.quote.gamma > 0 && found.quote.vega > 0);
}

#[test]
fn while_its_surface_is_distrusted_an_option_keeps_its_volatility_at_the_live_mark() {
    let (now, forward) = (EXPIRY - 30 * 86_400, 2_000 * USD);
    let set = Quoted {
        updated_at: now,
        ..QUOTED
    };
    let distrusted = set.distrusted(72 * 3_600, EXPIRY, Mark(forward), now);
    let distrusted = distrusted.unwrap();
    let quote = |quoted, price, now| {
        Expiry::ahead(Mark(price), NOTHING, EXPIRY, quoted, now).quote(Call, Price(2_200 * USD))
    };
    assert_eq!(quote(distrusted, forward, now), quote(set, forward, now));
    let moved = quote(distrusted, 1_600 * USD, now + 3_600);
    assert_eq!(moved.volatility, quote(set, forward, now).volatility);
    assert_ne!(moved.volatility, quote(set, 1_600 * USD, now).volatility);
    assert!(moved.quote.value < quote(set, forward, now).quote.value);
    let over = now + 72 * 3_600;
    assert_eq!(
        quote(distrusted, 1_600 * USD, over),
        quote(set, 1_600 * USD, over)
    );
}

#[test]
fn while_its_surface_is_distrusted_an_option_stays_with_its_holder() {
    let quoted = QUOTED
        .distrusted(7_200, EXPIRY, Mark(USD), EXPIRY - 7_200)
        .unwrap();
    let blocked =
        |now, by_asset| Expiry::ahead(Mark(USD), NOTHING, EXPIRY, quoted, now).blocked(by_asset);
    let kept = action::LIQUIDATE | action::DELEVERAGE | action::DISTRUSTED;
    assert_eq!(blocked(EXPIRY - 7_200, 0), kept);
    assert_eq!(blocked(EXPIRY - 1, 0), kept, "stale or not");
    assert_eq!(blocked(EXPIRY - 1, action::OPEN), kept | action::OPEN);
    assert_eq!(blocked(EXPIRY - 1, action::ALL), kept | action::ALL);
}

#[test]
fn blocked_actions_follow_the_expiry() {
    let stale = EXPIRY - 3_600 + u64::from(QUOTED.stale_after);
    assert_eq!(stale, EXPIRY);
    let older = Quoted {
        updated_at: EXPIRY - 9_000,
        ..QUOTED
    };
    let ahead = |quoted: Quoted, now| Expiry::ahead(Mark(USD), NOTHING, EXPIRY, quoted, now);
    let fresh = ahead(QUOTED, EXPIRY - 1);
    assert_eq!((fresh.blocked(0), fresh.blocked(7)), (0, 7));
    let stale = ahead(older, EXPIRY - 9_000 + 3_600);
    assert_eq!((stale.blocked(0), stale.blocked(4)), (1, 5));
    let none = ahead(Quoted::default(), EXPIRY - 1);
    assert_eq!(none.blocked(64), action::ALL | 64);
    let stage = |stage| Expiry {
        price: Forward(USD),
        counted: NOTHING,
        stage,
        early: None,
    };
    assert_eq!(stage(Stage::Settling).blocked(4), 7);
    assert_eq!(stage(Stage::Settled).blocked(action::ALL | 64), 3);
    assert!(stage(Stage::Settled).is_final() && !stage(Stage::Settling).is_final());
}

#[test]
fn a_stale_surface_still_values() {
    let older = Quoted {
        updated_at: EXPIRY - 90_000,
        ..QUOTED
    };
    let stale = Expiry::ahead(Mark(2_000 * USD), NOTHING, EXPIRY, older, EXPIRY - 600);
    let fresh = at(2_000 * USD, EXPIRY - 600);
    assert_eq!(
        stale.quote(Put, Price(2_000 * USD)),
        fresh.quote(Put, Price(2_000 * USD))
    );
}

#[test]
fn without_a_surface_there_is_no_time_value() {
    let none = Expiry::ahead(
        Mark(2_000 * USD),
        NOTHING,
        EXPIRY,
        Quoted::default(),
        EXPIRY - 9_999,
    );
    assert_eq!(value(&none, Call, 1_900 * USD), 100 * USD);
    assert_eq!(none.quote(Call, Price(1_900 * USD)).volatility, 0);
}

#[test]
fn from_the_expiry_on_only_intrinsic_value_and_delta_are_left() {
    let settling = Expiry {
        early: None,
        price: Forward(2_000 * USD),
        counted: NOTHING,
        stage: Stage::Settling,
    };
    let put = settling.quote(Put, Price(2_100 * USD));
    let one = i128::from(WAD);
    assert_eq!(
        (put.quote.value.0, put.quote.delta, put.volatility),
        (100 * USD, -one, 0)
    );
    assert_eq!((put.quote.gamma, put.quote.vega), (0, 0));
    let settled = Expiry {
        stage: Stage::Settled,
        ..settling
    };
    let put = settled.quote(Put, Price(2_100 * USD)).quote;
    assert_eq!((put.value.0, put.delta), (100 * USD, 0));
    assert_eq!(value(&settled, Call, 2_100 * USD), 0);
}

#[test]
fn prices_beyond_the_largest_count_as_that() {
    let expiry = at(u128::MAX, EXPIRY - 600);
    assert_eq!(value(&expiry, Call, 0), Price::MAX.0);
    assert_eq!(value(&at(0, EXPIRY - 600), Put, u128::MAX), Price::MAX.0);
}

/// Second by second over the last minutes of a falling market, through the expiry and until the settlement is final: no
/// step of an option's value is larger than what the price and the clock moved it by.
#[test]
fn nothing_jumps_at_the_expiry() {
    let windows = Windows::of_length(1_800);
    for late in [0, 600, 1_200] {
        let (mut settlements, mut settled, mut last) = (Settlements::default(), None, None);
        for second in 0..4_000 {
            let now = EXPIRY - 3_000 + second;
            let mark = (2_000_000 - 20 * u128::from(second)) * (USD / 1_000);
            // Untrusted for a while, which is made up for after the expiry where too little is left.
            let status = match now < EXPIRY - late {
                true => Status::Agreeing,
                false => Status::Frozen,
            };
            let status = if now >= EXPIRY {
                Status::Agreeing
            } else {
                status
            };
            let price = AssetPrice {
                mark: Mark(mark),
                observed_at: now,
                valid_until: now + 60,
                status,
                ..AssetPrice::default()
            };
            let counted = settlements.fixed(EXPIRY, &windows, now);
            let expiry = match (now < EXPIRY, settled) {
                (true, _) => Expiry {
                    counted,
                    ..at(mark, now)
                },
                (false, settled) => Expiry::over(Mark(mark), counted, settled.unwrap_or_default()),
            };
            let found = [(Put, 1_960), (Call, 1_960), (Call, 700), (Put, 700)]
                .map(|(kind, strike)| value(&expiry, kind, strike * USD));
            if let Some(before) = last {
                for (found, before) in found.iter().zip::<[u128; 4]>(before) {
                    let moved = found.abs_diff(before);
                    assert!(moved < USD / 4, "{second}: {before} to {found}");
                }
            }
            last = Some(found);
            settlements = settlements.count(&price, &windows, now + 1);
            settled = settled.or(settlements.settled[0].map(|one| one.price));
        }
        assert!(settled.is_some());
    }
}

/// A long call of which 97 % is counted hardly moves any more, and hedges as little.
#[test]
fn what_is_counted_moves_no_option() {
    let late = Expiry {
        counted: counted(970, 2_000),
        ..at(2_000 * USD, EXPIRY - 60)
    };
    let call = late.quote(Call, Price(1_000 * USD)).quote;
    assert_eq!(call.value.0, 1_000 * USD);
    assert_eq!(call.delta, i128::from(WAD) * 3 / 100);
    assert_eq!((call.gamma, call.vega), (0, 0));
    let put = late.quote(Put, Price(1_000 * USD));
    assert_eq!(put.quote, Quote::default());
    // At the money the rest is 3 % of an option that is struck where the whole one is.
    let (whole, rest) = (at(2_000 * USD, EXPIRY - 60), late);
    let [whole, rest] = [whole, rest].map(|expiry| expiry.quote(Put, Price(2_000 * USD)));
    assert_eq!(rest.volatility, whole.volatility);
    let share = |value: u128| value * 3 / 100;
    let close = |found: u128, expected: u128| found.abs_diff(expected) <= 2;
    assert!(close(rest.quote.value.0, share(whole.quote.value.0)));
    assert!(close(rest.quote.gamma, share(whole.quote.gamma)));
    assert!(close(rest.quote.vega, share(whole.quote.vega)));
    assert!(rest.quote.delta < 0);
    assert!(close(
        rest.quote.delta.unsigned_abs(),
        share(whole.quote.delta.unsigned_abs())
    ));
}

#[test]
fn between_expiry_and_final_price_only_what_is_not_counted_moves() {
    let settling = Expiry::over(
        Mark(1_900 * USD),
        counted(750, 2_100),
        SettlementPrice::ZERO,
    );
    // It settles at 2,050 if the mark stays.
    let call = settling.quote(Call, Price(2_000 * USD)).quote;
    assert_eq!((call.value.0, call.delta), (50 * USD, i128::from(WAD) / 4));
    assert_eq!(value(&settling, Put, 2_000 * USD), 0);
    let put = settling.quote(Put, Price(2_100 * USD)).quote;
    assert_eq!((put.value.0, put.delta), (50 * USD, -i128::from(WAD) / 4));
}

/// When the series of these tests settles early, and the surface of a day before.
const CLOSES: u64 = EXPIRY - 20 * DAY;
const DAY: u64 = 86_400;

fn early(price: u128, counted: Counted, settled: u128, now: u64) -> Expiry {
    let price = (Mark(price * USD), counted, SettlementPrice(settled * USD));
    Expiry::early(
        price,
        (EXPIRY, CLOSES),
        (QUOTED, SettlementPrice::ZERO),
        now,
    )
}

/// With a skew, no price moves the volatility of a day that has a settlement price: before the window, in it and in the end.
#[test]
fn in_its_last_day_the_volatility_of_a_series_moves_with_no_price() {
    let at = 2_100 * USD;
    let fixed = u64::from(QUOTED.volatility(Price(1_800 * USD), Forward(at))) * (WAD / 1_000_000);
    let early = |mark: u128, counted, settled: u128, now| {
        let price = (Mark(mark * USD), counted, SettlementPrice(settled * USD));
        Expiry::early(price, (EXPIRY, CLOSES), (QUOTED, SettlementPrice(at)), now)
    };
    for mark in [1_000, 2_100, 5_000] {
        let found = [
            early(mark, NOTHING, 0, CLOSES - DAY),
            early(mark, counted(500, 2_000), 0, CLOSES - 60),
            early(mark, counted(999, 2_000), 0, CLOSES + 60),
            early(mark, NOTHING, mark, CLOSES + DAY),
        ];
        for series in found {
            let call = series.quote(Call, Price(1_800 * USD));
            assert_eq!((call.volatility, call.quote.vega), (fixed, 0));
        }
        let live = early(mark, NOTHING, 0, CLOSES - DAY);
        let unfixed = Early {
            at: SettlementPrice::ZERO,
            ..live.early.unwrap()
        };
        let live = Expiry {
            early: Some(unfixed),
            ..live
        };
        assert_eq!(
            live.quote(Call, Price(1_800 * USD)).volatility == fixed,
            mark == 2_100
        );
    }
}

#[test]
fn a_series_that_settles_early_is_worth_the_same_to_whoever_asks_from_then_on() {
    let settles = at(2_100 * USD, CLOSES);
    for now in [CLOSES, CLOSES + 1, CLOSES + DAY, EXPIRY, EXPIRY + 400 * DAY] {
        for mark in [1_000, 2_100, 9_000] {
            let series = early(mark, counted(500, mark), 2_100, now);
            assert!(series.is_final());
            assert_eq!(series.counted, NOTHING);
            assert_eq!(series.blocked(action::ALL), 3);
            for kind in [Call, Put] {
                let found = series.quote(kind, Price(2_000 * USD));
                let expected = settles.quote(kind, Price(2_000 * USD));
                assert_eq!(found.quote.value, expected.quote.value);
                assert_eq!(found.volatility, expected.volatility);
                let Quote {
                    delta, gamma, vega, ..
                } = found.quote;
                assert_eq!((delta, gamma, vega), (0, 0, 0));
            }
        }
    }
}

#[test]
fn until_its_price_is_final_a_series_that_settles_early_counts_what_is_counted_of_it() {
    // The day before it is the option that it was, at a volatility that moves no more.
    let now = CLOSES - 7_200;
    let (series, live) = (early(1_900, NOTHING, 0, now), at(1_900 * USD, now));
    let (found, expected) = (
        series.quote(Call, Price(2_000 * USD)),
        live.quote(Call, Price(2_000 * USD)),
    );
    assert_eq!(
        (found.quote.value, found.quote.delta, found.volatility),
        (
            expected.quote.value,
            expected.quote.delta,
            expected.volatility
        )
    );
    assert_eq!(
        (found.quote.gamma, found.quote.vega),
        (expected.quote.gamma, 0)
    );
    assert_eq!(series.blocked(4), 4);
    // Three quarters are counted: it settles at 2,050 if the mark stays, and moves with a quarter of it.
    for now in [CLOSES - 450, CLOSES, CLOSES + 600] {
        let series = early(1_900, counted(750, 2_100), 0, now);
        let whole = Expiry::ahead(Mark(2_050 * USD), NOTHING, EXPIRY, QUOTED, now.min(CLOSES));
        let (found, whole) = (
            series.quote(Call, Price(2_000 * USD)),
            whole.quote(Call, Price(2_000 * USD)),
        );
        assert_eq!(found.quote.value, whole.quote.value);
        assert_eq!(found.quote.delta, whole.quote.delta / 4);
        assert!(found.quote.gamma.abs_diff(whole.quote.gamma / 16) < 2);
        assert!(!series.is_final());
        assert_eq!(series.blocked(4), if now < CLOSES { 4 } else { 7 });
    }
}

#[test]
fn a_series_that_settles_early_is_as_far_ahead_as_that() {
    let ahead = Stage::Ahead {
        secs: 7_200,
        quoted: QUOTED,
        fresh: true,
        distrusted: false,
    };
    let series = early(1_900, NOTHING, 0, CLOSES - 7_200);
    assert_eq!(series.stage, ahead);
    let found = early(1_900, NOTHING, 0, CLOSES).early.unwrap();
    assert_eq!((found.secs, found.quoted), (20 * DAY, QUOTED));
}

#[test]
fn a_put_that_settles_early_gains_as_the_price_falls() {
    let series = early(1_900, counted(750, 2_100), 0, CLOSES);
    let whole = at(2_050 * USD, CLOSES).quote(Put, Price(2_000 * USD)).quote;
    let found = series.quote(Put, Price(2_000 * USD)).quote;
    assert_eq!((found.value, found.delta), (whole.value, whole.delta / 4));
    assert!(found.delta < 0);
}

/// Second by second through the window of an early settlement, and until it is final.
#[test]
fn nothing_jumps_where_a_series_settles_early() {
    let windows = Windows::of_length(1_800);
    for late in [0, 600, 1_200] {
        let (mut settlements, mut settled, mut last) =
            (Settlements::default(), SettlementPrice::ZERO, None);
        for second in 0..4_000 {
            let now = CLOSES - 3_000 + second;
            let mark = (2_000_000 - 20 * u128::from(second)) * (USD / 1_000);
            let trusted = now < CLOSES - late || now >= CLOSES;
            let price = AssetPrice {
                mark: Mark(mark),
                observed_at: now,
                valid_until: now + 60,
                status: if trusted {
                    Status::Agreeing
                } else {
                    Status::Frozen
                },
                ..AssetPrice::default()
            };
            let counted = settlements.fixed(CLOSES, &windows, now);
            let values = (Mark(mark), counted, settled);
            let volatility = (QUOTED, SettlementPrice(2_000 * USD));
            let series = Expiry::early(values, (EXPIRY, CLOSES), volatility, now);
            let found = [Call, Put].map(|kind| value(&series, kind, 1_960 * USD));
            for (found, before) in found.iter().zip::<[u128; 2]>(last.unwrap_or(found)) {
                let moved = found.abs_diff(before);
                assert!(moved < USD / 4, "{second}: {before} to {found}");
            }
            last = Some(found);
            settlements = settlements.count(&price, &windows, now + 1);
            if let (SettlementPrice::ZERO, Some(day)) = (settled, settlements.settled[0]) {
                settled = day.price;
            }
        }
        assert!(settled > SettlementPrice::ZERO);
    }
}

proptest! {
    /// A unit of the option, its fixed part included, is worth what it pays if what is left averages what it is expected to, and moves
    /// with the mark by its delta.
    #[test]
    fn parity_and_delta_hold_while_it_is_counted(mark in 1_000_u128..4_000, average in 1_000_u128..4_000, strike in 500_u128..5_000, parts in 1_u128..1_000, secs in 1_u64..1_800) {
        let counted = counted(parts, average);
        let expiry = |mark| Expiry { counted, ..at(mark, EXPIRY - secs) };
        let (now, strike) = (expiry(mark * USD), strike * USD);
        let (call, put) = (value(&now, Call, strike), value(&now, Put, strike));
        let settles = (average * parts + mark * (1_000 - parts)) * (USD / 1_000);
        prop_assert!((call + strike).abs_diff(put + settles) < 20);
        // The volatility moves with moneyness too, so that the step is small.
        let step = USD / 1_000;
        let up = value(&expiry(mark * USD + step), Call, strike);
        let quote = now.quote(Call, Price(strike)).quote;
        let left = i128::from(WAD) / 1_000 * (1_000 - parts).cast_signed();
        prop_assert!(quote.delta >= 0 && quote.delta <= left);
        // Each value is wrong by at most 1e-14 of the underlying's.
        let wrong = 2 * mark * (USD / 100_000_000_000_000);
        prop_assert!(up + wrong >= call && up <= call + step + wrong);
    }

    #[test]
    fn values_keep_put_call_parity_and_their_bounds(price in 1u128..1 << 96, strike in 1u128..1 << 96, secs in 1u64..400 * 86_400) {
        let now = EXPIRY - secs;
        let expiry = Expiry::ahead(Mark(price), NOTHING, EXPIRY, Quoted { updated_at: now, ..QUOTED }, now);
        let (call, put) = (value(&expiry, Call, strike), value(&expiry, Put, strike));
        prop_assert_eq!(call + strike, put + price);
        prop_assert!(call <= price && put <= strike);
    }
}
