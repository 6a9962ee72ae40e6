//! What the options on an underlying add up to, and how concentrated its open interest is.

use risk::rules::listing::{Exposure, concentration};
use risk::{InstrumentId, Side, Size, Store};

use crate::error::OrRevert;
use crate::options::Counted;
use crate::parameters::InstrumentRates;
use crate::storage::{InstrumentField, Storage};

/// Counts an option at what the guard said of it in this operation. Returns what all series of its underlying add up to.
pub fn count(store: &mut Storage, id: InstrumentId) -> Exposure {
    let valuation = *store.valuations.get(id);
    let open_interest = store.side(id, Side::Long).open_interest;
    let new = Exposure::of(
        open_interest,
        valuation.underlying.spot,
        valuation.vega(),
        valuation.gamma(),
    );
    recount(store, id, new)
}

/// Counts an option as `new`, in the place of what it was counted for. Returns what all series of its underlying add up to.
pub fn recount(store: &mut Storage, id: InstrumentId, new: Exposure) -> Exposure {
    let underlying = store.series(id).underlying;
    let old = store.counted(id).exposure;
    let mut total = store.counted(underlying);
    total.exposure = total.exposure.replaced(old, new);
    store.set_counted(underlying, &total);
    let counted = Counted {
        exposure: new,
        ..store.counted(id)
    };
    store.set_counted(id, &counted);
    total.exposure
}

/// Keeps that a series was traded, or listed, at unix time `now`.
pub fn mark_traded(store: &mut Storage, id: InstrumentId, now: u64) {
    let counted = Counted {
        traded: u32::try_from(now).unwrap_or(u32::MAX),
        ..store.counted(id)
    };
    store.set_counted(id, &counted);
}

/// Open interest of one side of an underlying: of its perpetual, and of all its options as they were last counted.
#[must_use]
pub fn open_interest(store: &Storage, underlying: InstrumentId) -> Size {
    let perpetual = store.side(underlying, Side::Long).open_interest;
    if !store.rates_of(underlying).has_options() {
        return perpetual;
    }
    let options = store.counted(underlying).exposure.size();
    perpetual.plus(options).or_revert()
}

/// Keeps by how much initial margin grows at an open interest of the underlying.
pub fn concentrate(store: &mut Storage, underlying: InstrumentId, open_interest: Size) {
    let limits = store.instrument_field(underlying, InstrumentField::Limits);
    let step = concentration(open_interest, Size(limits.high));
    let rates = store.rates_of(underlying);
    if step != rates.step() {
        let rates = InstrumentRates {
            beside: InstrumentRates::beside(step, rates.has_options()),
            ..rates
        };
        store.set_instrument_field(underlying, InstrumentField::Rates, rates.word());
    }
}
