//! Options against double precision, against the model, against other libraries and an exchange; and their properties.

mod exchange;
mod margins;
mod precise;
mod pricing;
mod properties;
mod quantlib;
mod words;

use risk::options::black::Kind;
use risk::options::{OptionLeg, Portfolio, Shock};
use risk::{Position, Price, Ratio};

/// A number in units of 1e-18: exactly what is written if that has at most 15 digits.
fn wad(x: f64) -> u128 {
    let (whole, fraction) = (x.trunc(), x.fract());
    whole as u128 * risk::WAD + (fraction * 1e18).round() as u128
}

/// An environment variable as a number.
fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| {
        text.parse().unwrap_or_else(|_| panic!("{name}={text}"))
    })
}

fn leg(model: &option_model::Leg) -> OptionLeg {
    OptionLeg {
        kind: if model.is_call { Kind::Call } else { Kind::Put },
        strike: model.ticks,
        seconds: model.seconds,
        volatility: model.volatility,
        size: Position(model.size),
    }
}

/// A portfolio of the model, as it is margined.
fn portfolio(model: &option_model::Portfolio) -> (Portfolio, Vec<OptionLeg>) {
    let shock = &model.shock;
    let ratio = |wad: u64| Ratio(wad.into());
    let portfolio = Portfolio {
        spot: Price(model.spot),
        stable: Price(model.stable),
        tick: Price(model.tick),
        perpetual: Position(model.perpetual),
        shock: Shock {
            spot_range: ratio(shock.spot_range),
            initial_spot_range: ratio(shock.initial_spot_range),
            volatility_range: ratio(shock.volatility_range),
            short_option_rate: ratio(shock.short_option_rate),
            initial_factor: ratio(shock.initial_factor),
        },
    };
    (portfolio, model.options.iter().map(leg).collect())
}
