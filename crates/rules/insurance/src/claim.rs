//! What was set aside for a controller, until it is redeemed.

use crate::Overflow;
use crate::math::{mul_div_down, mul_div_up};

/// What a part of a claim is asked for in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Shares: their assets are rounded down.
    Shares,
    /// Assets: their shares are rounded up.
    Assets,
}

/// Assets set aside for shares that are burned. Whoever redeems a part of the shares gets that part of the assets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Claim {
    /// Shares that were fulfilled and not redeemed.
    pub shares: u128,
    /// Asset units set aside for them.
    pub assets: u128,
}

impl Claim {
    /// Assets for `shares` of the claim, rounded down.
    ///
    /// # Errors
    /// [`Overflow`] beyond the claim's shares.
    pub fn assets_for(&self, shares: u128) -> Result<u128, Overflow> {
        if shares > self.shares {
            return Err(Overflow);
        }
        if shares == self.shares {
            return Ok(self.assets);
        }
        mul_div_down(self.assets, shares, self.shares)
    }

    /// Shares for `assets` of the claim, rounded up; a part of the assets leaves a share for the rest.
    ///
    /// # Errors
    /// [`Overflow`] beyond the claim's assets.
    pub fn shares_for(&self, assets: u128) -> Result<u128, Overflow> {
        if assets > self.assets {
            return Err(Overflow);
        }
        if assets == self.assets {
            return Ok(self.shares);
        }
        let shares = mul_div_up(self.shares, assets, self.assets)?;
        Ok(shares.min(self.shares.saturating_sub(1)))
    }

    /// What the claim has of what is asked for.
    #[must_use]
    pub const fn amount(&self, by: By) -> u128 {
        match by {
            By::Shares => self.shares,
            By::Assets => self.assets,
        }
    }

    /// The part that is `asked` for, and the rest.
    ///
    /// # Errors
    /// [`Overflow`] beyond the claim.
    pub fn split(&self, asked: u128, by: By) -> Result<(Self, Self), Overflow> {
        let (shares, assets) = match by {
            By::Shares => (asked, self.assets_for(asked)?),
            By::Assets => (self.shares_for(asked)?, asked),
        };
        let rest = Self {
            shares: self.shares - shares,
            assets: self.assets - assets,
        };
        Ok((Self { shares, assets }, rest))
    }
}
