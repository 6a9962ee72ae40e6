//! Events.

use alloy_primitives::B256;
use stylus_sdk::hostio;

use crate::encoding::{Encode, concat};

/// An event's signature hash, taken apart: constants in the code cost every call less than data. [`topic!`](crate::topic) makes
/// one.
#[derive(Clone, Copy)]
pub struct Topic(pub u64, pub u64, pub u64, pub u64);

impl Topic {
    /// The hash.
    #[inline(always)]
    #[must_use]
    pub fn bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        let parts = [self.0, self.1, self.2, self.3];
        for (place, part) in bytes.chunks_exact_mut(8).zip(parts) {
            place.copy_from_slice(&part.to_le_bytes());
        }
        bytes
    }
}

/// Part `k` of a hash.
#[must_use]
pub const fn part_of(hash: B256, k: usize) -> u64 {
    let (parts, _) = hash.0.as_chunks();
    u64::from_le_bytes(parts[k])
}

/// The [`Topic`](crate::event::Topic) of an event from `sol!`.
#[macro_export]
macro_rules! topic {
    ($event:ty) => {{
        use alloy_sol_types::SolEvent;
        use $crate::event::{Topic, part_of};
        Topic(
            const { part_of(<$event>::SIGNATURE_HASH, 0) },
            const { part_of(<$event>::SIGNATURE_HASH, 1) },
            const { part_of(<$event>::SIGNATURE_HASH, 2) },
            const { part_of(<$event>::SIGNATURE_HASH, 3) },
        )
    }};
}

/// Emits an event: its signature, `indexed` further topics, then its data.
#[inline(always)]
pub fn emit(Topic(a, b, c, d): Topic, indexed: usize, words: &[impl Encode]) {
    emit_parts(a, b, c, d, indexed, words);
}

/// As [`emit`], with the signature in registers: a struct of four would go through memory at every call.
#[inline(never)]
fn emit_parts(a: u64, b: u64, c: u64, d: u64, indexed: usize, words: &[impl Encode]) {
    let bytes = concat(&Topic(a, b, c, d).bytes(), words);
    // SAFETY: the pointer is to `len` bytes, which hold the topics.
    unsafe { hostio::emit_log(bytes.as_ptr(), bytes.len(), indexed + 1) };
}

#[cfg(test)]
mod tests {
    use alloy_sol_types::{SolEvent, sol};

    sol! {
        event Something(uint256 value);
    }

    #[test]
    fn a_topic_is_the_signature_hash() {
        assert_eq!(topic!(Something).bytes(), Something::SIGNATURE_HASH.0);
    }
}
