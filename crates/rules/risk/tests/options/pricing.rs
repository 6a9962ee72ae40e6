//! One option: Black-76 against `f64`, on edges, random points and as properties.

use option_model::YEAR;
use proptest::prelude::*;
use risk::options::black::{Inputs, Kind, Quote};
use risk::options::{fixed, normal};
use risk::{Error, Price, Ratio, WAD};

use crate::setting;

const ONE: f64 = fixed::ONE as f64;

fn fixed(x: f64) -> i128 {
    (x * ONE) as i128
}

/// The same inputs in double precision.
fn exact(inputs: &Inputs) -> option_model::Inputs {
    option_model::Inputs {
        is_call: inputs.kind == Kind::Call,
        forward: inputs.forward.0 as f64 / 1e18,
        strike: inputs.strike.0 as f64 / 1e18,
        years: inputs.seconds as f64 / YEAR,
        volatility: inputs.volatility.0 as f64 / 1e18,
    }
}

/// Errors of the value by the forward, of delta, and of gamma and vega by 1 / (forward x deviation) and forward x root of
/// the time, beyond the last digit of a WAD.
fn errors(inputs: &Inputs) -> [f64; 4] {
    let got: Quote = inputs.quote().unwrap();
    let model = exact(inputs);
    let want = model.greeks();
    let root = model.years.sqrt().max(1e-300);
    // Below a WAD's last digit nothing can be said.
    let off = |got: f64, want: f64| ((got / 1e18 - want).abs() - 2e-18).max(0.0);
    [
        off(got.value.0 as f64, want.value) / model.forward,
        off(got.delta as f64, want.delta),
        off(got.gamma as f64, want.gamma) * model.forward * model.deviation(),
        off(got.vega as f64, want.vega) / (model.forward * root),
    ]
}

fn inputs(call: bool, forward: f64, ratio: f64, seconds: u64, volatility: f64) -> Inputs {
    Inputs {
        kind: if call { Kind::Call } else { Kind::Put },
        forward: Price((forward * 1e18) as u128),
        strike: Price((forward * ratio * 1e18) as u128),
        seconds,
        volatility: Ratio((volatility * 1e18) as u128),
    }
}

#[derive(Default)]
struct Summary {
    worst: [f64; 4],
    sum: [f64; 4],
    points: u64,
}

impl Summary {
    fn add(&mut self, inputs: &Inputs) {
        for (n, error) in errors(inputs).into_iter().enumerate() {
            assert!(
                error <= [1e-9, 1e-8, 1e-8, 1e-8][n],
                "{n}: {error:e} {inputs:?}"
            );
            self.worst[n] = self.worst[n].max(error);
            self.sum[n] += error;
        }
        self.points += 1;
    }

    fn print(&self, name: &str) {
        let mean = self.sum.map(|sum| sum / self.points as f64);
        println!(
            "{name}: {} points; value, delta, gamma, vega: max {:?} mean {:?}",
            self.points, self.worst, mean
        );
    }
}

#[test]
fn prices_and_greeks_agree_with_double_precision_on_a_grid_of_edges() {
    let mut summary = Summary::default();
    for forward in [1e-9, 1e-6, 0.02, 1.0, 2000.0, 65e3, 1e9] {
        for ratio in [
            1e-3, 0.1, 0.5, 0.9, 0.999, 1.0, 1.000_001, 1.001, 1.1, 2.0, 10.0, 1000.0,
        ] {
            for seconds in [
                0,
                1,
                60,
                3_600,
                86_400,
                2_592_000,
                31_536_000,
                3_153_600_000,
            ] {
                for volatility in [0.0, 1e-6, 1e-3, 0.05, 0.2, 0.8, 2.5, 10.0, 100.0] {
                    for call in [true, false] {
                        summary.add(&inputs(call, forward, ratio, seconds, volatility));
                    }
                }
            }
        }
    }
    summary.print("edges");
}

/// `OPTION_POINTS=10000000` for the full measurement.
#[test]
fn prices_and_greeks_agree_with_double_precision_at_random_points() {
    let points = setting("OPTION_POINTS", 200_000);
    let mut summary = Summary::default();
    let mut state = 7_u64;
    let mut random = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    for _ in 0..points {
        let forward = libm::exp((random() - 0.5) * 41.0);
        let ratio = libm::exp((random() - 0.5) * 4.0);
        let seconds = libm::exp(random() * 19.0) as u64;
        let volatility = libm::exp((random() - 0.7) * 8.0);
        summary.add(&inputs(random() < 0.5, forward, ratio, seconds, volatility));
    }
    summary.print("random");
}

#[test]
fn nothing_in_the_domain_is_refused_or_panics() {
    let prices = [
        0,
        1,
        1_000_000_000,
        10_u128.pow(18),
        10_u128.pow(27),
        Price::MAX.0,
    ];
    let times = [0, 1, 3_600, u64::from(u32::MAX), u64::MAX];
    let volatilities = [0, 1, 10_u128.pow(9), 10_u128.pow(18), u128::MAX];
    for (forward, strike) in prices.iter().flat_map(|f| prices.map(|k| (*f, k))) {
        for (seconds, volatility) in times.iter().flat_map(|t| volatilities.map(|v| (*t, v))) {
            for kind in [Kind::Call, Kind::Put] {
                let inputs = Inputs {
                    kind,
                    forward: Price(forward),
                    strike: Price(strike),
                    seconds,
                    volatility: Ratio(volatility),
                };
                let quote = inputs.quote().unwrap();
                let most = if kind == Kind::Call { forward } else { strike };
                assert!(quote.value.0 <= most, "{inputs:?} {quote:?}");
            }
        }
    }
}

#[test]
fn nothing_has_no_logarithm_and_far_below_zero_the_exponential_is_nothing() {
    assert_eq!(fixed::ln(0), Err(Error::Overflow));
    for x in [-50, -1_000] {
        assert_eq!(fixed::exp(x * fixed::ONE), Ok(0));
    }
}

#[test]
fn an_option_on_nothing_or_struck_at_nothing_is_worth_what_is_inside() {
    let quote = |kind, forward, strike| {
        let terms = Inputs {
            kind,
            forward: Price(forward),
            strike: Price(strike),
            seconds: 86_400,
            volatility: Ratio(WAD),
        };
        let quote = terms.quote().unwrap();
        assert_eq!((quote.gamma, quote.vega), (0, 0));
        (quote.value.0, quote.delta)
    };
    let one = WAD.cast_signed();
    assert_eq!(quote(Kind::Call, 5 * WAD, 0), (5 * WAD, one));
    assert_eq!(quote(Kind::Put, 5 * WAD, 0), (0, 0));
    assert_eq!(quote(Kind::Call, 0, 5 * WAD), (0, 0));
    assert_eq!(quote(Kind::Put, 0, 5 * WAD), (5 * WAD, -one));
}

#[test]
fn the_functions_agree_with_double_precision() {
    let mut worst = [0.0_f64; 4];
    for n in -40_000..=40_000 {
        let x = f64::from(n) / 1000.0;
        let (exp, up) = (fixed::exp(fixed(x)).unwrap() as f64 / ONE, libm::exp(x));
        worst[0] = worst[0].max((exp - up).abs() / up.max(1.0));
        let ln = fixed::ln(fixed(up).unsigned_abs().max(1)).unwrap() as f64 / ONE;
        if x > -20.0 {
            // The argument has few digits when it is small.
            worst[1] = worst[1].max((ln - x).abs() / (1.0 + 1.0 / up));
        }
        let cdf_error =
            (normal::distribution(fixed(x)) as f64 / ONE - option_model::distribution(x)).abs();
        worst[2] = worst[2].max(cdf_error);
        worst[3] =
            worst[3].max((normal::density(fixed(x)) as f64 / ONE - option_model::density(x)).abs());
    }
    println!("exp, ln, distribution, density: max {worst:?}");
    assert!(worst.iter().all(|error| *error < 1e-14), "{worst:?}");
}

fn any_inputs() -> impl Strategy<Value = Inputs> {
    (
        any::<bool>(),
        -20.0..20.0,
        -3.0..3.0,
        0u64..100_000_000,
        -9.0..2.0,
    )
        .prop_map(
            |(call, forward, ratio, seconds, volatility): (_, f64, f64, _, f64)| {
                inputs(
                    call,
                    libm::exp(forward),
                    libm::exp(ratio),
                    seconds,
                    libm::exp(volatility),
                )
            },
        )
}

/// What two values may be out of order by: 1e-16 of the larger price, and two digits.
fn slack(inputs: &Inputs) -> u128 {
    inputs.forward.max(inputs.strike).0 / 10_000_000_000_000_000 + 2
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(setting("RISK_CASES", 4_000) as u32))]

    #[test]
    fn a_call_less_a_put_is_the_forward_less_the_strike(inputs in any_inputs()) {
        let value = |kind| Inputs { kind, ..inputs }.quote().unwrap().value.0 as i128;
        let delta = |kind| Inputs { kind, ..inputs }.quote().unwrap().delta;
        // Both have the same value outside, to the last digit.
        prop_assert_eq!(value(Kind::Call) - value(Kind::Put), inputs.forward.0 as i128 - inputs.strike.0 as i128);
        prop_assert!((delta(Kind::Call) - delta(Kind::Put) - 10_i128.pow(18)).abs() <= 2 || inputs.quote().unwrap().vega == 0);
    }

    #[test]
    fn a_value_never_falls_with_volatility_or_time(inputs in any_inputs(), more in 1u128..1_000_000_000_000_000_000) {
        let value = inputs.quote().unwrap().value.0;
        let volatile = Inputs { volatility: Ratio(inputs.volatility.0 + more), ..inputs }.quote().unwrap().value.0;
        let longer = Inputs { seconds: inputs.seconds + (more >> 40) as u64 + 1, ..inputs }.quote().unwrap().value.0;
        prop_assert!(volatile + slack(&inputs) >= value && longer + slack(&inputs) >= value);
    }

    #[test]
    fn a_call_rises_with_the_forward_and_falls_with_the_strike(inputs in any_inputs(), more in 1u128..1_000_000_000_000) {
        let inputs = Inputs { kind: Kind::Call, ..inputs };
        let slack = slack(&inputs);
        let value = inputs.quote().unwrap().value.0;
        let higher = Inputs { forward: Price(inputs.forward.0 + more), ..inputs }.quote().unwrap().value.0;
        let dearer = Inputs { strike: Price(inputs.strike.0 + more), ..inputs }.quote().unwrap().value.0;
        prop_assert!(higher + slack >= value, "{} {}", higher, value);
        prop_assert!(dearer <= value + slack, "{} {}", dearer, value);
    }

    #[test]
    fn the_functions_never_fall(x in -40.0..40.0_f64, step in 1i128..1_000_000_000_000) {
        let x = fixed(x);
        prop_assert!(fixed::exp(x + step).unwrap() + 8 + fixed::exp(x).unwrap() / (1 << 58) >= fixed::exp(x).unwrap());
        prop_assert!(normal::distribution(x + step) + 16 >= normal::distribution(x));
        let positive = x.unsigned_abs() + 1;
        prop_assert!(fixed::ln(positive + step.unsigned_abs()).unwrap() + 8 >= fixed::ln(positive).unwrap());
    }
}
