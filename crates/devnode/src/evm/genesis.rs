//! Accounts that exist before the first block.

use revm::primitives::{Address, Bytes, U256};

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

/// ArbOS state, precompile stubs and the contracts that tools expect at canonical addresses.
pub fn genesis() -> impl IntoIterator<Item = (Address, GenesisAccount)> {
    Vec::new()
}
