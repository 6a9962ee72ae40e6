//! What the pool reports. Every field of its events is one word, so that one function encodes them all: the SDK's would be compiled
//! for each event.

use alloy_sol_types::SolEvent;

use super::*;

/// Words of an event: its topic, at most three fields that are indexed, and at most two that are not.
const MOST_WORDS: usize = 6;

impl InsurancePool {
    /// Reports an event `E` of `words`, of which the first `indexed` are.
    pub(super) fn emit<E: SolEvent>(&self, indexed: usize, words: &[B256]) {
        self.emit_words(E::SIGNATURE_HASH, indexed, words);
    }

    /// Says that shares have moved: from nobody when they are minted, to nobody when they are burned.
    pub(super) fn emit_transfer(&self, from: Address, to: Address, shares: u128) {
        self.emit::<Transfer>(2, &[from.into_word(), to.into_word(), word(shares)]);
    }

    #[inline(never)]
    fn emit_words(&self, topic: B256, indexed: usize, words: &[B256]) {
        let mut bytes = Vec::with_capacity(32 * MOST_WORDS);
        bytes.extend_from_slice(topic.as_slice());
        for word in words {
            bytes.extend_from_slice(word.as_slice());
        }
        self.vm().emit_log(&bytes, 1 + indexed);
    }
}

/// An amount, or a flag, as an event's field.
pub fn word(value: u128) -> B256 {
    U256::from(value).into()
}
