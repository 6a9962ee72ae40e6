//! What a trade does to its market: open interest within its limits, and what is paid into insurance, which options share with the
//! perpetual on their underlying.

use risk::rules::cover;
use risk::{InstrumentId, Price, Side, Size, Store, Traded, Usd, math};

use super::Product;
use crate::error::{Error, OrRevert, require};
use crate::exposures;
use crate::flows;
use crate::parameters::ratio;
use crate::session::Session;
use crate::storage::InstrumentField;

/// A trade that was made.
pub struct Fill<'t> {
    /// What was traded.
    pub id: InstrumentId,
    /// The perpetual on its underlying.
    pub underlying: InstrumentId,
    /// How much of it.
    pub size: Size,
    /// At what price.
    pub price: Price,
    /// Open interest of one side, before and after.
    pub open_interest: [Size; 2],
    /// The maker and the taker, afterwards.
    pub traded: &'t [Traded; 2],
}

impl Fill<'_> {
    /// Whether it raised the open interest of its instrument.
    #[must_use]
    pub fn raises_open_interest(&self) -> bool {
        self.open_interest[1] > self.open_interest[0]
    }
}

/// That an underlying's concentration is kept as a trade will leave it. Prices are read for a trade through it alone: reading them makes
/// the ranges that its margins are computed from.
pub struct Concentrated(());

/// That prices were read, and ranges made, after the concentration that the trade will leave was kept: no trade is made without.
pub struct Ranged(());

impl Concentrated {
    /// Reads the prices of all that was asked for.
    pub fn read_prices(self, session: &mut Session) -> Ranged {
        session.read_prices();
        Ranged(())
    }
}

/// Keeps by how much initial margin grows at the open interest that a trade will leave: each side is held to that. A trade that cannot
/// change it writes nothing.
pub fn concentrate(session: &mut Session, underlying: InstrumentId, change: i128) -> Concentrated {
    let store = &mut *session.ledger.store;
    if change > 0 || change < 0 && store.rates_of(underlying).step() > 0 {
        let before = math::signed(exposures::open_interest(store, underlying).0).or_revert();
        let after = (before.checked_add(change), Error::Overflow).or_revert();
        exposures::concentrate(store, underlying, Size(after.max(0).unsigned_abs()));
    }
    Concentrated(())
}

/// Follows a trade up. Reverts if it raised open interest beyond a limit.
pub fn observe<P: Product>(session: &mut Session, fill: &Fill) {
    // Counted first: the limits below are of what this trade leaves.
    P::count(session, fill);
    if fill.raises_open_interest() {
        check_open_interest(session, fill.underlying);
    }
    let fees = fill.traded[0].fee.plus(fill.traded[1].fee).or_revert();
    let volume = P::observe(session, fill, fees);
    let store = &mut *session.ledger.store;
    // What insurance will get of these fees raises the cover when they are paid, not when somebody distributes them.
    let share = ratio(store.pool_assets().fee_share);
    let (_, flow) = store.flow(fill.underlying);
    let flow = flow.with_paid(fees.times_down(share).or_revert(), session.now);
    store.set_flow(fill.underlying, &volume, &flow);
}

/// Reverts unless governance's limit and the cover allow the open interest of an underlying, its perpetual and options together.
fn check_open_interest(session: &mut Session, underlying: InstrumentId) {
    // At most ten minutes old: it limits new open interest alone. What is paid out is asked for in the same call.
    let assets = session.pool_assets();
    let store = &*session.ledger.store;
    let open_interest = exposures::open_interest(store, underlying);
    let limits = store.instrument_field(underlying, InstrumentField::Limits);
    require(open_interest.0 <= limits.high, Error::OpenInterestLimit);
    let (mark, _) = store.price_of(underlying);
    let notional = open_interest.notional_up(mark.price());
    notional
        .and_then(|notional| notional.within(Usd::MAX_TRADED))
        .or_revert();
    let rates = store.rates_of(underlying);
    let cover = flows::cover_left(store, underlying, assets, session.now).or_revert();
    let exposure = cover::exposure(
        open_interest,
        mark,
        ratio(rates.shock),
        ratio(rates.maintenance),
    )
    .or_revert();
    require(exposure <= cover, Error::CoverExceeded);
}

/// Open interest of one side of an instrument.
pub fn open_interest(session: &Session, id: InstrumentId) -> Size {
    session.ledger.store.side(id, Side::Long).open_interest
}
