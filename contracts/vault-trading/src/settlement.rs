//! Settlement of signed trades.
//!
//! A trade writes the two legs that it changes and leaves the others unsettled where that changes nothing, see
//! [`risk::Ledger::trade`]; health and margins count their gains all the same.

use alloy_primitives::B256;
use margin_vault::abi::{Bytes, word};
use margin_vault::error::{Error, OrRevert, require};
use margin_vault::event::emit;
use margin_vault::interfaces::IMarginVault;
use margin_vault::nonces::Filled;
use margin_vault::options::is_option;
use margin_vault::orders::{Domain, Order};
use margin_vault::parameters::ratio;
use margin_vault::session::{Session, action, fee_account};
use margin_vault::storage::Storage;
use margin_vault::topic;
use margin_vault::word::Word;
use risk::listing::{option_fee, within_option_band};
use risk::{
    DEBT, InstrumentId, Position, Price, Size, Store, Trade, Traded, Usd, math, within_band,
};

use crate::market::{self, Fill};
use crate::orders::check;

/// One side of a trade, as it was before.
struct Party<'o> {
    order: &'o Order<'o>,
    filled: u128,
    bucket: u8,
    position: Position,
}

/// Fills `size` of two signed orders at the maker's limit, or what a reduce-only order has left to reduce.
pub fn settle(store: &mut Storage, orders: [(&Order, &[u8]); 2], size: u128) -> Bytes {
    let [maker, taker] = [orders[0].0, orders[1].0];
    check_match(maker, taker);
    require(size > 0, Error::InvalidAmount);
    let id = store.listing(maker.instrument);
    let underlying = store.underlying_of(id);
    let mut session = Session::open(store);
    let filled = check_orders(&session, orders, size);
    let parties = [(maker, filled[0]), (taker, filled[1])]
        .map(|(order, filled)| party(&session, order, id, filled));
    let size = clamp(&parties, Size(size));
    let change = change_of_open_interest(&parties, size);
    market::concentrate(&mut session, underlying, change);
    session.want(id);
    session.want_legs(maker.account);
    session.want_legs(taker.account);
    session.read_prices();

    let price = Price(maker.limit_price);
    check_price(&session, id, underlying, price);
    for party in &parties {
        check_allowed(&session, id, party, size);
    }
    let before = market::open_interest(&session, id);
    let traded = trade(&mut session, [id, underlying], [maker, taker], size, price);
    let fill = Fill {
        id,
        underlying,
        size,
        price,
        open_interest: [before, market::open_interest(&session, id)],
        traded: &traded,
    };
    market::observe(&mut session, &fill);
    for (party, traded) in parties.iter().zip(&traded) {
        check_margin(&mut session, party, traded);
        mark_filled(session.ledger.store, party, size);
    }
    session.finish();
    emit_settled(maker, taker, size, price)
}

/// Reverts unless a maker's and a taker's order can trade at the maker's limit.
fn check_match(maker: &Order, taker: &Order) {
    require(maker.account != taker.account, Error::SameAccount);
    let crossed = if taker.size > 0 {
        maker.size < 0 && maker.limit_price <= taker.limit_price
    } else {
        maker.size > 0 && taker.size < 0 && maker.limit_price >= taker.limit_price
    };
    let roles = maker.maker && !taker.maker && maker.instrument == taker.instrument;
    require(crossed && roles, Error::OrderMismatch);
}

/// Reverts unless both orders are signed and have `size` left. Returns what is filled of each.
fn check_orders(session: &Session, orders: [(&Order, &[u8]); 2], size: u128) -> [u128; 2] {
    let domain = Domain::of_this_vault();
    orders.map(|(order, signature)| {
        check(
            order,
            session.ledger.store,
            &domain,
            signature,
            session.now,
            size,
        )
    })
}

fn party<'o>(session: &Session, order: &'o Order, id: InstrumentId, filled: u128) -> Party<'o> {
    let position = session.ledger.position(order.account, id);
    Party {
        order,
        filled,
        bucket: session.ledger.store.account(order.account).bucket,
        position: position.or_revert(),
    }
}

/// How much of a position an order may close; none if it is on the same side.
fn reducible(party: &Party) -> Option<Size> {
    let opposite = (party.position.0 < 0) == (party.order.size > 0) && party.position.0 != 0;
    opposite.then(|| party.position.size())
}

/// What can be filled: `size`, at most what a reduce-only order has left to reduce, of which a deleveraging may have taken
/// some.
fn clamp(parties: &[Party; 2], size: Size) -> Size {
    let mut fill = size;
    for party in parties.iter().filter(|party| party.order.reduce_only) {
        fill = fill.min((reducible(party), Error::ReduceOnly).or_revert());
    }
    fill
}

/// By how much a fill changes the open interest of one side.
fn change_of_open_interest(parties: &[Party; 2], fill: Size) -> i128 {
    let fill = math::signed(fill.0).or_revert();
    let changes = parties.each_ref().map(|party| {
        let old = party.position.0;
        let new = if party.order.size > 0 {
            old.checked_add(fill)
        } else {
            old.checked_sub(fill)
        };
        let new = (new, Error::Overflow).or_revert();
        new.max(0) - old.max(0)
    });
    changes[0] + changes[1]
}

/// Reverts unless the price is within the band around the mark: a share of it, or, of an option, of the underlying's mark times
/// the option's delta.
fn check_price(session: &Session, id: InstrumentId, underlying: InstrumentId, price: Price) {
    let market = session.market(id);
    let band = ratio(session.ledger.store.rates_of(underlying).price_band);
    let within = if is_option(id) {
        let spot = market.underlying.spot;
        within_option_band(price, market.mark, spot, market.delta(), band)
    } else {
        within_band(price, market.mark, band)
    };
    require(within.or_revert(), Error::PriceOutsideBand);
}

/// Reverts unless the guard's tiers and the vault's own state allow a party's side of the trade.
fn check_allowed(session: &Session, id: InstrumentId, party: &Party, fill: Size) {
    if reducible(party).is_some_and(|most| fill <= most) {
        session.allow(action::REDUCE, id);
        return;
    }
    session.allow(action::OPEN, id);
    // An account with a frozen leg may only reduce.
    session.allow_all(action::MARK, party.order.account);
    let impaired = session.is_impaired(session.missing());
    require(!impaired, Error::ReduceOnly);
}

/// The fees of maker and taker.
fn fees(
    session: &Session,
    [id, underlying]: [InstrumentId; 2],
    size: Size,
    price: Price,
) -> [Usd; 2] {
    let store = &*session.ledger.store;
    if is_option(id) {
        let rules = store.option_rules(underlying);
        let spot = session.market(id).underlying.spot;
        return [rules.maker_fee, rules.taker_fee]
            .map(|rate| option_fee(size, spot, price, ratio(rate)).or_revert());
    }
    let rates = store.rates_of(id);
    let notional = size.notional_up(price).or_revert();
    [rates.maker_fee, rates.taker_fee].map(|rate| notional.times_up(ratio(rate)).or_revert())
}

/// Trades in the ledger. Returns the maker and the taker afterwards.
fn trade(
    session: &mut Session,
    [id, underlying]: [InstrumentId; 2],
    [maker, taker]: [&Order; 2],
    size: Size,
    price: Price,
) -> [Traded; 2] {
    let [maker_fee, taker_fee] = fees(session, [id, underlying], size, price);
    let maker_pays = (maker.account, maker_fee);
    let taker_pays = (taker.account, taker_fee);
    let maker_buys = maker.size > 0;
    let [(buyer, buyer_fee), (seller, seller_fee)] = if maker_buys {
        [maker_pays, taker_pays]
    } else {
        [taker_pays, maker_pays]
    };
    let [bought, sold] = session
        .ledger
        .trade(&Trade::<B256> {
            buyer,
            seller,
            instrument: id,
            size,
            price,
            buyer_fee,
            seller_fee,
            fees: fee_account(),
        })
        .or_revert();
    if maker_buys {
        [bought, sold]
    } else {
        [sold, bought]
    }
}

/// Reverts unless a party meets initial margin with what has matured, or the trade reduced its risk. Moves its clock. Who
/// found a debt is forgotten: nobody is in debt after a trade.
fn check_margin(session: &mut Session, party: &Party, traded: &Traded) {
    let (id, after) = (party.order.account, &traded.valued);
    session.observe(id, &after.health);
    let usable = after.mature_equity(session.now).or_revert();
    let enough = usable >= session.initial(&after.positions);
    require(
        enough || session.ledger.reduced_risk(traded).or_revert(),
        Error::InsufficientMargin,
    );
    if party.bucket == DEBT {
        session.ledger.store.set_revealed(id, None);
    }
}

/// Counts a fill of a party's order.
fn mark_filled(store: &mut Storage, party: &Party, fill: Size) {
    let order = party.order;
    // At most the order's size: its check has left room for the fill.
    let filled = party.filled + fill.0;
    let filled = if filled == order.size.unsigned_abs() {
        Filled::Done
    } else {
        Filled::Size(filled)
    };
    store.set_filled(order.account, order.nonce, filled);
}

fn emit_settled(maker: &Order, taker: &Order, fill: Size, price: Price) -> Bytes {
    let signed = math::signed(fill.0).or_revert();
    let signed = if taker.size > 0 { signed } else { -signed };
    let words = [
        word(maker.account),
        word(taker.account),
        Word::of(maker.instrument.into()),
        Word::of_signed(signed),
        Word::of(price.0),
    ];
    emit(topic!(IMarginVault::Settled), 3, &words);
    &[]
}
