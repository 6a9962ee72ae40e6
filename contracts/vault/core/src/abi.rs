//! How the vault reads arguments and answers, and writes calls, answers and events.

use alloy_primitives::B256;
use program_support::encoding::concat;
use program_support::{Arguments, Refuse, Word};

use risk::Usd;

use crate::error::{Error, revert};

/// What a call returns or sends. The allocator never frees, so that ownership would buy nothing.
pub type Bytes = &'static [u8];

/// Arguments of a call, or what another contract has answered. What does not decode reverts with `InvalidCalldata`, a quantity
/// beyond 128 bits with `Overflow`.
pub type Args<'a> = Arguments<'a, Reverts>;

/// How the vault refuses what does not decode.
pub struct Reverts;

impl Refuse for Reverts {
    #[cold]
    fn malformed() -> ! {
        revert(Error::InvalidCalldata)
    }

    #[cold]
    fn too_large() -> ! {
        revert(Error::Overflow)
    }
}

/// Words as return data.
pub fn encode(words: &[Word]) -> Bytes {
    concat(&[], words).leak()
}

/// A selector and words as calldata.
pub fn encode_call(selector: [u8; 4], words: &[Word]) -> Bytes {
    concat(&selector, words).leak()
}

/// A name: an account, or an asset of the guard's.
#[must_use]
pub fn word(id: B256) -> Word {
    Word::of_bytes(&id.0)
}

/// An amount.
#[must_use]
pub const fn usd(amount: Usd) -> Word {
    Word::of_signed(amount.0)
}
