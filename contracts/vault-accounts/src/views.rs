//! What anyone can read. A view runs the very code of the operations; the entrypoint drops what it would write.

use alloc::vec::Vec;

use alloy_primitives::B256;
use risk::{InstrumentId, Ledger, Side, Store, Usd};

use margin_vault::abi::{Bytes, encode};
use margin_vault::error::OrRevert;
use margin_vault::session::{Session, usd};
use margin_vault::storage::{Field, Storage};
use margin_vault::word::Word;

/// An address of the vault's.
pub fn address(store: &Storage, field: Field) -> Bytes {
    encode(&[Word::of_address(store.address(field))])
}

/// Equity, maintenance margin and initial margin at the guard's prices, and seconds on the clock.
pub fn health(store: &mut Storage, account: B256) -> Bytes {
    let mut session = Session::settled(store, account, false);
    let health = session.observe(account);
    let clock = session.ledger.store.account(account).clock;
    let seconds = Word::of(clock.unhealthy.into());
    encode(&[
        usd(health.equity),
        usd(health.maintenance),
        usd(session.initial(account)),
        seconds,
    ])
}

/// Capital and settled profit.
pub fn balances(store: &Storage, account: B256) -> Bytes {
    let account = store.account(account);
    encode(&[usd(account.capital), usd(account.pnl)])
}

/// Size of one position.
pub fn position(store: &mut Storage, account: B256, id: InstrumentId) -> Bytes {
    let positions = Ledger::open(store, Usd::ZERO)
        .positions(account)
        .or_revert();
    encode(&[Word::of_signed(positions.get(id).0)])
}

/// Instruments and sizes of all positions.
pub fn legs(store: &mut Storage, account: B256) -> Bytes {
    let positions = Ledger::open(store, Usd::ZERO)
        .positions(account)
        .or_revert();
    let count = positions.iter().count();
    let mut words = Vec::with_capacity(4 + 2 * count);
    let length = Word::of(count as u128);
    words.extend([Word::of(64), Word::of(96 + 32 * count as u128), length]);
    words.extend(positions.iter().map(|(id, _)| number(store, id)));
    words.push(length);
    words.extend(positions.iter().map(|(_, size)| Word::of_signed(size.0)));
    encode(&words)
}

/// All listed instruments.
pub fn instruments(store: &Storage) -> Bytes {
    let count = store.field(Field::Listed).low;
    let mut words = Vec::with_capacity(2 + count as usize);
    words.extend([Word::of(32), Word::of(count)]);
    words.extend((0..count as u8).map(|id| number(store, id)));
    encode(&words)
}

/// What the interface calls an instrument.
fn number(store: &Storage, id: InstrumentId) -> Word {
    Word::of(store.rates_of(id).number.into())
}

/// Coverage ratio, and what is missing, with what the pool would pay now.
pub fn coverage(store: &mut Storage) -> Bytes {
    let session = Session::open(store);
    let ratio = session
        .ledger
        .coverage()
        .and_then(risk::Coverage::ratio)
        .or_revert();
    encode(&[Word::of(ratio), usd(session.missing())])
}

/// Running totals.
pub fn totals(store: &Storage) -> Bytes {
    let totals = store.totals();
    encode(&[
        usd(totals.tokens),
        usd(totals.capital),
        usd(totals.profit),
        usd(totals.debt),
    ])
}

/// Deficits written off, less haircuts taken.
pub fn shortfall(store: &Storage) -> Bytes {
    encode(&[usd(store.totals().shortfall)])
}

/// Open interest of both sides.
pub fn open_interest(store: &Storage, id: InstrumentId) -> Bytes {
    encode(&Side::BOTH.map(|side| Word::of(store.side(id, side).open_interest.0)))
}

/// Gain of both sides at the vault's mark that nobody has settled yet.
pub fn unsettled(store: &Storage, id: InstrumentId) -> Bytes {
    let index = store.instrument(id).index().or_revert();
    let mut words = [Word::ZERO; 2];
    for (word, side) in words.iter_mut().zip(Side::BOTH) {
        *word = usd(store
            .side(id, side)
            .unsettled(side.signed(index))
            .or_revert());
    }
    encode(&words)
}
