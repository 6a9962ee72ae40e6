//! The arithmetic of shares (ERC-4626 with virtual shares).

use alloy_primitives::{U256, uint};
use contract_support::math::div;

use crate::abi::Overflow;

/// Decimals that a share has more than the asset: the pool starts as if 10^15 shares stood against one unit of asset.
///
/// Whoever deposits one unit and donates 10^18 makes a share cost 500 units, of which rounding can take the next
/// depositor one: less than a basis point of five dollars in a token of six decimals.
pub const EXTRA_DECIMALS: u8 = 15;
const VIRTUAL_SHARES: U256 = uint!(1_000_000_000_000_000_U256);
const VIRTUAL_ASSETS: U256 = U256::ONE;

/// Direction in which a conversion rounds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// In favour of the pool where the pool pays.
    Down,
    /// In favour of the pool where the pool is paid.
    Up,
}

/// The pool's totals at one moment, from which all conversions follow.
#[derive(Clone, Copy)]
pub struct Totals {
    /// Asset units that the pool holds.
    pub assets: U256,
    /// Shares that exist.
    pub shares: U256,
}

impl Totals {
    /// Shares worth `assets`.
    pub fn to_shares(self, assets: U256, rounding: Rounding) -> Result<U256, Overflow> {
        let shares = self.shares.checked_add(VIRTUAL_SHARES).ok_or(Overflow {})?;
        let held = self.assets.checked_add(VIRTUAL_ASSETS).ok_or(Overflow {})?;
        mul_div(assets, shares, held, rounding)
    }

    /// Assets worth `shares`.
    pub fn to_assets(self, shares: U256, rounding: Rounding) -> Result<U256, Overflow> {
        let existing = self.shares.checked_add(VIRTUAL_SHARES).ok_or(Overflow {})?;
        let held = self.assets.checked_add(VIRTUAL_ASSETS).ok_or(Overflow {})?;
        mul_div(shares, held, existing, rounding)
    }
}

/// `a * b / divisor`; `divisor` is never zero here.
pub fn mul_div(a: U256, b: U256, divisor: U256, rounding: Rounding) -> Result<U256, Overflow> {
    let product = a.checked_mul(b).ok_or(Overflow {})?;
    let quotient = div(product, divisor);
    let is_exact = quotient * divisor == product;
    if rounding == Rounding::Up && !is_exact {
        Ok(quotient + U256::ONE)
    } else {
        Ok(quotient)
    }
}
