//! What comes from the pool, and what instruments pay into insurance and draw from it, which their cover follows. Options pay
//! and draw for the perpetual on their underlying.

use crate::calls;
use crate::storage::{Field, InstrumentField, PoolAssets, Storage};
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
        let id = ledger.store.underlying_of(id);
        let (volume, flow) = ledger.store.flow(id);
        let flow = flow.with_paid(amount, ledger.now);
        ledger.store.set_flow(id, &volume, &flow);
    }
}

/// Counts what insurance pays for an instrument.
pub fn draw_for(ledger: &mut Ledger<Storage>, id: InstrumentId, amount: Usd) {
    if amount > Usd::ZERO {
        let id = ledger.store.underlying_of(id);
        let (volume, flow) = ledger.store.flow(id);
        let flow = flow.with_drawn(amount, ledger.now);
        ledger.store.set_flow(id, &volume, &flow);
    }
}

/// Draws at most `units` of the token's smallest units from the pool. Returns what it has paid.
pub fn draw(store: &mut Storage, units: u128) -> u128 {
    let (pool, token) = (store.address(Field::Pool), store.address(Field::QuoteToken));
    let paid = calls::cover(pool, token, units);
    let known = store.pool_assets();
    store.set_pool_assets(&PoolAssets {
        units: known.units.saturating_sub(paid),
        ..known
    });
    paid
}

/// What insurance still pays for an instrument, by the pool's `assets`.
pub fn cover(ledger: &Ledger<Storage>, id: InstrumentId, assets: Usd) -> Result<Usd> {
    let id = ledger.store.underlying_of(id);
    let limits = ledger.store.instrument_field(id, InstrumentField::Limits);
    let allowance = Usd(math::signed(limits.low)?);
    let (_, flow) = ledger.store.flow(id);
    flow.cover(allowance, assets, ledger.now)
}
