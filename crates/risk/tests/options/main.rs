//! Options against double precision, against the model, and their properties.

mod exchange;
mod margins;
mod precise;
mod pricing;
mod quantlib;

/// A number in units of 1e-18: exactly what is written if that has at most 15 digits.
fn wad(x: f64) -> u128 {
    let (whole, fraction) = (x.trunc(), x.fract());
    whole as u128 * risk::WAD + (fraction * 1e18).round() as u128
}
