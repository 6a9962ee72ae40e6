//! Bulkhead as it stands on a chain: a factory, its guard, and every market.

use super::{
    error::ProposalError,
    functions::Contract,
    reader::{Reader, in_groups},
};
use alloy::primitives::{Address, U256};
use client::{
    abi::{
        IInsurancePool, IMarginVault,
        IMarketFactory::{guardCall, marketAtCall, marketCountCall},
        IOracleGuard,
        IOwnable::ownerCall,
    },
    chain::View,
};
use std::collections::BTreeSet;

/// Markets that are asked about in one call.
const AT_ONCE: usize = 50;

/// One market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Market {
    /// Its vault.
    pub vault: Address,
    /// Its pool.
    pub pool: Address,
    /// The guard of its prices.
    pub guard: Address,
    /// What its balances are counted in.
    pub token: Address,
}

/// Everything that belongs to one factory.
#[derive(Clone, Debug)]
pub struct System {
    /// The factory.
    pub factory: Address,
    /// Who owns the factory: the timelock, once governance is in place.
    pub owner: Address,
    /// The factory's guard.
    pub guard: Address,
    /// By number.
    pub markets: Vec<Market>,
    /// Every steward that one of the contracts has.
    pub stewards: BTreeSet<Address>,
}

impl System {
    /// What belongs to `factory`.
    pub async fn read(reader: &Reader, factory: Address) -> Result<Self, ProposalError> {
        let no_factory = |reason| ProposalError::NoFactory { factory, reason };
        let views = [
            View::new(factory, &marketCountCall {}),
            View::new(factory, &ownerCall {}),
            View::new(factory, &guardCall {}),
        ];
        let mut answers = reader.ask(&views, &[]).await?;
        let count = answers.take::<marketCountCall>().map_err(no_factory)?;
        let (owner, guard) = (answers.take::<ownerCall>()?, answers.take::<guardCall>()?);
        let mut stewards = BTreeSet::new();
        let guards = reader.call(guard, &IOracleGuard::stewardCall {});
        stewards.insert(guards.await?);
        let places: Vec<U256> = (0..count.saturating_to::<u64>()).map(U256::from).collect();
        let addresses = in_groups(&places, AT_ONCE, async |some| {
            addresses(reader, factory, some).await
        });
        let addresses = addresses.await?;
        let found = in_groups(&addresses, AT_ONCE, async |some| {
            details(reader, some).await
        });
        let mut markets = Vec::new();
        for (market, of_market) in found.await? {
            markets.push(market);
            stewards.extend(of_market);
        }
        stewards.remove(&Address::ZERO);
        Ok(Self {
            factory,
            owner,
            guard,
            markets,
            stewards,
        })
    }

    /// Which of Bulkhead's contracts is at an address; none if it is another's.
    pub fn contract(&self, address: Address) -> Option<Contract> {
        if address == self.factory {
            return Some(Contract::Factory);
        }
        if address == self.guard || self.markets.iter().any(|market| market.guard == address) {
            return Some(Contract::Guard);
        }
        if self.stewards.contains(&address) {
            return Some(Contract::Steward);
        }
        let market = self.markets.iter().find(|market| market.has(address))?;
        let is_vault = market.vault == address;
        Some(if is_vault {
            Contract::Vault
        } else {
            Contract::Pool
        })
    }

    /// The market of a vault.
    pub fn market(&self, vault: Address) -> Option<&Market> {
        self.markets.iter().find(|market| market.vault == vault)
    }
}

impl Market {
    fn has(&self, address: Address) -> bool {
        self.vault == address || self.pool == address
    }

    /// Whether a contract is one of its own, or its guard.
    pub fn is_touched_by(&self, contract: Address) -> bool {
        self.has(contract) || self.guard == contract
    }
}

/// Vault and pool of markets by their numbers.
async fn addresses(
    reader: &Reader,
    factory: Address,
    places: &[U256],
) -> Result<Vec<(Address, Address)>, ProposalError> {
    let ask = |&i: &U256| View::new(factory, &marketAtCall { i });
    let views: Vec<View> = places.iter().map(ask).collect();
    let mut answers = reader.ask(&views, &[]).await?;
    let each = places.iter().map(|_| {
        let market = answers.take::<marketAtCall>()?;
        Ok((market.vault, market.pool))
    });
    each.collect()
}

/// What else a market consists of, and its stewards.
async fn details(
    reader: &Reader,
    markets: &[(Address, Address)],
) -> Result<Vec<(Market, [Address; 2])>, ProposalError> {
    use IMarginVault::{quoteTokenCall, stewardCall};
    let ask = |&(vault, pool): &(Address, Address)| {
        [
            View::new(vault, &IMarginVault::guardCall {}),
            View::new(vault, &quoteTokenCall {}),
            View::new(vault, &stewardCall {}),
            View::new(pool, &IInsurancePool::stewardCall {}),
        ]
    };
    let views: Vec<View> = markets.iter().flat_map(ask).collect();
    let mut answers = reader.ask(&views, &[]).await?;
    let each = markets.iter().map(|&(vault, pool)| {
        let market = Market {
            vault,
            pool,
            guard: answers.take::<IMarginVault::guardCall>()?,
            token: answers.take::<quoteTokenCall>()?,
        };
        let of_vault = answers.take::<stewardCall>()?;
        let of_pool = answers.take::<IInsurancePool::stewardCall>()?;
        Ok((market, [of_vault, of_pool]))
    });
    each.collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub const FACTORY: Address = Address::repeat_byte(1);
    pub const GUARD: Address = Address::repeat_byte(2);
    pub const VAULT: Address = Address::repeat_byte(3);
    pub const POOL: Address = Address::repeat_byte(4);
    pub const STEWARD: Address = Address::repeat_byte(5);

    pub fn system() -> System {
        let market = |vault, pool| Market {
            vault,
            pool,
            guard: GUARD,
            token: Address::repeat_byte(9),
        };
        let other = market(Address::repeat_byte(0x13), Address::repeat_byte(0x14));
        System {
            factory: FACTORY,
            owner: Address::repeat_byte(6),
            guard: GUARD,
            markets: vec![other, market(VAULT, POOL)],
            stewards: [STEWARD].into(),
        }
    }

    #[test]
    fn every_contract_is_known_by_its_address() {
        let system = system();
        for (address, contract) in [
            (FACTORY, Some(Contract::Factory)),
            (GUARD, Some(Contract::Guard)),
            (VAULT, Some(Contract::Vault)),
            (POOL, Some(Contract::Pool)),
            (STEWARD, Some(Contract::Steward)),
            (Address::repeat_byte(0x13), Some(Contract::Vault)),
            (Address::repeat_byte(9), None),
        ] {
            assert_eq!(system.contract(address), contract, "{address}");
        }
    }

    #[test]
    fn a_market_is_touched_by_its_own_contracts_and_its_guard() {
        let system = system();
        let market = system.market(VAULT).unwrap();
        assert!(
            [VAULT, POOL, GUARD]
                .iter()
                .all(|contract| market.is_touched_by(*contract))
        );
        assert!(!market.is_touched_by(Address::repeat_byte(0x13)));
        assert!(!market.is_touched_by(FACTORY));
    }
}
