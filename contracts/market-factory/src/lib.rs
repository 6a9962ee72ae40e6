//! The market factory: isolated markets, each a vault and an insurance pool with their own guard entries.
//!
//! Vault and pool are ERC-1167 clones at CREATE2 addresses that depend on the creator, so nobody can squat them; an
//! asset's id in the guard depends on its vault, so nobody can squat a name. Anyone may create a market; its contracts
//! belong to the factory's owner. Until the owner promotes it, a market is experimental, and its insurance pays no more than its
//! creator's bond: shares of the market's pool that are burned before all others. Nobody can give the bond back while the
//! market is experimental; with promotion its shares become the creator's, to redeem like anybody's, at the pool's
//! first midnight after seven days.
//!
//! Whoever calls back is refused.
//!
//! | Where is ... | |
//! |---|---|
//! | what a new market must keep to | [`bounds`] |
//! | its clones, feeds, instruments and bond set up | [`creation`] |
//! | everything that can be called | [`MarketFactory`] |

extern crate alloc;

mod abi;
mod bounds;
mod creation;

use alloy_primitives::{Address, B256, U8, U256};
use alloy_sol_types::{SolCall, SolValue};
use contract_support::ownable::Ownable;
use contract_support::{calls, clone};
use stylus_sdk::abi::Bytes;
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{
    StorageAddress, StorageBool, StorageGuard, StorageMap, StorageU8, StorageU32, StorageU256,
    StorageVec,
};

use self::abi::{
    AlreadyPromoted, Error, IInsurancePool, InvalidConfig, MarketConfig, MarketCreated,
    MarketPromoted, MinimumBondSet, NoCode, QuoteTokenSet, StewardSet, UnknownMarket, UnknownVault,
    ZeroAddress,
};

/// The class of a market that governance has not promoted.
const EXPERIMENTAL: u8 = 0;

/// The class of one that it has.
const PROMOTED: u8 = 1;

/// One market, in three slots.
#[storage]
pub struct StoredMarket {
    vault: StorageAddress,
    class: StorageU8,
    pool: StorageAddress,
    creator: StorageAddress,
}

/// Storage of the factory. New fields go at the end.
#[storage]
pub struct MarketFactory {
    ownership: Ownable,
    guard: StorageAddress,
    vault_implementation: StorageAddress,
    pool_implementation: StorageAddress,
    quote_tokens: StorageMap<Address, StorageBool>,
    markets: StorageVec<StoredMarket>,
    /// Numbers of the markets' vaults, from one.
    numbers: StorageMap<Address, StorageU32>,
    risk_engine: StorageAddress,
    /// Zero where the owner has set none.
    minimum_bonds: StorageMap<Address, StorageU256>,
    steward: StorageAddress,
}

contract_support::entrypoint!(MarketFactory, Refused);

#[public]
impl MarketFactory {
    /// Runs once, in the transaction that deploys the factory.
    ///
    /// Fails with `ZeroAddress` for a zero owner, and with `NoCode` if one of the others is no contract.
    #[constructor]
    pub fn constructor(
        &mut self,
        owner: Address,
        guard: Address,
        risk_engine: Address,
        vault_implementation: Address,
        pool_implementation: Address,
    ) -> Result<(), Error> {
        if owner.is_zero() {
            return Err(ZeroAddress {}.into());
        }
        for target in [
            guard,
            risk_engine,
            vault_implementation,
            pool_implementation,
        ] {
            if self.vm().code_size(target) == 0 {
                return Err(NoCode { target }.into());
            }
        }
        self.ownership.initialize(owner);
        self.guard.set(guard);
        self.risk_engine.set(risk_engine);
        self.vault_implementation.set(vault_implementation);
        self.pool_implementation.set(pool_implementation);
        Ok(())
    }

    /// The owner, and the owner of what the factory creates.
    pub fn owner(&self) -> Address {
        self.ownership.owner()
    }

    /// The account that may accept ownership.
    pub fn pending_owner(&self) -> Address {
        self.ownership.pending_owner()
    }

    /// Offers ownership to `new_owner`. Owner only (`NotOwner`).
    pub fn transfer_ownership(&mut self, new_owner: Address) -> Result<(), Error> {
        Ok(self.ownership.transfer(new_owner)?)
    }

    /// Takes offered ownership. Fails with `NotPendingOwner`.
    pub fn accept_ownership(&mut self) -> Result<(), Error> {
        Ok(self.ownership.accept()?)
    }

    /// Creates a market from `abi.encode(MarketConfig)`. Anyone may call.
    ///
    /// Every listing needs two feeds that answer with trusted prices now, agree, and do not say which contract they repeat, or
    /// say different ones. The caller must have approved the bond, which the pool keeps as shares of its own. Fails with
    /// `InvalidConfig` if the bytes do not decode, `QuoteTokenNotAllowed`, `InvalidListingCount` outside 1 to 16,
    /// `DuplicateListing`, `SecondFeedMissing`, `AssetNotZero`, `RatesOutOfBounds`, `TokenCallFailed`, `BondTooSmall`,
    /// `CoverAboveBond`, `MarketExists` if the creator has used the salt, `SharedSource`, `FeedNotLive`, or with the error of the
    /// guard, the pool or the vault.
    pub fn create_market(&mut self, config: Bytes) -> Result<(Address, Address), Error> {
        let config = MarketConfig::abi_decode_validate(&config).map_err(|_| InvalidConfig {})?;
        self.check(&config)?;
        let creator = self.vm().msg_sender();
        let (vault, pool) = self.deploy(creator, config.salt)?;
        self.record(vault, pool, creator);
        // Assets first: the vault is set up with their ids, which are bound to its address.
        let instruments = self.list(vault, &config.listings)?;
        self.initialize(vault, pool, &config, instruments)?;
        // Last, for the pool has to be set up to take a deposit.
        self.post_bond(pool, creator, &config)?;
        self.vm().log(MarketCreated {
            vault,
            pool,
            creator,
        });
        Ok((vault, pool))
    }

    /// The addresses of the market that `creator` would create with `salt`.
    pub fn predict(&self, creator: Address, salt: B256) -> (Address, Address) {
        let salt = self.bound_salt(creator, salt);
        let address = |implementation| {
            clone::predict(
                self.vm(),
                self.vm().contract_address(),
                implementation,
                salt,
            )
        };
        (
            address(self.vault_implementation.get()),
            address(self.pool_implementation.get()),
        )
    }

    /// How many markets there are.
    pub fn market_count(&self) -> U256 {
        U256::from(self.markets.len())
    }

    /// Vault, pool and class (0 experimental, 1 promoted) of market `i`, from zero. Fails with `UnknownMarket`.
    pub fn market_at(&self, i: U256) -> Result<(Address, Address, u8), Error> {
        let market = self.markets.get(i).ok_or(UnknownMarket { index: i })?;
        Ok((
            market.vault.get(),
            market.pool.get(),
            market.class.get().to(),
        ))
    }

    /// Whether this factory created `vault`.
    pub fn is_market(&self, vault: Address) -> bool {
        !self.numbers.get(vault).is_zero()
    }

    /// Who created the market of `vault`; zero for an unknown one.
    pub fn creator_of(&self, vault: Address) -> Address {
        match self.market_of(vault) {
            Some(market) => market.creator.get(),
            None => Address::ZERO,
        }
    }

    /// Promotes the market of `vault`: all of its pool covers it, and the bond's shares become its creator's. Its instruments
    /// stay as they are; the owner may set what fits a promoted market. Owner only; fails with `NotOwner`, `UnknownVault`,
    /// `AlreadyPromoted`, or with the pool's `DebtKnown` while the market has a deficit, which is the bond's to pay.
    pub fn promote(&mut self, vault: Address) -> Result<(), Error> {
        self.ownership.only_owner()?;
        let market = self.market_of(vault).ok_or(UnknownVault { vault })?;
        if market.class.get().to::<u8>() == PROMOTED {
            return Err(AlreadyPromoted { vault }.into());
        }
        let (pool, creator) = (market.pool.get(), market.creator.get());
        let place = self.numbers.get(vault).to::<u32>() - 1;
        if let Some(mut market) = self.markets.setter(place) {
            market.class.set(U8::from(PROMOTED));
        }
        self.vm().log(MarketPromoted { vault });
        // The pool has the last word: with a deficit it refuses, and nothing of this is kept.
        let call = IInsurancePool::promoteCall { creator };
        calls::call::<0>(self.vm(), pool, &call.abi_encode())?;
        Ok(())
    }

    /// Sets the least bond of new markets in `token`, in its smallest units; zero is the default again. Owner only (`NotOwner`).
    pub fn set_minimum_bond(&mut self, token: Address, amount: U256) -> Result<(), Error> {
        self.ownership.only_owner()?;
        self.minimum_bonds.setter(token).set(amount);
        self.vm().log(MinimumBondSet { token, amount });
        Ok(())
    }

    /// The least bond of new markets in `token`, in its smallest units: never zero, and 10,000 whole tokens until the owner sets
    /// another. Fails with `TokenCallFailed` if that is asked of an address that is no token.
    pub fn minimum_bond(&self, token: Address) -> Result<U256, Error> {
        let minimum = self.minimum_bonds.get(token);
        if !minimum.is_zero() {
            return Ok(minimum);
        }
        self.default_bond(token)
    }

    /// Names the steward of the vaults and pools that are created from now on; zero is none. Owner only (`NotOwner`).
    pub fn set_steward(&mut self, steward: Address) -> Result<(), Error> {
        self.ownership.only_owner()?;
        self.steward.set(steward);
        self.vm().log(StewardSet { steward });
        Ok(())
    }

    /// The steward of new vaults and pools.
    pub fn steward(&self) -> Address {
        self.steward.get()
    }

    /// Allows new markets in `token`, or no longer. Owner only; fails with `NotOwner` or `NoCode`.
    ///
    /// A token that takes a fee on transfers, changes balances by itself or has more than 18 decimals must not be
    /// allowed.
    pub fn set_quote_token(&mut self, token: Address, allowed: bool) -> Result<(), Error> {
        self.ownership.only_owner()?;
        if allowed && self.vm().code_size(token) == 0 {
            return Err(NoCode { target: token }.into());
        }
        self.quote_tokens.setter(token).set(allowed);
        self.vm().log(QuoteTokenSet { token, allowed });
        Ok(())
    }

    /// Whether new markets may use `token`.
    pub fn is_quote_token(&self, token: Address) -> bool {
        self.quote_tokens.get(token)
    }

    /// The oracle guard of every market.
    pub fn guard(&self) -> Address {
        self.guard.get()
    }

    /// What margins the options of every market.
    pub fn risk_engine(&self) -> Address {
        self.risk_engine.get()
    }

    /// What vaults are clones of.
    pub fn vault_implementation(&self) -> Address {
        self.vault_implementation.get()
    }

    /// What pools are clones of.
    pub fn pool_implementation(&self) -> Address {
        self.pool_implementation.get()
    }
}

impl MarketFactory {
    fn market_of(&self, vault: Address) -> Option<StorageGuard<'_, StoredMarket>> {
        let number = self.numbers.get(vault).to::<u32>();
        self.markets.get(number.checked_sub(1)?)
    }

    /// The salt of CREATE2, which nobody but `creator` can produce.
    fn bound_salt(&self, creator: Address, salt: B256) -> B256 {
        self.vm().native_keccak256(&(creator, salt).abi_encode())
    }
}
