//! What the pool pays for deficits that were written off before it could.

use margin_vault::abi::{Bytes, encode, usd};
use margin_vault::error::{Error, OrRevert, require};
use margin_vault::event::emit;
use margin_vault::flows;
use margin_vault::interfaces::IMarginVault;
use margin_vault::session::{OutflowKept, Session};
use margin_vault::storage::Storage;
use margin_vault::topic;
use margin_vault::word::Word;
use risk::{InstrumentId, Store, Usd};

/// Draws on the pool for what nobody has paid for an instrument: what its cover has beyond known debts. For anyone.
///
/// Fails with `NothingToRecover`, `PoolBusy`, `TokenFailed`, `PoolFailed` or `Overflow`.
pub fn recover(store: &mut Storage, id: InstrumentId) -> Bytes {
    let id = store.underlying_of(id);
    let mut session = Session::open(store);
    session.insure();
    // V grows by what the pool pays: the limiter is brought up to now at what V was.
    let kept = session.keep_outflow();
    let paid = draw_for(&mut session, kept, id);
    require(paid > Usd::ZERO, Error::NothingToRecover);
    session.finish();
    encode(&[usd(paid)])
}

/// Draws on the pool for every instrument of which something is unpaid.
pub fn recover_all(session: &mut Session) {
    session.insure();
    let kept = session.keep_outflow();
    let mut unpaid = session.ledger.store.records().unpaid;
    while unpaid != 0 {
        draw_for(session, kept, unpaid.trailing_zeros() as InstrumentId);
        unpaid &= unpaid - 1;
    }
}

/// Draws on the pool for a perpetual and the options on its underlying. Returns what has arrived.
fn draw_for(session: &mut Session, kept: OutflowKept, id: InstrumentId) -> Usd {
    let unit = session.amount(1);
    let due = session.ledger.recover(id, unit).or_revert();
    if due == Usd::ZERO {
        return due;
    }
    let arrived = flows::draw(session, kept, due).or_revert();
    let lost = due.minus(arrived).or_revert();
    // What the pool did not send is on record again, and has used up no cover.
    session.ledger.refused(id, lost).or_revert();
    let number = session.ledger.store.number_of(id);
    let words = [Word::of(number.into()), usd(arrived)];
    emit(topic!(IMarginVault::Recovered), 1, &words);
    arrived
}
