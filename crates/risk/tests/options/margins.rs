//! The scenario margin and the quotes against the model's.

use risk::options::black::{Kind, Terms};
use risk::options::scenario::{OptionLeg, Portfolio, Shock};
use risk::{Price, Ratio, Size};

fn wad(x: f64) -> u128 {
    (x * 1e18).round() as u128
}

/// One line of `generate.py`.
struct Case {
    spot: f64,
    perpetual: f64,
    shock: Shock,
    legs: Vec<OptionLeg>,
    expected: Vec<f64>,
}

fn numbers(row: &str) -> Vec<f64> {
    row.split(',').map(|x| x.parse().unwrap()).collect()
}

fn read(line: &str) -> Case {
    let mut rows = line.split(';').map(numbers);
    let (head, expected) = (rows.next().unwrap(), rows.next().unwrap());
    let leg = |row: Vec<f64>| OptionLeg {
        kind: if row[0] == 1.0 { Kind::Call } else { Kind::Put },
        strike: row[1] as u32,
        seconds: row[2] as u32,
        volatility: row[3] as u32,
        lots: row[4] as i32,
    };
    Case {
        spot: head[0],
        perpetual: head[1],
        shock: Shock {
            spot_range: Ratio(wad(head[2])),
            initial_spot_range: Ratio(wad(head[3])),
            volatility_range: Ratio(wad(head[4])),
            short_option_rate: Ratio(wad(0.01)),
            initial_factor: Ratio(wad(1.25)),
        },
        legs: rows.map(leg).collect(),
        expected,
    }
}

impl Case {
    /// Errors of maintenance and initial margin by gross notional, and whether the worst scenario is the model's.
    fn errors(&self) -> (f64, f64, bool) {
        let words: Vec<u128> = self.legs.iter().map(OptionLeg::pack).collect();
        let portfolio = Portfolio {
            spot: Price(wad(self.spot)),
            tick: Price(wad(self.spot * 1e-6)),
            lot: Size(wad(1e-6)),
            perpetual: self.perpetual as i64,
            options: &words,
        };
        let got = portfolio.requirement(&self.shock).unwrap();
        let lots: f64 = self.legs.iter().map(|leg| f64::from(leg.lots).abs()).sum();
        let gross = (lots + self.perpetual.abs()) * 1e-6 * self.spot;
        let error = |got: i128, want: f64| (got as f64 / 1e18 - want).abs() / gross.max(1e-18);
        (
            error(got.maintenance.0, self.expected[0]),
            error(got.initial.0, self.expected[1]),
            f64::from(got.worst) == self.expected[2],
        )
    }

    /// Errors of the sums of delta, gamma, vega and value, by lots and their scale.
    fn quote_errors(&self) -> f64 {
        let mut sums = [self.perpetual * 1e-6, 0.0, 0.0, 0.0];
        let mut scales = [1e-6_f64; 4];
        for leg in &self.legs {
            let terms = Terms {
                kind: leg.kind,
                forward: Price(wad(self.spot)),
                strike: Price(u128::from(leg.strike) * wad(self.spot * 1e-6)),
                seconds: leg.seconds.into(),
                volatility: Ratio(u128::from(leg.volatility) * 10_u128.pow(12)),
            };
            let quote = terms.quote().unwrap();
            let size = f64::from(leg.lots) * 1e-6;
            let root = (f64::from(leg.seconds) / 31_536_000.0).sqrt();
            let deviation = f64::from(leg.volatility) * 1e-6 * root;
            let parts = [
                quote.delta as f64,
                quote.gamma as f64,
                quote.vega as f64,
                quote.value.0 as f64,
            ];
            let scale = [
                1.0,
                1.0 / (self.spot * deviation),
                self.spot * root,
                self.spot,
            ];
            for n in 0..4 {
                sums[n] += size * parts[n] / 1e18;
                scales[n] += size.abs() * scale[n];
            }
        }
        let error = |n: usize| (sums[n] - self.expected[3 + n]).abs() / scales[n];
        (0..4).map(error).fold(0.0, f64::max)
    }
}

fn check(lines: &str) {
    let (mut worst, mut sum, mut count, mut other, mut quotes) = (0.0_f64, 0.0, 0, 0, 0.0_f64);
    for line in lines.lines() {
        let case = read(line);
        let (maintenance, initial, same) = case.errors();
        assert!(
            maintenance < 1e-7 && initial < 1e-7,
            "{maintenance:e} {initial:e} {line}"
        );
        let quote = case.quote_errors();
        assert!(quote < 1e-8, "{quote:e} {line}");
        worst = worst.max(maintenance).max(initial);
        quotes = quotes.max(quote);
        sum += maintenance;
        count += 1;
        other += u32::from(!same);
    }
    let mean = sum / f64::from(count);
    println!(
        "{count} portfolios: margin max {worst:e} mean {mean:e}, another worst scenario {other}; quotes max {quotes:e}"
    );
    // Another scenario may be worst only where two are equal to the last digits.
    assert!(other * 1000 <= count, "{other}");
}

#[test]
fn the_margin_of_small_portfolios_is_the_model_s() {
    check(include_str!("margins-7.txt"));
}

/// `MARGIN_VECTORS=<file>`, as written by `generate.py`.
#[test]
fn the_margin_of_many_portfolios_is_the_model_s() {
    if let Ok(path) = std::env::var("MARGIN_VECTORS") {
        check(&std::fs::read_to_string(path).unwrap());
    }
}

#[test]
fn a_packed_leg_is_read_as_it_was() {
    let leg = OptionLeg {
        kind: Kind::Put,
        strike: u32::MAX,
        seconds: u32::MAX >> 1,
        volatility: 800_000,
        lots: -5,
    };
    assert_eq!(OptionLeg::unpack(leg.pack()), leg);
}

#[test]
fn extreme_portfolios_are_margined_or_refused_without_a_panic() {
    let shock = Shock {
        spot_range: Ratio(wad(3.0)),
        initial_spot_range: Ratio(wad(0.6)),
        volatility_range: Ratio(wad(10.0)),
        short_option_rate: Ratio(wad(0.01)),
        initial_factor: Ratio(wad(1.25)),
    };
    for (strike, seconds) in [0, 1, 1_000_000, 7_999_999, 8_000_001, u32::MAX]
        .into_iter()
        .flat_map(|strike| [0, 1, 86_400, u32::MAX >> 1].map(|seconds| (strike, seconds)))
    {
        for (volatility, lots) in [0, 1, 1_000_000, u32::MAX]
            .into_iter()
            .flat_map(|vol| [i32::MIN, -(1 << 29), 0, 1, i32::MAX].map(|lots| (vol, lots)))
        {
            let leg = OptionLeg {
                kind: Kind::Put,
                strike,
                seconds,
                volatility,
                lots,
            };
            let refused = strike > 8_000_000 || lots.unsigned_abs() >= 1 << 30;
            for spot in [1e-6, 1.0, 1e9] {
                let portfolio = Portfolio {
                    spot: Price(wad(spot)),
                    tick: Price(wad(spot * 1e-6)),
                    lot: Size(wad(1e-6)),
                    perpetual: 0,
                    options: &[leg.pack(); 128],
                };
                let got = portfolio.requirement(&shock);
                assert_eq!(got.is_err(), refused, "{leg:?} {got:?}");
            }
        }
    }
}
