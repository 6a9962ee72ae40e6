//! What anyone can read. A view runs the very code of the operations; the entrypoint drops what it would write.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use risk::rules::cover::open_interest_limit;
use risk::{BUCKETS, InstrumentId, Ledger, Positions, Side, Size, Store, Usd};

use margin_vault::abi::{Bytes, encode, usd};
use margin_vault::error::OrRevert;
use margin_vault::flows;
use margin_vault::parameters::{RATE_UNIT, ratio};
use margin_vault::session::{Session, action};
use margin_vault::storage::{Field, InstrumentField, Storage};
use margin_vault::word::Word;
use stylus_sdk::host::WasmVM;
use stylus_sdk::stylus_core::BlockAccess;

/// An address of the vault's.
pub fn address(store: &Storage, field: Field) -> Bytes {
    encode(&[Word::of_address(store.address(field))])
}

/// What the stewards have counted.
pub fn emergencies(store: &Storage) -> Bytes {
    encode(&[store.steward().counted()])
}

/// Equity, maintenance margin and initial margin at the guard's prices, with the gains of all legs; seconds on the clock.
///
/// Fails with `GuardFailed`, `EngineFailed`, `PoolFailed` or `Overflow`.
pub fn health(store: &mut Storage, account: B256) -> Bytes {
    let session = Session::priced(store, account);
    let valued = session.ledger.valued(account).or_revert();
    let mut observed = valued.account;
    observed.observe(session.now, valued.health.is_healthy());
    encode(&[
        usd(valued.health.equity),
        usd(valued.health.maintenance),
        usd(session.initial(&valued.positions)),
        Word::of(observed.clock.unhealthy.into()),
    ])
}

/// Profit that has not matured, with the gains of all legs at the guard's prices.
///
/// Fails with `GuardFailed`, `EngineFailed`, `PoolFailed` or `Overflow`.
pub fn immature(store: &mut Storage, account: B256) -> Bytes {
    let session = Session::priced(store, account);
    let valued = session.ledger.valued(account).or_revert();
    encode(&[usd(valued.account.immature(session.now))])
}

/// Capital and settled profit.
pub fn balances(store: &Storage, account: B256) -> Bytes {
    let account = store.account(account);
    encode(&[usd(account.capital), usd(account.pnl)])
}

/// Size of one position.
///
/// Fails with `Overflow`.
pub fn position(store: &mut Storage, account: B256, id: InstrumentId) -> Bytes {
    let positions = held(store, account);
    encode(&[Word::of_signed(positions.get(id).0)])
}

/// Instruments and sizes of all positions.
///
/// Fails with `Overflow`.
pub fn legs(store: &mut Storage, account: B256) -> Bytes {
    let positions = held(store, account);
    let count = positions.iter().count();
    let mut words = Vec::with_capacity(4 + 2 * count);
    let length = Word::of(count as u128);
    words.extend([Word::of(64), Word::of(96 + 32 * count as u128), length]);
    words.extend(positions.iter().map(|(id, _)| number(store, id)));
    words.push(length);
    words.extend(positions.iter().map(|(_, size)| Word::of_signed(size.0)));
    encode(&words)
}

fn held(store: &mut Storage, account: B256) -> Positions {
    Ledger::open(store, 0).positions(account).or_revert()
}

/// All listed instruments: perpetuals, then options.
pub fn instruments(store: &Storage) -> Bytes {
    let mut words = Vec::from([Word::of(32), Word::ZERO]);
    words.extend(store.instruments().map(|id| number(store, id)));
    words[1] = Word::of(words.len() as u128 - 2);
    encode(&words)
}

/// What the interface calls an instrument.
fn number(store: &Storage, id: InstrumentId) -> Word {
    Word::of(store.number_of(id).into())
}

/// Coverage ratio, and what is missing, with what the pool would pay now.
///
/// Fails with `PoolFailed` or `Overflow`.
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
///
/// Fails with `Overflow`.
pub fn unsettled(store: &Storage, id: InstrumentId) -> Bytes {
    let index = store.prices(id).index().or_revert();
    let mut words = [Word::ZERO; 2];
    for (word, side) in words.iter_mut().zip(Side::BOTH) {
        *word = usd(store
            .side(id, side)
            .unsettled(side.signed(index))
            .or_revert());
    }
    encode(&words)
}

/// Open interest of both sides that no bucket holds: what rounding and emptied buckets have left over.
///
/// Fails with `Overflow`.
pub fn dust(store: &Storage, id: InstrumentId) -> Bytes {
    encode(&Side::BOTH.map(|side| {
        let state = store.side(id, side);
        let mut held = Size::ZERO;
        for bucket in (0..).take(BUCKETS) {
            if state.occupied >> bucket & 1 == 1 {
                let size = store.bucket(id, side, bucket).size();
                held = size.and_then(|size| held.plus(size)).or_revert();
            }
        }
        Word::of(state.open_interest.0.saturating_sub(held.0))
    }))
}

/// Since when the vault has been impaired; zero while it is not.
pub fn impaired_since(store: &Storage) -> Bytes {
    encode(&[Word::of(store.totals().impaired_since.into())])
}

/// What may leave the vault now, and what an hour and a day may pay.
///
/// Fails with `PoolFailed` or `Overflow`.
pub fn outflow(store: &mut Storage) -> Bytes {
    let (outflow, rates) = Session::open(store).outflow();
    let caps = outflow.caps(rates).or_revert();
    encode(&[
        usd(outflow.available(rates).or_revert()),
        usd(caps.hourly),
        usd(caps.daily),
    ])
}

/// What an owner may take out without using up the outflow of all.
///
/// Fails with `Overflow`.
pub fn outflow_credit(store: &Storage, owner: Address) -> Bytes {
    let now = WasmVM::default().block_timestamp();
    let credit = store.credit(owner).at(now);
    encode(&[usd(credit.available().or_revert())])
}

/// What insurance still pays for an instrument, and the open interest of a side that this allows: of the whole underlying, with
/// whose perpetual its options share both.
///
/// Fails with `GuardFailed`, `PoolFailed` or `Overflow`.
pub fn cover(store: &mut Storage, id: InstrumentId) -> Bytes {
    let id = store.underlying_of(id);
    let mut session = priced(store, id);
    let assets = session.pool_assets();
    let store = &*session.ledger.store;
    let limits = store.instrument_field(id, InstrumentField::Limits);
    let left = flows::cover_left(store, id, assets, session.now).or_revert();
    let rates = store.rates_of(id);
    let mark = store.prices(id).mark;
    let covered = open_interest_limit(left, mark, ratio(rates.shock), ratio(rates.maintenance));
    encode(&[usd(left), Word::of(covered.0.min(limits.high))])
}

/// Debts for an underlying, known and on record, and what its cover has left for debts and for rewards.
///
/// Fails with `PoolFailed` or `Overflow`.
pub fn debts(store: &mut Storage, id: InstrumentId) -> Bytes {
    let id = store.underlying_of(id);
    let mut session = Session::open(store);
    session.insure();
    let cover = session.ledger.cover_of(id).or_revert();
    let (debts, records) = (
        session.ledger.store.debts(id),
        session.ledger.store.records(),
    );
    let words = [
        debts.known,
        records.unpaid_of(&debts).or_revert(),
        cover.room().or_revert(),
        cover.reward_room().or_revert(),
    ];
    encode(&words.map(usd))
}

/// What the pool asks: the deficit that is known, debts that can be closed, and what insurance would pay of what is known.
///
/// Fails with `PoolFailed` or `Overflow`.
pub fn claims(store: &mut Storage) -> Bytes {
    let totals = store.totals();
    if totals.debt == Usd::ZERO && totals.shortfall <= Usd::ZERO {
        return encode(&[Word::ZERO; 3]);
    }
    let mut session = Session::open(store);
    session.insure();
    let stuck = stuck_now(&mut session);
    encode(&session.ledger.claims(stuck).or_revert().map(usd))
}

/// Debts that are booked as stuck, and can still not be closed: all of them, or none once the guard lets legs on any underlying that
/// owes be closed. Who touches and closes them is not known beforehand, so that they count as debts that can be closed from then on.
fn stuck_now(session: &mut Session) -> Usd {
    let stuck = session.ledger.store.stuck();
    if stuck == Usd::ZERO {
        return stuck;
    }
    let mut left = session.ledger.store.records().known;
    while left != 0 {
        session.want(left.trailing_zeros() as InstrumentId);
        left &= left - 1;
    }
    session.read_prices();
    let mut asked = session.ledger.store.valuations.perpetuals();
    if asked.any(|valuation| valuation.blocked & action::DELEVERAGE == 0) {
        return Usd::ZERO;
    }
    stuck
}

/// Known debts that nobody waits for.
pub fn stuck_debt(store: &Storage) -> Bytes {
    encode(&[usd(store.stuck())])
}

/// Funding rate for 8 hours, and what a unit of long position has paid so far.
///
/// Fails with `GuardFailed`, `PoolFailed` or `Overflow`.
pub fn funding(store: &mut Storage, id: InstrumentId) -> Bytes {
    let session = priced(store, id);
    let (_, funding) = session.ledger.store.price_of(id);
    let rate = i128::from(funding.rate) * i128::from(RATE_UNIT);
    encode(&[Word::of_signed(rate), Word::of_signed(funding.paid.0)])
}

/// The ledger with the price of an instrument.
fn priced(store: &mut Storage, id: InstrumentId) -> Session<'_> {
    let mut session = Session::open(store);
    session.want(id);
    session.read_prices();
    session
}
