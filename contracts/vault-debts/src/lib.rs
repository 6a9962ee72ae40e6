//! The vault's program for closing accounts in debt.
//!
//! | Where is ... | |
//! |---|---|
//! | a leg of an account in debt closed | [`bankruptcy`]; before there is debt: `vault-deleveraging` |
//!
//! # Storage
//!
//! Closing a leg of an account in debt reads and changes what `vault-deleveraging` lists of closing any leg, and:
//!
//! | Slot | Read | Changed | Why |
//! |---|---|---|---|
//! | limits, pool's assets | 2 | 1 | the instrument's cover |
//! | who found the debt | 1 | 1 | changed only if some of the debt is left, or none of it |
//! | outflow | 1 | 1 | V was what it was until the pool paid |
//! | accounts rewarded | 2 or 4 | 1 or 2 | paid as capital |
//!
//! Of a debt that nobody knew, `vault-deleveraging` settles the legs before, finds it and asks the pool what it would pay. Here the
//! pool is called once: drawn for what is owed, without being asked before what it would pay; it is asked only while other debts
//! are known.

#![no_std]

extern crate alloc;

mod bankruptcy;
mod functions;
mod router;

use margin_vault::program;

/// Serves a call of `len` bytes of calldata. Returns 0; a revert does not return.
#[unsafe(no_mangle)]
pub extern "C" fn user_entrypoint(len: usize) -> usize {
    program::serve::<router::Debts>(len)
}
