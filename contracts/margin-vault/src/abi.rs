//! The Solidity interface, and the few pieces of ABI coding that it needs. The SDK's generated router and coders would take
//! most of the program's size; selectors and event topics still come from the interface files themselves.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::sol;

use crate::error::{Error, Result};
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
        function readMany(bytes32[] assets) external view;
    }
    interface Pool {
        function cover(uint256 amount) external returns (uint256 paid);
        function available(address vault) external view returns (uint256 amount);
    }
}

/// Arguments of a call: ABI-encoded words after the selector.
#[derive(Clone, Copy)]
pub struct Args<'a>(pub &'a [u8]);

impl<'a> Args<'a> {
    /// `len` bytes at `offset`.
    pub fn slice(self, offset: usize, len: usize) -> Result<&'a [u8]> {
        let end = offset.checked_add(len).ok_or(Error::InvalidCalldata)?;
        self.0.get(offset..end).ok_or(Error::InvalidCalldata)
    }

    /// The word at a place of the head.
    pub fn word(self, place: usize) -> Result<Word> {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.slice(place.wrapping_mul(32), 32)?);
        Ok(Word::of_bytes(&bytes))
    }

    /// A `uint256` or `uint128` quantity; more than 128 bits overflow.
    pub fn unsigned(self, place: usize) -> Result<u128> {
        self.word(place)?.unsigned()
    }

    /// A `bytes32`.
    pub fn b256(self, place: usize) -> Result<B256> {
        Ok(self.word(place)?.b256())
    }

    /// A narrow unsigned integer of at most `max`.
    fn narrow(self, place: usize, max: u64) -> Result<u64> {
        let word = self.word(place)?;
        match u64::try_from(word.low) {
            Ok(value) if word.high == 0 && value <= max => Ok(value),
            _ => Err(Error::InvalidCalldata),
        }
    }

    /// A `uint64`.
    pub fn u64(self, place: usize) -> Result<u64> {
        self.narrow(place, u64::MAX)
    }

    /// A `uint32`.
    #[expect(clippy::cast_possible_truncation, reason = "narrow has checked it")]
    pub fn u32(self, place: usize) -> Result<u32> {
        Ok(self.narrow(place, u32::MAX.into())? as u32)
    }

    /// A `bool`.
    pub fn bool(self, place: usize) -> Result<bool> {
        Ok(self.narrow(place, 1)? == 1)
    }

    /// An `address`.
    pub fn address(self, place: usize) -> Result<Address> {
        let word = self.word(place)?;
        if word.high >> 32 == 0 { Ok(word.low_address()) } else { Err(Error::InvalidCalldata) }
    }

    /// The body of a dynamic value whose offset is at `place`, and its length.
    pub fn dynamic(self, place: usize) -> Result<(Self, usize)> {
        let offset = self.length(place)?;
        let tail = Args(self.0.get(offset..).ok_or(Error::InvalidCalldata)?);
        let len = tail.length(0)?;
        Ok((Args(tail.slice(32, tail.0.len() - 32)?), len))
    }

    /// A dynamic array of elements of `words` words each, as their bytes and their number.
    pub fn array(self, place: usize, words: usize) -> Result<(Self, usize)> {
        let (body, len) = self.dynamic(place)?;
        let size = len.checked_mul(words * 32).ok_or(Error::InvalidCalldata)?;
        Ok((Args(body.slice(0, size)?), len))
    }

    /// A `bytes`.
    pub fn bytes(self, place: usize) -> Result<&'a [u8]> {
        let (body, len) = self.dynamic(place)?;
        body.slice(0, len)
    }

    fn length(self, place: usize) -> Result<usize> {
        usize::try_from(self.narrow(place, u32::MAX.into())?).map_err(|_| Error::InvalidCalldata)
    }
}

/// Words as return data.
pub fn encode(words: &[Word]) -> Vec<u8> {
    let mut out = Vec::with_capacity(words.len() * 32);
    for word in words {
        out.extend_from_slice(&word.bytes());
    }
    out
}

/// A selector and words as calldata.
pub fn encode_call(selector: [u8; 4], words: &[Word]) -> Vec<u8> {
    let mut out = Vec::with_capacity(4 + words.len() * 32);
    out.extend_from_slice(&selector);
    for word in words {
        out.extend_from_slice(&word.bytes());
    }
    out
}

/// A storage key or hash as an integer.
pub fn key(hash: B256) -> U256 {
    U256::from_be_bytes(hash.0)
}
