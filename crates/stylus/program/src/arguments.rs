//! Decoding of ABI-encoded arguments and return data.

use core::marker::PhantomData;

use alloy_primitives::{Address, B256};

use crate::Word;

/// What a program does with words that do not decode.
pub trait Refuse {
    /// Ends the call: what was given is not what was asked for.
    fn malformed() -> !;

    /// Ends the call: a quantity has more than 128 bits.
    fn too_large() -> ! {
        Self::malformed()
    }
}

/// ABI-encoded words: arguments after their selector, or what a call returned. What does not decode is refused as `R` does it.
pub struct Arguments<'a, R> {
    /// The words.
    pub bytes: &'a [u8],
    refuse: PhantomData<R>,
}

impl<R> Clone for Arguments<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Arguments<'_, R> {}

impl<'a, R: Refuse> Arguments<'a, R> {
    /// Arguments that start at the first of some bytes.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            refuse: PhantomData,
        }
    }

    /// `len` bytes at `offset`.
    pub fn slice(self, offset: usize, len: usize) -> &'a [u8] {
        let tail = self.bytes.get(offset..).and_then(|tail| tail.get(..len));
        tail.unwrap_or_else(|| R::malformed())
    }

    /// The word at a place of the head.
    pub fn word(self, place: usize) -> Word {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.slice(place.saturating_mul(32), 32));
        Word::of_bytes(&bytes)
    }

    /// A `bytes32`.
    pub fn b256(self, place: usize) -> B256 {
        B256::from_slice(self.slice(place.saturating_mul(32), 32))
    }

    /// A `uint256` or `uint128` quantity of at most 128 bits; refused as too large beyond.
    pub fn unsigned(self, place: usize) -> u128 {
        let number = self.word(place).unsigned();
        number.unwrap_or_else(|| R::too_large())
    }

    /// An `int256` or `int128` quantity of at most 128 bits; refused as too large beyond.
    pub fn signed(self, place: usize) -> i128 {
        let number = self.word(place).signed();
        number.unwrap_or_else(|| R::too_large())
    }

    /// An upper limit, for which anything beyond 128 bits is as good as that.
    pub fn saturated(self, place: usize) -> u128 {
        self.word(place).unsigned().unwrap_or(u128::MAX)
    }

    /// A narrow unsigned integer of at most `max`.
    #[expect(clippy::cast_possible_truncation, reason = "checked against the limit")]
    fn narrow(self, place: usize, max: u64) -> u64 {
        let word = self.word(place);
        if word.high != 0 || word.low > max.into() {
            R::malformed();
        }
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

    /// A `uint8`.
    #[expect(clippy::cast_possible_truncation, reason = "narrow has checked it")]
    pub fn u8(self, place: usize) -> u8 {
        self.narrow(place, u8::MAX.into()) as u8
    }

    /// A `bool`.
    pub fn bool(self, place: usize) -> bool {
        self.narrow(place, 1) == 1
    }

    /// An `int64`.
    pub fn i64(self, place: usize) -> i64 {
        let number = self.word(place).signed().map(i64::try_from);
        match number {
            Some(Ok(number)) => number,
            _ => R::malformed(),
        }
    }

    /// An `address`.
    pub fn address(self, place: usize) -> Address {
        let word = self.word(place);
        if word.high >> 32 != 0 {
            R::malformed();
        }
        word.low_address()
    }

    /// A dynamic array of elements of `size` bytes each: its body, and its length.
    pub fn array(self, place: usize, size: usize) -> (Self, usize) {
        let offset = self.u32(place) as usize;
        let tail = Self::new(self.slice(offset, self.bytes.len().saturating_sub(offset)));
        let len = tail.u32(0) as usize;
        (Self::new(tail.slice(32, len.saturating_mul(size))), len)
    }

    /// A dynamic array of elements of `N` bytes each, all static.
    pub fn items<const N: usize>(self, place: usize) -> &'a [[u8; N]] {
        self.array(place, N).0.bytes.as_chunks().0
    }

    /// A `bytes`.
    pub fn bytes(self, place: usize) -> &'a [u8] {
        self.array(place, 1).0.bytes
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use super::*;

    /// Refuses by a panic that says why.
    struct Panics;

    impl Refuse for Panics {
        fn malformed() -> ! {
            panic!("malformed")
        }

        fn too_large() -> ! {
            panic!("too large")
        }
    }

    fn encoded(words: &[Word]) -> Vec<u8> {
        words.iter().flat_map(|word| word.bytes()).collect()
    }

    fn of(bytes: &[u8]) -> Arguments<'_, Panics> {
        Arguments::new(bytes)
    }

    #[test]
    fn every_kind_of_word_decodes_up_to_its_ends() {
        let address = Address::repeat_byte(0xab);
        let bytes = encoded(&[
            Word::of(u128::MAX),
            Word::of_signed(i128::MIN),
            Word::of(u64::MAX.into()),
            Word::of(u32::MAX.into()),
            Word::of(u8::MAX.into()),
            Word::of(1),
            Word::of_signed(i64::MIN.into()),
            Word::of_address(address),
            Word::new(1, 2),
        ]);
        let given = of(&bytes);
        assert_eq!(given.unsigned(0), u128::MAX);
        assert_eq!(given.signed(1), i128::MIN);
        assert_eq!(given.u64(2), u64::MAX);
        assert_eq!(given.u32(3), u32::MAX);
        assert_eq!(given.u8(4), u8::MAX);
        assert!(given.bool(5));
        assert_eq!(given.i64(6), i64::MIN);
        assert_eq!(given.address(7), address);
        assert_eq!(given.word(8), Word::new(1, 2));
        assert_eq!(given.b256(8), Word::new(1, 2).b256());
        assert_eq!(
            (given.saturated(0), given.saturated(8)),
            (u128::MAX, u128::MAX)
        );
        assert_eq!(given.saturated(5), 1);
    }

    #[test]
    fn arrays_and_bytes_are_found_by_their_offsets() {
        let mut bytes = encoded(&[Word::of(96), Word::of(7), Word::of(192), Word::of(2)]);
        bytes.extend(encoded(&[Word::of(3), Word::of(4), Word::of(5)]));
        bytes.extend([1, 2, 3, 4, 5]);
        let given = of(&bytes);
        let (body, len) = given.array(0, 32);
        assert_eq!((len, body.unsigned(0), body.unsigned(1)), (2, 3, 4));
        assert_eq!(
            given.items::<32>(0),
            [Word::of(3).bytes(), Word::of(4).bytes()]
        );
        assert_eq!(given.bytes(2), [1, 2, 3, 4, 5]);
    }

    macro_rules! refused {
        ($($name:ident: $words:expr, $read:expr, $why:literal;)*) => {
            $(#[test]
            #[should_panic(expected = $why)]
            fn $name() {
                let bytes = encoded(&$words);
                let _ = $read(of(&bytes));
            })*
        };
    }

    type Given<'a> = Arguments<'a, Panics>;

    refused! {
        no_word_is_read_beyond_the_end: [Word::ZERO], |given: Given| given.word(1), "malformed";
        no_place_wraps_around: [Word::ZERO; 2], |given: Given| given.word(usize::MAX), "malformed";
        a_quantity_beyond_128_bits_is_too_large: [Word::new(1, 0)], |given: Given| given.unsigned(0), "too large";
        a_signed_one_too: [Word::new(0, u128::MAX)], |given: Given| given.signed(0), "too large";
        a_uint64_is_no_more: [Word::of(1 << 64)], |given: Given| given.u64(0), "malformed";
        a_uint64_has_no_higher_half: [Word::new(1, 0)], |given: Given| given.u64(0), "malformed";
        a_uint32_is_no_more: [Word::of(1 << 32)], |given: Given| given.u32(0), "malformed";
        a_uint8_is_no_more: [Word::of(1 << 8)], |given: Given| given.u8(0), "malformed";
        a_bool_is_no_two: [Word::of(2)], |given: Given| given.bool(0), "malformed";
        an_int64_is_no_more: [Word::of(1 << 63)], |given: Given| given.i64(0), "malformed";
        an_int64_is_sign_extended: [Word::of(u64::MAX.into())], |given: Given| given.i64(0), "malformed";
        an_address_has_20_bytes: [Word::new(1 << 32, 0)], |given: Given| given.address(0), "malformed";
        an_array_is_inside_what_was_given: [Word::of(32), Word::of(2), Word::ZERO], |given: Given| given.array(0, 32).1, "malformed";
        no_length_of_an_array_wraps_around: [Word::of(32), Word::of(u32::MAX.into())], |given: Given| given.array(0, usize::MAX).1, "malformed";
        an_offset_is_inside_what_was_given: [Word::of(64)], |given: Given| given.array(0, 32).1, "malformed";
    }

    #[test]
    #[should_panic(expected = "malformed")]
    fn what_is_too_large_is_malformed_unless_said_otherwise() {
        struct Plain;
        impl Refuse for Plain {
            fn malformed() -> ! {
                panic!("malformed")
            }
        }
        let bytes = vec![1; 32];
        let _ = Arguments::<Plain>::new(&bytes).unsigned(0);
    }
}
