//! Settlement of signed trades.

use alloy_sol_types::SolEvent;
use risk::{
    Health, InstrumentId, Position, Price, Side, Size, Store, math, reduced_risk, within_band,
};

use crate::orders::Order;
use margin_vault::abi::{Bytes, IMarginVault};
use margin_vault::error::{Error, OrRevert, require, revert};
use margin_vault::parameters::ratio;
use margin_vault::session::{Session, action, emit, word};
use margin_vault::storage::{InstrumentField, Storage};
use margin_vault::word::Word;

/// The vault is impaired while what is missing exceeds one part in this many of its tokens.
const IMPAIRED: i128 = 1_000;

/// One side of a trade, as it was before.
struct Party<'o> {
    order: &'o Order<'o>,
    filled: u128,
    health: Health,
    position: Position,
}

/// Fills `size` of two signed orders at the maker's limit.
pub fn settle(store: &mut Storage, orders: [(&Order, &[u8]); 2], size: u128) -> Bytes {
    let [(maker, _), (taker, _)] = orders;
    check_match(maker, taker);
    require(size > 0, Error::InvalidAmount);
    let id = store.listing(maker.instrument);

    let mut session = Session::open(store);
    let filled = orders.map(|(order, signature)| {
        session.want_legs(order.account);
        order.check(session.ledger.store, signature, session.now, size)
    });
    session.want(id);
    session.read_prices();
    session.touch(maker.account, true);
    session.touch(taker.account, true);
    let parties = [
        party(&mut session, maker, id, filled[0]),
        party(&mut session, taker, id, filled[1]),
    ];

    let mut fill = Size(size);
    for party in parties.iter().filter(|party| party.order.reduce_only) {
        fill = fill.min((reducible(party), Error::ReduceOnly).or_revert());
    }
    let price = Price(maker.limit_price);
    check_price(&session, id, price);
    for party in &parties {
        check_allowed(&session, id, party, fill);
    }
    let (buyer, seller) = if maker.size > 0 {
        (maker, taker)
    } else {
        (taker, maker)
    };
    let before = session.ledger.store.side(id, Side::Long).open_interest;
    session
        .ledger
        .trade(buyer.account, seller.account, id, fill, price)
        .or_revert();
    let after = session.ledger.store.side(id, Side::Long).open_interest;
    let limit = session
        .ledger
        .store
        .instrument_field(id, InstrumentField::Limits)
        .high;
    require(
        after <= before || after.0 <= limit,
        Error::OpenInterestLimit,
    );
    for party in &parties {
        check_margin(&mut session, party);
        session.ledger.store.set_filled(
            party.order.account,
            party.order.nonce,
            party.filled + fill.0,
        );
    }
    session.finish();

    let signed = math::signed(fill.0).or_revert();
    let signed = if taker.size > 0 { signed } else { -signed };
    let words = [
        word(maker.account),
        word(taker.account),
        Word::of(maker.instrument.into()),
        Word::of_signed(signed),
        Word::of(price.0),
    ];
    emit(&IMarginVault::Settled::SIGNATURE_HASH, 3, &words);
    &[]
}

/// Reverts unless a maker's and a taker's order can trade at the maker's limit.
fn check_match(maker: &Order, taker: &Order) {
    require(
        maker.account != taker.account,
        Error::Ledger(risk::Error::SameAccount),
    );
    let crossed = if taker.size > 0 {
        maker.size < 0 && maker.limit_price <= taker.limit_price
    } else {
        maker.size > 0 && taker.size < 0 && maker.limit_price >= taker.limit_price
    };
    let roles = maker.maker && !taker.maker && maker.instrument == taker.instrument;
    require(crossed && roles, Error::OrderMismatch);
}

fn party<'o>(session: &mut Session, order: &'o Order, id: InstrumentId, filled: u128) -> Party<'o> {
    let health = session.observe(order.account);
    let position = session.positions(order.account).get(id);
    Party {
        order,
        filled,
        health,
        position,
    }
}

/// How much of a position an order may close; none if it is on the same side.
fn reducible(party: &Party) -> Option<Size> {
    let opposite = (party.position.0 < 0) == (party.order.size > 0) && party.position.0 != 0;
    opposite.then(|| party.position.size())
}

/// Reverts unless the price is within the instrument's band around the mark.
fn check_price(session: &Session, id: InstrumentId, price: Price) {
    let mark = session.ledger.store.instrument(id).mark;
    let band = ratio(session.ledger.store.rates_of(id).price_band);
    require(
        within_band(price, mark, band).or_revert(),
        Error::PriceOutsideBand,
    );
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
    let impaired = session.missing().0 > session.ledger.totals.tokens.0 / IMPAIRED;
    require(!impaired, Error::ReduceOnly);
}

/// Reverts unless a party meets initial margin, or the trade reduced its risk.
fn check_margin(session: &mut Session, party: &Party) {
    let health = session.observe(party.order.account);
    if health.equity < session.initial(party.order.account) && !reduced_risk(&party.health, &health)
    {
        revert(Error::InsufficientMargin);
    }
}
