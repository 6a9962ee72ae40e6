//! 32-byte words of calldata, return data and storage, as two 128-bit halves: most values need only one.

use alloy_primitives::{Address, B256};

use crate::error::{Error, require};

/// A 32-byte word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Word {
    pub high: u128,
    pub low: u128,
}

impl Word {
    pub const ZERO: Self = Self::new(0, 0);

    pub const fn new(high: u128, low: u128) -> Self {
        Self { high, low }
    }

    /// A `uintN`.
    pub const fn of(value: u128) -> Self {
        Self::new(0, value)
    }

    /// An `intN`, sign-extended.
    pub const fn of_signed(value: i128) -> Self {
        Self::new((value >> 127).cast_unsigned(), value.cast_unsigned())
    }

    #[inline(never)]
    pub fn of_bytes(bytes: &[u8; 32]) -> Self {
        let mut halves = [[0; 16]; 2];
        halves[0].copy_from_slice(&bytes[..16]);
        halves[1].copy_from_slice(&bytes[16..]);
        Self::new(
            u128::from_be_bytes(halves[0]),
            u128::from_be_bytes(halves[1]),
        )
    }

    pub fn of_address(address: Address) -> Self {
        Self::of_bytes(&address.into_word().0)
    }

    #[inline(never)]
    pub fn bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes[..16].copy_from_slice(&self.high.to_be_bytes());
        bytes[16..].copy_from_slice(&self.low.to_be_bytes());
        bytes
    }

    pub fn b256(self) -> B256 {
        B256::new(self.bytes())
    }

    /// A quantity; reverts with `Overflow` beyond 128 bits.
    pub fn unsigned(self) -> u128 {
        require(self.high == 0, Error::Overflow);
        self.low
    }

    /// A signed quantity; reverts with `Overflow` beyond 128 bits.
    pub fn signed(self) -> i128 {
        let value = self.low.cast_signed();
        require(Self::of_signed(value) == self, Error::Overflow);
        value
    }

    /// Eight 32-bit integers, the first in the lowest bits.
    #[must_use]
    pub const fn of_lanes(lanes: [u32; 8]) -> Self {
        Self::new(
            half(lanes[4], lanes[5], lanes[6], lanes[7]),
            half(lanes[0], lanes[1], lanes[2], lanes[3]),
        )
    }

    /// The integers that [`Word::of_lanes`] was given.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "each shift leaves one lane lowest"
    )]
    pub const fn lanes(self) -> [u32; 8] {
        let (low, high) = (self.low, self.high);
        [
            low as u32,
            (low >> 32) as u32,
            (low >> 64) as u32,
            (low >> 96) as u32,
            high as u32,
            (high >> 32) as u32,
            (high >> 64) as u32,
            (high >> 96) as u32,
        ]
    }

    /// The low 20 bytes of a word that an address was stored in.
    pub fn low_address(self) -> Address {
        Address::from_word(self.b256())
    }
}

const fn half(a: u32, b: u32, c: u32, d: u32) -> u128 {
    a as u128 | (b as u128) << 32 | (c as u128) << 64 | (d as u128) << 96
}
