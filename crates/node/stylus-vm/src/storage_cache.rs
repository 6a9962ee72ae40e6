//! The cache of storage slots that every frame of a program has: `crates/arbutil/src/evm/storage.rs` in Nitro.

use std::collections::BTreeMap;

use alloy_primitives::B256;

/// A slot as the program sees it.
struct Word {
    value: B256,
    /// What the chain holds, if it was read or written.
    known: Option<B256>,
}

/// Slots that were read, and writes that are not flushed yet.
#[derive(Default)]
pub struct StorageCache {
    slots: BTreeMap<B256, Word>,
    reads: u64,
    writes: u64,
}

/// Gas that an access to the cache itself can cost.
pub const MOST_ACCESS_GAS: u64 = 10;

impl StorageCache {
    /// Counts a read and returns its gas.
    pub fn read_gas(&mut self) -> u64 {
        self.reads += 1;
        match self.reads {
            0..=32 => 0,
            33..=128 => 2,
            _ => MOST_ACCESS_GAS,
        }
    }

    /// Counts a write and returns its gas.
    pub fn write_gas(&mut self) -> u64 {
        self.writes += 1;
        match self.writes {
            0..=8 => 0,
            9..=64 => 7,
            _ => MOST_ACCESS_GAS,
        }
    }

    /// The slot's value, if it is in the cache.
    pub fn get(&self, key: &B256) -> Option<B256> {
        self.slots.get(key).map(|word| word.value)
    }

    /// Remembers what the chain holds.
    pub fn learn(&mut self, key: B256, value: B256) {
        self.slots.insert(
            key,
            Word {
                value,
                known: Some(value),
            },
        );
    }

    /// Writes to the cache.
    pub fn write(&mut self, key: B256, value: B256) {
        self.slots
            .entry(key)
            .and_modify(|word| word.value = value)
            .or_insert(Word { value, known: None });
    }

    /// The slots whose value the chain does not hold yet, by key; from now on it does. `clear` empties the cache.
    pub fn flush(&mut self, clear: bool) -> Vec<(B256, B256)> {
        let mut dirty = Vec::new();
        for (key, word) in &mut self.slots {
            if word.known != Some(word.value) {
                word.known = Some(word.value);
                dirty.push((*key, word.value));
            }
        }
        if clear {
            self.slots.clear();
        }
        dirty
    }
}
