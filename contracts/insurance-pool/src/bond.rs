//! The bond of an experimental market: shares that the pool holds itself, and loses before anybody else does.

use super::*;

impl InsurancePool {
    /// The bond's shares.
    pub(super) fn bonded(&self) -> U256 {
        if self.config.get().promoted {
            return U256::ZERO;
        }
        self.balances.get(self.vm().contract_address())
    }

    /// What the bond is worth in asset units, rounded down; at most all that the pool has.
    pub(super) fn bond_worth(&self) -> U256 {
        // Shares that exist are never worth more than fits.
        let worth = self.price().to_assets(self.bonded(), Rounding::Down);
        worth
            .unwrap_or(U256::ZERO)
            .min(self.reserves.totals().assets)
    }

    /// Burns as many of the bond's shares as `assets` are worth, rounded up, so that the price of the others does not fall;
    /// returns their number. The totals are the caller's to change.
    pub(super) fn slash_bond(&mut self, assets: U256) -> Result<U256, Error> {
        let bonded = self.bonded();
        if bonded.is_zero() {
            return Ok(bonded);
        }
        let shares = self.price().to_shares(assets, Rounding::Up)?.min(bonded);
        let pool = self.vm().contract_address();
        self.burn(pool, shares)?;
        self.vm().log(BondSlashed { shares, assets });
        Ok(shares)
    }

    /// Gives the bond to `creator`, and lets all of the pool cover the market. Fails with `ExitStopped` while there is a deficit.
    pub(super) fn release_bond(&mut self, creator: Address) -> Result<(), Error> {
        if let Some(vault) = self.observe_deficits() {
            return Err(ExitStopped { vault }.into());
        }
        let shares = self.bonded();
        let pool = self.vm().contract_address();
        if !shares.is_zero() {
            self.move_shares(pool, creator, shares)?;
        }
        let settings = self.config.get();
        self.config.set(&Settings {
            promoted: true,
            ..settings
        });
        self.vm().log(Promoted { creator, shares });
        Ok(())
    }
}
