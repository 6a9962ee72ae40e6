//! The arithmetic of shares (ERC-4626 with virtual shares).

use alloy_primitives::{U256, uint};
use contract_support::math::div;

use super::abi::Overflow;

/// Decimals of the share, whatever the asset's: a share begins at one dollar.
///
/// The pool starts as if 10^(21 - decimals) shares stood against one unit of asset. Whoever deposits one unit and gives
/// away 10^18 makes a share cost half of that over 10^(21 - decimals), of which rounding can take the next depositor
/// one: 500 units of a token of six decimals, less than a basis point of five dollars.
pub const SHARE_DECIMALS: u8 = 21;
const VIRTUAL_ASSETS: U256 = U256::ONE;

/// One, as a WAD share.
const WAD: U256 = uint!(1_000_000_000_000_000_000_U256);

/// Direction in which a conversion rounds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// In favour of the pool where the pool pays.
    Down,
    /// In favour of the pool where the pool is paid.
    Up,
}

/// The pool's totals at one moment.
#[derive(Clone, Copy)]
pub struct Totals {
    /// Asset units that the pool counts as its own.
    pub assets: U256,
    /// Shares that exist.
    pub shares: U256,
}

/// What conversions between shares and assets follow from.
#[derive(Clone, Copy)]
pub struct Price {
    assets: U256,
    shares: U256,
}

impl Price {
    /// The price at `totals` of a pool that starts with `virtual_shares`. Totals are bounded, so no sum overflows.
    pub fn new(totals: Totals, virtual_shares: U256) -> Self {
        Self {
            assets: totals.assets + VIRTUAL_ASSETS,
            shares: totals.shares + virtual_shares,
        }
    }

    /// Shares worth `assets`. Fails beyond what 256 bits hold, far above any amount that a deposit accepts.
    pub fn to_shares(self, assets: U256, rounding: Rounding) -> Result<U256, Overflow> {
        mul_div(assets, self.shares, self.assets, rounding)
    }

    /// Assets worth `shares`. Never fails for shares that exist.
    pub fn to_assets(self, shares: U256, rounding: Rounding) -> Result<U256, Overflow> {
        mul_div(shares, self.assets, self.shares, rounding)
    }
}

/// The WAD `share` of `amount`, rounded down. Amounts are bounded, so the product does not overflow.
pub fn share_of(amount: U256, share: u64) -> U256 {
    div(amount * U256::from(share), WAD)
}

/// `a * b / divisor`; `divisor` is never zero here.
fn mul_div(a: U256, b: U256, divisor: U256, rounding: Rounding) -> Result<U256, Overflow> {
    let product = a.checked_mul(b).ok_or(Overflow {})?;
    let quotient = div(product, divisor);
    let is_exact = quotient * divisor == product;
    if rounding == Rounding::Up && !is_exact {
        Ok(quotient + U256::ONE)
    } else {
        Ok(quotient)
    }
}
