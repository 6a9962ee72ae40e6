//! Several unsigned integers in one storage word, first field in the highest bytes.
//!
//! The SDK's packed fields load and store their word once each; these do it once for all.

use alloy_primitives::{Address, B256};

/// Takes a word apart, field by field.
pub struct Unpack {
    word: B256,
    at: usize,
}

impl Unpack {
    /// Starts at the word's first field.
    pub fn new(word: B256) -> Self {
        Self { word, at: 0 }
    }

    /// The next field, of `bytes` bytes (at most 16). The fields of a word are at most 32 bytes together.
    #[inline(never)]
    pub fn uint(&mut self, bytes: usize) -> u128 {
        let field = &self.word[self.at..self.at + bytes];
        self.at += bytes;
        field
            .iter()
            .fold(0, |value, &byte| (value << 8) | u128::from(byte))
    }

    /// The next field of at most eight bytes.
    pub fn short(&mut self, bytes: usize) -> u64 {
        self.uint(bytes) as u64
    }

    /// The next field, an address.
    pub fn address(&mut self) -> Address {
        let field = &self.word[self.at..self.at + 20];
        self.at += 20;
        Address::from_slice(field)
    }
}

/// Puts a word together, field by field.
#[derive(Default)]
pub struct Pack {
    word: B256,
    at: usize,
}

impl Pack {
    /// Adds `value` in `bytes` bytes (at most 16); a value that does not fit is stored as the greatest that does.
    #[inline(never)]
    pub fn uint(mut self, value: u128, bytes: usize) -> Self {
        let greatest = u128::MAX >> (128 - 8 * bytes);
        let value = value.min(greatest).to_be_bytes();
        self.word[self.at..self.at + bytes].copy_from_slice(&value[16 - bytes..]);
        self.at += bytes;
        self
    }

    /// Adds a value of at most eight bytes; see [`uint`](Self::uint).
    pub fn short(self, value: u64, bytes: usize) -> Self {
        self.uint(value.into(), bytes)
    }

    /// Adds an address.
    pub fn address(mut self, address: Address) -> Self {
        self.word[self.at..self.at + 20].copy_from_slice(address.as_slice());
        self.at += 20;
        self
    }

    /// The word; what was not filled is zero.
    pub fn word(self) -> B256 {
        self.word
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_back_in_order() {
        let address = Address::repeat_byte(0xab);
        let word = Pack::default()
            .address(address)
            .short(7, 1)
            .short(0x0001_0203_0405, 5)
            .uint(9, 4)
            .word();
        let mut fields = Unpack::new(word);
        assert_eq!(fields.address(), address);
        assert_eq!(
            (
                fields.short(1),
                fields.short(5),
                fields.uint(4),
                fields.uint(2)
            ),
            (7, 0x0001_0203_0405, 9, 0)
        );
    }

    #[test]
    fn what_does_not_fit_becomes_the_greatest_that_does() {
        let word = Pack::default()
            .uint(u128::MAX, 16)
            .short(1 << 40, 5)
            .short(256, 1)
            .word();
        let mut fields = Unpack::new(word);
        assert_eq!(
            (fields.uint(16), fields.short(5), fields.short(1)),
            (u128::MAX, (1 << 40) - 1, 255)
        );
    }
}
