//! Orders to trade, and what is signed of them: EIP-712.

use alloy_primitives::{B256, keccak256};
use stylus_sdk::host::WasmVM;
use stylus_sdk::keccak_const::Keccak256;
use stylus_sdk::stylus_core::{AccountAccess, ChainAccess};

use crate::abi::Args;
use crate::word::Word;

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
        // Read at each call: after a split of the chain an order holds on one branch alone.
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
        let fields = Args::new(encoded);
        Self {
            account: fields.b256(0),
            instrument: fields.u32(1),
            size: fields.signed(2),
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
        // Calldata as it came, each word of which was decoded strictly: what is signed is what is filled.
        order[32..].copy_from_slice(self.encoded);
        let mut digest = [0; 66];
        digest[..2].copy_from_slice(&[0x19, 0x01]);
        digest[2..34].copy_from_slice(&domain.0.0);
        digest[34..].copy_from_slice(&keccak256(order).0);
        keccak256(digest)
    }
}
