//! Settlement of accounts by anyone.
//!
//! A touch reads the guard's address, three totals and two slots of the account; of each leg its own slot, its bucket, the
//! instrument's asset id, price and rates, and both sides, since a new mark moves the unsettled gains of both: 6 slots, and 7 a
//! leg. It changes what the settlement moves: two totals, the account, and of each leg its K, the offset of its side and, if the
//! mark is new, the price: 4 slots, and 3 a leg. What comes out unchanged is not written.
//!
//! A leg in an option reads its terms in the place of asset and rates; its underlying is read like a leg, without leg and bucket,
//! and the rules of its options. The engine is called once. A leg that has settled is taken away, and nothing else moves.

use alloy_primitives::B256;
use margin_vault::abi::Bytes;
use margin_vault::checks::only_initialized;
use margin_vault::session::{Session, is_owner_of};
use margin_vault::storage::Storage;

/// Settles an account for anyone.
///
/// Fails with `NotInitialized`, `GuardFailed`, `EngineFailed`, `PoolFailed` or `Overflow`.
pub fn touch(store: &mut Storage, account: B256) -> Bytes {
    only_initialized(store);
    let (mut session, valued) = Session::settled(store, account, is_owner_of(account));
    session.observe(account, &valued.health);
    session.finish();
    &[]
}
