//! What the insurance pool decides (DESIGN 6), without storage, tokens or clock: the program fetches, calls and stores.
//!
//! | Where is ... | |
//! |---|---|
//! | what a share is worth, and when a million shares become one | [`shares`] |
//! | income that is released over a week | [`income`] |
//! | when an exit matures, and what it is paid | [`batch`], [`claim`] |
//! | what covers and draws are measured by | [`day`] |
//!
//! Amounts of the asset are in its smallest units, at most [`MAX_ASSETS`]; shares have 21 decimals, and there are at most
//! [`MAX_SUPPLY`]; times are unix seconds. Every rounding favours those who stay.

#![no_std]

#[cfg(test)]
extern crate std;

pub mod batch;
pub mod claim;
pub mod day;
pub mod income;
mod math;
pub mod shares;

pub use batch::{Batch, Fulfilment};
pub use claim::Claim;
pub use day::Day;
pub use income::Income;
pub use math::{Overflow, div};
pub use shares::{PoolTotals, Price, Rounding};

/// Seconds of a day. Days begin at midnight UTC.
pub const DAY: u64 = 86_400;

/// Most asset units that the pool holds: 79 billion whole tokens of 18 decimals.
pub const MAX_ASSETS: u128 = (1 << 96) - 1;

/// Most shares that can exist: 1.7e17 of them. Virtual shares beside them fit 128 bits.
pub const MAX_SUPPLY: u128 = (1 << 127) - 1;

/// What is too little to wait for, in asset units: one `dollar`, or a millionth of the `assets` if that is more; rounded down
/// (DESIGN 6).
#[must_use]
pub fn negligible(assets: u128, dollar: u128) -> u128 {
    dollar.max(math::div(assets, 1_000_000))
}

/// The WAD `share` of `amount`, rounded down. `share` is at most one.
#[must_use]
pub fn share_of(amount: u128, share: u64) -> u128 {
    math::mul_div_down(amount, share.into(), risk::WAD).unwrap_or(amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dust_is_a_dollar_or_a_millionth() {
        assert_eq!(negligible(0, 100), 100);
        assert_eq!(negligible(100_999_999, 100), 100);
        assert_eq!(negligible(101_000_000, 100), 101);
    }

    #[test]
    fn assets_fill_96_bits_and_shares_127() {
        assert_eq!(MAX_ASSETS, 79_228_162_514_264_337_593_543_950_335);
        assert_eq!(
            MAX_SUPPLY,
            170_141_183_460_469_231_731_687_303_715_884_105_727
        );
    }

    #[test]
    fn a_share_of_an_amount_is_rounded_down() {
        assert_eq!(share_of(1_003, 250_000_000_000_000_000), 250);
        assert_eq!(share_of(MAX_ASSETS, 1_000_000_000_000_000_000), MAX_ASSETS);
        assert_eq!(share_of(MAX_ASSETS, 0), 0);
    }
}
