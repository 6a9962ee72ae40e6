//! What the programs share that route and decode calls themselves. The SDK's router and coders would take most of such a
//! program's size, and every call pays for the size of the program that serves it.
//!
//! | Where is ... | |
//! |---|---|
//! | a call taken in | [`entry`] |
//! | a function named, an interface exported | [`interface`] |
//! | a call ended with an error | [`exit`] |
//! | an argument decoded | [`arguments`] |
//! | words encoded | [`encoding`] |
//! | a slot read or written | [`storage`] |
//! | an event emitted | [`event`] |
//! | the steward asked | [`steward`] |
//! | a word taken apart | [`word`] |
//!
//! Contracts with the SDK's router share `contract-support` instead.

#![no_std]

extern crate alloc;

pub mod arguments;
pub mod encoding;
pub mod entry;
pub mod event;
pub mod exit;
pub mod interface;
pub mod steward;
pub mod storage;
pub mod word;

pub use arguments::{Arguments, Refuse};
pub use word::Word;
