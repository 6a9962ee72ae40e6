use proptest::prelude::*;

use super::*;

/// Over a day, so that the floor of the volatility is above the least range.
const P: Parameters = Parameters {
    horizon: 86_400,
    ..Parameters::DEFAULT
};
const L: RangeLimits = RangeLimits::DEFAULT;
const START: u64 = 1_700_000_000;
const PRICE: u128 = 2_000_000_000_000_000_000_000;
const DAY: u64 = 86_400;
/// After so long without a move nothing is left of the start.
const CALM: u64 = 800 * DAY;

/// As a share of one.
fn share(wad: u64) -> f64 {
    wad as f64 / WAD as f64
}

fn started() -> Volatility {
    Volatility::default().sample(Mark(PRICE), &P, &L, START)
}

/// Moves up and down by `log` every `step` seconds for `secs`; returns the state and the time.
fn swing(mut state: Volatility, log: f64, step: u64, secs: u64) -> (Volatility, u64) {
    let (start, up) = (state.sampled_at, (PRICE as f64 * log.exp()) as u128);
    for k in 1..=secs / step {
        let mark = if k % 2 == 1 { up } else { PRICE };
        state = state.sample(Mark(mark), &P, &L, start + k * step);
    }
    (state, start + secs / step * step)
}

/// The log move every `step` seconds that makes `volatility` a year.
fn move_of(volatility: f64, step: u64) -> f64 {
    volatility * (step as f64 / YEAR as f64).sqrt()
}

#[test]
fn it_starts_at_the_stressed_value() {
    let ranges = started().ranges(&P, &L, START);
    assert!((ranges.volatility as f64 / WAD as f64 - share(L.stressed)).abs() < 1e-5);
    assert_eq!(ranges.maintenance, ranges.initial);
    let expected = share(P.range_multiplier) * 1.5 * (f64::from(P.horizon) / YEAR as f64).sqrt();
    assert!((share(ranges.maintenance) - expected).abs() < 1e-5);
}

/// The same volatility from samples every minute and every hour.
#[test]
fn it_measures_volatility_whatever_the_rhythm() {
    for (volatility, step) in [(2.0, 60), (2.0, 300), (2.0, 3_600), (8.0, 60)] {
        let (state, _) = swing(started(), move_of(volatility, step), step, 200 * DAY);
        for measured in [volatility_of(state.slow), volatility_of(state.fast)] {
            let measured = measured as f64 / 1e6;
            assert!(
                (measured / volatility - 1.0).abs() < 1e-3,
                "{measured} for {volatility} every {step} s"
            );
        }
    }
}

#[test]
fn pokes_within_a_minute_change_nothing() {
    let state = started();
    assert_eq!(state.sample(Mark(PRICE * 2), &P, &L, START + 59), state);
    assert_ne!(state.sample(Mark(PRICE * 2), &P, &L, START + 60), state);
}

/// 25 % of the stressed value remains, however calm it is.
#[test]
fn calm_times_leave_the_floor() {
    let (state, now) = swing(started(), 0.0, 3_600, CALM);
    let ranges = state.ranges(&P, &L, now);
    assert_eq!(ranges.volatility, u128::from(L.stressed / 4));
    let expected = 3.0 * 0.375 / 365f64.sqrt();
    assert!((share(ranges.maintenance) - expected).abs() < 1e-5);
    assert_eq!(ranges.maintenance, ranges.initial);
}

#[test]
fn a_quarter_of_the_stressed_value_is_in_the_slow_volatility() {
    let (state, now) = swing(started(), move_of(0.9, 3_600), 3_600, 400 * DAY);
    let measured = volatility_of(state.slow) as f64 / 1e6;
    assert!((measured - 0.9).abs() < 1e-3, "{measured}");
    let blend = state.ranges(&P, &L, now).volatility as f64 / WAD as f64;
    assert!(
        (blend - 0.75 * measured - 0.25 * 1.5).abs() < 2e-6,
        "{blend}"
    );
}

#[test]
fn a_jump_moves_initial_margin_at_once_and_maintenance_by_the_set_rate() {
    let (state, now) = swing(started(), 0.0, 3_600, CALM);
    let before = state.ranges(&P, &L, now);
    let (wild, later) = swing(state, move_of(10.0, 60), 60, 3_600);
    assert_eq!(later, now + 3_600);
    let after = wild.ranges(&P, &L, later);
    assert!(after.initial > 2 * before.initial);
    assert!(after.maintenance <= before.maintenance + P.hourly_rise);
    let (wilder, later) = swing(wild, move_of(10.0, 60), 60, 30 * DAY);
    assert_eq!(wilder.ranges(&P, &L, later).maintenance, L.max);
}

/// From a calm market at once to the stressed value, and there it stays however wild an hour is; beyond it slow volatility leads.
#[test]
fn fast_volatility_counts_for_no_more_than_the_stressed_value() {
    let stressed = started().ranges(&P, &L, START).initial;
    let (state, now) = swing(started(), 0.0, 3_600, CALM);
    let calm = state.ranges(&P, &L, now);
    assert!(calm.initial < stressed / 3);
    let (nervous, now) = swing(state, move_of(1.0, 60), 60, 7 * 3_600);
    let between = nervous.ranges(&P, &L, now).initial;
    assert!(
        calm.initial < between && between < stressed,
        "{between} {stressed}"
    );
    let (wild, now) = swing(nervous, move_of(10.0, 60), 60, 3_600);
    assert!(volatility_of(wild.fast) > 3 * (L.stressed / MILLIONTH));
    let ranges = wild.ranges(&P, &L, now);
    assert!(ranges.target < stressed, "slow has not followed yet");
    assert_eq!(ranges.initial, stressed);
    let (wilder, now) = swing(wild, move_of(4.0, 60), 60, 10 * DAY);
    let ranges = wilder.ranges(&P, &L, now);
    assert!(ranges.target > stressed);
    assert_eq!(ranges.initial, ranges.target);
}

#[test]
fn the_rate_counts_while_nobody_samples() {
    let (state, now) = swing(started(), 0.0, 3_600, CALM);
    let (wild, now) = swing(state, 0.5, 60, now - state.sampled_at + 60);
    let at = |secs| wild.ranges(&P, &L, now + secs).maintenance;
    assert_eq!(at(1_800) - at(0), P.hourly_rise / 2);
    assert!(at(1_000 * 3_600) <= wild.ranges(&P, &L, now).initial);
}

#[test]
fn maintenance_falls_at_once() {
    let (wild, _) = swing(started(), move_of(10.0, 60), 60, 30 * DAY);
    let high = wild.ranges(&P, &L, wild.sampled_at).maintenance;
    let calm = wild.sample(wild.mark, &P, &L, wild.sampled_at + 100 * DAY);
    let low = calm.ranges(&P, &L, calm.sampled_at).maintenance;
    assert!(low < high / 2, "{low} {high}");
}

#[test]
fn without_a_price_a_sample_takes_no_return() {
    let state = Volatility {
        mark: Mark::ZERO,
        ..started()
    };
    let next = state.sample(Mark(PRICE * 50), &P, &L, START + 600);
    assert_eq!((next.slow, next.fast), (state.slow, state.fast));
    assert_eq!(
        (next.mark, next.sampled_at),
        (Mark(PRICE * 50), START + 600)
    );
}

#[test]
fn an_asset_that_nobody_has_looked_at_is_held_to_the_limits_of_a_large_coin() {
    let coin = RangeLimits {
        stressed: 1_500_000_000_000_000_000,
        min: 50_000_000_000_000_000,
        max: 600_000_000_000_000_000,
        confidence: 0,
        stable_price_rate: 300_000_000_000_000,
    };
    assert_eq!(L, coin);
    let pegged = RangeLimits {
        stable_price_rate: 30_000_000_000_000,
        ..coin
    };
    assert_eq!(RangeLimits::PEGGED, pegged);
}

#[test]
fn limits_are_stored_in_thousandths_rates_in_billionths_and_ranges_in_two_ten_thousandths() {
    let units = [RangeLimits::UNIT, RangeLimits::RATE_UNIT, Outlook::UNIT];
    assert_eq!(
        units,
        [1_000_000_000_000_000, 1_000_000_000, 200_000_000_000_000]
    );
}

#[test]
fn limits_have_bounds() {
    assert!(L.is_within_bounds());
    let outside = [
        RangeLimits {
            stressed: WAD / 10 - L_UNIT,
            ..L
        },
        RangeLimits {
            stressed: 16 * WAD + L_UNIT,
            ..L
        },
        RangeLimits {
            stressed: L.stressed + 1,
            ..L
        },
        RangeLimits {
            min: WAD / 100 - L_UNIT,
            ..L
        },
        RangeLimits {
            min: L.max + L_UNIT,
            ..L
        },
        RangeLimits {
            confidence: WAD / 10 + L_UNIT,
            ..L
        },
        RangeLimits { confidence: 1, ..L },
        RangeLimits {
            max: WAD / 10 * 6 + L_UNIT,
            ..L
        },
    ];
    for limits in outside {
        assert!(!limits.is_within_bounds(), "{limits:?}");
    }
}

#[test]
fn limits_may_be_as_wide_and_as_narrow_as_their_bounds() {
    let widest = RangeLimits {
        stressed: 16 * WAD,
        min: WAD / 100,
        max: WAD / 10 * 6,
        confidence: WAD / 10,
        stable_price_rate: WAD / 100,
    };
    let narrowest = RangeLimits {
        stressed: WAD / 10,
        min: WAD / 100,
        max: WAD / 100,
        confidence: 0,
        stable_price_rate: WAD / 1_000_000,
    };
    assert!(widest.is_within_bounds() && narrowest.is_within_bounds());
}

#[test]
fn the_rate_of_the_stable_price_has_bounds() {
    let rate = |stable_price_rate| {
        let limits = RangeLimits {
            stable_price_rate,
            ..L
        };
        limits.is_within_bounds()
    };
    let (least, most) = (WAD / 1_000_000, WAD / 100);
    assert!(!rate(least - RangeLimits::RATE_UNIT) && !rate(most + RangeLimits::RATE_UNIT));
    assert!(rate(least + RangeLimits::RATE_UNIT) && !rate(least + 1));
}

const L_UNIT: u64 = RangeLimits::UNIT;

#[test]
fn a_large_coin_gets_twenty_times_leverage_in_calm_times_and_ten_in_a_crisis() {
    let defaults = Parameters::DEFAULT;
    let crisis = started().ranges(&defaults, &L, START);
    assert_eq!(crisis.maintenance / (WAD / 1_000), 96);
    let (calm, now) = swing(started(), move_of(0.55, 3_600), 3_600, CALM);
    let calm = calm.ranges(&defaults, &L, now);
    assert_eq!(calm.maintenance / (WAD / 1_000), 50);
}

#[test]
fn the_extremes_of_a_logarithm_fit() {
    let distance = |a, b| log_distance(Mark(a), Mark(b));
    assert_eq!(distance(0, 5), 0);
    assert_eq!(distance(5, 5), 0);
    assert_eq!(distance(1, 2), LN_2);
    assert!(distance(1, u128::MAX) < 1 << (LOG_BITS + 7));
}

fn any_parameters() -> impl Strategy<Value = Parameters> {
    (
        1u32..=90,
        1u32..=1_000,
        25u64..=100,
        1u64..=1_000,
        10u64..=100,
        1u32..=336,
    )
        .prop_map(
            |(days, minutes, weight, rise, multiplier, hours)| Parameters {
                slow_period: days * 86_400,
                fast_period: minutes * 60,
                stressed_weight: weight * (WAD / 100),
                hourly_rise: rise * (WAD / 10_000),
                range_multiplier: multiplier * (WAD / 10),
                horizon: hours * 3_600,
                ..P
            },
        )
}

proptest! {
    #[test]
    fn a_logarithm_is_right(a in 1u128..1 << 96, b in 1u128..1 << 96, near in 0u64..1_000_000) {
        let close = a + a / 1_000_000_000 * u128::from(near);
        for other in [b, close] {
            let exact = (a as f64 / other as f64).ln().abs();
            let found = log_distance(Mark(a), Mark(other)) as f64 / (1u64 << LOG_BITS) as f64;
            prop_assert!((found - exact).abs() < 3e-10 + 1e-14 * exact, "{found} {exact}");
        }
    }

    #[test]
    fn a_square_root_is_right(value: u64) {
        let root = u128::from(square_root(value));
        prop_assert!(root * root <= value.into() && (root + 1) * (root + 1) > value.into());
    }

    #[test]
    fn volatility_and_variance_are_inverse(millionths in 1u64..16_000_000) {
        let back = volatility_of(variance_of(millionths));
        prop_assert!(back >= millionths && back - millionths <= 1 + millionths / 1_000);
    }

    #[test]
    fn a_mean_stays_between_what_it_averages(old: u64, new: u64, secs in 0u64..1 << 32, period in 1u32..1 << 23) {
        let next = mean(old, new, secs, period);
        prop_assert!(next >= old.min(new) - u64::from(old.min(new) > 0) && next <= old.max(new));
    }

    /// Whatever happens, ranges stay within their limits, the initial one covers the other, and maintenance rises no faster
    /// than its rate.
    #[test]
    fn ranges_keep_their_promises(p in any_parameters(), steps in prop::collection::vec((1u128..1 << 96, 0u64..200_000), 1..40)) {
        let (mut state, mut now) = (Volatility::default().sample(Mark(PRICE), &p, &L, START), START);
        let mut before = state.ranges(&p, &L, now);
        let stressed = before.initial;
        for (mark, secs) in steps {
            now += secs;
            state = state.sample(Mark(mark), &p, &L, now);
            let after = state.ranges(&p, &L, now);
            prop_assert!(after.maintenance <= after.target && after.target <= after.initial);
            prop_assert!(L.min <= after.maintenance && after.maintenance <= after.initial && after.initial <= L.max);
            prop_assert!(after.initial <= after.target.max(stressed));
            let floor = u128::from(L.stressed) * u128::from(p.stressed_weight) / u128::from(WAD);
            prop_assert!(after.volatility >= floor);
            let allowed = u128::from(p.hourly_rise) * u128::from(secs) / 3_600 + u128::from(MILLIONTH);
            prop_assert!(u128::from(after.maintenance.saturating_sub(before.maintenance)) <= allowed);
            before = after;
        }
    }

    /// What readers compute from what a poke left is what the whole state would say, rounded up.
    #[test]
    fn an_outlook_is_the_ranges_rounded_up(p in any_parameters(), marks in prop::collection::vec((1u128..1 << 96, 0u64..200_000), 1..10), later in 0u64..400_000) {
        let (mut state, mut now) = (Volatility::default().sample(Mark(PRICE), &p, &L, START), START);
        for (mark, secs) in marks {
            now += secs;
            state = state.sample(Mark(mark), &p, &L, now);
        }
        let outlook = Outlook::of(&state.ranges(&p, &L, now));
        let exact = state.ranges(&p, &L, now + later);
        let (maintenance, initial) = outlook.after(&p, later);
        for (found, exact) in [(maintenance, exact.maintenance), (initial, exact.initial)] {
            prop_assert!(found + MILLIONTH >= exact && found <= exact + Outlook::UNIT, "{found} {exact}");
        }
    }
}
