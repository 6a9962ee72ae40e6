//! Fixed-point amounts of the ABI (WAD, 1e18) and what people read.

use alloy::primitives::{I256, U256};

/// One, in WAD.
pub const WAD: u128 = 1_000_000_000_000_000_000;
/// Decimals of the test dollar, as a factor.
pub const TOKEN: u128 = 1_000_000;
/// Decimals of the price feed, as a factor.
pub const FEED: f64 = 1e8;

/// `value` in WAD, exact to nine decimals; zero for what is not a positive number.
pub fn wad(value: f64) -> U256 {
    U256::from((value.max(0.0) * 1e9).round() as u128) * U256::from(WAD / 1_000_000_000)
}

/// `value` in WAD with its sign, exact to nine decimals.
pub fn signed_wad(value: f64) -> I256 {
    let size = I256::from_raw(wad(value.abs()));
    if value < 0.0 { -size } else { size }
}

/// Whole test dollars, cents and so on, as an amount of the token.
pub fn tokens(value: f64) -> U256 {
    U256::from((value.max(0.0) * TOKEN as f64).round() as u128)
}

/// A WAD amount for display; not for money.
pub fn number(value: U256) -> f64 {
    f64::from(value) / WAD as f64
}

/// A signed WAD amount for display; not for money.
pub fn signed_number(value: I256) -> f64 {
    let size = number(value.unsigned_abs());
    if value.is_negative() { -size } else { size }
}

/// An amount of the token for display; not for money.
pub fn token_number(value: U256) -> f64 {
    f64::from(value) / TOKEN as f64
}

/// a * b / 1e18, towards zero.
pub fn mul_wad(a: I256, b: I256) -> I256 {
    a * b / I256::from_raw(U256::from(WAD))
}

/// a * b / 1e18, rounded up.
pub fn mul_up(a: U256, b: U256) -> U256 {
    (a * b).div_ceil(U256::from(WAD))
}

/// A WAD share of an amount, rounded up.
pub fn share_up(amount: U256, share: u64) -> U256 {
    mul_up(amount, U256::from(share))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_survive_the_way_to_the_chain_and_back() {
        for value in [0.0, 0.000000001, 1.5, 194.0, 123456789.123456] {
            assert!((number(wad(value)) - value).abs() < 1e-6, "{value}");
            assert!(
                (signed_number(signed_wad(-value)) + value).abs() < 1e-6,
                "{value}"
            );
        }
        assert_eq!(tokens(2.5), U256::from(2_500_000));
        assert_eq!(wad(f64::NAN), U256::ZERO);
    }

    #[test]
    fn a_product_of_wads_is_a_wad() {
        assert_eq!(mul_wad(signed_wad(-1.5), signed_wad(2.0)), signed_wad(-3.0));
        assert_eq!(mul_up(U256::from(3), wad(0.5)), U256::from(2));
    }
}
