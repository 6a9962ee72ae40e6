//! How insurance and the treasury share the fees of trades.

use alloy_primitives::B256;
use margin_vault::abi::{Bytes, encode, usd};
use margin_vault::error::OrRevert;
use margin_vault::event::emit;
use margin_vault::exposures;
use margin_vault::interfaces::IMarginVault;
use margin_vault::parameters::{RATE_UNIT, ratio};
use margin_vault::session::{Session, fee_account, main_account};
use margin_vault::storage::{Field, Storage};
use margin_vault::topic;
use risk::rules::cover;
use risk::{InstrumentId, Ratio, Store, Usd};

/// Moves all that the fee account holds to the pool's and the treasury's main accounts, for anyone. What is due to the treasury
/// while its account is in debt stays, and is divided with the fees to come. Returns what insurance got, and the treasury.
///
/// Fails with `SameAccount`, `NoEquity`, `GuardFailed`, `EngineFailed`, `PoolFailed` or `Overflow`.
pub fn distribute(store: &mut Storage) -> Bytes {
    let mut session = Session::open(store);
    let share = insurance_share(&mut session);
    let pool = main_account(session.ledger.store.address(Field::Pool));
    let treasury = main_account(session.ledger.store.address(Field::Treasury));
    settle(&mut session, treasury);
    let given = session
        .ledger
        // No prices are asked for: the fee account can have no legs.
        .distribute(fee_account(), [pool, treasury], share)
        .or_revert();
    session.finish();
    let words = given.map(usd);
    emit(topic!(IMarginVault::FeesDistributed), 0, &words);
    encode(&words)
}

/// Settles an account that is to be paid: what its legs have gained would count as gained afterwards. One in debt is not paid.
fn settle(session: &mut Session, account: B256) {
    if !session.ledger.store.account(account).in_debt() {
        session.want_legs(account);
        session.read_prices();
        session.touch(account, false);
    }
}

/// The share of fees that insurance gets now, which is kept for the trades to come: it grows as the pool's assets fall short
/// of what the vault's open interest may lose in a shock.
fn insurance_share(session: &mut Session) -> Ratio {
    let assets = session.pool_assets();
    let store = &mut *session.ledger.store;
    let mut target = Usd::ZERO;
    for id in store.perpetuals() {
        target = target.plus(exposure(store, id)).or_revert();
    }
    let least = ratio(store.rates().insurance_fee_share);
    let share = cover::fee_share(least, assets, target).or_revert();
    let mut known = store.pool_assets();
    // Kept for the trades to come, each of which counts so much of its fees as paid into insurance.
    known.fee_share = stored(share);
    store.set_pool_assets(&known);
    ratio(known.fee_share)
}

/// What positions in a perpetual and the options on its underlying may lose beyond their margin in a shock.
fn exposure(store: &Storage, id: InstrumentId) -> Usd {
    let rates = store.rates_of(id);
    let open_interest = exposures::open_interest(store, id);
    let (mark, _) = store.price_of(id);
    cover::exposure(
        open_interest,
        mark,
        ratio(rates.shock),
        ratio(rates.maintenance),
    )
    .or_revert()
}

/// A ratio of at most one in units of 1e-9, rounded up.
#[expect(clippy::cast_possible_truncation, reason = "at most 1e9")]
fn stored(ratio: Ratio) -> u32 {
    ratio.0.div_ceil(RATE_UNIT.into()) as u32
}
