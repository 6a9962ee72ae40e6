//! What holds of the margin of any portfolio. `RISK_CASES` is the number of cases of each.

use option_model::bound::{ENOUGH, REFINEMENTS};
use option_model::{Leg, Portfolio, Shock};
use proptest::collection::vec;
use proptest::prelude::*;
use risk::options::Requirement;
use risk::options::black::{Inputs, Kind};
use risk::options::encoding::MAX_TICKS;
use risk::{Price, Ratio, Usd, WAD};

use crate::setting;

const ONE: i128 = WAD as i128;
const RATE: u64 = WAD as u64;
/// Ticks in spot.
const TICKS: u64 = 1_000_000;
/// What a margin may be off by: of gross notional.
const ERROR: f64 = 4e-8;

fn any_leg() -> impl Strategy<Value = Leg> {
    (
        any::<bool>(),
        100_000..7_000_000_u64,
        prop_oneof![Just(0_u32), 1..86_400_u32, 86_400..100_000_000_u32],
        10_000..3_000_000_u32,
        -1_000_000..=1_000_000_i128,
    )
        .prop_map(|(is_call, ticks, seconds, volatility, size)| Leg {
            is_call,
            ticks,
            seconds,
            volatility,
            size: size * (ONE / 10_000),
            closing: None,
        })
}

fn any_shock() -> impl Strategy<Value = Shock> {
    (1..=200_u64, 0..=200_u64, 0..=100_u64).prop_map(|(spot, more, volatility)| Shock {
        spot_range: RATE / 100 * spot,
        initial_spot_range: RATE / 100 * (spot + more).min(300),
        volatility_range: RATE / 100 * volatility,
        short_option_rate: RATE / 100,
        initial_factor: RATE / 4 * 5,
    })
}

fn any_portfolio() -> impl Strategy<Value = Portfolio> {
    let spot = prop_oneof![
        Just(1_000_000_000_u128),
        Just(20 * WAD / 1000),
        Just(2_000 * WAD),
        Just(1_000_000_000 * WAD)
    ];
    let perpetual = (-1_000_000..=1_000_000_i128).prop_map(|size| size * (ONE / 10_000));
    (spot, perpetual, vec(any_leg(), 0..12), any_shock()).prop_map(
        |(spot, perpetual, options, shock)| Portfolio {
            spot,
            stable: spot,
            tick: spot / u128::from(TICKS),
            perpetual,
            options,
            shock,
        },
    )
}

fn margin(model: &Portfolio) -> Requirement {
    let (portfolio, legs) = model.native();
    portfolio.requirement(&legs).unwrap()
}

/// What the margins of these may be off by together, in WAD.
fn slack(models: &[&Portfolio]) -> i128 {
    let gross: f64 = models.iter().map(|model| model.gross()).sum();
    (gross * 1e18 * ERROR) as i128 + 10
}

/// What a bound of a loss between two nodes may be where the loss is no more than this.
fn loose(margin: i128) -> i128 {
    margin + margin / 50
}

/// Whether the closer looks that a margin takes at most have left no bound loose: beyond, a loss may be bounded by more than that.
fn is_looked_at_enough(model: &Portfolio) -> bool {
    let ranges = [model.shock.spot_range, model.shock.initial_spot_range];
    let looks = ranges.map(|range| model.losses(model.spot, range, ENOUGH).refinements);
    looks.iter().all(|&looks| looks < REFINEMENTS)
}

/// What a margin counts for losses between its rows beyond what it counts for short options, at most: no part needs it alone.
fn between_rows(model: &Portfolio) -> i128 {
    let shock = &model.shock;
    let range = shock.spot_range.max(shock.initial_spot_range);
    let most = (model.between_rows(model.spot, range) - model.short_floor()).max(0.0);
    (most * 1.25 * 1e18) as i128
}

fn both(requirement: &Requirement) -> [Usd; 2] {
    [requirement.maintenance, requirement.initial]
}

/// A portfolio times a number.
fn times(model: &Portfolio, numerator: i128, denominator: i128) -> Portfolio {
    let mut scaled = model.clone();
    let scale = |size: i128| size * numerator / denominator;
    scaled.perpetual = scale(scaled.perpetual);
    for leg in &mut scaled.options {
        leg.size = scale(leg.size);
    }
    scaled
}

/// Value of a leg, in WAD of USD.
fn value(model: &Portfolio, leg: &Leg) -> i128 {
    let inputs = Inputs {
        kind: if leg.is_call { Kind::Call } else { Kind::Put },
        forward: Price(model.spot),
        strike: Price(model.tick * u128::from(leg.ticks)),
        seconds: leg.seconds.into(),
        volatility: Ratio(u128::from(leg.volatility) * (WAD / 1_000_000)),
    };
    let value = inputs.quote().unwrap().value.0 as f64 / 1e18;
    (value * leg.size as f64) as i128
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(setting("RISK_CASES", 1_500) as u32))]

    #[test]
    fn a_whole_never_needs_more_than_its_parts(model in any_portfolio(), keep in any::<u16>(), perpetual in -100..=100_i128) {
        prop_assume!(is_looked_at_enough(&model));
        // Hedged or not, and whichever way it is divided.
        let (mut one, mut other) = (model.clone(), model.clone());
        one.perpetual = model.perpetual * perpetual / 50;
        other.perpetual = model.perpetual - one.perpetual;
        (one.options, other.options) = (vec![], vec![]);
        for (n, leg) in model.options.iter().enumerate() {
            let part = if keep >> n & 1 == 1 { &mut one } else { &mut other };
            part.options.push(*leg);
        }
        let slack = slack(&[&model, &one, &other]) + between_rows(&model);
        let parts = (margin(&one), margin(&other));
        for (whole, (a, b)) in both(&margin(&model)).iter().zip(both(&parts.0).iter().zip(both(&parts.1))) {
            prop_assert!(whole.0 <= loose(a.0 + b.0) + slack, "{whole:?} {a:?} {b:?}");
        }
    }

    #[test]
    fn a_long_option_raises_the_margin_by_its_value_at_most(model in any_portfolio(), leg in any_leg()) {
        let long = Leg { size: leg.size.abs(), ..leg };
        let mut more = model.clone();
        more.options.push(long);
        prop_assume!(is_looked_at_enough(&more));
        let slack = slack(&[&model, &more]) + between_rows(&more);
        let (before, after, value) = (margin(&model), margin(&more), value(&model, &long));
        prop_assert!(after.maintenance.0 <= loose(before.maintenance.0 + value) + slack);
        prop_assert!(after.initial.0 <= loose(before.initial.0 + value / 4 * 5) + slack);
    }

    #[test]
    fn a_margin_grows_with_the_portfolio(model in any_portfolio(), numerator in 1..10_000_i128, denominator in 1..100_i128) {
        let scaled = times(&model, numerator, denominator);
        for (one, got) in both(&margin(&model)).iter().zip(both(&margin(&scaled))) {
            let expected = (one.0 as f64 * numerator as f64 / denominator as f64) as i128;
            // A size that does not divide loses less than a digit.
            let lost = (13.0 * model.spot as f64 / 1e18 * 4.0) as i128;
            let slack = slack(&[&scaled]) + slack_of_scaled(&model, numerator, denominator) + lost;
            prop_assert!((got.0 - expected).abs() <= slack, "{one:?} {got:?}");
        }
    }

    #[test]
    fn wallets_that_share_a_portfolio_need_as_much_as_one(model in any_portfolio(), share in 1..100_i128) {
        let one = times(&model, share, 100);
        let mut other = model.clone();
        other.perpetual -= one.perpetual;
        for (leg, taken) in other.options.iter_mut().zip(&one.options) {
            leg.size -= taken.size;
        }
        let parts = (margin(&one), margin(&other));
        let slack = slack(&[&model, &one, &other]);
        for (whole, (a, b)) in both(&margin(&model)).iter().zip(both(&parts.0).iter().zip(both(&parts.1))) {
            prop_assert!((whole.0 - a.0 - b.0).abs() <= slack, "{whole:?} {a:?} {b:?}");
        }
    }

    #[test]
    fn a_leg_may_be_split_and_moved(model in any_portfolio(), at in any::<prop::sample::Index>(), by in 0..20_usize) {
        let mut other = model.clone();
        if !model.options.is_empty() {
            let n = at.index(model.options.len());
            let part = other.options[n].size / 3;
            other.options[n].size -= part;
            other.options.push(Leg { size: part, ..other.options[n] });
            let places = other.options.len();
            other.options.rotate_left(by % places);
        }
        let slack = slack(&[&model, &other]);
        for (one, got) in both(&margin(&model)).iter().zip(both(&margin(&other))) {
            prop_assert!((one.0 - got.0).abs() <= slack, "{one:?} {got:?}");
        }
    }

    #[test]
    fn the_order_of_legs_does_not_matter(model in any_portfolio(), by in 0..12_usize) {
        let mut other = model.clone();
        other.options.reverse();
        let places = other.options.len().max(1);
        other.options.rotate_left(by % places);
        prop_assert_eq!(margin(&model), margin(&other));
    }

    #[test]
    fn a_margin_is_at_least_the_floor_of_short_options(model in any_portfolio()) {
        let got = margin(&model);
        let short: i128 = model.options.iter().map(|leg| (-leg.size).max(0)).sum();
        let floor = risk::Size(short.unsigned_abs()).notional_up(Price(model.spot)).unwrap().times_up(Ratio(WAD / 100)).unwrap();
        prop_assert!(got.maintenance >= floor && got.maintenance.0 >= 0);
        prop_assert!(got.initial >= got.maintenance.times_up(Ratio(WAD / 4 * 5)).unwrap());
    }

    #[test]
    fn a_short_option_far_out_of_the_money_needs_the_floor(shock in any_shock(), call in any::<bool>(), size in 1..1_000_000_i128) {
        let (ticks, spot) = (if call { 12 * TICKS } else { TICKS / 200 }, 2_000 * WAD);
        let leg = Leg { is_call: call, ticks, seconds: 3_600, volatility: 200_000, size: -size * (ONE / 1000), closing: None };
        let model = Portfolio { spot, stable: spot, tick: spot / u128::from(TICKS), perpetual: 0, options: vec![leg], shock };
        let got = margin(&model).maintenance.0;
        // 1 % of 2,000 USD.
        prop_assert!((got - 20 * -leg.size).abs() <= slack(&[&model]), "{}", got);
        prop_assert!(got >= 20 * -leg.size);
    }

    #[test]
    fn a_long_call_is_a_long_put_and_the_underlying(model in any_portfolio(), leg in any_leg()) {
        let (mut call, mut put) = (model.clone(), model);
        let size = leg.size.abs();
        call.options.push(Leg { is_call: true, size, ..leg });
        put.options.push(Leg { is_call: false, size, ..leg });
        put.perpetual += size;
        let slack = slack(&[&call, &put]);
        for (a, b) in both(&margin(&call)).iter().zip(both(&margin(&put))) {
            prop_assert!((a.0 - b.0).abs() <= slack, "{a:?} {b:?}");
        }
    }

    #[test]
    fn a_perpetual_alone_needs_its_range(spot in 1_000_000_000..1_000_000_000_000_000_000_000_000_000_u128, size in -1_000_000_000..=1_000_000_000_i128, shock in any_shock()) {
        let model = Portfolio { spot, stable: spot, tick: spot, perpetual: size * ONE / 1000, options: vec![], shock };
        let got = margin(&model);
        let notional = model.gross();
        // No price falls by more than 99 %, and a tail of twice the range counts for 35 %.
        let lowest = if size > 0 { 0.99_f64 } else { f64::INFINITY };
        let rate = |range: u64| (range as f64 / 1e18).min(lowest);
        let maintenance = notional * rate(shock.spot_range);
        let initial = (1.25 * maintenance).max(notional * rate(shock.initial_spot_range));
        for (got, expected) in [(got.maintenance, maintenance), (got.initial, initial)] {
            prop_assert!((got.0 as f64 / 1e18 - expected).abs() <= notional * ERROR + 1e-17, "{got:?} {expected}");
        }
    }
}

/// What the margin of `model` may be off by, times the scale.
fn slack_of_scaled(model: &Portfolio, numerator: i128, denominator: i128) -> i128 {
    slack(&[model]) * numerator / denominator + numerator
}

/// Anything that fits the words of the risk engine.
fn anything() -> impl Strategy<Value = Portfolio> {
    const MOST_SIZE: i128 = 1 << 107;
    let price = || {
        (0..100_u32, any::<u128>())
            .prop_map(|(shift, bits)| ((bits & Price::MAX.0) >> shift).max(1_000_000_000))
    };
    let size =
        || (0..107_u32, -MOST_SIZE..=MOST_SIZE).prop_map(|(shift, size): (_, i128)| size >> shift);
    let seconds = prop_oneof![Just(0_u32), 0..=u32::MAX >> 1];
    let volatility = prop_oneof![Just(0), Just(u32::MAX), any::<u32>()];
    let ticks = (0..48_u32, 0..=MAX_TICKS).prop_map(|(shift, bits)| bits >> shift);
    let leg = (any::<bool>(), ticks, seconds, volatility, size()).prop_map(
        |(is_call, ticks, seconds, volatility, size)| Leg {
            is_call,
            ticks,
            seconds,
            volatility,
            size,
            closing: None,
        },
    );
    let range = || 0..=3 * RATE;
    let shock = (range(), range(), any::<u64>(), 0..=RATE, RATE..=2 * RATE).prop_map(
        |(spot_range, initial_spot_range, volatility_range, short_option_rate, initial_factor)| {
            Shock {
                spot_range,
                initial_spot_range,
                volatility_range,
                short_option_rate,
                initial_factor,
            }
        },
    );
    (price(), price(), price(), size(), vec(leg, 0..9), shock).prop_map(
        |(spot, stable, tick, perpetual, options, shock)| Portfolio {
            spot,
            stable,
            tick,
            perpetual,
            options,
            shock,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(setting("RISK_CASES", 10_000) as u32))]

    #[test]
    fn whatever_can_be_held_is_margined(model in anything()) {
        let (portfolio, legs) = model.native();
        let expected = model.margin();
        let got = portfolio.requirement(&legs);
        // Of what the portfolio is at the highest price that a move takes it to.
        let range = model.shock.spot_range.max(model.shock.initial_spot_range) as f64 / 1e18;
        let highest = (1.0 + 2.0 * range) * (model.stable as f64 / model.spot as f64).max(1.0);
        let gross = model.gross() * highest;
        // Where a margin does not fit there is none.
        if gross < 1e19 {
            let got = got.unwrap();
            // The widest distributions are cut off, where an option far from the money may still be worth less than all.
            let wide = |leg: &Leg| {
                let moved = 1.0 + 3.0 * model.shock.volatility_range as f64 / 1e18;
                model.inputs(leg).deviation() * moved > 10.0
            };
            if model.options.iter().any(wide) {
                return Ok(());
            }
            // Slopes are counted in the sizes' own unit, so where tangents cross is known to one part in so many of those.
            let units: i128 = model.options.iter().map(|leg| leg.size.abs()).sum();
            let precision = 1e-7 + 1.0 / units.max(1) as f64;
            for (got, expected) in [(got.maintenance, expected.maintenance), (got.initial, expected.initial)] {
                let off = (got.0 as f64 / 1e18 - expected).abs();
                prop_assert!(off <= gross * precision + 1e-16, "{:e} {got:?} {expected}", off / gross);
            }
        }
    }
}
