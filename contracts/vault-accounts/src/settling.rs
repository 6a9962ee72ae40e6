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
use margin_vault::abi::{Bytes, word};
use margin_vault::error::{Error, OrRevert, require};
use margin_vault::event::emit;
use margin_vault::interfaces::IMarginVault;
use margin_vault::session::{Session, is_owner_of};
use margin_vault::storage::Storage;
use margin_vault::topic;
use margin_vault::word::Word;
use risk::Store;

/// Settles an account for anyone.
pub fn touch(store: &mut Storage, account: B256) -> Bytes {
    let (mut session, valued) = Session::settled(store, account, is_owner_of(account));
    session.observe(account, &valued.health);
    session.finish();
    &[]
}

/// Moves an account up to the bucket that is due, or lets its legs of ended epochs join anew, for anyone. Whom a debt is closed
/// against is fixed once it is known: not before it is closed, but for one that is stuck.
pub fn rebucket(store: &mut Storage, account: B256) -> Bytes {
    let mut session = Session::priced(store, account);
    let closable = session.ledger.totals.debt > session.ledger.store.stuck();
    require(!closable, Error::DebtOpen);
    let before = session.ledger.store.account(account);
    let (from, valued) = session.ledger.rebucket(account).or_revert();
    session.watch(account, &before, &valued);
    session.observe(account, &valued.health);
    session.finish();
    let to = valued.account.bucket;
    let words = [word(account), Word::of(from.into()), Word::of(to.into())];
    emit(topic!(IMarginVault::Rebucketed), 1, &words);
    &[]
}
