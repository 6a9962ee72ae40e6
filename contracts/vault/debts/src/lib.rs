//! The vault's program for closing accounts in debt.
//!
//! | Where is ... | |
//! |---|---|
//! | a leg of an account in debt closed | [`bankruptcy`] |
//!
//! # Storage
//!
//! Closing a leg of an account in debt reads and changes what `vault-deleveraging` lists of closing a leg before debt, and:
//!
//! | Slot | Read | Changed | Why |
//! |---|---|---|---|
//! | how the debt is divided | 2 | 2 | the leg's underlying has less of it |
//! | records, stuck debts | 2 | 0 to 2 | which instruments have debts; what haircuts have left of records |
//! | debts of the underlying | 1 | 1 | known ones fall, what nobody pays is on record |
//! | cover of the underlying, limits, flow | 3 | 1 | what insurance pays for it; the first payment changes the flow too |
//! | who found the debt | 1 | | written only if some of it is left |
//! | outflow | 1 | 1 | V was what it was until the pool paid |
//! | accounts rewarded | 2 or 4 | 1 or 2 | paid as capital |
//!
//! The pool is asked once what it would pay, and drawn once. Debts of other instruments cost their debts, cover, limits and flow each,
//! read for what insurance pays of them.

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
