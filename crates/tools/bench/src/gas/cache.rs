//! The chain's cache of compiled programs, which a chain's owners fill.

use crate::{BenchError, artifacts};
use alloy::{
    primitives::{Address, address},
    sol_types::SolCall,
};
use client::{
    abi::{IArbOwnerPublic, IArbWasm, IArbWasmCache},
    chain::{Chain, ChainError, Wallet},
};
use std::path::Path;

const ARB_OWNER_PUBLIC: Address = address!("000000000000000000000000000000000000006b");
const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");
const ARB_WASM_CACHE: Address = address!("0000000000000000000000000000000000000072");

/// An owner of the chain, and a copy of every program that was deployed: the cache goes by code hash, wherever the code stands.
pub struct ProgramCache {
    owner: Address,
    copies: Vec<Address>,
}

impl ProgramCache {
    /// Creates the copies, if the node lets us act for an owner of the chain; `None` if it does not.
    pub async fn open(
        root: &Path,
        chain: &Chain,
        operator: &Wallet,
    ) -> Result<Option<Self>, BenchError> {
        let owners = IArbOwnerPublic::getAllChainOwnersCall {};
        let owners = chain.call(ARB_OWNER_PUBLIC, &owners).await?;
        let Some(&owner) = owners.first() else {
            return Ok(None);
        };
        if chain.impersonate(owner).await.is_err() {
            return Ok(None);
        }
        let mut creations = Vec::new();
        for initcode in artifacts::programs(root)? {
            creations.push(operator.create(chain, "copy of a program", initcode)?);
        }
        chain.execute(&creations).await?;
        let mut copies = Vec::new();
        for program in creations.iter().map(|creation| creation.to) {
            let version = IArbWasm::programVersionCall { program };
            // A program that nothing measured here uses was not activated.
            if chain.call(ARB_WASM, &version).await.is_ok() {
                copies.push(program);
            }
        }
        Ok(Some(Self { owner, copies }))
    }

    /// Caches every program.
    pub async fn fill(&self, chain: &Chain) -> Result<(), ChainError> {
        for &program in &self.copies {
            let data = IArbWasmCache::cacheProgramCall { program }.abi_encode();
            chain
                .send_as(self.owner, ARB_WASM_CACHE, data.into())
                .await?;
        }
        Ok(())
    }
}
