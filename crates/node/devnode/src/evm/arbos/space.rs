//! Nested key-value spaces in one flat storage: `arbos/storage/storage.go` in Nitro.

use revm::primitives::{Address, B256, U256, address, keccak256};

/// The account whose storage holds ArbOS's state.
pub(in crate::evm) const ARBOS_ACCOUNT: Address =
    address!("A4B05FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF");

/// A storage space, named by the path from the root.
#[derive(Clone, Debug, Default)]
pub(in crate::evm) struct Space {
    key: Option<B256>,
}

impl Space {
    /// The space that contains all others.
    pub(in crate::evm) const ROOT: Self = Self { key: None };

    /// The space `id` within this one.
    pub(in crate::evm) fn sub(&self, id: &[u8]) -> Self {
        Self {
            key: Some(keccak256([self.prefix(), id].concat())),
        }
    }

    /// Where `key` of this space lies in the account's storage. Pages of 256 keys stay together.
    pub(in crate::evm) fn slot(&self, key: B256) -> U256 {
        let mut slot = keccak256([self.prefix(), &key[..31]].concat());
        slot[31] = key[31];
        slot.into()
    }

    /// Where the number `key` lies.
    pub(in crate::evm) fn slot_at(&self, key: u64) -> U256 {
        self.slot(U256::from(key).into())
    }

    fn prefix(&self) -> &[u8] {
        self.key.as_ref().map_or(&[], |key| key.as_slice())
    }
}
