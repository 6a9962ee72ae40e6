//! Values and Greeks against 50 digits: `precise.py` prints them, and `precise-1.csv` is what it printed.
//!
//! `OPTION_PRECISE=FILE` checks as many as it has printed into a file.

use risk::options::black::{Inputs, Kind};
use risk::{Price, Ratio, WAD};

const FIXTURE: &str = include_str!("precise-1.csv");
/// Of the smaller of forward and strike; of delta; of 1 / (forward x deviation) for gamma, and forward x root of the time for
/// vega, which no gamma and vega exceed.
const TOLERANCE: [f64; 4] = [2e-15, 2e-15, 1e-14, 1e-14];
/// What a deviation and a logarithm may be off by: Greeks are less precise by its share of the deviation, and are not
/// compared where it is more than a thousandth. The value is right everywhere.
const DEVIATION_ERROR: f64 = 1.0 / (1_u64 << 54) as f64;

struct Point {
    inputs: Inputs,
    value: u128,
    delta: i128,
    /// `None` if it does not fit.
    gamma: Option<u128>,
    vega: Option<u128>,
}

fn read(line: &str) -> Point {
    let fields: Vec<&str> = line.split(',').collect();
    let number = |n: usize| fields[n].parse::<u128>().unwrap();
    Point {
        inputs: Inputs {
            kind: if number(0) == 1 {
                Kind::Call
            } else {
                Kind::Put
            },
            forward: Price(number(1)),
            strike: Price(number(2)),
            seconds: number(3) as u64,
            volatility: Ratio(number(4)),
        },
        value: number(5),
        delta: fields[6].parse().unwrap(),
        gamma: fields[7].parse().ok(),
        vega: fields[8].parse().ok(),
    }
}

/// Errors beyond the last digit, as shares of what [`TOLERANCE`] is a share of.
struct Errors {
    found: [f64; 4],
    /// What is allowed.
    limits: [f64; 4],
}

impl Point {
    fn errors(&self) -> Errors {
        let inputs = &self.inputs;
        let got = inputs.quote().unwrap();
        let beyond = |error: u128, digits: u128| error.saturating_sub(digits) as f64;
        let forward = inputs.forward.0 as f64 / WAD as f64;
        let root = (inputs.seconds as f64 / 31_536_000.0).sqrt();
        let deviation = inputs.volatility.0 as f64 / WAD as f64 * root;
        let loss = DEVIATION_ERROR / deviation;
        let [value, greeks @ ..] = TOLERANCE;
        // A gamma or a vega that does not fit is the largest number.
        let fits = |got: u128, exact: Option<u128>, digits: u128| {
            beyond(got.abs_diff(exact.unwrap_or(u128::MAX)), digits) / WAD as f64
        };
        // Vega is rounded before it is multiplied by the root.
        let vega_digits = 1 + root.ceil() as u128;
        let found = [
            beyond(got.value.0.abs_diff(self.value), 1)
                / inputs.forward.min(inputs.strike).0 as f64,
            beyond(got.delta.abs_diff(self.delta), 1) / WAD as f64,
            fits(got.gamma, self.gamma, 1) * forward * deviation,
            fits(got.vega, self.vega, vega_digits) / (forward * root),
        ];
        let greeks = greeks.map(|limit| {
            if loss > 1e-3 {
                f64::INFINITY
            } else {
                limit + loss
            }
        });
        Errors {
            found,
            limits: [value, greeks[0], greeks[1], greeks[2]],
        }
    }
}

fn check(lines: &str) {
    let (mut worst, mut count, mut greeks) = ([0.0_f64; 4], 0, 0);
    for line in lines.lines() {
        let Errors { found, limits } = read(line).errors();
        for n in 0..4 {
            assert!(found[n] <= limits[n], "{n}: {found:?} {limits:?} {line}");
            // The figures are of deviations that a market has.
            if limits[n] < 1e-12 {
                worst[n] = worst[n].max(found[n]);
            }
        }
        count += 1;
        greeks += u32::from(limits[1].is_finite());
    }
    println!(
        "{count} points, {greeks} with Greeks; value, delta, gamma, vega are off by at most {worst:?}"
    );
    assert!(count >= 800 && greeks * 5 >= count * 4);
}

#[test]
fn values_and_greeks_agree_with_fifty_digits() {
    check(FIXTURE);
}

#[test]
fn values_and_greeks_agree_with_fifty_digits_at_many_points() {
    match std::env::var("OPTION_PRECISE") {
        Ok(path) => check(&std::fs::read_to_string(path).unwrap()),
        Err(_) => println!("skipped: OPTION_PRECISE names no file"),
    }
}
