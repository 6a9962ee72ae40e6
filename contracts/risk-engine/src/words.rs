//! ABI words.

use alloc::vec::Vec;

use risk::options::encoding::Halves;

use crate::refusal::{bad_input, malformed};

/// A 32-byte word.
pub type Word = [u8; 32];

/// The halves of a word.
pub fn halves(word: &Word) -> Halves {
    let (halves, _) = word.as_chunks();
    [0, 1].map(|half: usize| u128::from_be_bytes(halves[half]))
}

/// The word at a place of `words`: three quarters whose bytes are all the same say nothing of their order, the others are in that of
/// the word.
#[inline(always)]
fn quarters(words: &[Word], place: usize) -> [u64; 4] {
    let Some(word) = words.get(place) else {
        malformed()
    };
    let (quarters, _) = word.as_chunks();
    let raw = |n: usize| u64::from_ne_bytes(quarters[n]);
    [raw(0), raw(1), raw(2), raw(3)]
}

const fn join(high: u64, low: u64) -> u128 {
    (u64::from_be(high) as u128) << 64 | u64::from_be(low) as u128
}

/// A `uint256` below 2^128.
pub fn unsigned(words: &[Word], place: usize) -> u128 {
    let [top, next, high, low] = quarters(words, place);
    if top | next != 0 {
        bad_input();
    }
    join(high, low)
}

/// A word below 2^64; none beyond.
#[inline(always)]
fn narrow(words: &[Word], place: usize) -> Option<u64> {
    let [top, next, high, low] = quarters(words, place);
    (top | next | high == 0).then_some(u64::from_be(low))
}

/// A `uint256` below 2^64.
pub fn short(words: &[Word], place: usize) -> u64 {
    narrow(words, place).unwrap_or_else(|| bad_input())
}

/// A length, or an offset.
fn extent(words: &[Word], place: usize) -> usize {
    let extent = narrow(words, place).and_then(|extent| usize::try_from(extent).ok());
    extent.unwrap_or_else(|| malformed())
}

/// An `int256` of 128 bits.
pub fn signed(words: &[Word], place: usize) -> i128 {
    let [top, next, high, low] = quarters(words, place);
    let number = join(high, low).cast_signed();
    let sign = (number >> 127) as u64;
    if (top ^ sign) | (next ^ sign) != 0 {
        bad_input();
    }
    number
}

/// A `bool`.
pub fn flag(words: &[Word], place: usize) -> bool {
    match narrow(words, place) {
        Some(0) => false,
        Some(1) => true,
        _ => malformed(),
    }
}

/// The array whose offset is at `place`: its length in items of `words_each`, and what follows the length.
pub fn array(words: &[Word], place: usize, words_each: usize) -> &[Word] {
    let offset = extent(words, place);
    let tail = words.get(offset / 32..).unwrap_or_default();
    let len = extent(tail, 0).checked_mul(words_each);
    let items = len.and_then(|len| tail.get(1..)?.get(..len));
    match items {
        Some(items) if offset.is_multiple_of(32) => items,
        _ => malformed(),
    }
}

/// Appends a word.
pub fn push([high, low]: Halves, output: &mut Vec<u8>) {
    output.extend_from_slice(&high.to_be_bytes());
    output.extend_from_slice(&low.to_be_bytes());
}

/// Sets the length of an array of words that is the whole of `output`, after its offset and a place for it.
pub fn set_length(output: &mut [u8]) {
    let count = (output.len() / 32 - 2) as u32;
    if let Some(place) = output.get_mut(60..64) {
        place.copy_from_slice(&count.to_be_bytes());
    }
}

/// A `uint256`.
pub const fn of(value: u128) -> Halves {
    [0, value]
}

/// An `int256`.
pub const fn of_signed(value: i128) -> Halves {
    [(value >> 127).cast_unsigned(), value.cast_unsigned()]
}
