//! Names for the errors of Bulkhead's contracts.

use crate::abi::ERRORS;
use alloy::{
    primitives::{hex, keccak256},
    sol_types::{Panic, Revert, SolError},
};

/// What a revert's data says: the contract error's signature, a Solidity message, or the bytes.
pub fn name(data: &[u8]) -> String {
    if data.is_empty() {
        return "no reason given".to_owned();
    }
    let known = ERRORS
        .iter()
        .find(|signature| data.get(..4) == Some(&keccak256(signature)[..4]));
    match known {
        Some(signature) if data.len() == 4 => (*signature).to_owned(),
        Some(signature) => format!("{signature} with 0x{}", hex::encode(&data[4..])),
        None => solidity(data).unwrap_or_else(|| format!("0x{}", hex::encode(data))),
    }
}

/// Solidity's own `Error(string)` and `Panic(uint256)`.
fn solidity(data: &[u8]) -> Option<String> {
    let message = Revert::abi_decode(data).map(|revert| revert.reason);
    message
        .or_else(|_| Panic::abi_decode(data).map(|panic| panic.to_string()))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::IOwnable::NotOwner;
    use alloy::primitives::Address;

    #[test]
    fn an_error_of_the_interfaces_has_its_name() {
        let data = NotOwner {
            caller: Address::repeat_byte(7),
        }
        .abi_encode();
        assert!(
            name(&data).starts_with("NotOwner(address) with 0x"),
            "{}",
            name(&data)
        );
    }

    #[test]
    fn unknown_data_is_shown_as_it_is() {
        assert_eq!(name(&[1, 2, 3, 4]), "0x01020304");
        assert_eq!(name(&[]), "no reason given");
    }
}
