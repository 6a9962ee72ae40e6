//! Series that settle before they expire, because the owner said so.
//!
//! A series that is closing may be reduced, and settles at the first 08:00 UTC at least 7 days later: at what an option of its
//! terms is worth (Black-76) at the guard's settlement price of that time, with the time left to its expiry, and the volatility of
//! 24 hours before. Nobody chooses a price or a time: once that price is final it is the mark that the guard answers, for ever, in
//! whatever operation or view, as of a series that has expired. Anyone may book it, so that nobody has to ask the guard again.

use alloy_sol_types::SolCall;
use margin_vault::abi::{Bytes, encode_call};
use margin_vault::calls;
use margin_vault::checks::only_owner;
use margin_vault::error::{Error, OrRevert, require};
use margin_vault::event::emit;
use margin_vault::exposures;
use margin_vault::interfaces::{Guard, IMarginVault};
use margin_vault::options::{Series, is_option};
use margin_vault::session::Session;
use margin_vault::storage::{Field, InstrumentField, Storage};
use margin_vault::topic;
use margin_vault::word::Word;
use risk::rules::listing::{Exposure, first_close};
use risk::{InstrumentId, SettlementPrice};
use stylus_sdk::host::WasmVM;
use stylus_sdk::stylus_core::BlockAccess;

/// Makes a series settle early.
///
/// Fails with `NotOwner`, `UnknownInstrument`, `SeriesClosing` or `InvalidExpiry`.
pub fn close(store: &mut Storage, number: u32) -> Bytes {
    only_owner(store);
    let (id, mut series) = listed(store, number);
    require(series.closes == 0, Error::SeriesClosing);
    // The first 08:00 a week ahead: the owner chooses no price, and holders have time to leave.
    let closes = first_close(WasmVM::default().block_timestamp());
    require(closes < series.expiry.into(), Error::InvalidExpiry);
    series.closes = (u32::try_from(closes).ok(), Error::InvalidExpiry).or_revert();
    store.set_series(id, Some(&series));
    let words = [Word::of(number.into()), Word::of(closes.into())];
    emit(topic!(IMarginVault::OptionClosing), 1, &words);
    &[]
}

/// Books that a series has settled whose time has come, and takes it out of what options add up to; its legs are taken away as those
/// of an expired one.
///
/// Fails with `UnknownInstrument`, `NotClosing`, `SettlementPending`, `GuardFailed`, `PoolFailed` or `Overflow`.
pub fn settle(store: &mut Storage, number: u32) -> Bytes {
    let (id, series) = listed(store, number);
    let now = WasmVM::default().block_timestamp();
    let due = series.closes > 0 && now >= series.closes.into();
    require(due && !series.is_settled, Error::NotClosing);
    let mut session = Session::open(store);
    session.want(id);
    session.read_prices();
    let valuation = *session.valuation(id);
    require(valuation.life.is_over(), Error::SettlementPending);
    let store = &mut *session.ledger.store;
    let series = Series {
        is_settled: true,
        ..series
    };
    store.set_series(id, Some(&series));
    exposures::recount(store, id, Exposure::default());
    let price = settlement_price(store, &series);
    session.finish_in_place();
    let words = [
        Word::of(number.into()),
        Word::of(price.0),
        Word::of(valuation.mark.0),
    ];
    emit(topic!(IMarginVault::OptionSettled), 1, &words);
    &[]
}

/// An option that is listed under a number, and its terms.
fn listed(store: &Storage, number: u32) -> (InstrumentId, Series) {
    let id = store.listing(number);
    require(is_option(id), Error::UnknownInstrument);
    (id, store.series(id))
}

/// The guard's settlement price of the underlying for the time at which a series closes, which is final.
fn settlement_price(store: &Storage, series: &Series) -> SettlementPrice {
    let asset = store.instrument_field(series.underlying, InstrumentField::Asset);
    let question = [asset, Word::of(series.closes.into())];
    let call = encode_call(Guard::settlementCall::SELECTOR, &question);
    let answer = calls::ask(store.address(Field::Guard), call, 3, Error::GuardFailed);
    SettlementPrice(answer.unsigned(0))
}
