//! The chain's cache of compiled programs, which a cache manager fills.

use crate::{
    abi::{IArbOwner, IArbWasmCache},
    bench::{BenchError, artifacts},
    chain::{Chain, ChainError, Wallet},
    units::WAD,
};
use alloy::{
    primitives::{Address, U256, address},
    sol_types::SolCall,
};
use serde_json::json;
use std::path::Path;

const ARB_OWNER: Address = address!("0000000000000000000000000000000000000070");
const ARB_WASM_CACHE: Address = address!("0000000000000000000000000000000000000072");

/// A manager of the cache, and a copy of every program: the cache goes by code hash, wherever the code stands.
pub struct ProgramCache {
    manager: Address,
    copies: Vec<Address>,
}

impl ProgramCache {
    /// Creates the copies and makes an account manager, if `operator` owns the chain; `None` if it does not.
    pub async fn open(
        root: &Path,
        chain: &Chain,
        operator: &Wallet,
    ) -> Result<Option<Self>, BenchError> {
        let manager = Wallet::derived("cache manager", 0)?.address();
        let appoint = IArbOwner::addWasmCacheManagerCall { manager };
        let refusal = chain
            .call_raw(
                Some(operator.address()),
                ARB_OWNER,
                appoint.abi_encode().into(),
            )
            .await;
        if refusal.is_err() {
            return Ok(None);
        }
        let mut transactions = vec![
            operator.call(chain, ARB_OWNER, &appoint)?,
            operator.transact(
                chain,
                "gas money",
                manager,
                U256::from(WAD),
                Default::default(),
            )?,
        ];
        let mut copies = Vec::new();
        for initcode in artifacts::programs(root)? {
            let copy = operator.create(chain, "copy of a program", initcode)?;
            copies.push(copy.to);
            transactions.push(copy);
        }
        chain.execute(&transactions).await?;
        chain
            .request::<serde_json::Value>("anvil_impersonateAccount", json!([manager]))
            .await?;
        Ok(Some(Self { manager, copies }))
    }

    /// Caches every program.
    pub async fn fill(&self, chain: &Chain) -> Result<(), ChainError> {
        for &program in &self.copies {
            let data = IArbWasmCache::cacheProgramCall { program }.abi_encode();
            chain
                .send_as(self.manager, ARB_WASM_CACHE, data.into())
                .await?;
        }
        Ok(())
    }
}
