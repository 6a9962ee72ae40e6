//! A re-entrancy lock in transient storage (EIP-1153): about 200 gas, and a revert releases it.
//!
//! For contracts built with the SDK's feature `reentrant`, which need views to answer while they call out.

use alloy_sol_types::sol;

sol! {
    /// The contract was called back while it was calling out.
    #[derive(Debug)]
    error Reentered();
}

/// Transient slot of the lock; nothing else uses transient storage.
const SLOT: [u8; 32] = *b"bulkhead.contract-support.lock  ";
const HELD: [u8; 32] = {
    let mut word = [0; 32];
    word[31] = 1;
    word
};

/// Takes the lock. Fails if it is held.
pub fn enter() -> Result<(), Reentered> {
    if is_held() {
        return Err(Reentered {});
    }
    hooks::store(&SLOT, &HELD);
    Ok(())
}

/// Releases the lock. Only needed on success: a revert undoes [`enter`].
pub fn leave() {
    hooks::store(&SLOT, &[0; 32]);
}

/// Whether the lock is held.
pub fn is_held() -> bool {
    hooks::load(&SLOT) != [0; 32]
}

/// The SDK exposes no transient storage.
#[cfg(target_arch = "wasm32")]
mod hooks {
    #[link(wasm_import_module = "vm_hooks")]
    unsafe extern "C" {
        fn transient_load_bytes32(key: *const u8, dest: *mut u8);
        fn transient_store_bytes32(key: *const u8, value: *const u8);
    }

    pub fn load(key: &[u8; 32]) -> [u8; 32] {
        let mut value = [0; 32];
        // SAFETY: both pointers are to 32 bytes.
        unsafe { transient_load_bytes32(key.as_ptr(), value.as_mut_ptr()) };
        value
    }

    pub fn store(key: &[u8; 32], value: &[u8; 32]) {
        // SAFETY: both pointers are to 32 bytes.
        unsafe { transient_store_bytes32(key.as_ptr(), value.as_ptr()) };
    }
}

/// Contracts run as WASM only; the native build exists to print ABIs.
#[cfg(not(target_arch = "wasm32"))]
mod hooks {
    pub fn load(_key: &[u8; 32]) -> [u8; 32] {
        unimplemented!("transient storage outside a Stylus program")
    }

    pub fn store(_key: &[u8; 32], _value: &[u8; 32]) {
        unimplemented!("transient storage outside a Stylus program")
    }
}
