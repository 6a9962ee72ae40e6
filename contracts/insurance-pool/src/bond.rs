//! The bond of an experimental market: shares that the pool holds itself, and loses before anybody else does.

use crate::InsurancePool;
use crate::abi::{BondSlashed, DebtKnown, Error, Promoted};
use crate::cover::Owed;
use crate::store::Settings;
use alloy_primitives::{Address, U256};
use contract_support::words::word;
use insurance::Rounding;
use stylus_sdk::prelude::*;

impl InsurancePool {
    /// The bond's shares.
    pub(super) fn bonded(&self) -> u128 {
        if self.config.get().promoted {
            return 0;
        }
        self.shares_of(self.vm().contract_address())
    }

    /// All that the pool can pay: its assets, while the market is experimental what the bond is worth, rounded down.
    pub(super) fn payable(&self) -> u128 {
        let assets = self.reserves.totals().assets;
        if self.config.get().promoted {
            return assets;
        }
        // Shares that exist are never worth more than fits.
        let worth = self.price().to_assets(self.bonded(), Rounding::Down);
        worth.unwrap_or(0).min(assets)
    }

    /// Burns as many of the bond's shares as `assets` are worth, rounded up, so that the price of the others does not fall;
    /// returns their number. The totals are the caller's to change.
    pub(super) fn slash_bond(&mut self, assets: u128) -> Result<u128, Error> {
        let bonded = self.bonded();
        if bonded == 0 {
            return Ok(0);
        }
        // Up, so that not even rounding is paid by the others.
        let shares = self.price().to_shares(assets, Rounding::Up)?.min(bonded);
        let pool = self.vm().contract_address();
        self.take(pool, U256::from(shares))?;
        self.emit_transfer(pool, Address::ZERO, shares);
        self.emit::<BondSlashed>(0, &[word(shares), word(assets)]);
        Ok(shares)
    }

    /// Gives the bond to `creator`, and lets all of the pool cover the market. Fails with `DebtKnown` while there is a deficit.
    pub(super) fn release_bond(&mut self, creator: Address) -> Result<(), Error> {
        if let Some(vault) = self.owing(Owed::Known, u128::MAX)? {
            return Err(Error::of::<DebtKnown>(&[vault.into_word()]));
        }
        let shares = U256::from(self.bonded());
        let pool = self.vm().contract_address();
        if !shares.is_zero() {
            self.move_shares(pool, creator, shares)?;
        }
        let settings = self.config.get();
        self.config.set(&Settings {
            promoted: true,
            ..settings
        });
        self.emit::<Promoted>(1, &[creator.into_word(), shares.into()]);
        Ok(())
    }
}
