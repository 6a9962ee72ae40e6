//! Options against double precision, against the model, against other libraries and an exchange; and their properties.

mod climb;
mod closing;
mod every_price;
mod exchange;
mod margins;
mod precise;
mod pricing;
mod properties;
mod quantlib;
mod settlement;
mod words;

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
