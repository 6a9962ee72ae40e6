//! Slots. A slot's two halves are stored least significant byte first, which spares every access the reversal of 32 bytes.

use stylus_sdk::hostio;

use crate::Word;

/// Key of a slot.
pub type Slot = [u8; 32];

/// What a slot holds.
#[inline(never)]
pub fn load(slot: &Slot) -> Word {
    let mut halves = [[0; 16]; 2];
    // SAFETY: both are 32 bytes.
    unsafe { hostio::storage_load_bytes32(slot.as_ptr(), halves.as_mut_ptr().cast()) };
    Word::new(
        u128::from_le_bytes(halves[0]),
        u128::from_le_bytes(halves[1]),
    )
}

/// Writes to the VM's cache, which keeps a slot that is given its old value out of the state. A program flushes it after a call
/// that may change state.
#[inline(never)]
pub fn store(slot: &Slot, word: Word) {
    let halves = [word.high.to_le_bytes(), word.low.to_le_bytes()];
    // SAFETY: both are 32 bytes; nothing else caches storage, since no value of it outlives the call that loaded it.
    unsafe { hostio::storage_cache_bytes32(slot.as_ptr(), halves.as_ptr().cast()) }
}
