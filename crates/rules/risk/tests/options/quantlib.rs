//! Values and Greeks against QuantLib: `quantlib.csv` is a grid that `quantlib.py` has printed.

use risk::options::black::{Inputs, Kind};
use risk::{Price, Ratio};

use crate::wad;

const GRID: &str = include_str!("quantlib.csv");
/// Of the forward; of delta; of 1 / (forward x deviation) for gamma and forward x root of the time for vega. It is QuantLib's
/// own error, whose Greeks are sums of terms that nearly cancel when the deviation is small.
const TOLERANCE: [f64; 4] = [1e-14, 1e-12, 1e-12, 1e-12];

fn read(line: &str) -> [f64; 9] {
    let mut fields = line.split(',').map(|field| field.parse().unwrap());
    core::array::from_fn(|_| fields.next().unwrap())
}

fn errors(
    [
        call,
        forward,
        strike,
        seconds,
        volatility,
        value,
        delta,
        gamma,
        vega,
    ]: [f64; 9],
) -> [f64; 4] {
    let inputs = Inputs {
        kind: if call == 1.0 { Kind::Call } else { Kind::Put },
        forward: Price(wad(forward)),
        strike: Price(wad(strike)),
        seconds: seconds as u64,
        volatility: Ratio(wad(volatility)),
    };
    let got = inputs.quote().unwrap();
    let root = (seconds / option_model::YEAR).sqrt();
    // Beyond the last digit of what has 18.
    let off = |got: f64, exact: f64| ((got / 1e18 - exact).abs() - 2e-18).max(0.0);
    [
        off(got.value.0 as f64, value) / forward,
        off(got.delta as f64, delta),
        off(got.gamma as f64, gamma) * forward * volatility * root,
        off(got.vega as f64, vega) / (forward * root),
    ]
}

#[test]
fn values_and_greeks_agree_with_quantlib() {
    let rows: Vec<_> = GRID.lines().map(read).collect();
    let mut worst = [0.0_f64; 4];
    for row in &rows {
        let errors = errors(*row);
        for n in 0..4 {
            assert!(errors[n] <= TOLERANCE[n], "{n}: {errors:?} {row:?}");
            worst[n] = worst[n].max(errors[n]);
        }
    }
    assert_eq!(rows.len(), 1_080);
    println!(
        "{} rows; value, delta, gamma, vega are off by at most {worst:?}",
        rows.len()
    );
}
