//! What instruments pay into insurance and draw from it, which their cover follows.

use crate::storage::{InstrumentField, Storage};
use risk::{InstrumentId, Ledger, Positions, Result, Usd, math};

/// Counts a payment into insurance for the instruments of some positions, in proportion to their maintenance margins.
pub fn pay_in(ledger: &mut Ledger<Storage>, positions: &Positions, amount: Usd) -> Result<()> {
    let all = math::unsigned(ledger.maintenance(positions)?.0)?;
    if all == 0 || amount == Usd::ZERO {
        return Ok(());
    }
    let amount = math::unsigned(amount.0)?;
    for (id, position) in positions.iter() {
        let margin = math::unsigned(ledger.margin(id, position)?.0)?;
        let part = math::signed(math::mul_div_down(amount, margin, all)?)?;
        pay_in_for(ledger, id, Usd(part));
    }
    Ok(())
}

/// Counts a payment into insurance for one instrument.
pub fn pay_in_for(ledger: &mut Ledger<Storage>, id: InstrumentId, amount: Usd) {
    if amount > Usd::ZERO {
        let (volume, flow) = ledger.store.flow(id);
        let flow = flow.with_paid(amount, ledger.now);
        ledger.store.set_flow(id, &volume, &flow);
    }
}

/// Counts what insurance pays for an instrument.
pub fn draw_for(ledger: &mut Ledger<Storage>, id: InstrumentId, amount: Usd) {
    if amount > Usd::ZERO {
        let (volume, flow) = ledger.store.flow(id);
        let flow = flow.with_drawn(amount, ledger.now);
        ledger.store.set_flow(id, &volume, &flow);
    }
}

/// What insurance still pays for an instrument, by the pool's `assets`.
pub fn cover(ledger: &Ledger<Storage>, id: InstrumentId, assets: Usd) -> Result<Usd> {
    let limits = ledger.store.instrument_field(id, InstrumentField::Limits);
    let allowance = Usd(math::signed(limits.low)?);
    let (_, flow) = ledger.store.flow(id);
    flow.cover(allowance, assets, ledger.now)
}
