//! Settlement of signed trades.
//!
//! A trade writes the two legs that it changes and leaves the others unsettled where that changes nothing, see
//! [`risk::Ledger::trade`]; health and margins count their gains all the same.

use crate::abi::{Bytes, encode, usd};
use crate::error::{Error, OrRevert, require};
use crate::nonces::Filled;
use crate::orders::{Domain, Order};
use crate::session::{Session, action, fee_account};
use crate::storage::Storage;
use crate::word::Word;
use alloy_primitives::B256;
use risk::{DEBT, InstrumentId, Position, Price, Size, Store, Trade, Traded, math};

use super::Product;
use super::market::{self, Fill, Ranged};
use super::orders::check;

/// One side of a trade, as it was before.
struct Party<'o> {
    order: &'o Order<'o>,
    filled: u128,
    bucket: u8,
    position: Position,
}

/// Fills `size` of two signed orders at the maker's limit, or what a reduce-only order has left to reduce. Answers what was filled, and
/// the maker's and the taker's fee: all that the dispatcher does not have in the orders to tell of the trade (`Settled`).
pub fn settle<P: Product>(store: &mut Storage, orders: [(&Order, &[u8]); 2], size: u128) -> Bytes {
    let [maker, taker] = [orders[0].0, orders[1].0];
    check_match(maker, taker);
    require(size > 0, Error::InvalidAmount);
    let id = store.listing(maker.instrument);
    require(P::includes(id), Error::UnknownInstrument);
    let underlying = store.underlying_of(id);
    let mut session = Session::open(store);
    // Before anything changes: a signature may be a question to a contract.
    let filled = check_orders(&session, orders, size);
    let parties = [(maker, filled[0]), (taker, filled[1])]
        .map(|(order, filled)| party(&session, order, id, filled));
    // Clamped to what a cut has left, or a reduce-only order would open the other side.
    let size = clamp(&parties, Size(size));
    let change = change_of_open_interest(&parties, size);
    let concentrated = market::concentrate(&mut session, underlying, change);
    session.want(id);
    session.want_legs(maker.account);
    session.want_legs(taker.account);
    let ranged = concentrated.read_prices(&mut session);

    // The maker's limit: whoever submits chooses no price.
    let price = Price(maker.limit_price);
    let within = P::is_within_band(&session, id, underlying, price);
    require(within.or_revert(), Error::PriceOutsideBand);
    for party in &parties {
        check_allowed(&session, id, party, size);
    }
    let before = market::open_interest(&session, id);
    let traded = trade::<P>(
        &mut session,
        ranged,
        [id, underlying],
        [maker, taker],
        size,
        price,
    );
    let fill = Fill {
        id,
        underlying,
        size,
        price,
        open_interest: [before, market::open_interest(&session, id)],
        traded: &traded,
    };
    // Limits are of what the trade leaves, so that they are looked at after it; the revert undoes it all.
    market::observe::<P>(&mut session, &fill);
    for (party, traded) in parties.iter().zip(&traded) {
        check_margin::<P>(&mut session, id, party, traded);
        mark_filled(session.ledger.store, party, size);
    }
    session.finish_in_place();
    let [maker_fee, taker_fee] = traded.map(|traded| usd(traded.fee));
    encode(&[Word::of(size.0), maker_fee, taker_fee])
}

/// Reverts unless a maker's and a taker's order can trade at the maker's limit.
fn check_match(maker: &Order, taker: &Order) {
    require(maker.account != taker.account, Error::SameAccount);
    let crossed = if taker.size > 0 {
        maker.size < 0 && maker.limit_price <= taker.limit_price
    } else {
        maker.size > 0 && taker.size < 0 && maker.limit_price >= taker.limit_price
    };
    // Both have signed their role: nobody has a maker's order take, at the taker's fee.
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

/// Reverts unless the guard's tiers and the vault's own state allow a party's side of the trade.
fn check_allowed(session: &Session, id: InstrumentId, party: &Party, fill: Size) {
    if reducible(party).is_some_and(|most| fill <= most) {
        session.allow(action::REDUCE, id);
        return;
    }
    session.allow(action::OPEN, id);
    // What may not be withdrawn beside a leg whose mark nobody is sure of is not lost to a partner either.
    session.allow_all(action::WITHDRAW, party.order.account);
    require(!session.is_seen_impaired(), Error::ReduceOnly);
}

/// Trades in the ledger. Returns the maker and the taker afterwards.
fn trade<P: Product>(
    session: &mut Session,
    _: Ranged,
    [id, underlying]: [InstrumentId; 2],
    [maker, taker]: [&Order; 2],
    size: Size,
    price: Price,
) -> [Traded; 2] {
    let fees = P::fees(session, id, underlying, (size, price));
    let [maker_fee, taker_fee] = fees.or_revert();
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

/// Reverts unless a party meets initial margin with what has matured, or the trade reduced its risk; where nothing else is allowed,
/// unless it did. Moves its clock. Who found a debt is forgotten: nobody is in debt after a trade.
fn check_margin<P: Product>(
    session: &mut Session,
    instrument: InstrumentId,
    party: &Party,
    traded: &Traded,
) {
    let (id, after) = (party.order.account, &traded.valued);
    session.observe(id, &after.health);
    // Profit that has not matured may keep a position, and opens none.
    let usable = after.mature_equity(session.now).or_revert();
    let limited = P::only_reduces_risk(session, instrument);
    let enough = !limited && usable >= session.initial(&after.positions);
    require(
        enough || session.ledger.reduced_risk(traded).or_revert(),
        if limited {
            Error::ActionBlocked
        } else {
            Error::InsufficientMargin
        },
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
