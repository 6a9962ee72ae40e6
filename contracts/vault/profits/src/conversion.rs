//! Turning profit into capital at what it is worth.

use alloy_primitives::B256;
use margin_vault::abi::{Bytes, encode, usd, word};
use margin_vault::checks::only_initialized;
use margin_vault::error::{Error, OrRevert, require};
use margin_vault::event::emit;
use margin_vault::interfaces::IMarginVault;
use margin_vault::session::{Session, is_owner_of};
use margin_vault::storage::Storage;
use margin_vault::topic;
use risk::rules::conversion::is_forcible;
use risk::{Converted, Result, Side, Size, Store, Usd};

use crate::recovery;

/// Turns mature profit into capital at the coverage ratio: of the caller's account, or of anyone's once the vault has been
/// impaired for a day. That first draws on the pool for what is on record; it converts nothing if the vault is impaired no more.
///
/// While anything is missing, every mark is fresh: the coverage ratio counts the gains of all who hold something, so that with old
/// marks whoever converts first would take from, or leave to, all others what those gains have changed by.
///
/// Fails with `NotInitialized`, `NotForcible`, `DebtOpen`, `NoEquity`, `PoolBusy`, `TokenFailed`, `GuardFailed`, `EngineFailed`,
/// `PoolFailed` or `Overflow`.
pub fn convert(store: &mut Storage, account: B256, max_profit: u128) -> Bytes {
    only_initialized(store);
    let by_owner = is_owner_of(account);
    let limit = Usd(i128::try_from(max_profit).unwrap_or(i128::MAX));
    let mut session = Session::open(store);
    session.want_legs(account);
    if session.missing() > Usd::ZERO {
        want_held(&mut session);
    }
    session.read_prices();
    // Settled first, so that no profit leaves ahead of a loss that its own legs have made.
    let valued = session.touch(account, by_owner);
    let converted = if by_owner {
        session.ledger.convert_own(account, limit)
    } else {
        convert_by_force(&mut session, account, limit)
    };
    let converted = converted.or_revert();
    session.observe(account, &valued.health);
    session.finish();
    let words = [
        word(account),
        usd(converted.profit),
        usd(converted.received),
    ];
    emit(topic!(IMarginVault::Converted), 1, &words);
    encode(&words[2..])
}

/// Asks for the price of everything that anybody holds.
fn want_held(session: &mut Session) {
    let store = &mut *session.ledger.store;
    for id in store.instruments() {
        if store.side(id, Side::Long).open_interest > Size::ZERO {
            store.want(id);
        }
    }
}

/// Converts somebody else's profit; reverts unless the vault has been impaired for long.
fn convert_by_force(session: &mut Session, account: B256, limit: Usd) -> Result<Converted> {
    let since = session.ledger.totals.impaired_since;
    // For long, and still: what is missing may have been paid since anybody looked.
    let forcible = is_forcible(since, session.now) && session.is_impaired(session.missing());
    require(forcible, Error::NotForcible);
    // Insurance first: a haircut for what it would have paid could not be undone.
    recovery::recover_all(session);
    if !session.is_impaired(session.missing()) {
        return Ok(Converted::default());
    }
    session.ledger.convert_forced(account, limit)
}
