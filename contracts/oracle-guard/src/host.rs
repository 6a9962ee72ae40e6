//! What the chain does for the program.

use alloc::vec;
use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use stylus_sdk::host::WasmVM;
use stylus_sdk::hostio;
use stylus_sdk::stylus_core::{BlockAccess, CalldataAccess, MessageAccess};

/// Key of a slot.
pub type Slot = [u8; 32];

/// Contents of a slot as two halves, least significant byte first, which spares every access the reversal of 32 bytes.
#[derive(Clone, Copy, Default)]
pub struct Word {
    pub high: u128,
    pub low: u128,
}

impl Word {
    pub const fn new(high: u128, low: u128) -> Self {
        Self { high, low }
    }
}

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

/// Writes to the VM's cache, which keeps a slot that is given its old value out of the state.
#[inline(never)]
pub fn store(slot: &Slot, word: Word) {
    let halves = [word.high.to_le_bytes(), word.low.to_le_bytes()];
    // SAFETY: both are 32 bytes; nothing else caches storage.
    unsafe { hostio::storage_cache_bytes32(slot.as_ptr(), halves.as_ptr().cast()) }
}

/// Static call of `to` with at most `gas`, which fills `answer` with the first bytes returned; whether it succeeded and
/// returned that many.
///
/// What is cached of storage stays there: nobody can see it, since the guard is not re-entrant.
#[inline(never)]
pub fn ask(to: Address, gas: u64, input: &[u8], answer: &mut [u8]) -> bool {
    let mut returned = 0;
    // SAFETY: the pointers are to an address, to `len` bytes and to a length.
    let status = unsafe {
        hostio::static_call_contract(
            to.as_ptr(),
            input.as_ptr(),
            input.len(),
            gas,
            &raw mut returned,
        )
    };
    if status != 0 || returned < answer.len() {
        return false;
    }
    // SAFETY: at most `len` bytes are written.
    unsafe { hostio::read_return_data(answer.as_mut_ptr(), 0, answer.len()) };
    true
}

/// The caller.
pub fn sender() -> Address {
    WasmVM::default().msg_sender()
}

/// The block's time in seconds.
pub fn now() -> u64 {
    WasmVM::default().block_timestamp()
}

/// An unsigned integer as an ABI word.
#[inline(always)]
pub fn uint(value: impl Into<u128>) -> B256 {
    word_of(value.into())
}

#[inline(never)]
fn word_of(value: u128) -> B256 {
    let mut word = [0; 32];
    word[16..].copy_from_slice(&value.to_be_bytes());
    B256::new(word)
}

/// A signed integer as an ABI word.
#[inline(never)]
pub fn int(value: i128) -> B256 {
    let mut word = if value < 0 { [0xff; 32] } else { [0; 32] };
    word[16..].copy_from_slice(&value.to_be_bytes());
    B256::new(word)
}

fn concat(head: &[u8], words: &[B256]) -> Vec<u8> {
    let mut bytes = vec![0; head.len() + words.len() * 32];
    let (start, rest) = bytes.split_at_mut(head.len());
    start.copy_from_slice(head);
    fill(rest, words);
    bytes
}

/// Writes ABI words one after the other.
pub fn fill(bytes: &mut [u8], words: &[B256]) {
    for (place, word) in bytes.chunks_exact_mut(32).zip(words) {
        place.copy_from_slice(word.as_slice());
    }
}

/// ABI words one after the other.
pub fn encode(words: &[B256]) -> Vec<u8> {
    concat(&[], words)
}

/// An event's signature hash, taken apart: constants in the code cost every call less than data.
pub struct Topic(pub u64, pub u64, pub u64, pub u64);

/// Part `k` of a hash.
pub const fn part_of(hash: B256, k: usize) -> u64 {
    let (parts, _) = hash.0.as_chunks();
    u64::from_le_bytes(parts[k])
}

/// The [`Topic`] of an event.
macro_rules! topic {
    ($event:ty) => {{
        use alloy_sol_types::SolEvent;
        use $crate::host::{Topic, part_of};
        Topic(
            const { part_of(<$event>::SIGNATURE_HASH, 0) },
            const { part_of(<$event>::SIGNATURE_HASH, 1) },
            const { part_of(<$event>::SIGNATURE_HASH, 2) },
            const { part_of(<$event>::SIGNATURE_HASH, 3) },
        )
    }};
}
pub(crate) use topic;

/// Emits an event: its signature, then `indexed` further topics, then its data.
#[inline(never)]
pub fn emit(topic: Topic, indexed: usize, words: &[B256]) {
    let mut signature = [0; 32];
    let parts = [topic.0, topic.1, topic.2, topic.3];
    for (place, part) in signature.chunks_exact_mut(8).zip(parts) {
        place.copy_from_slice(&part.to_le_bytes());
    }
    let bytes = concat(&signature, words);
    // SAFETY: the pointer is to `len` bytes, which hold the topics.
    unsafe { hostio::emit_log(bytes.as_ptr(), bytes.len(), indexed + 1) };
}

#[cfg(target_arch = "wasm32")]
#[link(wasm_import_module = "vm_hooks")]
unsafe extern "C" {
    fn exit_early(status: u32) -> !;
}

/// Host builds only print the interface.
#[cfg(not(target_arch = "wasm32"))]
unsafe fn exit_early(status: u32) -> ! {
    panic!("there is no call to end with status {status}")
}

/// Ends the call with an error of static fields. The host drops what it has cached.
#[cold]
#[inline(never)]
pub fn revert(selector: [u8; 4], words: &[B256]) -> ! {
    WasmVM::default().write_result(&concat(&selector, words));
    // SAFETY: the call ends here.
    unsafe { exit_early(1) }
}

/// Ends the call without data: what was asked is not in the interface.
#[cold]
#[inline(never)]
pub fn refuse() -> ! {
    WasmVM::default().write_result(&[]);
    // SAFETY: the call ends here.
    unsafe { exit_early(1) }
}
