//! Reading and writing ArbOS's state, and where its parts lie: `arbos/arbosState/arbosstate.go` in Nitro.

use std::sync::LazyLock;

use revm::{
    Database,
    context::JournalTr,
    primitives::{Address, B256, KECCAK_EMPTY, U256},
    state::{AccountInfo, Bytecode},
};

use super::space::{ARBOS_ACCOUNT, Space};
use crate::evm::{context::Ctx, database::DbError};

/// Numbers at the root.
pub(in crate::evm) mod root {
    pub(in crate::evm) const VERSION: u64 = 0;
    pub(in crate::evm) const NETWORK_FEE_ACCOUNT: u64 = 3;
    pub(in crate::evm) const CHAIN_ID: u64 = 4;
    pub(in crate::evm) const INFRA_FEE_ACCOUNT: u64 = 6;
    pub(in crate::evm) const BROTLI_COMPRESSION_LEVEL: u64 = 7;
    pub(in crate::evm) const NATIVE_TOKEN_FROM: u64 = 8;
}

/// Spaces below the root.
pub(in crate::evm) mod spaces {
    use super::{LazyLock, Space};

    pub(in crate::evm) static L1_PRICING: LazyLock<Space> = LazyLock::new(|| Space::ROOT.sub(&[0]));
    pub(in crate::evm) static L2_PRICING: LazyLock<Space> = LazyLock::new(|| Space::ROOT.sub(&[1]));
    pub(in crate::evm) static CHAIN_OWNERS: LazyLock<Space> =
        LazyLock::new(|| Space::ROOT.sub(&[4]));
    pub(in crate::evm) static SEND_MERKLE: LazyLock<Space> =
        LazyLock::new(|| Space::ROOT.sub(&[5]));
    pub(in crate::evm) static PROGRAMS: LazyLock<Space> = LazyLock::new(|| Space::ROOT.sub(&[8]));
    pub(in crate::evm) static FEATURES: LazyLock<Space> = LazyLock::new(|| Space::ROOT.sub(&[9]));
    pub(in crate::evm) static NATIVE_TOKEN_OWNERS: LazyLock<Space> =
        LazyLock::new(|| Space::ROOT.sub(&[10]));
}

/// Numbers in the space of L2 pricing.
pub(in crate::evm) mod l2 {
    pub(in crate::evm) const SPEED_LIMIT: u64 = 0;
    pub(in crate::evm) const BLOCK_GAS_LIMIT: u64 = 1;
    pub(in crate::evm) const BASE_FEE: u64 = 2;
    pub(in crate::evm) const MIN_BASE_FEE: u64 = 3;
    pub(in crate::evm) const BACKLOG: u64 = 4;
    pub(in crate::evm) const INERTIA: u64 = 5;
    pub(in crate::evm) const BACKLOG_TOLERANCE: u64 = 6;
    pub(in crate::evm) const TX_GAS_LIMIT: u64 = 7;
}

/// The value of a slot. The access is not seen by EIP-2929, as in Nitro.
pub(in crate::evm) fn read(ctx: &mut Ctx<'_>, slot: U256) -> Result<U256, DbError> {
    let journal = &mut ctx.journaled_state;
    let account = journal.inner.state.get(&ARBOS_ACCOUNT);
    match account.and_then(|account| account.storage.get(&slot)) {
        Some(slot) => Ok(slot.present_value),
        None => journal.database.storage(ARBOS_ACCOUNT, slot),
    }
}

/// Sets a slot, to be undone if the frame reverts.
pub(in crate::evm) fn write(ctx: &mut Ctx<'_>, slot: U256, value: U256) -> Result<(), DbError> {
    ctx.journaled_state.load_account(ARBOS_ACCOUNT)?;
    ctx.journaled_state.touch_account(ARBOS_ACCOUNT);
    ctx.journaled_state.sstore(ARBOS_ACCOUNT, slot, value)?;
    Ok(())
}

/// The account that fees are paid to.
pub(in crate::evm) fn network_fee_account(ctx: &mut Ctx<'_>) -> Result<Address, DbError> {
    read(ctx, Space::ROOT.slot_at(root::NETWORK_FEE_ACCOUNT)).map(to_address)
}

/// Whether calldata has EIP-7623's floor price, which is off unless a chain owner switches it on.
pub(in crate::evm) fn calldata_price_increase(features: U256) -> bool {
    features.bit(0)
}

/// An account as it stands, without an access in the sense of EIP-2929.
pub(in crate::evm) fn peek(ctx: &mut Ctx<'_>, address: Address) -> Result<AccountInfo, DbError> {
    let journal = &mut ctx.journaled_state;
    match journal.inner.state.get(&address) {
        Some(account) => Ok(account.info.clone()),
        None => Ok(journal.database.basic(address)?.unwrap_or_default()),
    }
}

/// The hash of an account's code: zero for an account that does not exist.
pub(in crate::evm) fn peek_code_hash(ctx: &mut Ctx<'_>, address: Address) -> Result<B256, DbError> {
    let info = peek(ctx, address)?;
    Ok(if info.is_empty() {
        B256::ZERO
    } else {
        info.code_hash
    })
}

/// An account's code, without an access in the sense of EIP-2929.
pub(in crate::evm) fn peek_code(ctx: &mut Ctx<'_>, address: Address) -> Result<Bytecode, DbError> {
    let info = peek(ctx, address)?;
    match info.code {
        Some(code) => Ok(code),
        None if info.code_hash == KECCAK_EMPTY || info.code_hash.is_zero() => {
            Ok(Bytecode::default())
        }
        None => ctx.journaled_state.database.code_by_hash(info.code_hash),
    }
}

/// An address that fills a word.
pub(in crate::evm) fn to_address(word: U256) -> Address {
    Address::from_word(word.into())
}

/// A word that holds an address.
pub(in crate::evm) fn to_word(address: Address) -> U256 {
    U256::from_be_bytes(address.into_word().0)
}
