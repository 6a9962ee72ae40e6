//! Perpetuals: a band and fees by the mark, and funding by the premium of trades.

use margin_vault::error::OrRevert;
use margin_vault::event::emit;
use margin_vault::interfaces::IMarginVault;
use margin_vault::options::is_option;
use margin_vault::parameters::ratio;
use margin_vault::session::Session;
use margin_vault::topic;
use margin_vault::trading::{Fill, Product};
use margin_vault::word::Word;
use risk::rules::funding;
use risk::rules::trading::within_band;
use risk::{InstrumentId, Price, Result, Size, Usd, Volume};

/// What the program trades.
pub struct Perpetuals;

impl Product for Perpetuals {
    fn includes(id: InstrumentId) -> bool {
        !is_option(id)
    }

    fn is_within_band(
        session: &Session,
        id: InstrumentId,
        _: InstrumentId,
        price: Price,
    ) -> Result<bool> {
        let band = ratio(session.ledger.store.rates_of(id).price_band);
        within_band(price, session.valuation(id).mark, band)
    }

    fn fees(
        session: &Session,
        id: InstrumentId,
        _: InstrumentId,
        (size, price): (Size, Price),
    ) -> Result<[Usd; 2]> {
        let rates = session.ledger.store.rates_of(id);
        let notional = size.notional_up(price)?;
        Ok([
            notional.times_up(ratio(rates.maker_fee))?,
            notional.times_up(ratio(rates.taker_fee))?,
        ])
    }

    fn only_reduces_risk(_: &Session, _: InstrumentId) -> bool {
        false
    }

    fn count(_: &mut Session, _: &Fill) {}

    fn observe(session: &mut Session, fill: &Fill, fees: Usd) -> Volume {
        let store = &mut *session.ledger.store;
        let (mark, before) = store.price_of(fill.id);
        let (volume, _) = store.flow(fill.id);
        let [old, new] = fill.open_interest;
        let trade = funding::Trade {
            price: fill.price,
            mark,
            notional: fill.size.notional_up(mark.price()).or_revert(),
            fees,
            // The larger of both, so that closing weighs no more than opening did.
            open_interest: old.max(new).notional_up(mark.price()).or_revert(),
        };
        let (after, volume) = before.traded(volume, &trade, session.now);
        if after != before {
            store.set_price_of(fill.id, mark, &after);
            let words = [
                Word::of(store.rates_of(fill.id).number.into()),
                Word::of_signed(after.paid.0),
                Word::of_signed(after.wad_rate()),
            ];
            emit(topic!(IMarginVault::FundingAccrued), 1, &words);
        }
        volume
    }
}
