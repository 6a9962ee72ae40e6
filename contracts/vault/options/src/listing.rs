//! Options listed, delisted and counted.

use alloy_primitives::B256;
use margin_vault::abi::{Args, Bytes, encode, usd, word};
use margin_vault::checks::{only_for, only_owner};
use margin_vault::error::{Error, OrRevert, require};
use margin_vault::event::emit;
use margin_vault::exposures;
use margin_vault::interfaces::IMarginVault;
use margin_vault::options::{Counted, FIRST_NUMBER, OptionRules, Series, is_option};
use margin_vault::parameters::ratio;
use margin_vault::session::{Session, action, fee_account};
use margin_vault::storage::Storage;
use margin_vault::topic;
use margin_vault::word::Word;
use risk::options::black::Kind;
use risk::rules::listing::{Exposure, UNTRADED_FOR, is_expiry, is_near, strike_in_ticks, wad};
use risk::{InstrumentId, Price, Side, Throttle, Usd};
use stylus_sdk::host::WasmVM;
use stylus_sdk::stylus_core::BlockAccess;

/// Terms of an option, without a number, whose strike is on a grid: in the head are the underlying's number, expiry, strike, and
/// whether it is a call. Reverts with `InvalidStrike` off the grid, or if there are no options on the underlying.
fn terms(store: &Storage, args: Args, step: impl Fn(&OptionRules) -> u32) -> (Series, OptionRules) {
    let underlying = store.listing(args.u32(0));
    require(!is_option(underlying), Error::UnknownInstrument);
    let rules = store.option_rules(underlying);
    let strike = strike_in_ticks(Price(args.unsigned(2)), rules.tick(), step(&rules));
    let expiry = u32::try_from(args.u64(1)).ok();
    let series = Series {
        strike: (strike, Error::InvalidStrike).or_revert(),
        expiry: (expiry, Error::InvalidExpiry).or_revert(),
        number: 0,
        underlying,
        kind: if args.bool(3) { Kind::Call } else { Kind::Put },
        closes: 0,
        is_settled: false,
    };
    (series, rules)
}

/// Lists an option under the rules of its underlying, at a place that is free, at the expense of an account. It starts at the
/// guard's mark.
///
/// Fails with `NotAuthorized`, `UnknownInstrument`, `InvalidStrike`, `InvalidExpiry`, `SeriesExists`, `TooManySeries`,
/// `ActionBlocked`, `InsufficientMargin`, `InsufficientCapital`, `NoEquity`, `GuardFailed`, `EngineFailed`, `PoolFailed` or
/// `Overflow`.
pub fn list(store: &mut Storage, args: Args) -> Bytes {
    let account = args.b256(4);
    only_for(store, account);
    let (mut series, rules) = terms(store, args, |rules| rules.strike_step);
    let now = WasmVM::default().block_timestamp();
    let valid = is_expiry(series.expiry.into(), now, rules.longest());
    require(valid, Error::InvalidExpiry);
    require(store.place_of(&series).is_none(), Error::SeriesExists);
    let id = take_place(store, &mut series, &rules);
    // Stored before the guard is asked, which is asked by what is stored; whatever is refused below undoes it.
    store.set_series(id, Some(&series));
    store.set_place_of(&series, Some(id));
    store.set_listed(series.number, id);
    exposures::mark_traded(store, id, now);

    let mut session = Session::open(store);
    session.want(id);
    session.want_legs(account);
    session.read_prices();
    // A series that nobody could open now would only take a place.
    session.allow(action::OPEN | action::DISTRUSTED, id);
    let store = &*session.ledger.store;
    let (spot, strike) = (
        session.valuation(id).underlying.spot,
        series.strike_price(&rules),
    );
    let range = ratio(store.option_limits(series.underlying).strike_range);
    let near = is_near(strike, spot, range).or_revert();
    require(near, Error::InvalidStrike);
    charge(&mut session, account, series.number);
    session.finish_in_place();
    emit_listed(args.u32(0), &series, strike)
}

/// Takes the listing fee out of an account's capital; it has to meet initial margin afterwards.
fn charge(session: &mut Session, account: B256, number: u32) {
    let fee = session.ledger.store.rates().listing_fee();
    if fee == Usd::ZERO {
        return;
    }
    let valued = session.ledger.valued(account).or_revert();
    let usable = valued.mature_equity(session.now);
    let usable = usable.and_then(|usable| usable.minus(fee)).or_revert();
    require(
        // At fresh marks, by what margin does not need: a fee out of a loss that nobody has settled would be paid by others.
        usable >= session.initial(&valued.positions),
        Error::InsufficientMargin,
    );
    let charged = session.ledger.charge(account, fee_account(), fee);
    charged.or_revert();
    let words = [word(account), Word::of(number.into()), usd(fee)];
    emit(topic!(IMarginVault::ListingFeePaid), 2, &words);
}

/// Gives an option a number of its own and a place that is free. Returns the place.
fn take_place(store: &mut Storage, series: &mut Series, rules: &OptionRules) -> InstrumentId {
    let mut total = store.counted(series.underlying);
    require(total.series < rules.max_series, Error::TooManySeries);
    total.series += 1;
    store.set_counted(series.underlying, &total);
    // There is one: its underlying has reserved as many as it may have.
    let mut places = store.places();
    let id = (places.take(), Error::TooManySeries).or_revert();
    // Counted up for ever: an order that was signed for a series which is gone fits no other.
    let number = FIRST_NUMBER.checked_add(places.listed);
    series.number = (number, Error::TooManySeries).or_revert();
    places.listed += 1;
    store.set_places(&places);
    id
}

fn emit_listed(underlying: u32, series: &Series, strike: Price) -> Bytes {
    let number = Word::of(series.number.into());
    let words = [
        number,
        Word::of(underlying.into()),
        Word::of(series.expiry.into()),
        Word::of(strike.0),
        Word::of((series.kind == Kind::Call).into()),
    ];
    emit(topic!(IMarginVault::OptionListed), 2, &words);
    encode(&[number])
}

/// Takes an option off the listing that nobody holds: one that has settled, or was not traded for a day; for the owner, any.
///
/// Fails with `UnknownInstrument`, `NotOwner`, `SeriesOpen`, `PoolFailed` or `Overflow`.
pub fn delist(store: &mut Storage, number: u32) -> Bytes {
    let id = store.listing(number);
    require(is_option(id), Error::UnknownInstrument);
    let now = WasmVM::default().block_timestamp();
    let series = store.series(id);
    let untraded = now >= u64::from(store.counted(id).traded) + UNTRADED_FOR;
    if now < series.expiry.into() && !series.is_settled && !untraded {
        only_owner(store);
    }
    let mut session = Session::open(store);
    let retired = session.ledger.retire(id).or_revert();
    // Its place goes to another series: a leg that was left would be one in that.
    require(retired, Error::SeriesOpen);
    remove(session.ledger.store, id);
    session.finish_in_place();
    let words = [Word::of(number.into())];
    emit(topic!(IMarginVault::OptionDelisted), 1, &words);
    &[]
}

/// Forgets an option: its terms, its number, its place, what it was counted for, and what was deleveraged in it of late.
fn remove(store: &mut Storage, id: InstrumentId) {
    exposures::recount(store, id, Exposure::default());
    let series = store.series(id);
    let mut total = store.counted(series.underlying);
    let least = store.option_rules(series.underlying).max_series;
    let held = total.series;
    total.series = held.saturating_sub(1);
    store.set_counted(series.underlying, &total);
    store.set_counted(id, &Counted::default());
    concentrate(store, series.underlying);
    store.set_place_of(&series, None);
    store.unlist(series.number);
    store.set_series(id, None);
    for side in Side::BOTH {
        store.set_throttle(id, side, &Throttle::default());
    }
    let mut places = store.places();
    let kept = places.reserve(held.max(least), total.series.max(least));
    debug_assert!(kept, "no more than before");
    places.set(id, false);
    store.set_places(&places);
}

/// Counts series again at the guard's vega and gamma now, and how concentrated the open interest of their underlyings is.
///
/// Fails with `UnknownInstrument`, `GuardFailed`, `PoolFailed` or `Overflow`.
pub fn refresh(store: &mut Storage, args: Args) -> Bytes {
    let (numbers, count) = args.array(0, 32);
    let mut session = Session::open(store);
    let option = |session: &Session, place| {
        let id = session.ledger.store.listing(numbers.u32(place));
        require(is_option(id), Error::UnknownInstrument);
        id
    };
    for place in 0..count {
        let id = option(&session, place);
        session.want(id);
    }
    session.read_prices();
    for place in 0..count {
        let id = option(&session, place);
        let is_over = session.valuation(id).life.is_over();
        let store = &mut *session.ledger.store;
        if is_over {
            exposures::recount(store, id, Exposure::default());
        } else {
            exposures::count(store, id);
        }
        let underlying = store.underlying_of(id);
        concentrate(store, underlying);
    }
    session.finish_in_place();
    &[]
}

/// Keeps by how much initial margin grows at the open interest that an underlying has.
fn concentrate(store: &mut Storage, underlying: InstrumentId) {
    let open_interest = exposures::open_interest(store, underlying);
    exposures::concentrate(store, underlying, open_interest);
}

/// The terms of an option.
///
/// Fails with `UnknownInstrument`.
pub fn option(store: &Storage, id: InstrumentId) -> Bytes {
    require(is_option(id), Error::UnknownInstrument);
    let series = store.series(id);
    let strike = series.strike_price(&store.option_rules(series.underlying));
    encode(&[
        Word::of(store.number_of(series.underlying).into()),
        Word::of(series.expiry.into()),
        Word::of(strike.0),
        Word::of((series.kind == Kind::Call).into()),
        Word::of(series.closes.into()),
    ])
}

/// What the interface calls the option with such terms; zero if there is none.
///
/// Fails with `UnknownInstrument`, `InvalidStrike`, `InvalidExpiry` or `Overflow`.
pub fn series_of(store: &Storage, args: Args) -> Bytes {
    let (series, _) = terms(store, args, |_| 1);
    let number = store.place_of(&series).map_or(0, |id| store.number_of(id));
    encode(&[Word::of(number.into())])
}

/// What the options on an underlying add up to, as last counted, and its concentration.
///
/// Fails with `UnknownInstrument`.
pub fn totals(store: &Storage, underlying: InstrumentId) -> Bytes {
    require(!is_option(underlying), Error::UnknownInstrument);
    let total = store.counted(underlying);
    encode(&[
        Word::of(wad(total.exposure.open_interest)),
        Word::of(wad(total.exposure.vega)),
        Word::of(wad(total.exposure.gamma)),
        Word::of(total.series.into()),
        Word::of(store.rates_of(underlying).concentration().0),
    ])
}
