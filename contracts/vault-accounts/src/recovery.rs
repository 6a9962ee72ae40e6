//! What the pool pays for deficits that were written off before it could.

use alloy_sol_types::SolEvent;
use margin_vault::abi::{Bytes, IMarginVault, encode};
use margin_vault::error::{Error, OrRevert, require};
use margin_vault::flows;
use margin_vault::session::{Session, emit, usd};
use margin_vault::storage::Storage;

/// Draws on the pool for deficits that were written off; it pays what it can.
pub fn recover(store: &mut Storage) -> Bytes {
    let mut session = Session::open(store);
    session.keep_outflow();
    let due = session.ledger.totals.shortfall.or_zero();
    let units = due.0.unsigned_abs().div_ceil(session.unit());
    require(units > 0, Error::NothingToRecover);
    let units = flows::draw(session.ledger.store, units);
    require(units > 0, Error::NothingToRecover);
    let paid = session.amount(units);
    session.ledger.recover(paid).or_revert();
    session.finish();
    let words = [usd(paid)];
    emit(&IMarginVault::Recovered::SIGNATURE_HASH, 0, &words);
    encode(&words)
}
