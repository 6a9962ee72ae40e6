//! Settlement of signed trades.

use alloc::vec::Vec;

use alloy_primitives::B256;
use risk::{Health, InstrumentId, Position, Price, Ratio, Side, Size, Store, Usd, math, reduced_risk, within_band};
use stylus_sdk::host::WasmVM;
use stylus_sdk::stylus_core::BlockAccess;

use crate::abi::IMarginVault;
use crate::error::{Error, Result};
use crate::orders::Order;
use crate::session::{Session, action, emit, word};
use crate::storage::{InstrumentField, Storage};
use crate::word::Word;

/// The vault is impaired while what is missing exceeds one part in this many of its tokens.
const IMPAIRED: i128 = 1_000;

/// One side of a trade, as it was before.
struct Party {
    account: B256,
    gain: Usd,
    health: Health,
    position: Position,
}

/// Fills `size` of two signed orders at the maker's limit.
pub fn settle(
    store: &mut Storage,
    (maker, maker_signature): (&Order, &[u8]),
    (taker, taker_signature): (&Order, &[u8]),
    size: u128,
) -> Result<Vec<u8>> {
    check_match(maker, taker)?;
    if size == 0 {
        return Err(Error::InvalidAmount);
    }
    let id = store.listed(maker.instrument).ok_or(Error::UnknownInstrument(maker.instrument))?;
    let now = WasmVM::default().block_timestamp();
    let maker_filled = maker.check(store, maker_signature, now, size)?;
    let taker_filled = taker.check(store, taker_signature, now, size)?;

    let mut session = Session::with_prices(store, &[maker.account, taker.account], Some(id))?;
    let maker_gain = session.touch(maker.account, true)?.gain;
    let taker_gain = session.touch(taker.account, true)?.gain;
    let parties = [
        party(&mut session, maker.account, id, maker_gain)?,
        party(&mut session, taker.account, id, taker_gain)?,
    ];
    let mut fill = Size(size);
    for (order, party) in [maker, taker].into_iter().zip(&parties) {
        if order.reduce_only {
            fill = fill.min(reducible(order, party.position)?);
        }
    }

    let price = Price(maker.limit_price);
    check_fill(&session, id, price)?;
    for (order, party) in [maker, taker].into_iter().zip(&parties) {
        check_allowed(&session, id, order, party, fill)?;
    }
    let before = session.ledger.store.side(id, Side::Long).open_interest;
    let (buyer, seller) = if maker.size > 0 { (maker, taker) } else { (taker, maker) };
    session.ledger.trade(buyer.account, seller.account, id, fill, price)?;
    let after = session.ledger.store.side(id, Side::Long).open_interest;
    if after > before && after.0 > session.ledger.store.instrument_field(id, InstrumentField::Limit).high {
        return Err(Error::OpenInterestLimit);
    }
    for party in &parties {
        check_margin(&mut session, party)?;
        session.emit_touched(party.account, party.gain);
    }
    session.ledger.store.set_filled(maker.account, maker.nonce, maker_filled + fill.0);
    session.ledger.store.set_filled(taker.account, taker.nonce, taker_filled + fill.0);
    session.finish()?;

    let signed = math::signed(fill.0)?;
    let signed = if taker.size > 0 { signed } else { -signed };
    let indexed = [word(maker.account), word(taker.account), Word::of(maker.instrument.into())];
    emit::<IMarginVault::Settled>(&indexed, &[Word::of_signed(signed), Word::of(price.0)]);
    Ok(Vec::new())
}

/// Fails unless a maker's and a taker's order can trade at the maker's limit.
fn check_match(maker: &Order, taker: &Order) -> Result<()> {
    if maker.account == taker.account {
        return Err(Error::SameAccount);
    }
    let crossed = match (maker.size.signum(), taker.size.signum()) {
        (-1, 1) => maker.limit_price <= taker.limit_price,
        (1, -1) => maker.limit_price >= taker.limit_price,
        _ => false,
    };
    if crossed && maker.maker && !taker.maker && maker.instrument == taker.instrument {
        Ok(())
    } else {
        Err(Error::OrderMismatch)
    }
}

fn party(session: &mut Session, account: B256, id: InstrumentId, gain: Usd) -> Result<Party> {
    let health = session.observe(account)?;
    let position = session.ledger.positions(account)?.get(id);
    Ok(Party { account, gain, health, position })
}

/// How much of a position a reduce-only order may close.
fn reducible(order: &Order, position: Position) -> Result<Size> {
    if position.0.signum() == -order.size.signum() { Ok(position.size()) } else { Err(Error::ReduceOnly) }
}

/// Fails unless the price is within the instrument's band around the mark.
fn check_fill(session: &Session, id: InstrumentId, price: Price) -> Result<()> {
    let mark = session.ledger.store.instrument(id).mark;
    let band = session.ledger.store.instrument_field(id, InstrumentField::Rates).low >> 64;
    if within_band(price, mark, Ratio(band))? { Ok(()) } else { Err(Error::PriceOutsideBand) }
}

/// Fails unless the guard's tiers and the vault's own state allow a party's side of the trade.
fn check_allowed(session: &Session, id: InstrumentId, order: &Order, party: &Party, fill: Size) -> Result<()> {
    let reduces = reducible(order, party.position).is_ok_and(|most| fill <= most);
    if reduces {
        return session.allow(action::REDUCE, &[id]);
    }
    session.allow(action::OPEN, &[id])?;
    // An account with a frozen leg may only reduce.
    session.allow(action::MARK, session.ledger.store.account(party.account).legs.as_slice())?;
    let missing = session.ledger.totals.missing(session.ledger.insurance)?;
    let impaired = missing.0.checked_mul(IMPAIRED).ok_or(Error::Overflow)? > session.ledger.totals.tokens.0;
    if impaired { Err(Error::ReduceOnly) } else { Ok(()) }
}

/// Fails unless a party meets initial margin, or the trade reduced its risk.
fn check_margin(session: &mut Session, party: &Party) -> Result<()> {
    let health = session.observe(party.account)?;
    if session.meets_initial(party.account, &health)? || reduced_risk(&party.health, &health) {
        Ok(())
    } else {
        Err(Error::InsufficientMargin(party.account))
    }
}
