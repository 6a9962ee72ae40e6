//! Series that settle before they expire, because the owner said so.
//!
//! A series that is closing may be reduced, and settles at the first 08:00 UTC at least 7 days later: at what an option of its
//! terms is worth (Black-76) at the guard's settlement price of that time, with the time left to its expiry, and the volatility of
//! 24 hours before. Nobody chooses a price or a time: anyone may fix the volatility from those 24 hours on, once, and whenever
//! somebody settles the series, its mark comes out the same.

use alloy_sol_types::SolCall;
use margin_vault::abi::{Bytes, encode_call};
use margin_vault::calls;
use margin_vault::checks::only_owner;
use margin_vault::error::{Error, OrRevert, require};
use margin_vault::event::emit;
use margin_vault::exposures;
use margin_vault::interfaces::{Engine, Guard, IMarginVault};
use margin_vault::options::{Series, is_option};
use margin_vault::session::{Session, action};
use margin_vault::storage::{Field, InstrumentField, Storage};
use margin_vault::topic;
use margin_vault::word::Word;
use risk::listing::{Exposure, first_close};
use risk::options::black::Kind;
use risk::{InstrumentId, Price, Prices};
use stylus_sdk::host::WasmVM;
use stylus_sdk::stylus_core::BlockAccess;

/// Seconds before a series settles from which on its volatility is fixed.
const FIXED_AHEAD: u64 = 86_400;
/// WAD of a unit of the stored volatility.
const VOLATILITY_UNIT: u128 = 1_000_000_000_000;

/// Makes a series settle early.
pub fn close(store: &mut Storage, number: u32) -> Bytes {
    only_owner(store);
    let (id, mut series) = listed(store, number);
    require(series.closes == 0, Error::SeriesClosing);
    let closes = first_close(WasmVM::default().block_timestamp());
    require(closes < series.expiry.into(), Error::InvalidExpiry);
    series.closes = (u32::try_from(closes).ok(), Error::InvalidExpiry).or_revert();
    store.set_series(id, Some(&series));
    let words = [Word::of(number.into()), Word::of(closes.into())];
    emit(topic!(IMarginVault::OptionClosing), 1, &words);
    &[]
}

/// Keeps the guard's volatility of a series now as the one that it settles with.
pub fn fix_volatility(store: &mut Storage, number: u32) -> Bytes {
    let (id, series) = closing(store, number, FIXED_AHEAD);
    require(series.volatility == 0, Error::SeriesClosing);
    let mut session = Session::open(store);
    session.want(id);
    session.read_prices();
    fix(&mut session, id, &series);
    session.finish_in_place();
    &[]
}

/// Fixes the volatility of a series unless it is fixed. Reverts while the guard vouches for none.
fn fix(session: &mut Session, id: InstrumentId, series: &Series) -> Series {
    if series.volatility > 0 {
        return *series;
    }
    session.allow(action::MARK, id);
    let volatility = u128::from(session.market(id).volatility()) / VOLATILITY_UNIT;
    let volatility = u32::try_from(volatility).ok().filter(|&units| units > 0);
    let series = Series {
        volatility: (volatility, Error::ActionBlocked).or_revert(),
        ..*series
    };
    session.ledger.store.set_series(id, Some(&series));
    let words = [
        Word::of(series.number.into()),
        Word::of(u128::from(series.volatility) * VOLATILITY_UNIT),
    ];
    emit(topic!(IMarginVault::VolatilityFixed), 1, &words);
    series
}

/// Settles a series whose time has come; its legs are taken away as those of an expired one.
pub fn settle(store: &mut Storage, number: u32) -> Bytes {
    let (id, series) = closing(store, number, 0);
    let mut session = Session::open(store);
    session.want(id);
    session.read_prices();
    let series = Series {
        is_settled: true,
        ..fix(&mut session, id, &series)
    };
    let store = &mut *session.ledger.store;
    let price = settlement_price(store, &series);
    let mark = value(store, &series, price);
    let (_, funding) = store.price_of(id);
    let prices = Prices {
        mark,
        funding: funding.paid,
    };
    store.set_series(id, Some(&series));
    session.ledger.set_prices(id, &prices).or_revert();
    exposures::recount(session.ledger.store, id, Exposure::default());
    session.finish_in_place();
    let words = [Word::of(number.into()), Word::of(price), Word::of(mark.0)];
    emit(topic!(IMarginVault::OptionSettled), 1, &words);
    &[]
}

/// An option that is listed under a number, and its terms.
fn listed(store: &Storage, number: u32) -> (InstrumentId, Series) {
    let id = store.listing(number);
    require(is_option(id), Error::UnknownInstrument);
    (id, store.series(id))
}

/// A series that settles early, within `ahead` seconds, and has not yet. One that has expired settles at its expiry alone.
fn closing(store: &Storage, number: u32, ahead: u64) -> (InstrumentId, Series) {
    let (id, series) = listed(store, number);
    let now = WasmVM::default().block_timestamp();
    let due = series.closes > 0
        && now.saturating_add(ahead) >= series.closes.into()
        && now < series.expiry.into();
    require(due && !series.is_settled, Error::NotClosing);
    (id, series)
}

/// The guard's settlement price of the underlying for the time at which a series closes.
fn settlement_price(store: &Storage, series: &Series) -> u128 {
    let asset = store.instrument_field(series.underlying, InstrumentField::Asset);
    let question = [asset, Word::of(series.closes.into())];
    let call = encode_call(Guard::settlementCall::SELECTOR, &question);
    let answer = calls::ask(store.address(Field::Guard), call, 3, Error::GuardFailed);
    require(answer.bool(2), Error::SettlementPending);
    answer.unsigned(0)
}

/// What an option is worth at a forward when it closes.
fn value(store: &Storage, series: &Series, forward: u128) -> Price {
    let strike = series.strike_price(&store.option_rules(series.underlying));
    let question = [
        Word::of((series.kind == Kind::Call).into()),
        Word::of(forward),
        Word::of(strike.0),
        Word::of((series.expiry - series.closes).into()),
        Word::of(u128::from(series.volatility) * VOLATILITY_UNIT),
    ];
    let call = encode_call(Engine::priceCall::SELECTOR, &question);
    let answer = calls::ask(store.address(Field::Engine), call, 1, Error::EngineFailed);
    Price(answer.unsigned(0))
}
