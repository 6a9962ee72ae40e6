//! ERC-1167 minimal proxies.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use stylus_sdk::deploy::RawDeploy;
use stylus_sdk::stylus_core::Host;

/// Length of a clone's code in bytes.
pub const CODE_LENGTH: usize = 45;

/// Copies the [`CODE_LENGTH`] bytes that follow into memory and returns them.
const CREATION: [u8; 10] = [0x3d, 0x60, 0x2d, 0x80, 0x60, 0x0a, 0x3d, 0x39, 0x81, 0xf3];
const PREFIX: [u8; 10] = [0x36, 0x3d, 0x3d, 0x37, 0x3d, 0x3d, 0x3d, 0x36, 0x3d, 0x73];
const SUFFIX: [u8; 15] = [
    0x5a, 0xf4, 0x3d, 0x82, 0x80, 0x3e, 0x90, 0x3d, 0x91, 0x60, 0x2b, 0x57, 0xfd, 0x5b, 0xf3,
];

/// Whether `code` is that of a clone, of whatever implementation.
pub fn is_clone_code(code: &[u8]) -> bool {
    code.len() == CODE_LENGTH && code.starts_with(&PREFIX) && code.ends_with(&SUFFIX)
}

/// Whether the running contract's own address holds a clone's code. False for the implementation itself.
pub fn is_clone(host: &impl Host) -> bool {
    is_clone_code(&host.code(host.contract_address()))
}

/// Creation code of a clone of `implementation`.
pub fn creation_code(implementation: Address) -> [u8; CREATION.len() + CODE_LENGTH] {
    let mut code = [0; CREATION.len() + CODE_LENGTH];
    let (creation, runtime) = code.split_at_mut(CREATION.len());
    creation.copy_from_slice(&CREATION);
    runtime[..10].copy_from_slice(&PREFIX);
    runtime[10..30].copy_from_slice(implementation.as_slice());
    runtime[30..].copy_from_slice(&SUFFIX);
    code
}

/// The address at which `deployer` creates a clone of `implementation` with `salt` (EIP-1014).
pub fn predict(
    host: &impl Host,
    deployer: Address,
    implementation: Address,
    salt: B256,
) -> Address {
    let mut preimage = [0xff; 85];
    preimage[1..21].copy_from_slice(deployer.as_slice());
    preimage[21..53].copy_from_slice(salt.as_slice());
    preimage[53..].copy_from_slice(
        host.native_keccak256(&creation_code(implementation))
            .as_slice(),
    );
    Address::from_word(host.native_keccak256(&preimage))
}

/// Creates a clone of `implementation` with `salt`; fails with the revert data, which is empty if the address is taken.
/// Pending storage writes are flushed first.
pub fn deploy(host: &impl Host, implementation: Address, salt: B256) -> Result<Address, Vec<u8>> {
    host.flush_cache(true);
    // SAFETY: no storage accessor is held across the call, and a clone's creation code calls nobody.
    unsafe {
        RawDeploy::new()
            .salt(salt)
            .deploy(host, &creation_code(implementation), U256::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{address, hex, keccak256};

    use super::*;

    const IMPLEMENTATION: Address = address!("bebebebebebebebebebebebebebebebebebebebe");

    #[test]
    fn creation_code_is_that_of_erc_1167() {
        let expected = hex!(
            "3d602d80600a3d3981f3363d3d373d3d3d363d73bebebebebebebebebebebebebebebebebebebebe5af43d82803e903d91602b57fd5bf3"
        );
        assert_eq!(creation_code(IMPLEMENTATION), expected);
    }

    #[test]
    fn only_a_whole_clone_counts_as_one() {
        let runtime = &creation_code(IMPLEMENTATION)[CREATION.len()..];
        assert!(is_clone_code(runtime));
        assert!(!is_clone_code(&runtime[..44]));
        let mut other = [0u8; CODE_LENGTH];
        other.copy_from_slice(runtime);
        other[31] = 0xf2; // CALLCODE in place of DELEGATECALL
        assert!(!is_clone_code(&other));
        assert_ne!(keccak256(other), keccak256(runtime));
    }
}
