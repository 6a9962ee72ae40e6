//! What has become of orders, and who may sign them.

use alloy_primitives::{Address, B256};
use margin_vault::abi::{Args, Bytes, encode, word};
use margin_vault::checks::only_initialized;
use margin_vault::event::emit;
use margin_vault::interfaces::IMarginVault;
use margin_vault::nonces::Filled;
use margin_vault::orders::{Domain, Order};
use margin_vault::storage::Storage;
use margin_vault::topic;
use margin_vault::word::Word;
use stylus_sdk::host::WasmVM;
use stylus_sdk::stylus_core::MessageAccess;

/// The EIP-712 digest of an order.
///
/// Fails with `Overflow`.
pub fn hash(args: Args) -> Bytes {
    let digest = Order::decode(args, 0).digest(&Domain::of_this_vault());
    encode(&[word(digest)])
}

/// The domain in which orders are signed (ERC-5267).
pub fn domain() -> Bytes {
    encode(&Domain::description())
}

/// Whether `signer` may sign orders, and liquidate, for the accounts of `owner`.
pub fn is_signer(store: &Storage, owner: Address, signer: Address) -> Bytes {
    encode(&[Word::of(store.is_signer(owner, signer).into())])
}

/// What is filled of the account's order under a nonce, or all bits set once it is done.
pub fn filled(store: &Storage, account: B256, nonce: Word) -> Bytes {
    let word = match store.filled(account, nonce) {
        Filled::Size(size) => Word::of(size),
        Filled::Done => Word::new(u128::MAX, u128::MAX),
    };
    encode(&[word])
}

/// Cancels every order of the caller's accounts under a nonce.
///
/// Fails with `NotInitialized`.
pub fn cancel(store: &mut Storage, nonce: Word) -> Bytes {
    only_initialized(store);
    let owner = WasmVM::default().msg_sender();
    store.set_cancelled(owner, nonce);
    let words = [Word::of_address(owner), nonce];
    emit(topic!(IMarginVault::Cancelled), 1, &words);
    &[]
}

/// Lets `signer` sign orders and liquidate for the caller's accounts, or no more.
///
/// Fails with `NotInitialized`.
pub fn set_signer(store: &mut Storage, signer: Address, allowed: bool) -> Bytes {
    only_initialized(store);
    let owner = WasmVM::default().msg_sender();
    store.set_signer(owner, signer, allowed);
    let words = [
        Word::of_address(owner),
        Word::of_address(signer),
        Word::of(allowed.into()),
    ];
    emit(topic!(IMarginVault::SignerSet), 2, &words);
    &[]
}
