//! Who may change a parameter, who may take over an account, and which of its legs can move.

use crate::error::{Error, require};
use crate::parameters::Amounts;
use crate::session::{Session, action, is_owner_of, owner_of};
use crate::storage::{Field, Storage};
use crate::word::Word;
use alloy_primitives::B256;
use risk::rules::liquidation;
use risk::{Legs, Positions, Result};
use stylus_sdk::host::WasmVM;
use stylus_sdk::stylus_core::MessageAccess;

/// Reverts unless this is a vault that has been set up: what finds nothing to refuse in an empty storage would otherwise succeed at
/// a program or an implementation called where it stands.
pub fn only_initialized(store: &Storage) {
    require(
        store.field(Field::Guard) != Word::ZERO,
        Error::NotInitialized,
    );
}

/// Reverts unless the caller owns the vault.
pub fn only_owner(store: &Storage) {
    let caller = WasmVM::default().msg_sender();
    require(store.address(Field::Owner) == caller, Error::NotOwner);
}

/// Reverts unless the caller is the vault's steward, or owns it and there was no emergency since it wrote down how many the steward
/// counts; whether it is the owner.
pub fn only_steward(store: &Storage, emergencies: u32) -> bool {
    let (owner, steward) = (store.address(Field::Owner), store.steward());
    let caller = WasmVM::default().msg_sender();
    require(
        steward.may_set(caller, owner, emergencies),
        Error::NotSteward,
    );
    caller == owner
}

/// Reverts unless the caller owns an account, or its owner lets it act.
pub fn only_for(store: &Storage, account: B256) {
    let caller = WasmVM::default().msg_sender();
    require(
        is_owner_of(account) || store.is_signer(owner_of(account), caller),
        Error::NotAuthorized,
    );
}

/// Those of some legs in which the guard allows an action; the others are set aside.
pub fn allowed(session: &Session, action: u16, legs: &Legs) -> Legs {
    let mut allowed = *legs;
    for &id in legs.as_slice() {
        if session.valuation(id).blocked & action != 0 {
            allowed.remove(id);
        }
    }
    allowed
}

/// Whether the debt of an account with such legs can be closed, in part at least.
pub fn is_closable(session: &Session, legs: &Legs) -> bool {
    let movable = allowed(session, action::DELEVERAGE, legs);
    // Without legs nothing is in the way of writing the debt off.
    legs.as_slice().is_empty() || !movable.as_slice().is_empty()
}

/// Whether positions are too small to leave a rest of, by what they are on.
pub fn is_dust(store: &Storage, positions: &Positions) -> Result<bool> {
    let Amounts { dust_notional, .. } = store.amounts();
    liquidation::is_dust(positions, dust_notional, |id| {
        store.valuations.get(id).underlying.spot
    })
}
