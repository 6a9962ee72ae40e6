//! 32-byte words of calldata, return data and storage, as two 128-bit halves: most values need only one.

use alloy_primitives::{Address, B256};

/// A 32-byte word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Word {
    /// The first 16 bytes, most significant first.
    pub high: u128,
    /// The last 16 bytes.
    pub low: u128,
}

impl Word {
    /// No bit set.
    pub const ZERO: Self = Self::new(0, 0);

    /// The word of two halves.
    #[must_use]
    pub const fn new(high: u128, low: u128) -> Self {
        Self { high, low }
    }

    /// A `uintN`.
    #[must_use]
    pub const fn of(value: u128) -> Self {
        Self::new(0, value)
    }

    /// An `intN`, sign-extended.
    #[must_use]
    pub const fn of_signed(value: i128) -> Self {
        Self::new((value >> 127).cast_unsigned(), value.cast_unsigned())
    }

    /// The word of 32 bytes, most significant first.
    #[inline(never)]
    #[must_use]
    pub fn of_bytes(bytes: &[u8; 32]) -> Self {
        let mut halves = [[0; 16]; 2];
        halves[0].copy_from_slice(&bytes[..16]);
        halves[1].copy_from_slice(&bytes[16..]);
        Self::new(
            u128::from_be_bytes(halves[0]),
            u128::from_be_bytes(halves[1]),
        )
    }

    /// An `address`.
    #[must_use]
    pub fn of_address(address: Address) -> Self {
        Self::of_bytes(&address.into_word().0)
    }

    /// The 32 bytes, most significant first.
    #[inline(never)]
    #[must_use]
    pub fn bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes[..16].copy_from_slice(&self.high.to_be_bytes());
        bytes[16..].copy_from_slice(&self.low.to_be_bytes());
        bytes
    }

    /// The 32 bytes as a `bytes32`.
    #[must_use]
    pub fn b256(self) -> B256 {
        B256::new(self.bytes())
    }

    /// The unsigned number, if it fits 128 bits.
    #[must_use]
    pub const fn unsigned(self) -> Option<u128> {
        if self.high == 0 { Some(self.low) } else { None }
    }

    /// The signed number, if it fits 128 bits.
    #[must_use]
    pub fn signed(self) -> Option<i128> {
        let value = self.low.cast_signed();
        (Self::of_signed(value) == self).then_some(value)
    }

    /// The low 20 bytes, in which an address is stored.
    #[must_use]
    pub fn low_address(self) -> Address {
        Address::from_word(self.b256())
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
}

const fn half(a: u32, b: u32, c: u32, d: u32) -> u128 {
    a as u128 | (b as u128) << 32 | (c as u128) << 64 | (d as u128) << 96
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_most_significant_first() {
        let mut bytes = [0; 32];
        for (place, byte) in (1..).zip(&mut bytes) {
            *byte = place;
        }
        let word = Word::of_bytes(&bytes);
        assert_eq!(word.high >> 120, 1);
        assert_eq!(word.low & 0xff, 32);
        assert_eq!(word.bytes(), bytes);
        assert_eq!(word.b256(), B256::new(bytes));
    }

    #[test]
    fn numbers_fit_128_bits_or_are_none() {
        assert_eq!(Word::of(u128::MAX).unsigned(), Some(u128::MAX));
        assert_eq!(Word::new(1, 0).unsigned(), None);
        for value in [i128::MIN, -1, 0, i128::MAX] {
            assert_eq!(Word::of_signed(value).signed(), Some(value));
        }
        assert_eq!(Word::of_signed(-1), Word::new(u128::MAX, u128::MAX));
        assert_eq!(Word::new(0, u128::MAX).signed(), None);
        assert_eq!(Word::new(u128::MAX, 0).signed(), None);
        assert_eq!(Word::new(1, 0).signed(), None);
    }

    #[test]
    fn an_address_is_the_low_end() {
        let address = Address::repeat_byte(0xab);
        let word = Word::of_address(address);
        assert_eq!(word.high >> 32, 0);
        assert_eq!(word.low_address(), address);
        let beside = Word::new(word.high | 7 << 32, word.low);
        assert_eq!(beside.low_address(), address);
    }

    #[test]
    fn lanes_come_back_from_the_lowest() {
        let lanes = [1, 2, 3, 4, 5, 6, 7, u32::MAX];
        let word = Word::of_lanes(lanes);
        assert_eq!(word.low & 0xff, 1);
        assert_eq!(word.high >> 96, u32::MAX.into());
        assert_eq!(word.lanes(), lanes);
    }
}
