//! What the pool reports. Every field of its events is one word.

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolEvent;
use contract_support::words;
use contract_support::words::word;
use stylus_sdk::prelude::*;

use crate::InsurancePool;
use crate::abi::Transfer;

impl InsurancePool {
    /// Reports an event `E` of `fields`, of which the first `indexed` are.
    pub(super) fn emit<E: SolEvent>(&self, indexed: usize, fields: &[B256]) {
        words::log(self.vm(), E::SIGNATURE_HASH, indexed, fields);
    }

    /// Says that shares have moved: from nobody when they are minted, to nobody when they are burned.
    pub(super) fn emit_transfer(&self, from: Address, to: Address, shares: u128) {
        self.emit::<Transfer>(2, &[from.into_word(), to.into_word(), word(shares)]);
    }
}
