//! What a trade does to its instrument: open interest within its limits, the premium that funding observes, and what is
//! paid into insurance.

use alloy_sol_types::SolEvent;
use margin_vault::abi::IMarginVault;
use margin_vault::error::{Error, OrRevert, require};
use margin_vault::parameters::ratio;
use margin_vault::session::{Session, emit};
use margin_vault::storage::InstrumentField;
use margin_vault::word::Word;
use risk::{InstrumentId, Price, Size, Traded, Usd, cover, funding, math};

/// Reverts unless governance's limit and the instrument's cover allow an open interest that a trade has raised.
pub fn check_open_interest(session: &mut Session, id: InstrumentId, open_interest: Size) {
    let limits = session
        .ledger
        .store
        .instrument_field(id, InstrumentField::Limits);
    require(open_interest.0 <= limits.high, Error::OpenInterestLimit);
    let assets = session.pool_assets();
    let store = &*session.ledger.store;
    let rates = store.rates_of(id);
    let allowance = Usd(math::signed(limits.low).or_revert());
    let (_, flow) = store.flow(id);
    let cover = flow.cover(allowance, assets, session.now).or_revert();
    let (mark, _) = store.price_of(id);
    let exposure = cover::exposure(
        open_interest,
        mark,
        ratio(rates.shock),
        ratio(rates.maintenance),
    )
    .or_revert();
    require(exposure <= cover, Error::CoverExceeded);
}

/// Lets funding observe a trade's premium, and counts what its fees pay into insurance. `open_interest` is the larger of
/// before and after.
pub fn observe(
    session: &mut Session,
    id: InstrumentId,
    fill: Size,
    price: Price,
    open_interest: Size,
    traded: &[Traded; 2],
) {
    let now = session.now;
    let store = &mut *session.ledger.store;
    let (mark, before) = store.price_of(id);
    let (volume, flow) = store.flow(id);
    let fees = traded[0].fee.plus(traded[1].fee).or_revert();
    let trade = funding::Trade {
        price,
        mark,
        notional: fill.notional_up(mark).or_revert(),
        fees,
        open_interest: open_interest.notional_up(mark).or_revert(),
    };
    let (after, volume) = before.traded(volume, &trade, now);
    let share = ratio(store.pool_assets().fee_share);
    let flow = flow.with_paid(fees.times_down(share).or_revert(), now);
    store.set_flow(id, &volume, &flow);
    if after != before {
        store.set_price_of(id, mark, &after);
        let words = [
            Word::of(store.rates_of(id).number.into()),
            Word::of_signed(after.paid.0),
            Word::of_signed(after.wad_rate()),
        ];
        emit(&IMarginVault::FundingAccrued::SIGNATURE_HASH, 1, &words);
    }
}
