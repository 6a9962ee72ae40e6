//! Whether an order may be filled: its time, its nonce and its signature.

use alloy_primitives::{Address, B256, address, b256};
use margin_vault::calls;
use margin_vault::error::{Error, OrRevert, require};
use margin_vault::nonces::Filled;
use margin_vault::orders::{Domain, Order};
use margin_vault::session::owner_of;
use margin_vault::storage::Storage;

const ECRECOVER: Address = address!("0000000000000000000000000000000000000001");
/// Bytes of a signature by a key: r, s, v.
const KEY_SIGNATURE: usize = 65;
/// Half the order of secp256k1: of the two signatures that verify, only the one with the lower s counts.
const MAX_S: B256 = b256!("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0");

/// Reverts unless the order is in time, not cancelled, has `size` left, and is signed. Returns what is filled of it.
pub fn check(
    order: &Order,
    store: &Storage,
    domain: &Domain,
    signature: &[u8],
    now: u64,
    size: u128,
) -> u128 {
    let owner = owner_of(order.account);
    require(now <= order.expiry, Error::OrderExpired);
    require(
        !store.is_cancelled(owner, order.nonce),
        Error::OrderCancelled,
    );
    let filled = match store.filled(order.account, order.nonce) {
        Filled::Size(filled) => Some(filled),
        Filled::Done => None,
    };
    // Another order under the same nonce may have been larger.
    let left = filled.and_then(|filled| order.size.unsigned_abs().checked_sub(filled));
    require(left.is_some_and(|left| size <= left), Error::OrderFilled);
    require(
        is_signed(store, owner, order.digest(domain), signature),
        Error::InvalidSignature,
    );
    (filled, Error::OrderFilled).or_revert()
}

/// Whether a digest is signed by `owner`, by one of its signers, or in the eyes of one of these that is a contract.
fn is_signed(store: &Storage, owner: Address, digest: B256, signature: &[u8]) -> bool {
    recover(digest, signature)
        .is_some_and(|signer| signer == owner || store.is_signer(owner, signer))
        || is_signed_by_contract(store, owner, digest, signature)
}

/// Whether a contract accepts a signature: the signer of the owner's whose address it begins with, of the rest, or else the
/// owner, of all of it. Most signatures are of keys, so that contracts are asked last.
#[cold]
#[inline(never)]
fn is_signed_by_contract(store: &Storage, owner: Address, digest: B256, signature: &[u8]) -> bool {
    let named = match signature.split_first_chunk::<20>() {
        Some((signer, rest)) if signature.len() != KEY_SIGNATURE => {
            let signer = Address::from(*signer);
            store.is_signer(owner, signer) && calls::accepts(signer, digest, rest)
        }
        _ => false,
    };
    named || calls::accepts(owner, digest, signature)
}

/// The address that made a 65-byte signature (r, s, v); none if it is malleable or nobody's.
fn recover(digest: B256, signature: &[u8]) -> Option<Address> {
    if signature.len() != KEY_SIGNATURE {
        return None;
    }
    let v = signature[64];
    if signature[32..64] > MAX_S[..] || !(27..=28).contains(&v) {
        return None;
    }
    let mut input = [0; 128];
    input[..32].copy_from_slice(&digest.0);
    input[63] = v;
    input[64..].copy_from_slice(&signature[..64]);
    let output = calls::read(ECRECOVER, &input)?;
    // It returns nothing for a signature of nobody's.
    if output.len() == 32 {
        Some(Address::from_slice(&output[12..]))
    } else {
        None
    }
}
