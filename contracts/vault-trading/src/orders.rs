//! Signed orders: EIP-712 hashing, signatures, cancellations and signers.

use alloy_primitives::{Address, B256, address, b256, keccak256};
use alloy_sol_types::SolEvent;
use stylus_sdk::host::WasmVM;
use stylus_sdk::keccak_const::Keccak256;
use stylus_sdk::stylus_core::{AccountAccess, ChainAccess, MessageAccess};

use margin_vault::abi::{Args, Bytes, IMarginVault, encode};
use margin_vault::calls;
use margin_vault::error::{Error, OrRevert, require};
use margin_vault::nonces::Filled;
use margin_vault::session::{emit, owner_of};
use margin_vault::storage::Storage;
use margin_vault::word::Word;

/// Words of an encoded order. Calldata and EIP-712 encode its fields alike.
pub const ORDER_WORDS: usize = 8;

const ORDER_TYPE: [u8; 32] = Keccak256::new()
    .update(b"Order(bytes32 account,uint32 instrument,int256 size,uint256 limitPrice,")
    .update(b"uint256 nonce,uint64 expiry,bool maker,bool reduceOnly)")
    .finalize();
const DOMAIN_TYPE: [u8; 32] = Keccak256::new()
    .update(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
    .finalize();
const NAME: [u8; 32] = Keccak256::new().update(b"Bulkhead").finalize();
const VERSION: [u8; 32] = Keccak256::new().update(b"1").finalize();

const ECRECOVER: Address = address!("0000000000000000000000000000000000000001");
/// Half the order of secp256k1: of the two signatures that verify, only the one with the lower s counts.
const MAX_S: B256 = b256!("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0");

/// Where orders are valid: the hash of chain and contract that signatures include.
pub struct Domain(B256);

impl Domain {
    /// The domain of this vault: a clone's orders are signed for its own address.
    pub fn of_this_vault() -> Self {
        let vm = WasmVM::default();
        let mut bytes = [0; 160];
        bytes[..32].copy_from_slice(&DOMAIN_TYPE);
        bytes[32..64].copy_from_slice(&NAME);
        bytes[64..96].copy_from_slice(&VERSION);
        bytes[120..128].copy_from_slice(&vm.chain_id().to_be_bytes());
        bytes[140..].copy_from_slice(&vm.contract_address().0.0);
        Self(keccak256(bytes))
    }
}

/// An order to trade.
pub struct Order<'a> {
    pub account: B256,
    pub instrument: u32,
    pub size: i128,
    pub limit_price: u128,
    pub nonce: Word,
    pub expiry: u64,
    pub maker: bool,
    pub reduce_only: bool,
    encoded: &'a [u8],
}

impl<'a> Order<'a> {
    /// The order whose first word is at a place of the head.
    pub fn decode(args: Args<'a>, place: usize) -> Self {
        let encoded = args.slice(place * 32, ORDER_WORDS * 32);
        let fields = Args(encoded);
        Self {
            account: fields.b256(0),
            instrument: fields.u32(1),
            size: fields.word(2).signed(),
            limit_price: fields.unsigned(3),
            nonce: fields.word(4),
            expiry: fields.u64(5),
            maker: fields.bool(6),
            reduce_only: fields.bool(7),
            encoded,
        }
    }

    /// The EIP-712 digest to sign.
    pub fn digest(&self, domain: &Domain) -> B256 {
        let mut order = [0; 32 * (1 + ORDER_WORDS)];
        order[..32].copy_from_slice(&ORDER_TYPE);
        order[32..].copy_from_slice(self.encoded);
        let mut digest = [0; 66];
        digest[..2].copy_from_slice(&[0x19, 0x01]);
        digest[2..34].copy_from_slice(&domain.0.0);
        digest[34..].copy_from_slice(&keccak256(order).0);
        keccak256(digest)
    }

    /// Reverts unless the order is in time, not cancelled, has `size` left, and is signed. Returns what is filled of it.
    pub fn check(
        &self,
        store: &Storage,
        domain: &Domain,
        signature: &[u8],
        now: u64,
        size: u128,
    ) -> u128 {
        let owner = owner_of(self.account);
        require(now <= self.expiry, Error::OrderExpired);
        require(
            !store.is_cancelled(owner, self.nonce),
            Error::OrderCancelled,
        );
        let filled = match store.filled(self.account, self.nonce) {
            Filled::Size(filled) => Some(filled),
            Filled::Done => None,
        };
        // Another order under the same nonce may have been larger.
        let left = filled.and_then(|filled| self.size.unsigned_abs().checked_sub(filled));
        require(left.is_some_and(|left| size <= left), Error::OrderFilled);
        require(
            is_signed(store, owner, self.digest(domain), signature),
            Error::InvalidSignature,
        );
        (filled, Error::OrderFilled).or_revert()
    }
}

/// Whether a digest is signed by `owner`, by one of its signers, or in the eyes of `owner`'s contract. Most owners have no
/// code, so that is asked last.
fn is_signed(store: &Storage, owner: Address, digest: B256, signature: &[u8]) -> bool {
    recover(digest, signature)
        .is_some_and(|signer| signer == owner || store.is_signer(owner, signer))
        || calls::accepts(owner, digest, signature)
}

/// The address that made a 65-byte signature (r, s, v); none if it is malleable or nobody's.
fn recover(digest: B256, signature: &[u8]) -> Option<Address> {
    if signature.len() != 65 {
        return None;
    }
    let v = signature[64];
    if signature[32..64] > MAX_S[..] || !(27..=28).contains(&v) {
        return None;
    }
    let mut input = [0; 128];
    input[..32].copy_from_slice(&digest.0);
    input[63] = v;
    input[64..].copy_from_slice(&signature[..64]);
    let output = calls::read(ECRECOVER, &input)?;
    // It returns nothing for a signature of nobody's.
    if output.len() == 32 {
        Some(Address::from_slice(&output[12..]))
    } else {
        None
    }
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
pub fn cancel(store: &mut Storage, nonce: Word) -> Bytes {
    let owner = WasmVM::default().msg_sender();
    store.set_cancelled(owner, nonce);
    let words = [Word::of_address(owner), nonce];
    emit(&IMarginVault::Cancelled::SIGNATURE_HASH, 1, &words);
    &[]
}

/// Lets `signer` sign orders and liquidate for the caller's accounts, or no more.
pub fn set_signer(store: &mut Storage, signer: Address, allowed: bool) -> Bytes {
    let owner = WasmVM::default().msg_sender();
    store.set_signer(owner, signer, allowed);
    let words = [
        Word::of_address(owner),
        Word::of_address(signer),
        Word::of(allowed.into()),
    ];
    emit(&IMarginVault::SignerSet::SIGNATURE_HASH, 2, &words);
    &[]
}
