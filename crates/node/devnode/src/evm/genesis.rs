//! Accounts that exist before the first block.

use revm::primitives::{Address, Bytes, U256, address, hex};

use super::{
    arbos::{self, space::ARBOS_ACCOUNT},
    executor::Config,
    precompiles,
};

/// An account of the initial state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GenesisAccount {
    /// Balance in wei.
    pub balance: U256,
    /// Nonce.
    pub nonce: u64,
    /// Runtime code; empty for none.
    pub code: Bytes,
    /// Storage slots and their values.
    pub storage: Vec<(U256, U256)>,
}

/// Deploys, activates and initialises Stylus programs: `genesis/StylusDeployer.sol`.
pub const STYLUS_DEPLOYER: Address = address!("cEcba2F1DC234f70Dd89F2041029807F8D03A990");
/// Many calls in one: runtime code of <https://github.com/mds1/multicall> (MIT).
pub const MULTICALL3: Address = address!("cA11bde05977b3631167028862bE2a173976CA11");
/// Arachnid's `CREATE2` proxy: runtime code of <https://github.com/Arachnid/deterministic-deployment-proxy> (MIT).
pub const CREATE2_PROXY: Address = address!("4e59b44847b379578588920cA78FbF26c0B4956C");
/// Owner of the chain: the development account of Nitro.
pub const CHAIN_OWNER: Address = address!("3f1Eae7D46d88F08fc2F8ed27FCb2AB183EB2d0E");

const CREATE2_PROXY_CODE: &[u8] = &hex!(
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3"
);
const STYLUS_DEPLOYER_CODE: &str = include_str!("../../genesis/StylusDeployer.hex");
const MULTICALL3_CODE: &str = include_str!("../../genesis/Multicall3.hex");

/// Code of ArbOS's precompiles, which run without it: Solidity calls nothing that has none.
const PRECOMPILE_CODE: &[u8] = &[0xfe];

/// ArbOS state, precompile stubs and the contracts that tools expect at canonical addresses, for chain 412346.
pub fn genesis() -> impl IntoIterator<Item = (Address, GenesisAccount)> {
    let storage = arbos::genesis::storage(Config::default().chain_id, CHAIN_OWNER);
    let arbos = GenesisAccount {
        nonce: 1,
        storage,
        ..GenesisAccount::default()
    };
    let precompiles = precompiles::addresses()
        .map(|address| (address, contract(0, Bytes::from_static(PRECOMPILE_CODE))));
    let contracts = [
        (STYLUS_DEPLOYER, contract(1, decode(STYLUS_DEPLOYER_CODE))),
        (MULTICALL3, contract(1, decode(MULTICALL3_CODE))),
        (
            CREATE2_PROXY,
            contract(1, Bytes::from_static(CREATE2_PROXY_CODE)),
        ),
    ];
    [(ARBOS_ACCOUNT, arbos)]
        .into_iter()
        .chain(precompiles)
        .chain(contracts)
        .collect::<Vec<_>>()
}

fn contract(nonce: u64, code: Bytes) -> GenesisAccount {
    GenesisAccount {
        nonce,
        code,
        ..GenesisAccount::default()
    }
}

fn decode(code: &'static str) -> Bytes {
    // The files are part of the program; a test reads them all.
    hex::decode(code.trim()).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use revm::primitives::keccak256;

    #[test]
    fn canonical_contracts_are_the_code_that_all_chains_have() {
        let accounts: std::collections::HashMap<_, _> = genesis().into_iter().collect();
        // `cast codehash` of Multicall3 on Ethereum's main network.
        assert_eq!(
            keccak256(&accounts[&MULTICALL3].code).0,
            hex!("d5c15df687b16f2ff992fc8d767b4216323184a2bbc6ee2f9c398c318e770891"),
        );
        assert_eq!(accounts[&CREATE2_PROXY].code.len(), 69);
        assert!(accounts[&STYLUS_DEPLOYER].code.len() > 1_000);
    }
}
