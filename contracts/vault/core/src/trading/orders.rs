//! Whether an order may be filled: its time, its nonce and its signature.

use crate::error::{Error, OrRevert, require};
use crate::nonces::Filled;
use crate::orders::{Domain, Order};
use crate::session::owner_of;
use crate::signatures::{is_signed_by_contract, is_signed_by_key};
use crate::storage::Storage;

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
    // What is cheap to refuse comes first; a signature may cost a call.
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
    // Most signatures are of keys.
    let digest = order.digest(domain);
    require(
        is_signed_by_key(store, owner, digest, signature)
            || is_signed_by_contract(store, owner, digest, signature),
        Error::InvalidSignature,
    );
    (filled, Error::OrderFilled).or_revert()
}
