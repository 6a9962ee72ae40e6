//! Setting up a market: its clones, its feeds, its instruments and its bond.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U8, U32};
use alloy_sol_types::{SolCall, SolValue};
use contract_support::{calls, clone, token};
use risk::Tier;
use stylus_sdk::prelude::*;

use super::abi::{
    Error, FeedNotLive, IInsurancePool, IMarginVault, IOracleGuard, Listing, MarketConfig,
    MarketExists, SharedSource, erc4626, proxy,
};
use super::{EXPERIMENTAL, MarketFactory};

impl MarketFactory {
    pub(crate) fn deploy(&self, creator: Address, salt: B256) -> Result<(Address, Address), Error> {
        let (vault, _) = self.predict(creator, salt);
        if self.is_market(vault) {
            return Err(MarketExists { vault }.into());
        }
        let salt = self.bound_salt(creator, salt);
        let vault = clone::deploy(self.vm(), self.vault_implementation.get(), salt)?;
        let pool = clone::deploy(self.vm(), self.pool_implementation.get(), salt)?;
        Ok((vault, pool))
    }

    pub(crate) fn record(&mut self, vault: Address, pool: Address, creator: Address) {
        let mut market = self.markets.grow();
        market.vault.set(vault);
        market.pool.set(pool);
        market.class.set(U8::from(EXPERIMENTAL));
        market.creator.set(creator);
        let number = self.markets.len();
        self.numbers.setter(vault).set(U32::from(number));
    }

    /// Takes the bond from its creator and deposits it for the pool itself.
    pub(crate) fn post_bond(
        &self,
        pool: Address,
        creator: Address,
        config: &MarketConfig,
    ) -> Result<(), Error> {
        let (asset, bond) = (config.quoteToken, config.bond);
        token::fetch(self.vm(), asset, creator, bond)?;
        token::allow(self.vm(), asset, pool, bond)?;
        let call = erc4626::depositCall {
            assets: bond,
            receiver: pool,
        };
        calls::call::<1>(self.vm(), pool, &call.abi_encode())?;
        Ok(())
    }

    /// Registers the listings' feeds with the guard and asks each for a price; returns the vault's instruments.
    pub(crate) fn list(
        &self,
        vault: Address,
        listings: &[Listing],
    ) -> Result<Vec<IMarginVault::Instrument>, Error> {
        let guard = self.guard.get();
        let mut instruments = Vec::with_capacity(listings.len());
        for listing in listings {
            self.check_sources(listing)?;
            let asset = self
                .vm()
                .native_keccak256(&(vault, listing.symbol).abi_encode());
            let set_feed = IOracleGuard::setFeedCall {
                asset,
                feed: listing.feed.clone(),
                emergencies: 0, // not asked of a registrar
            };
            calls::call::<0>(self.vm(), guard, &set_feed.abi_encode())?;
            let poke = IOracleGuard::pokeCall { asset };
            // Sources that do not agree now would leave the market frozen, or halted, from its first block.
            let [_, tier] = calls::call(self.vm(), guard, &poke.abi_encode())?;
            let tier = u8::try_from(tier).unwrap_or(Tier::Halted as u8);
            if tier >= Tier::Halted as u8 {
                return Err(FeedNotLive {
                    instrument: listing.instrument,
                    tier,
                }
                .into());
            }
            instruments.push(IMarginVault::Instrument {
                asset,
                ..listing.parameters.clone()
            });
        }
        Ok(instruments)
    }

    /// Two proxies of one aggregator are one source, as are a proxy and its aggregator. What a contract in between hides is for
    /// traders to judge, and for governance before it promotes.
    fn check_sources(&self, listing: &Listing) -> Result<(), Error> {
        let source = self.source_of(listing.feed.primary);
        if source == self.source_of(listing.feed.secondary) {
            return Err(SharedSource {
                instrument: listing.instrument,
                source,
            }
            .into());
        }
        Ok(())
    }

    /// The contract that a feed says it repeats; itself if it says nothing.
    fn source_of(&self, feed: Address) -> Address {
        let answer = calls::view(self.vm(), feed, &proxy::aggregatorCall {}.abi_encode());
        match answer {
            Ok([aggregator]) if !aggregator.is_zero() => Address::from_word(aggregator.into()),
            _ => feed,
        }
    }

    pub(crate) fn initialize(
        &self,
        vault: Address,
        pool: Address,
        config: &MarketConfig,
        instruments: Vec<IMarginVault::Instrument>,
    ) -> Result<(), Error> {
        let (owner, steward) = (self.ownership.owner(), self.steward.get());
        let asset = config.quoteToken;
        let call = IInsurancePool::initializeCall {
            owner,
            steward,
            asset,
            vault,
        };
        calls::call::<0>(self.vm(), pool, &call.abi_encode())?;
        let ids = config
            .listings
            .iter()
            .map(|listing| listing.instrument)
            .collect();
        let guard = self.guard.get();
        let call = IMarginVault::initializeCall {
            owner,
            steward,
            quoteToken: asset,
            guard,
            engine: self.risk_engine.get(),
            pool,
            ids,
            instruments,
        };
        calls::call::<0>(self.vm(), vault, &call.abi_encode())?;
        Ok(())
    }
}
