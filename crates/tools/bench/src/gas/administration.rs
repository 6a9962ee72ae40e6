//! What owners and the guardian may do.

use super::{Bench, SPEC};
use crate::BenchError;
use alloy::{
    primitives::{Address, B256, U256},
    sol_types::SolCall,
};
use client::abi::{IInsurancePool, IMarginVault, IOracleGuard};
use stage::market::Market;

impl Bench<'_> {
    pub(super) async fn administration(&mut self) -> Result<(), BenchError> {
        let Market {
            vault, pool, guard, ..
        } = self.market;
        let (asset, instrument) = (
            self.market.contracts[0].asset,
            self.market.contracts[0].instrument,
        );
        let parameters = self
            .chain
            .call(vault, &IMarginVault::instrumentCall { instrument })
            .await?;
        self.owner_call(
            "vault.setInstrument",
            vault,
            &IMarginVault::setInstrumentCall {
                instrument,
                parameters,
                emergencies: 0,
            },
        )
        .await?;
        let parameters = self
            .chain
            .call(vault, &IMarginVault::parametersCall {})
            .await?;
        self.owner_call(
            "vault.setParameters",
            vault,
            &IMarginVault::setParametersCall {
                parameters,
                emergencies: 0,
            },
        )
        .await?;
        self.registration(pool).await?;
        let parameters = self
            .chain
            .call(guard, &IOracleGuard::parametersCall {})
            .await?;
        self.owner_call(
            "guard.setParameters",
            guard,
            &IOracleGuard::setParametersCall {
                parameters,
                emergencies: 0,
            },
        )
        .await?;
        let feed = self
            .chain
            .call(guard, &IOracleGuard::feedCall { asset })
            .await?;
        self.owner_call(
            "guard.setFeed",
            guard,
            &IOracleGuard::setFeedCall {
                asset,
                feed,
                emergencies: 0,
            },
        )
        .await?;
        let guardian = self.deployment.owner;
        self.owner_call(
            "guard.setGuardian",
            guard,
            &IOracleGuard::setGuardianCall { guardian },
        )
        .await?;
        let registrar = self.deployment.factory;
        self.owner_call(
            "guard.setRegistrar",
            guard,
            &IOracleGuard::setRegistrarCall { registrar },
        )
        .await?;
        let poke = self
            .operator
            .call(self.chain, guard, &IOracleGuard::pokeCall { asset })?;
        self.chain.execute(&[poke]).await?;
        let trip = IOracleGuard::tripCall {
            asset,
            tier: 2,
            secs: 60,
            reason: B256::ZERO,
        };
        self.owner_call("guard.trip", guard, &trip).await
    }

    /// A second vault that draws on a pool.
    async fn registration(&mut self, pool: Address) -> Result<(), BenchError> {
        let listed = [("A", self.deployment.price_feed)];
        let deployment = &self.deployment;
        let second = Market::create(self.chain, self.operator, deployment, &listed, &SPEC).await?;
        let vault = second.vault;
        let set = |registered| IInsurancePool::setVaultCall { vault, registered };
        self.owner_call("pool.setVault.add", pool, &set(true))
            .await?;
        let cover = IInsurancePool::coverCall { amount: U256::ONE };
        self.meter
            .note_as("pool.cover", vault, pool, cover.abi_encode().into())
            .await?;
        self.owner_call("pool.setVault.remove", pool, &set(false))
            .await
    }
}
