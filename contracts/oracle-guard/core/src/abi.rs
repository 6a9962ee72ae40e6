//! The Solidity interface, and the few pieces of ABI decoding that it needs. Whatever does not decode reverts with `InvalidCalldata`.

use alloy_primitives::{Address, B256};
use alloy_sol_types::sol;

use crate::host::refuse;

sol!("../../interfaces/IOracleGuard.sol");
sol!("../../interfaces/IOwnable.sol");

pub use IOracleGuard as guard;
pub use IOwnable as ownable;

/// Arguments of a call: ABI-encoded words after the selector.
#[derive(Clone, Copy)]
pub struct Args<'a>(pub &'a [u8]);

impl<'a> Args<'a> {
    fn words(self) -> &'a [[u8; 32]] {
        self.0.as_chunks().0
    }

    /// The word at a place of the head.
    pub fn word(self, place: usize) -> B256 {
        match self.words().get(place) {
            Some(word) => B256::new(*word),
            None => refuse(),
        }
    }

    /// A `uintN`.
    pub fn uint(self, place: usize, bits: u32) -> u128 {
        let word = self.word(place);
        let mut low = [0; 16];
        low.copy_from_slice(&word[16..]);
        let low = u128::from_be_bytes(low);
        if word[..16] != [0; 16] || (bits < u128::BITS && low >> bits != 0) {
            refuse();
        }
        low
    }

    /// A `uint64`.
    #[expect(clippy::cast_possible_truncation, reason = "its size was checked")]
    pub fn u64(self, place: usize) -> u64 {
        self.uint(place, u64::BITS) as u64
    }

    /// A `uint32`.
    #[expect(clippy::cast_possible_truncation, reason = "its size was checked")]
    pub fn u32(self, place: usize) -> u32 {
        self.uint(place, u32::BITS) as u32
    }

    /// A `uint8`.
    #[expect(clippy::cast_possible_truncation, reason = "its size was checked")]
    pub fn u8(self, place: usize) -> u8 {
        self.uint(place, u8::BITS) as u8
    }

    /// An `address`.
    pub fn address(self, place: usize) -> Address {
        let word = self.word(place);
        if word[..12] != [0; 12] {
            refuse();
        }
        Address::from_word(word)
    }

    /// An `int64`.
    pub fn i64(self, place: usize) -> i64 {
        let word = self.word(place);
        let mut low = [0; 8];
        low.copy_from_slice(&word[24..]);
        let value = i64::from_be_bytes(low);
        let sign = if value < 0 { [0xff; 24] } else { [0; 24] };
        if word[..24] != sign {
            refuse();
        }
        value
    }

    /// A `bool`.
    pub fn bool(self, place: usize) -> bool {
        self.uint(place, 1) == 1
    }

    /// A `bytes32[]`.
    pub fn b256s(self, place: usize) -> &'a [[u8; 32]] {
        self.structs(place)
    }

    /// An array of structs of `N` bytes, all static.
    pub fn structs<const N: usize>(self, place: usize) -> &'a [[u8; N]] {
        let tail = self.0.get(self.u32(place) as usize..).map(Args);
        let array = tail.and_then(|tail| {
            let (items, _) = tail.0.get(32..)?.as_chunks();
            items.get(..tail.u32(0) as usize)
        });
        array.unwrap_or_else(|| refuse())
    }
}
