//! Options: a band by their delta, fees by the notional of the underlying, and limits of vega and gamma.

use margin_vault::error::{Error, require};
use margin_vault::exposures;
use margin_vault::options::is_option;
use margin_vault::parameters::ratio;
use margin_vault::session::Session;
use margin_vault::trading::{Fill, Product};
use risk::rules::trading::{option_fee, within_option_band};
use risk::{InstrumentId, Price, Result, Size, Usd, Volume};

/// What the program trades.
pub struct Options;

impl Product for Options {
    fn includes(id: InstrumentId) -> bool {
        is_option(id)
    }

    /// The band is the perpetual's share of the underlying's mark, times the option's delta.
    fn is_within_band(
        session: &Session,
        id: InstrumentId,
        underlying: InstrumentId,
        price: Price,
    ) -> Result<bool> {
        let valuation = session.valuation(id);
        let band = ratio(session.ledger.store.rates_of(underlying).price_band);
        let spot = valuation.underlying.spot;
        within_option_band(price, valuation.mark, spot, valuation.delta(), band)
    }

    fn fees(
        session: &Session,
        id: InstrumentId,
        underlying: InstrumentId,
        (size, price): (Size, Price),
    ) -> Result<[Usd; 2]> {
        let rules = session.ledger.store.option_rules(underlying);
        let spot = session.valuation(id).underlying.spot;
        Ok([
            option_fee(size, spot, price, ratio(rules.maker_fee))?,
            option_fee(size, spot, price, ratio(rules.taker_fee))?,
        ])
    }

    /// While the guardian distrusts its volatility.
    fn only_reduces_risk(session: &Session, id: InstrumentId) -> bool {
        session.valuation(id).is_distrusted()
    }

    /// Reverts unless what all series add up to is within the limits of their vega and gamma, and all of the option was counted, where
    /// the fill raised its open interest.
    fn count(session: &mut Session, fill: &Fill) {
        let total = exposures::count(session.ledger.store, fill.id);
        exposures::mark_traded(session.ledger.store, fill.id, session.now);
        // Who leaves is never stopped by a limit, however far beyond it prices have carried the sum.
        if !fill.raises_open_interest() {
            return;
        }
        let store = &*session.ledger.store;
        let counted = store.counted(fill.id).exposure;
        // Beyond what is counted of one series no limit would see it grow.
        require(!counted.is_cut_short(), Error::OpenInterestLimit);
        let limits = store.option_limits(fill.underlying);
        require(
            total.gamma <= limits.gamma && total.vega <= limits.vega,
            Error::ExposureLimit,
        );
    }

    fn observe(session: &mut Session, fill: &Fill, _: Usd) -> Volume {
        session.ledger.store.flow(fill.underlying).0
    }
}
