//! ABI encoding of words.

use alloc::vec;
use alloc::vec::Vec;

use alloy_primitives::B256;

use crate::Word;

/// What is 32 bytes in an encoding.
pub trait Encode: Copy {
    /// The bytes, most significant first.
    fn encoded(self) -> [u8; 32];
}

impl Encode for Word {
    fn encoded(self) -> [u8; 32] {
        self.bytes()
    }
}

impl Encode for B256 {
    fn encoded(self) -> [u8; 32] {
        self.0
    }
}

/// Words after a head: a selector, an event's signature, or nothing.
#[inline(never)]
pub fn concat(head: &[u8], words: &[impl Encode]) -> Vec<u8> {
    let mut bytes = vec![0; head.len() + words.len() * 32];
    let (start, rest) = bytes.split_at_mut(head.len());
    start.copy_from_slice(head);
    for (place, word) in rest.chunks_exact_mut(32).zip(words) {
        place.copy_from_slice(&word.encoded());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_follow_their_head() {
        let words = [Word::of(1), Word::new(2, 3)];
        let bytes = concat(&[9, 8], &words);
        assert_eq!(bytes.len(), 66);
        assert_eq!(bytes[..2], [9, 8]);
        assert_eq!(bytes[2..34], words[0].bytes());
        assert_eq!(bytes[34..], words[1].bytes());
        assert_eq!(concat(&[9, 8], &words.map(Word::b256)), bytes);
    }
}
