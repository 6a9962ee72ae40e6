//! Calldata, revert data and logs of which every field is one word. One function encodes them all: alloy's would be compiled for every
//! type.

use alloc::vec::Vec;

use alloy_primitives::{B256, U256};
use stylus_sdk::stylus_core::Host;

/// A selector and the words that follow it.
#[inline(never)]
pub fn encode(selector: [u8; 4], words: &[B256]) -> Vec<u8> {
    let mut data = Vec::with_capacity(4 + 32 * words.len());
    data.extend_from_slice(&selector);
    for word in words {
        data.extend_from_slice(word.as_slice());
    }
    data
}

/// Logs an event: its topic, and its fields, of which the first `indexed` are topics as well.
#[inline(never)]
pub fn log(host: &impl Host, topic: B256, indexed: usize, words: &[B256]) {
    let mut data = Vec::with_capacity(32 + 32 * words.len());
    data.extend_from_slice(topic.as_slice());
    for word in words {
        data.extend_from_slice(word.as_slice());
    }
    host.emit_log(&data, 1 + indexed);
}

/// An amount or a flag.
pub fn word(value: u128) -> B256 {
    U256::from(value).into()
}

#[cfg(test)]
mod tests {
    use alloy_primitives::Address;
    use alloy_sol_types::{SolCall, sol};

    use super::*;

    sol! {
        function some(address who, uint256 amount, bool flag);
    }

    #[test]
    fn words_are_encoded_as_alloy_encodes_them() {
        let who = Address::repeat_byte(0xab);
        let call = someCall {
            who,
            amount: U256::MAX,
            flag: true,
        };
        let words = [who.into_word(), U256::MAX.into(), word(1)];
        assert_eq!(encode(someCall::SELECTOR, &words), call.abi_encode());
    }
}
