//! What a trade does to its market: open interest, vega and gamma within their limits, the premium that funding observes, and
//! what is paid into insurance. Options share all of it with the perpetual on their underlying, but for the premium.

use margin_vault::error::{Error, OrRevert, require};
use margin_vault::event::emit;
use margin_vault::exposures;
use margin_vault::interfaces::IMarginVault;
use margin_vault::options::is_option;
use margin_vault::parameters::ratio;
use margin_vault::session::Session;
use margin_vault::storage::InstrumentField;
use margin_vault::topic;
use margin_vault::word::Word;
use risk::listing::Exposure;
use risk::{InstrumentId, Price, Side, Size, Store, Traded, Usd, Volume, cover, funding, math};

/// A trade that was made.
pub struct Fill<'t> {
    pub id: InstrumentId,
    /// The perpetual on its underlying.
    pub underlying: InstrumentId,
    pub size: Size,
    pub price: Price,
    /// Open interest of one side, before and after.
    pub open_interest: [Size; 2],
    pub traded: &'t [Traded; 2],
}

/// Keeps by how much initial margin grows at the open interest that a trade will leave, before margins are computed. A trade that
/// cannot change it writes nothing.
pub fn concentrate(session: &mut Session, underlying: InstrumentId, change: i128) {
    let store = &mut *session.ledger.store;
    if change > 0 || change < 0 && store.rates_of(underlying).step() > 0 {
        let before = math::signed(exposures::open_interest(store, underlying).0).or_revert();
        let after = (before.checked_add(change), Error::Overflow).or_revert();
        exposures::concentrate(store, underlying, Size(after.max(0).unsigned_abs()));
    }
}

/// Follows a trade up. Reverts if it raised open interest beyond a limit.
pub fn observe(session: &mut Session, fill: &Fill) {
    let [before, after] = fill.open_interest;
    if is_option(fill.id) {
        let total = exposures::count(session.ledger.store, fill.id);
        exposures::mark_traded(session.ledger.store, fill.id, session.now);
        if after > before {
            check_exposure(session, fill, total);
        }
    }
    if after > before {
        check_open_interest(session, fill.underlying);
    }
    let fees = fill.traded[0].fee.plus(fill.traded[1].fee).or_revert();
    let volume = if is_option(fill.id) {
        session.ledger.store.flow(fill.underlying).0
    } else {
        observe_premium(session, fill, fees)
    };
    let store = &mut *session.ledger.store;
    let share = ratio(store.pool_assets().fee_share);
    let (_, flow) = store.flow(fill.underlying);
    let flow = flow.with_paid(fees.times_down(share).or_revert(), session.now);
    store.set_flow(fill.underlying, &volume, &flow);
}

/// Reverts unless what all series add up to is within the limits of their vega and gamma, and all of the option was counted.
fn check_exposure(session: &Session, fill: &Fill, total: Exposure) {
    let store = &*session.ledger.store;
    let counted = store.counted(fill.id).exposure;
    require(!counted.is_cut_short(), Error::OpenInterestLimit);
    let limits = store.option_limits(fill.underlying);
    require(
        total.vega <= limits.vega && total.gamma <= limits.gamma,
        Error::ExposureLimit,
    );
}

/// Reverts unless governance's limit and the cover allow the open interest of an underlying, its perpetual and options together.
fn check_open_interest(session: &mut Session, underlying: InstrumentId) {
    let assets = session.pool_assets();
    let store = &*session.ledger.store;
    let open_interest = exposures::open_interest(store, underlying);
    let limits = store.instrument_field(underlying, InstrumentField::Limits);
    require(open_interest.0 <= limits.high, Error::OpenInterestLimit);
    let (mark, _) = store.price_of(underlying);
    let notional = open_interest.notional_up(mark);
    notional
        .and_then(|notional| notional.within(Usd::MAX_TRADED))
        .or_revert();
    let rates = store.rates_of(underlying);
    let allowance = Usd(math::signed(limits.low).or_revert());
    let (_, flow) = store.flow(underlying);
    let cover = flow.cover(allowance, assets, session.now).or_revert();
    let exposure = cover::exposure(
        open_interest,
        mark,
        ratio(rates.shock),
        ratio(rates.maintenance),
    )
    .or_revert();
    require(exposure <= cover, Error::CoverExceeded);
}

/// Lets funding observe a trade's premium. Returns the volume of the period.
fn observe_premium(session: &mut Session, fill: &Fill, fees: Usd) -> Volume {
    let store = &mut *session.ledger.store;
    let (mark, before) = store.price_of(fill.id);
    let (volume, _) = store.flow(fill.id);
    let [old, new] = fill.open_interest;
    let trade = funding::Trade {
        price: fill.price,
        mark,
        notional: fill.size.notional_up(mark).or_revert(),
        fees,
        open_interest: old.max(new).notional_up(mark).or_revert(),
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

/// Open interest of one side of an instrument.
pub fn open_interest(session: &Session, id: InstrumentId) -> Size {
    session.ledger.store.side(id, Side::Long).open_interest
}
