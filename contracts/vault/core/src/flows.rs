//! What comes from the pool, and what instruments pay into insurance, which their cover follows. Options pay for the perpetual on
//! their underlying. What insurance pays for an instrument is the ledger's to say: see [`risk::Cover`].

use crate::calls;
use crate::session::{OutflowKept, Session};
use crate::storage::{Field, Storage};
use risk::{InstrumentId, Ledger, Positions, Result, Store, Usd, math};

/// Counts a payment into insurance for the instrument with the largest weight among some positions: one slot
/// whatever their number. What it adds to all covers together is the same as if each instrument had its part.
pub fn pay_in(ledger: &mut Ledger<Storage>, positions: &Positions, amount: Usd) -> Result<()> {
    let mut largest = (Usd::ZERO, None);
    for (id, position) in positions.iter() {
        let weight = ledger.store.weight(id, position)?;
        if weight > largest.0 {
            largest = (weight, Some(id));
        }
    }
    if let Some(id) = largest.1 {
        pay_in_for(ledger, id, amount);
    }
    Ok(())
}

/// Counts a payment into insurance for one instrument.
pub fn pay_in_for(ledger: &mut Ledger<Storage>, id: InstrumentId, amount: Usd) {
    if amount > Usd::ZERO {
        // Options share their perpetual's cover: what they pay in raises the one that pays for them.
        let id = ledger.store.underlying_of(id);
        let (volume, flow) = ledger.store.flow(id);
        let flow = flow.with_paid(amount, ledger.now);
        ledger.store.set_flow(id, &volume, &flow);
    }
}

/// Draws at most `amount` from the pool, in whole units of the token. Returns what it has paid.
pub fn draw(session: &mut Session, _: OutflowKept, amount: Usd) -> Result<Usd> {
    let store = &*session.ledger.store;
    let (pool, token) = (store.address(Field::Pool), store.address(Field::QuoteToken));
    let units = math::unsigned(amount.0)? / session.unit();
    Ok(session.amount(calls::cover(pool, token, units)))
}

/// What insurance still pays for a perpetual and the options on its underlying, debts and rewards together, if covers are measured
/// by `measured`: what open interest is limited by.
pub fn cover_left(store: &Storage, id: InstrumentId, measured: Usd, now: u64) -> Result<Usd> {
    let size = store.cover_size(id, measured, now)?;
    if store.flow(id).1.drew {
        store.cover(id).at(size, now)?.left()
    } else {
        Ok(size)
    }
}
