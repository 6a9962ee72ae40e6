//! What the programs of a margin vault share: one storage, one way to open an operation, one list of errors, one ABI.
//!
//! A vault is one address with one ABI. Its code is a clone of `MarginVault.sol`, which hands every call on to one of its
//! programs by its selector: a single program would not fit the chain's limit of 24,576 bytes, and a call pays for the size of
//! the program that serves it.
//!
//! | Program | What it does |
//! |---|---|
//! | `vault-trading` | settles signed trades in perpetuals |
//! | `vault-option-trading` | settles signed trades in options |
//! | `vault-accounts` | money in, out and between accounts; settles accounts, for anyone |
//! | `vault-liquidation` | moves legs of accounts in ill health into others |
//! | `vault-deleveraging` | closes legs of accounts near debt against the opposite side |
//! | `vault-debts` | closes legs of accounts in debt against the opposite side, for what the pool pays |
//! | `vault-profits` | turns profit into capital; what the pool pays for deficits written off; fees |
//! | `vault-registry` | set-up, parameters, and everything that can be read |
//! | `vault-options` | options and their rules; signers and cancellations |
//!
//! The ledger itself is the crate `risk`. An operation reads as: load (accounts, prices) -> plan (in `risk`) -> check -> store
//! -> emit and call out. `Settled` and `Deleveraged` are emitted by the dispatcher, from what `settle` and `deleverage` answer: there, code
//! takes no program's bytes.
//!
//! | Where is ... | |
//! |---|---|
//! | a slot laid out | [`storage`], [`nonces`], of an option: [`series`] |
//! | an order hashed | [`orders`] |
//! | a trade settled | [`trading`] |
//! | a signature checked | [`signatures`] |
//! | a price accepted | [`prices`] |
//! | a margin computed | [`margins`] |
//! | a caller's right checked | [`checks`] |
//! | a leg found movable | [`session`] |
//! | an instrument's cover followed | [`flows`] |
//! | options of an underlying added up | [`exposures`] |
//! | a token moved, the pool called | [`calls`] |
//! | what moves in an account told | [`changes`] |
//! | a call taken in | [`program`] |
//!
//! The programs are not re-entrant: a call into a vault that is already on the stack reverts, views included, so that no token,
//! pool or signer can see or use a vault in the middle of an operation.

#![no_std]

extern crate alloc;

pub mod abi;
pub mod calls;
pub mod changes;
pub mod checks;
pub mod closings;
pub mod error;
pub mod exposures;
pub mod flows;
pub mod interfaces;
pub mod margins;
pub mod nonces;
pub mod options;
pub mod orders;
pub mod packing;
pub mod parameters;
pub mod prices;
pub mod program;
pub mod series;
pub mod session;
pub mod signatures;
pub mod storage;
pub mod trading;
pub mod valuation;

pub use program_support::{event, steward, topic, word};
