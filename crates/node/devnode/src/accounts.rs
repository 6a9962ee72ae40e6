//! The development accounts, whose keys the node knows and everybody else too.

use alloy::{
    primitives::{Address, B256, U256, b256, utils::Unit},
    signers::local::PrivateKeySigner,
};

/// Private keys of the ten accounts of the mnemonic "test test test test test test test test test
/// test test junk" at m/44'/60'/0'/0/n, which anvil and Hardhat fund too.
const MNEMONIC_KEYS: [B256; 10] = [
    b256!("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"),
    b256!("0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"),
    b256!("0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a"),
    b256!("0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6"),
    b256!("0x47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a"),
    b256!("0x8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba"),
    b256!("0x92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e"),
    b256!("0x4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356"),
    b256!("0xdbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97"),
    b256!("0x2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6"),
];
/// Private key of the account that Nitro's development chain funds.
const NITRO_KEY: B256 = b256!("0xb6b15c8cb491557369f3c7d2c287b053eb229daa9c22138887752191c9520659");
/// Initial balance of each account, as anvil's.
const INITIAL_ETHER: u64 = 10_000;

/// The development accounts, anvil's ten first, Nitro's last.
#[derive(Clone, Debug)]
pub struct DevAccounts(Vec<PrivateKeySigner>);

impl Default for DevAccounts {
    fn default() -> Self {
        let keys = MNEMONIC_KEYS.iter().chain([&NITRO_KEY]);
        let signer = |key| PrivateKeySigner::from_bytes(key).expect("the constants are valid keys");
        Self(keys.map(signer).collect())
    }
}

impl DevAccounts {
    /// All accounts.
    pub fn signers(&self) -> &[PrivateKeySigner] {
        &self.0
    }

    /// All addresses.
    pub fn addresses(&self) -> Vec<Address> {
        self.0.iter().map(PrivateKeySigner::address).collect()
    }

    /// The account with an address.
    pub fn signer(&self, address: Address) -> Option<&PrivateKeySigner> {
        self.0.iter().find(|signer| signer.address() == address)
    }

    /// Each address with its initial balance in wei.
    pub fn funded(&self) -> Vec<(Address, U256)> {
        let balance = U256::from(INITIAL_ETHER) * Unit::ETHER.wei();
        self.addresses()
            .into_iter()
            .map(|address| (address, balance))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use alloy::primitives::address;

    use super::*;

    #[test]
    fn the_accounts_are_those_that_everybody_knows() {
        let addresses = DevAccounts::default().addresses();
        assert_eq!(addresses.len(), 11);
        assert_eq!(
            addresses[0],
            address!("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266")
        );
        assert_eq!(
            addresses[9],
            address!("0xa0Ee7A142d267C1f36714E4a8F75612F20a79720")
        );
        assert_eq!(
            addresses[10],
            address!("0x3f1Eae7D46d88F08fc2F8ed27FCb2AB183EB2d0E")
        );
    }
}
