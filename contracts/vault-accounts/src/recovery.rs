//! What the pool pays for deficits that were written off before it could.

use margin_vault::abi::{Bytes, encode, usd};
use margin_vault::error::{Error, OrRevert, require};
use margin_vault::event::emit;
use margin_vault::flows;
use margin_vault::interfaces::IMarginVault;
use margin_vault::session::Session;
use margin_vault::storage::Storage;
use margin_vault::topic;

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
    emit(topic!(IMarginVault::Recovered), 0, &words);
    encode(&words)
}
