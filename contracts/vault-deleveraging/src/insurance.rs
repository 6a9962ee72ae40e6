//! What the pool pays.

use alloy_sol_types::SolEvent;
use margin_vault::abi::{Bytes, IMarginVault, encode};
use margin_vault::calls;
use margin_vault::error::{Error, OrRevert, require};
use margin_vault::session::{Session, emit, usd};
use margin_vault::storage::{Field, PoolAssets, Storage};

/// Draws on the pool for deficits that were written off; it pays what it can.
pub fn recover(store: &mut Storage) -> Bytes {
    let mut session = Session::open(store);
    session.keep_outflow();
    let due = session.ledger.totals.shortfall.or_zero();
    let units = due.0.unsigned_abs().div_ceil(session.unit());
    require(units > 0, Error::NothingToRecover);
    let units = draw(session.ledger.store, units);
    require(units > 0, Error::NothingToRecover);
    let paid = session.amount(units);
    session.ledger.recover(paid).or_revert();
    session.finish();
    let words = [usd(paid)];
    emit(&IMarginVault::Recovered::SIGNATURE_HASH, 0, &words);
    encode(&words)
}

/// Draws at most `units` of the token's smallest units from the pool. Returns what it has paid.
pub fn draw(store: &mut Storage, units: u128) -> u128 {
    let (pool, token) = (store.address(Field::Pool), store.address(Field::QuoteToken));
    let paid = calls::cover(pool, token, units);
    let known = store.pool_assets();
    store.set_pool_assets(&PoolAssets {
        units: known.units.saturating_sub(paid),
        ..known
    });
    paid
}
