//! Who may change a parameter, who may take over an account, and whether its positions are dust.

use crate::error::{Error, require};
use crate::parameters::Amounts;
use crate::session::{is_owner_of, owner_of};
use crate::storage::{Field, Storage};
use crate::word::Word;
use alloy_primitives::B256;
use risk::rules::liquidation;
use risk::{Positions, Result};
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

/// Reverts unless the caller is the vault's steward, or owns it and there was no emergency since it wrote down how many the
/// stewards had counted; whether it is the owner.
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

/// Whether positions are too small to leave a rest of, by what they are on.
pub fn is_dust(store: &Storage, positions: &Positions) -> Result<bool> {
    let Amounts { dust_notional, .. } = store.amounts();
    liquidation::is_dust(positions, dust_notional, |id| {
        store.valuations.get(id).underlying.spot
    })
}
