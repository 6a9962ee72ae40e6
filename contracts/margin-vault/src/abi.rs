//! The Solidity interface, and the few pieces of ABI coding that it needs. The SDK's generated router and coders would take
//! most of the program's size; selectors and event topics still come from the interface files themselves.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use alloy_sol_types::sol;

use crate::error::{Error, OrRevert, require};
use crate::word::Word;

sol!("../interfaces/IMarginVault.sol");
sol!("../interfaces/IOwnable.sol");

sol! {
    interface Erc20 {
        function balanceOf(address account) external view returns (uint256);
        function decimals() external view returns (uint8);
        function transfer(address to, uint256 amount) external returns (bool);
        function transferFrom(address from, address to, uint256 amount) external returns (bool);
    }
    interface Erc1271 {
        function isValidSignature(bytes32 hash, bytes signature) external view returns (bytes4);
    }
    interface Guard {
        struct OptionId {
            uint8 asset;
            uint64 expiry;
            uint128 strike;
            bool isCall;
        }
        function marks(bytes32[] assets) external view;
        function marksWithOptions(bytes32[] assets, OptionId[] options) external view;
    }
    interface Engine {
        struct Leg {
            bool isCall;
            uint256 strike;
            uint256 secs;
            int256 size;
            uint256 vol;
        }
        struct Shock {
            uint256 spotRange;
            uint256 initialSpotRange;
            uint256 volRange;
            uint256 shortOptionRate;
            uint256 initialFactor;
        }
        function evaluate(uint256 spot, int256 perp, Leg[] options, Shock shock) external view;
        function requirements(bytes32[] portfolios) external view;
    }
    interface Pool {
        function cover(uint256 amount) external returns (uint256 paid);
        function available(address vault) external view returns (uint256 amount, uint256 assets);
    }
}

/// What a call returns or sends. The allocator never frees, so that ownership would buy nothing.
pub type Bytes = &'static [u8];

/// Arguments of a call: ABI-encoded words after the selector. What does not decode reverts with `InvalidCalldata`.
#[derive(Clone, Copy)]
pub struct Args<'a>(pub &'a [u8]);

impl<'a> Args<'a> {
    /// `len` bytes at `offset`.
    pub fn slice(self, offset: usize, len: usize) -> &'a [u8] {
        let tail = self.0.get(offset..).and_then(|tail| tail.get(..len));
        (tail, Error::InvalidCalldata).or_revert()
    }

    /// The word at a place of the head.
    pub fn word(self, place: usize) -> Word {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.slice(place.saturating_mul(32), 32));
        Word::of_bytes(&bytes)
    }

    /// A `uint256` or `uint128` quantity; reverts with `Overflow` beyond 128 bits.
    pub fn unsigned(self, place: usize) -> u128 {
        self.word(place).unsigned()
    }

    /// A `bytes32`.
    pub fn b256(self, place: usize) -> B256 {
        B256::from_slice(self.slice(place.saturating_mul(32), 32))
    }

    /// A narrow unsigned integer of at most `max`.
    #[expect(clippy::cast_possible_truncation, reason = "checked against the limit")]
    fn narrow(self, place: usize, max: u64) -> u64 {
        let word = self.word(place);
        require(
            word.high == 0 && word.low <= max.into(),
            Error::InvalidCalldata,
        );
        word.low as u64
    }

    /// A `uint64`.
    pub fn u64(self, place: usize) -> u64 {
        self.narrow(place, u64::MAX)
    }

    /// A `uint32`.
    #[expect(clippy::cast_possible_truncation, reason = "narrow has checked it")]
    pub fn u32(self, place: usize) -> u32 {
        self.narrow(place, u32::MAX.into()) as u32
    }

    /// A `bool`.
    pub fn bool(self, place: usize) -> bool {
        self.narrow(place, 1) == 1
    }

    /// An `address`.
    pub fn address(self, place: usize) -> Address {
        let word = self.word(place);
        require(word.high >> 32 == 0, Error::InvalidCalldata);
        word.low_address()
    }

    /// A dynamic array of elements of `size` bytes each: its body, and its length.
    pub fn array(self, place: usize, size: usize) -> (Self, usize) {
        let offset = self.length(place);
        let tail = Args(self.slice(offset, self.0.len().saturating_sub(offset)));
        let len = tail.length(0);
        (Args(tail.slice(32, len.saturating_mul(size))), len)
    }

    /// A `bytes`.
    pub fn bytes(self, place: usize) -> &'a [u8] {
        self.array(place, 1).0.0
    }

    /// An upper limit, for which anything beyond 128 bits is as good as that.
    pub fn saturated(self, place: usize) -> u128 {
        let limit = self.word(place);
        if limit.high == 0 {
            limit.low
        } else {
            u128::MAX
        }
    }

    fn length(self, place: usize) -> usize {
        self.u32(place) as usize
    }
}

/// Words as return data.
pub fn encode(words: &[Word]) -> Bytes {
    append(Vec::with_capacity(words.len() * 32), words)
}

/// A selector and words as calldata.
pub fn encode_call(selector: [u8; 4], words: &[Word]) -> Bytes {
    let mut out = Vec::with_capacity(4 + words.len() * 32);
    out.extend_from_slice(&selector);
    append(out, words)
}

#[inline(never)]
fn append(mut out: Vec<u8>, words: &[Word]) -> Bytes {
    for word in words {
        out.extend_from_slice(&word.bytes());
    }
    out.leak()
}
