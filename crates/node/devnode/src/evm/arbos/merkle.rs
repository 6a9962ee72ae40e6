//! The tree of messages to the parent chain: `arbos/merkleAccumulator` in Nitro. Slot 0 has the number of leaves, slots
//! from 2 on the roots of the complete subtrees by level.

use revm::primitives::{B256, U256};

use super::{
    call::{Call, Failure},
    state::spaces,
};

/// An inner node that an insertion completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::evm) struct Node {
    /// Levels above the leaves.
    pub(in crate::evm) level: u64,
    /// Index of the last leaf below it.
    pub(in crate::evm) leaf: u64,
    /// Hash of the two nodes below.
    pub(in crate::evm) hash: B256,
}

/// Appends a leaf and returns its index and the nodes it completed.
pub(in crate::evm) fn append(
    call: &mut Call<'_, '_>,
    item: B256,
) -> Result<(u64, Vec<Node>), Failure> {
    let size_slot = spaces::SEND_MERKLE.slot_at(0);
    let leaf = call.get(size_slot)?.saturating_to::<u64>();
    call.set(size_slot, U256::from(leaf + 1))?;

    let mut hash = call.keccak(&item[..])?;
    let mut nodes = Vec::new();
    for level in 0.. {
        let slot = spaces::SEND_MERKLE.slot_at(2 + level);
        let sibling = if level == levels(leaf) {
            U256::ZERO
        } else {
            call.get(slot)?
        };
        if sibling.is_zero() {
            call.set(slot, hash.into())?;
            break;
        }
        hash = call.keccak(&[sibling.to_be_bytes(), hash.0].concat())?;
        call.set(slot, U256::ZERO)?;
        nodes.push(Node {
            level: level + 1,
            leaf,
            hash,
        });
    }
    Ok((leaf, nodes))
}

/// Levels that `size` leaves occupy.
fn levels(size: u64) -> u64 {
    u64::from(u64::BITS - size.leading_zeros())
}
