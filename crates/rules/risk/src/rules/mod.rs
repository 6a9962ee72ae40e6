//! The rules, each at one address: pure decisions on numbers and enums, which contracts, bots and tools share. What they decide, the
//! [`ledger`](crate::ledger) applies; how options are priced is in [`options`](crate::options).
//!
//! | Which rule | Where |
//! |---|---|
//! | what a tier forbids | [`tiers`] |
//! | margin requirements, of perpetuals and portfolios | [`margin`] |
//! | health, and the clock of ill health | [`health`] |
//! | what a trade is held to: band, fee, reduced risk | [`trading`] |
//! | when, how much and at what penalty an account is liquidated; which legs can move; who is spared in a grace period | [`liquidation`] |
//! | how much of an account is deleveraged | [`deleveraging`]; on what ground: [`Ground::of`](crate::Ground::of); how fast a side is cut: [`throttle`] |
//! | when profit matures | [`maturity`] |
//! | when anyone may convert anyone's profit | [`conversion`] |
//! | what equity counts for a withdrawal | [`withdrawal`]; how much may leave the vault: [`outflow`]; whose deposits may leave again: [`credit`] |
//! | what insurance pays, and what open interest it allows | [`cover`] |
//! | funding | [`funding`] |
//! | which options may be listed, and what they add up to | [`listing`] |

pub mod conversion;
pub mod cover;
pub mod credit;
pub mod deleveraging;
pub mod funding;
pub mod health;
pub mod liquidation;
pub mod listing;
pub mod margin;
pub mod maturity;
pub mod outflow;
pub mod throttle;
pub mod tiers;
pub mod trading;
pub mod withdrawal;
