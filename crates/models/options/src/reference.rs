//! Portfolios that the reference model of the margin has drawn and evaluated, as `reference.py` prints them.

use std::path::PathBuf;
use std::process::Command;

use crate::{Greeks, Leg, Portfolio, Shock};

/// Portfolios of the reference model, 24 of up to 16 options, for where the model itself is not at hand.
pub const FIXTURE: &str = include_str!("../reference-7.txt");
/// Options in their settlement windows, 60 of seed 7.
pub const SETTLEMENT_FIXTURE: &str = include_str!("../settlement-7.txt");
/// Units of 1e-18 in a millionth.
const MICRO: i128 = 1_000_000_000_000;
/// Strikes of the model have eight decimals.
const TICK: u128 = 10_000_000_000;
/// The same for all portfolios of the model.
const SHORT_OPTION_RATE: u64 = 10_000_000_000_000_000;
const INITIAL_FACTOR: u64 = 1_250_000_000_000_000_000;

/// A portfolio, and what the reference model makes of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// What was evaluated.
    pub portfolio: Portfolio,
    /// Maintenance margin, USD.
    pub maintenance: f64,
    /// Initial margin, USD.
    pub initial: f64,
    /// The scenario of the worst loss.
    pub worst: usize,
    /// Value of the options, and delta, gamma and vega of all.
    pub greeks: Greeks,
}

/// The fields of a part of a line, one after the other.
struct Fields<'l>(std::str::Split<'l, char>);

impl Fields<'_> {
    fn next<T: std::str::FromStr>(&mut self) -> T {
        let text = self.0.next().unwrap_or_default();
        text.parse()
            .unwrap_or_else(|_| panic!("{text:?} is no number of a portfolio"))
    }

    /// A whole number of millionths, as units of 1e-18.
    fn micros(&mut self) -> i128 {
        self.next::<i128>() * MICRO
    }

    fn rate(&mut self) -> u64 {
        self.next::<u64>() * MICRO as u64
    }
}

/// Reads a line: spot, perpetual, ranges; results; and a part for each option.
///
/// # Panics
/// If it is not a line of `reference.py`.
#[must_use]
pub fn parse(line: &str) -> Reference {
    let mut parts = line.split(';').map(|part| Fields(part.split(',')));
    let mut part = || parts.next().expect("a line has at least two parts");
    let (mut head, mut out) = (part(), part());
    let spot = head.micros().unsigned_abs();
    let perpetual = head.micros();
    let shock = Shock {
        spot_range: head.rate(),
        initial_spot_range: head.rate(),
        volatility_range: head.rate(),
        short_option_rate: SHORT_OPTION_RATE,
        initial_factor: INITIAL_FACTOR,
    };
    let leg = |mut leg: Fields<'_>| Leg {
        is_call: leg.next::<u8>() == 1,
        ticks: leg.next(),
        seconds: leg.next(),
        volatility: leg.next(),
        size: leg.micros(),
        closing: None,
    };
    Reference {
        portfolio: Portfolio {
            spot,
            stable: spot,
            tick: TICK,
            perpetual,
            options: parts.map(leg).collect(),
            shock,
        },
        maintenance: out.next(),
        initial: out.next(),
        worst: out.next(),
        greeks: Greeks {
            delta: out.next(),
            gamma: out.next(),
            vega: out.next(),
            value: out.next(),
        },
    }
}

/// What draws portfolios by the reference model.
const SCRIPT: &str = include_str!("../reference.py");

/// The folder of `margin.py`: `MARGIN_MODEL`, or `../shared/model` beside the checkout, as seen from a package of it, where its tests
/// run; `None` if it is not there.
#[must_use]
pub fn model() -> Option<PathBuf> {
    let folder = std::env::var_os("MARGIN_MODEL").unwrap_or("../../../../shared/model".into());
    let folder = PathBuf::from(folder);
    folder.join("margin.py").is_file().then_some(folder)
}

/// An option in its settlement window, and what the reference model margins it as.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settlement {
    /// Whether it is a call, not a put.
    pub is_call: bool,
    /// Strike, in units of 1e-18.
    pub strike: u128,
    /// Size in units of 1e-18.
    pub size: i128,
    /// The fraction of the average that is counted, in units of 1e-18.
    pub counted: u64,
    /// The mean of what is, in units of 1e-18.
    pub average: u128,
    /// Strike and size of what is left to move; none if nothing is.
    pub moving: Option<(f64, f64)>,
}

/// Reads a line of an option in its settlement window.
///
/// # Panics
/// If it is not a line of `reference.py`.
#[must_use]
pub fn parse_settlement(line: &str) -> Settlement {
    let (line, is_fixed) = match line.strip_suffix(",fixed") {
        Some(line) => (line, true),
        None => (line, false),
    };
    let mut fields = Fields(line.split(','));
    Settlement {
        is_call: fields.next::<u8>() == 1,
        strike: fields.next::<u128>() * TICK,
        size: fields.micros(),
        counted: fields.rate(),
        average: fields.micros().unsigned_abs(),
        moving: (!is_fixed).then(|| (fields.next(), fields.next())),
    }
}

/// So many portfolios of up to `options` options, drawn by the model from a seed. `None` where the model is not at hand,
/// or Python is not.
///
/// # Panics
/// If the model fails.
#[must_use]
pub fn draw(seed: u64, count: usize, options: usize) -> Option<Vec<Reference>> {
    let text = run(seed, count, &options.to_string())?;
    Some(text.lines().map(parse).collect())
}

/// So many options in their settlement windows, drawn by the model from a seed; as [`draw`].
///
/// # Panics
/// If the model fails.
#[must_use]
pub fn draw_settlements(seed: u64, count: usize) -> Option<Vec<Settlement>> {
    let text = run(seed, count, "settlement")?;
    Some(text.lines().map(parse_settlement).collect())
}

fn run(seed: u64, count: usize, what: &str) -> Option<String> {
    let output = Command::new("python3")
        .args(["-c", SCRIPT])
        .arg(model()?)
        .args([&seed.to_string(), &count.to_string(), what])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .ok()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "reference.py: {errors}");
    Some(String::from_utf8(output.stdout).expect("reference.py prints numbers"))
}
