//! Orders to trade, and what is signed of them: EIP-712.

use alloy_primitives::{Address, B256, keccak256};
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
const NAME: &str = "Bulkhead";
const VERSION: &str = "1";
const HASH_OF_NAME: [u8; 32] = Keccak256::new().update(NAME.as_bytes()).finalize();
const HASH_OF_VERSION: [u8; 32] = Keccak256::new().update(VERSION.as_bytes()).finalize();

/// Chain and contract of the domain. Read at each call: after a split of the chain an order holds on one branch alone.
fn chain_and_contract() -> (u64, Address) {
    let vm = WasmVM::default();
    (vm.chain_id(), vm.contract_address())
}

/// Where orders are valid: the hash of chain and contract that signatures include.
pub struct Domain(B256);

impl Domain {
    /// The domain of this vault: a clone's orders are signed for its own address.
    pub fn of_this_vault() -> Self {
        let (chain, contract) = chain_and_contract();
        let mut bytes = [0; 160];
        bytes[..32].copy_from_slice(&DOMAIN_TYPE);
        bytes[32..64].copy_from_slice(&HASH_OF_NAME);
        bytes[64..96].copy_from_slice(&HASH_OF_VERSION);
        bytes[120..128].copy_from_slice(&chain.to_be_bytes());
        bytes[140..].copy_from_slice(&contract.0.0);
        Self(keccak256(bytes))
    }

    /// What ERC-5267's `eip712Domain` answers of it.
    #[must_use]
    pub fn description() -> [Word; 12] {
        let (chain, contract) = chain_and_contract();
        // A place of the encoding, in words.
        let at = |place: u128| Word::of(32 * place);
        [
            Word::new(FIELDS << 120, 0),
            at(7),
            at(9),
            Word::of(chain.into()),
            Word::of_address(contract),
            // No salt; and the extensions, of which there are none.
            Word::ZERO,
            at(11),
            Word::of(NAME.len() as u128),
            text(NAME),
            Word::of(VERSION.len() as u128),
            text(VERSION),
            Word::ZERO,
        ]
    }
}

/// Which of name, version, chain, contract and salt the domain's type has: a bit each, the lowest first.
const FIELDS: u128 = 0b1111;

/// A text of at most 16 bytes, from the left.
const fn text(text: &str) -> Word {
    let bytes = text.as_bytes();
    let (mut high, mut place) = (0, 0);
    while place < bytes.len() {
        high |= (bytes[place] as u128) << (120 - 8 * place);
        place += 1;
    }
    Word::new(high, 0)
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
