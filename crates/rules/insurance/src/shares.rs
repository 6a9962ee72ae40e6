//! What a share is worth: ERC-4626 with virtual shares.

use core::cmp::Ordering;

use risk::math::cmp_products;

use crate::math::{Overflow, div, mul_div_down, mul_div_up};

/// Decimals of the share, whatever the asset's: a share begins at one dollar.
///
/// The pool starts as if 10^(21 - decimals) shares stood against one unit of asset. Whoever deposits one unit and gives
/// away 10^18 makes a share cost half of that over 10^(21 - decimals), of which rounding can take the next depositor
/// one: 500 units of a token of six decimals, less than a basis point of five dollars.
pub const SHARE_DECIMALS: u8 = 21;
const VIRTUAL_ASSETS: u128 = 1;

/// A share that is worth less than one part in so many of what it began at becomes one part in so many of a share.
const CONSOLIDATION: u128 = 1_000_000;

/// Direction in which a conversion rounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// In favour of the pool where the pool pays.
    Down,
    /// In favour of the pool where the pool is paid.
    Up,
}

/// What a price follows from, at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolTotals {
    /// Asset units that belong to the shares, at most [`MAX_ASSETS`](crate::MAX_ASSETS).
    pub assets: u128,
    /// Shares that exist, at most [`MAX_SUPPLY`](crate::MAX_SUPPLY).
    pub shares: u128,
    /// How often shares were consolidated.
    pub generation: u8,
}

impl PoolTotals {
    /// The totals after a loss: as long as a share is worth less than a millionth of what it began at, a million become one. A pool
    /// that has lost everything so sells shares again for what they are worth, and old ones keep their part of what was left.
    /// Shares are rounded up, so that all balances together, each rounded down, are at most their sum.
    #[must_use]
    pub fn consolidated(mut self, virtual_shares: u128) -> Self {
        // At most seven times: 10^42 shares do not exist.
        while self.is_worn(virtual_shares) && self.generation < u8::MAX {
            self.shares = mul_div_up(self.shares, 1, CONSOLIDATION).unwrap_or(self.shares);
            self.generation += 1;
        }
        self
    }

    /// `shares` of an earlier `generation`, as they count in this one; rounded down.
    #[must_use]
    pub fn carried(&self, mut shares: u128, generation: u8) -> u128 {
        for _ in generation..self.generation {
            if shares == 0 {
                break;
            }
            shares = div(shares, CONSOLIDATION);
        }
        shares
    }

    /// Whether a share is worth less than a millionth of what it began at.
    fn is_worn(&self, virtual_shares: u128) -> bool {
        let price = Price::new(*self, virtual_shares);
        // Virtual shares are at most 10^21, and a share began at one unit for each of them.
        cmp_products(
            price.assets,
            virtual_shares * CONSOLIDATION,
            price.shares,
            1,
        ) == Ordering::Less
    }
}

/// What conversions between shares and assets follow from.
#[derive(Clone, Copy, Debug)]
pub struct Price {
    assets: u128,
    shares: u128,
}

impl Price {
    /// The price at `totals` of a pool that starts with `virtual_shares`. Totals are bounded, so no sum overflows.
    #[must_use]
    pub const fn new(totals: PoolTotals, virtual_shares: u128) -> Self {
        Self {
            assets: totals.assets + VIRTUAL_ASSETS,
            shares: totals.shares + virtual_shares,
        }
    }

    /// Shares worth `assets`.
    ///
    /// # Errors
    /// [`Overflow`] beyond 128 bits, above any amount that a deposit accepts.
    pub fn to_shares(self, assets: u128, rounding: Rounding) -> Result<u128, Overflow> {
        mul_div(assets, self.shares, self.assets, rounding)
    }

    /// Assets worth `shares`.
    ///
    /// # Errors
    /// [`Overflow`] never for shares that exist.
    pub fn to_assets(self, shares: u128, rounding: Rounding) -> Result<u128, Overflow> {
        mul_div(shares, self.assets, self.shares, rounding)
    }

    /// Whether a share is worth less than at `other`, exactly.
    #[must_use]
    pub fn is_below(self, other: Self) -> bool {
        cmp_products(self.assets, other.shares, other.assets, self.shares) == Ordering::Less
    }
}

fn mul_div(a: u128, b: u128, divisor: u128, rounding: Rounding) -> Result<u128, Overflow> {
    match rounding {
        Rounding::Down => mul_div_down(a, b, divisor),
        Rounding::Up => mul_div_up(a, b, divisor),
    }
}
