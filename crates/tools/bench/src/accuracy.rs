//! How far option prices and margins are from double precision.
//!
//! Double precision is itself off by some 1e-16 of the forward, more where a deviation is small: a mean below that says that
//! nothing can be told apart. `crates/rules/risk/tests/options` compares with 50 digits.

use option_model::{Draw, Greeks, Inputs, Shape, WAD, YEAR};
use risk::options::black::{self, Kind};
use risk::{Price, Ratio};
use serde::Serialize;
use std::{collections::BTreeMap, thread};

/// Random points, at least.
const POINTS: u64 = 10_000_000;
/// Portfolios of one option of each shape, each priced 24 times or more.
const PORTFOLIOS: u64 = 250_000;
/// What is off, in the order of [`errors`].
const NAMES: [&str; 4] = ["value", "delta", "gamma", "vega"];

/// How far one number is off: value as a share of the forward, delta as it is, gamma and vega as shares of
/// 1 / (forward x deviation) and forward x root of the time, margins as a share of notional at the highest price of the
/// scenarios. The last digit of what has 18 does not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Accuracy {
    /// Points compared.
    pub points: u64,
    /// The largest error.
    pub max: f64,
    /// The mean error.
    pub mean: f64,
}

/// Sums that become an [`Accuracy`].
#[derive(Clone, Copy, Default)]
struct Sum {
    points: u64,
    max: f64,
    total: f64,
}

impl Sum {
    fn add(&mut self, error: f64) {
        self.points += 1;
        // Not a number counts as the largest error that there is.
        self.max = if error.is_nan() {
            f64::INFINITY
        } else {
            self.max.max(error)
        };
        self.total += error;
    }

    fn merge(&mut self, other: &Self) {
        self.points += other.points;
        self.max = self.max.max(other.max);
        self.total += other.total;
    }

    fn accuracy(&self) -> Accuracy {
        Accuracy {
            points: self.points,
            max: self.max,
            mean: self.total / self.points as f64,
        }
    }
}

/// Compares prices and Greeks at random points and on the edges of the domain, and margins of single options.
pub fn measure() -> BTreeMap<String, Accuracy> {
    let threads = thread::available_parallelism().map_or(1, |n| n.get() as u64);
    let mut random = [Sum::default(); 4];
    let mut margins = [Sum::default(); 2];
    thread::scope(|scope| {
        let parts: Vec<_> = (0..threads)
            .map(|seed| {
                scope.spawn(move || {
                    let mut draw = Draw::new(seed);
                    let points = random_points(&mut draw, POINTS.div_ceil(threads));
                    let margins = [Shape::Usual, Shape::Wide].map(|shape| {
                        random_margins(&mut draw, shape, PORTFOLIOS.div_ceil(threads))
                    });
                    (points, margins)
                })
            })
            .collect();
        for part in parts {
            let (points, single) = part.join().expect("comparing does not panic");
            let sums = random.iter_mut().chain(&mut margins);
            for (sum, part) in sums.zip(points.iter().chain(&single)) {
                sum.merge(part);
            }
        }
    });
    let edges = edge_points();
    let mut found = BTreeMap::from([
        (
            "margin of one option, usual".to_owned(),
            margins[0].accuracy(),
        ),
        (
            "margin of one option, wide".to_owned(),
            margins[1].accuracy(),
        ),
    ]);
    for (place, sums) in [("random", random), ("edges", edges)] {
        for (name, sum) in NAMES.iter().zip(sums) {
            found.insert(format!("{name}, {place}"), sum.accuracy());
        }
    }
    found
}

/// Prices from 1e-9 to 1e9, strikes within a factor of 7, a second to five years, volatilities from 0.4 % to 1,100 %.
fn random_points(draw: &mut Draw, points: u64) -> [Sum; 4] {
    let mut sums = [Sum::default(); 4];
    for _ in 0..points {
        let forward = draw.spread(1e-9, 1e9);
        let inputs = black::Inputs {
            kind: if draw.coin() { Kind::Call } else { Kind::Put },
            forward: Price((forward * WAD) as u128),
            strike: Price((forward * draw.spread(0.14, 7.0) * WAD) as u128),
            seconds: draw.spread(1.0, 5.0 * YEAR) as u64,
            volatility: Ratio((draw.spread(0.004, 11.0) * WAD) as u128),
        };
        add(&mut sums, &inputs);
    }
    sums
}

/// Every combination of the smallest, the usual and the largest.
fn edge_points() -> [Sum; 4] {
    const RATIOS: [f64; 11] = [
        1e-3, 0.1, 0.5, 0.9, 0.999, 1.0, 1.000_001, 1.1, 2.0, 10.0, 1000.0,
    ];
    const SECONDS: [u64; 7] = [0, 1, 60, 3_600, 86_400, 31_536_000, 3_153_600_000];
    const VOLATILITIES: [f64; 8] = [0.0, 1e-6, 1e-3, 0.05, 0.8, 2.5, 10.0, 100.0];
    let mut sums = [Sum::default(); 4];
    for forward in [1e-9, 1e-6, 0.02, 1.0, 2_000.0, 65e3, 1e9] {
        for (ratio, seconds) in RATIOS.iter().flat_map(|r| SECONDS.map(|s| (r, s))) {
            for (volatility, kind) in VOLATILITIES
                .iter()
                .flat_map(|v| [Kind::Call, Kind::Put].map(|kind| (v, kind)))
            {
                let inputs = black::Inputs {
                    kind,
                    forward: Price((forward * WAD) as u128),
                    strike: Price((forward * ratio * WAD) as u128),
                    seconds,
                    volatility: Ratio((volatility * WAD) as u128),
                };
                add(&mut sums, &inputs);
            }
        }
    }
    sums
}

fn add(sums: &mut [Sum; 4], inputs: &black::Inputs) {
    for (sum, error) in sums.iter_mut().zip(errors(inputs)) {
        sum.add(error);
    }
}

fn errors(inputs: &black::Inputs) -> [f64; 4] {
    let model = Inputs {
        is_call: inputs.kind == Kind::Call,
        forward: inputs.forward.0 as f64 / WAD,
        strike: inputs.strike.0 as f64 / WAD,
        years: inputs.seconds as f64 / YEAR,
        volatility: inputs.volatility.0 as f64 / WAD,
    };
    let Ok(got) = inputs.quote() else {
        return [f64::INFINITY; 4];
    };
    let Greeks {
        value,
        delta,
        gamma,
        vega,
    } = model.greeks();
    let off = |got: f64, exact: f64| ((got / WAD - exact).abs() - 2.0 / WAD).max(0.0);
    let root = model.years.sqrt().max(f64::MIN_POSITIVE);
    [
        off(got.value.0 as f64, value) / model.forward,
        off(got.delta as f64, delta),
        off(got.gamma as f64, gamma) * model.forward * model.deviation(),
        off(got.vega as f64, vega) / (model.forward * root),
    ]
}

/// Maintenance margin of one option, in which every price is of the scenario loop.
fn random_margins(draw: &mut Draw, shape: Shape, portfolios: u64) -> Sum {
    let mut sum = Sum::default();
    for _ in 0..portfolios {
        let mut model = draw.portfolio(shape, 1);
        model.perpetual = 0;
        sum.add(margin_error(&model));
    }
    sum
}

fn margin_error(model: &option_model::Portfolio) -> f64 {
    let (portfolio, legs) = model.native();
    let Ok(got) = portfolio.requirement(&legs) else {
        return f64::INFINITY;
    };
    let gross = model.gross() * (1.0 + 2.0 * model.shock.spot_range as f64 / WAD);
    if gross == 0.0 {
        return 0.0;
    }
    let off = (got.maintenance.0 as f64 / WAD - model.margin().maintenance).abs() - 2.0 / WAD;
    off.max(0.0) / gross
}
