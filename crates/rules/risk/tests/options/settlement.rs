//! Options in their settlement windows against the reference model, and the direction of every rounding.

use option_model::reference::{self, Settlement};
use proptest::prelude::*;
use risk::math::mul_wide;
use risk::options::black::Kind;
use risk::options::encoding::{MAX_TICKS, PART_BITS, parts_of, parts_of_ticks};
use risk::options::{Counted, Moving, OptionLeg};
use risk::{Position, Price, Ratio, SettlementPrice, WAD};

use crate::setting;

const ONE: i128 = WAD as i128;

fn kind(is_call: bool) -> Kind {
    if is_call { Kind::Call } else { Kind::Put }
}

fn check(case: &Settlement) {
    let counted = Counted {
        share: Ratio(case.counted.into()),
        average: SettlementPrice(case.average),
    };
    let got = counted.moving(kind(case.is_call), Price(case.strike), Position(case.size));
    let Some((strike, size)) = case.moving else {
        assert_eq!(got.size, Position::ZERO, "{case:?}");
        return;
    };
    let rest = 1.0 - case.counted as f64 / 1e18;
    // What double precision knows of the rest.
    let error = 1e-15 / rest;
    let near =
        |got: f64, expected: f64, scale: f64| (got - expected).abs() <= error * scale + 2e-18;
    let scale = (case.strike + case.average) as f64 / 1e18 / rest;
    assert!(
        near(got.strike.0 as f64 / 1e18, strike.max(0.0), scale),
        "{got:?} {case:?}"
    );
    assert!(
        near(got.size.0 as f64 / 1e18, size, size.abs()),
        "{got:?} {case:?}"
    );
    assert_eq!(got.strike == Price::ZERO, strike <= 0.0, "{got:?} {case:?}");
    // As a leg in ticks of a ten-thousandth of the average.
    let tick = Price(case.average / 10_000);
    let leg = OptionLeg {
        kind: kind(case.is_call),
        strike: parts_of_ticks((case.strike / tick.0) as u64),
        seconds: 60,
        volatility: 800_000,
        size: Position(case.size),
    };
    let moved = leg.in_settlement(tick, &counted);
    assert_eq!(
        (moved.kind, moved.seconds, moved.volatility),
        (leg.kind, 60, 800_000)
    );
    assert_eq!(moved.size, got.size);
    // The strike in whole ticks is below the case's by less than a tick.
    let off = strike.max(0.0) - moved.strike_price(tick).0 as f64 / 1e18;
    let most = tick.0 as f64 / 1e18 * (1.0 / rest + 1.0 / 65_536.0) + error * scale;
    assert!(
        (-most..=most).contains(&off),
        "{off} {most} {moved:?} {case:?}"
    );
}

#[test]
fn options_in_settlement_are_what_the_reference_model_has_computed() {
    let cases: Vec<_> = reference::SETTLEMENT_FIXTURE
        .lines()
        .map(reference::parse_settlement)
        .collect();
    assert_eq!(cases.len(), 60);
    cases.iter().for_each(check);
    for of in [
        |case: &Settlement| case.moving.is_none(),
        |case: &Settlement| case.moving.is_some_and(|(strike, _)| strike <= 0.0),
        |case: &Settlement| case.moving.is_some_and(|(strike, _)| strike > 0.0),
    ] {
        assert!(cases.iter().filter(|case| of(case)).count() >= 5);
    }
}

#[test]
fn options_in_settlement_are_the_reference_model_s() {
    let (seed, count) = (
        setting("OPTION_SEED", 1),
        setting("OPTION_PORTFOLIOS", 10_000),
    );
    match reference::draw_settlements(seed, count as usize) {
        Some(cases) => {
            assert_eq!(cases.len() as u64, count);
            cases.iter().for_each(check);
        }
        None => println!("skipped: no reference model (MARGIN_MODEL), or no python3"),
    }
}

fn any_case() -> impl Strategy<Value = (bool, u128, i128, u128, u128)> {
    let price =
        || (0..100_u32, any::<u128>()).prop_map(|(shift, bits)| (bits & Price::MAX.0) >> shift);
    let share = prop_oneof![
        Just(0),
        Just(WAD - 1),
        Just(WAD),
        Just(WAD + 1),
        0..=WAD,
        (0..60_u32).prop_map(|n| WAD - (WAD >> n))
    ];
    let size = (0..127_u32, any::<i128>()).prop_map(|(shift, size)| size >> shift);
    (any::<bool>(), price(), size, share, price())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(setting("RISK_CASES", 10_000) as u32))]

    #[test]
    fn what_is_long_counts_for_less_and_what_is_short_for_more((is_call, strike, size, share, average) in any_case()) {
        let (kind, counted) = (kind(is_call), Counted { share: Ratio(share), average: SettlementPrice(average) });
        let Moving { strike: moving, size: left } = counted.moving(kind, Price(strike), Position(size));
        prop_assert_eq!(left.0 == 0, share >= WAD || size == 0, "nothing only where all is counted");
        if share >= WAD {
            return Ok(());
        }
        let rest = WAD - share;
        // size x rest against left x 1, exactly.
        let (exact, got) = (mul_wide(size.unsigned_abs(), rest), mul_wide(left.0.unsigned_abs(), WAD));
        prop_assert!(left.0 == 0 || (left.0 > 0) == (size > 0));
        let rounded = if size > 0 { got <= exact || left.0 == 1 } else { got >= exact };
        prop_assert!(rounded);
        let next = mul_wide(left.0.unsigned_abs() + 1, WAD);
        let last = mul_wide(left.0.unsigned_abs().saturating_sub(1), WAD);
        let by_less_than_one = if size > 0 { next > exact } else { left.0 == 0 || last < exact };
        prop_assert!(by_less_than_one);
        // strike x 1 - share x average against moving x rest: what is left to move, exactly.
        prop_assert!(moving <= Price::MAX);
        let (paid, fixed) = (mul_wide(strike, WAD), mul_wide(share, average));
        let up = is_call == (size > 0);
        let reaches = |strike: u128| {
            // moving x rest + fixed >= paid
            let (high, low) = mul_wide(strike, rest);
            let (sum, carry) = low.overflowing_add(fixed.1);
            (high + fixed.0 + u128::from(carry), sum).cmp(&paid)
        };
        if up {
            prop_assert!(moving == Price::MAX || reaches(moving.0).is_ge());
            // Rounded twice by less than one each, of which the first is magnified by the division.
            prop_assert!(moving.0 <= 1 || reaches(moving.0 - 1 - moving.0.min(WAD / rest + 1).min(moving.0 - 1)).is_lt());
        } else {
            prop_assert!(moving == Price::ZERO || reaches(moving.0).is_le());
            prop_assert!(moving == Price::MAX || reaches(moving.0 + 2 + WAD / rest).is_gt());
        }
    }

    #[test]
    fn an_option_of_which_nothing_is_counted_is_itself((is_call, strike, size, _, average) in any_case()) {
        let counted = Counted { share: Ratio::ZERO, average: SettlementPrice(average) };
        let got = counted.moving(kind(is_call), Price(strike), Position(size));
        prop_assert_eq!(got, Moving { strike: Price(strike), size: Position(size) });
    }

    #[test]
    fn a_strike_comes_back_from_its_parts_rounded_as_asked(strike in 0..1_u128 << 90, tick in 1..1_u128 << 90) {
        let [down, up] = [false, true].map(|up| parts_of(Price(strike), Price(tick), up));
        let fits = strike / tick < u128::from(MAX_TICKS);
        prop_assert!(fits || up == u64::MAX);
        if fits {
            let exact = mul_wide(strike, 1 << PART_BITS);
            prop_assert!(mul_wide(down.into(), tick) <= exact && mul_wide(up.into(), tick) >= exact && up - down <= 1);
        }
    }
}

/// An option that is settled for the most part moves as the rest of it does.
#[test]
fn the_model_s_example_of_an_expiry_hedge() {
    let counted = Counted {
        share: Ratio(WAD / 100 * 97),
        average: SettlementPrice(2_000 * WAD),
    };
    let got = counted.moving(Kind::Call, Price(1_000 * WAD), Position(10 * ONE));
    let expected = Moving {
        strike: Price::ZERO,
        size: Position(ONE / 10 * 3),
    };
    assert_eq!(got, expected, "a linear call on three tenths");
    let got = counted.moving(Kind::Put, Price(2_000 * WAD), Position(-ONE));
    let expected = Moving {
        strike: Price(2_000 * WAD),
        size: Position(-ONE / 100 * 3),
    };
    assert_eq!(got, expected);
}

#[test]
fn an_average_between_parts_of_a_tick_is_rounded_against_the_account() {
    let tick = Price(1_000_000_000_000_000_000);
    let counted = Counted {
        share: Ratio(tick.0 / 2),
        average: SettlementPrice(100 * tick.0 + 1),
    };
    let strike = |kind, size| {
        let option = OptionLeg {
            kind,
            strike: 100 << 16,
            seconds: 60,
            volatility: 800_000,
            size: Position(size),
        };
        option.in_settlement(tick, &counted).strike
    };
    // Half is fixed at 100, or at a part more: the rest is struck at 100, or at a part less.
    assert_eq!(
        [strike(Kind::Call, 2), strike(Kind::Put, -2)],
        [100 << 16; 2]
    );
    assert_eq!(
        [strike(Kind::Call, -2), strike(Kind::Put, 2)],
        [(100 << 16) - 1; 2]
    );
}
