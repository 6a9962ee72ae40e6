//! Which programs belong to a deployment: what its contracts name.

use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use client::{
    chain::{Chain, ChainError},
    project,
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What the code of a Stylus program begins with.
const STYLUS: &[u8] = &[0xef, 0xf0, 0x00];
/// Instructions that push 20 to 32 bytes: immutables and constants of contracts, and what a clone is a clone of.
const PUSHES: std::ops::RangeInclusive<u8> = PUSH1 + 19..=PUSH1 + 31;
const PUSH1: u8 = 0x60;
const PUSH32: u8 = 0x7f;
/// Slots of a contract's storage that are looked at.
const SLOTS: u64 = 32;
/// Contracts in a row of which each is named by the one before.
const DEPTH: usize = 6;
const ADDRESS_BYTES: usize = 20;
/// An address that begins with so many zeros is a number.
const LEADING_ZEROS: usize = 6;

/// A program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What the build calls it, if its code is that of `out/contracts`.
    pub name: Option<String>,
    /// Where it is.
    pub address: Address,
    /// Hash of its code, by which the chain knows it.
    pub code_hash: B256,
}

/// The programs at `start`, and at the addresses that the code of contracts there and the first slots of their storage name, and
/// so on; one of each code.
pub(super) async fn programs(chain: &Chain, start: &[Address]) -> Result<Vec<Found>, ChainError> {
    let names = built();
    let mut seen = BTreeSet::new();
    let mut programs = BTreeMap::new();
    let mut next: BTreeSet<Address> = start.iter().copied().collect();
    for _ in 0..DEPTH {
        let batch: Vec<Address> = next.into_iter().filter(|it| seen.insert(*it)).collect();
        let codes = codes(chain, &batch).await?;
        let contracts: Vec<_> = batch
            .into_iter()
            .zip(codes)
            .filter(|(_, code)| !code.is_empty())
            .collect();
        next = BTreeSet::new();
        for (address, code) in &contracts {
            if code.starts_with(STYLUS) {
                let code_hash = keccak256(code);
                let name = names.get(&code_hash).cloned();
                let address = *address;
                programs.entry(code_hash).or_insert(Found {
                    name,
                    address,
                    code_hash,
                });
            } else {
                next.extend(pushed(code));
            }
        }
        let addresses: Vec<Address> = contracts.iter().map(|(address, _)| *address).collect();
        next.extend(stored(chain, &addresses).await?);
    }
    Ok(programs.into_values().collect())
}

async fn codes(chain: &Chain, addresses: &[Address]) -> Result<Vec<Bytes>, ChainError> {
    let asked = addresses.iter().map(|address| json!([address, "latest"]));
    chain.many("eth_getCode", asked).await
}

/// What could be addresses in the first slots of contracts.
async fn stored(chain: &Chain, contracts: &[Address]) -> Result<Vec<Address>, ChainError> {
    let slots = contracts.iter().flat_map(|contract| {
        (0..SLOTS).map(move |slot| json!([contract, U256::from(slot), "latest"]))
    });
    let words: Vec<B256> = chain.many("eth_getStorageAt", slots).await?;
    Ok(words
        .iter()
        .flat_map(|word| candidates(word.as_slice()))
        .collect())
}

/// Every 20 bytes in a row that could be an address.
fn candidates(bytes: &[u8]) -> impl Iterator<Item = Address> {
    let windows = bytes.windows(ADDRESS_BYTES);
    windows
        .filter(|window| window[..LEADING_ZEROS].iter().any(|byte| *byte != 0))
        .map(Address::from_slice)
}

/// The addresses among what EVM code pushes.
fn pushed(code: &[u8]) -> Vec<Address> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some((&instruction, after)) = rest.split_first() {
        let length = match instruction {
            PUSH1..=PUSH32 => usize::from(instruction - PUSH1) + 1,
            _ => 0,
        };
        let (operand, after) = after.split_at(length.min(after.len()));
        if PUSHES.contains(&instruction) && operand.len() == length {
            let (high, low) = operand.split_at(length - ADDRESS_BYTES);
            if high.iter().all(|byte| *byte == 0) {
                found.extend(candidates(low));
            }
        }
        rest = after;
    }
    found
}

/// Names of the programs in `out/contracts` by the hashes of their code; none outside a checkout.
fn built() -> HashMap<B256, String> {
    let folder = project::root().map(|root| root.join("out/contracts"));
    let files = folder.map(std::fs::read_dir);
    let Ok(Ok(files)) = files else {
        return HashMap::new();
    };
    let program = |file: std::fs::DirEntry| {
        let path = file.path();
        if path.extension()? != "bin" {
            return None;
        }
        let name = path.file_stem()?.to_str()?.to_owned();
        Some((keccak256(std::fs::read(&path).ok()?), name))
    };
    files.flatten().filter_map(program).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_what_code_pushes_and_nothing_else() {
        let (one, two) = (Address::repeat_byte(0x11), Address::repeat_byte(0x22));
        let clone = [
            &[0x36, 0x3d, 0x3d, 0x37, 0x3d, 0x3d, 0x3d, 0x36, 0x3d, 0x73],
            one.as_slice(),
            &[0x5a, 0xf4],
        ];
        assert_eq!(pushed(&clone.concat()), [one]);
        let word_of = |word: B256| [&[PUSH32], word.as_slice()].concat();
        let immutable = [word_of(two.into_word()), vec![0x00]].concat();
        assert_eq!(pushed(&immutable), [two]);
        // A number, a word that fills more than an address, and one that the code ends within.
        let number = word_of(B256::with_last_byte(7));
        let full = word_of(B256::repeat_byte(0x33));
        let cut = vec![0x73; ADDRESS_BYTES];
        assert!(pushed(&[number, full, cut].concat()).is_empty());
        // What a push carries is not code.
        let mut carried = B256::repeat_byte(0x55);
        carried[11] = 0x73;
        assert!(pushed(&word_of(carried)).is_empty());
    }

    #[test]
    fn packed_slots_may_hold_an_address_at_either_end() {
        let address = Address::repeat_byte(0x77);
        let low = address.into_word();
        let mut high = B256::ZERO;
        high[..20].copy_from_slice(address.as_slice());
        for word in [low, high] {
            assert!(candidates(word.as_slice()).any(|found| found == address));
        }
        assert_eq!(candidates(B256::ZERO.as_slice()).count(), 0);
    }
}
