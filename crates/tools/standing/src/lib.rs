//! How accounts stand by the rules, worked out from what a vault's and a guard's views say: which of an account's legs can move and
//! what their margin is, what a liquidation takes, on what ground and how far it is deleveraged. The rules are those of
//! [`risk::rules`], by which the contracts decide; what is added here is where the views say what a rule asks for.
//!
//! | What | Where |
//! |---|---|
//! | what views say of instruments, and of the vault's parameters | [`market`] |
//! | an account's positions with their margins, and which of them can move | [`book`] |
//! | what a liquidation or a deleveraging takes | [`taken`] |
//! | numbers of the ABI as the rules count them | [`numbers`] |

#![warn(missing_docs)]

pub mod book;
pub mod market;
pub mod numbers;
pub mod taken;

pub use book::Book;
pub use market::{Instrument, Leg, MarketState, Quote, Series};
pub use taken::{Taken, clock};
