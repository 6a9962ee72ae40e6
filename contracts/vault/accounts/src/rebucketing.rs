//! The order in which accounts are deleveraged, kept up by anyone.

use alloy_primitives::B256;
use margin_vault::abi::{Bytes, word};
use margin_vault::error::{Error, OrRevert, require};
use margin_vault::event::emit;
use margin_vault::interfaces::IMarginVault;
use margin_vault::session::Session;
use margin_vault::storage::Storage;
use margin_vault::topic;
use margin_vault::word::Word;
use risk::Store;

/// Moves an account up to the bucket that is due, or lets its legs of ended epochs join anew, for anyone. Whom a debt is closed
/// against is fixed once it is known: not before it is closed, but for one that is stuck.
///
/// Fails with `DebtOpen`, `NotDue`, `NoEquity`, `GuardFailed`, `EngineFailed`, `PoolFailed` or `Overflow`.
pub fn rebucket(store: &mut Storage, account: B256) -> Bytes {
    let mut session = Session::priced(store, account);
    // Whoever knows of a debt could otherwise choose whom it is closed against.
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
