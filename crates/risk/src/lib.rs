//! The margin ledger of a vault and its maths: pure state changes, without storage, tokens or clock.
//!
//! The contract, the bots and the simulator run this same code. It allocates nothing and uses no floating point.
//!
//! # Scales
//!
//! | Quantity | Type | One is | Largest value |
//! |---|---|---|---|
//! | price, index | [`Price`], [`Index`] | 1e18 | 1.7e14 (the limit of a cumulative gain) |
//! | size of a position | [`Size`], [`Position`] | 1e18 | 1.7e20 |
//! | amount of the quote token | [`Usd`] | 1e18 | 1.7e20 |
//! | ratio | [`Ratio`] | 1e18 | 3.4e20 |
//! | scale A of a bucket | [`Scale`] | 1e27 | 1 |
//! | cumulative gain K of a bucket | [`Cumulative`] | 1e24 | 1.7e14 |
//!
//! Products are taken in 256 bits. A result beyond its type is [`Error::Overflow`], never a wrapped number.
//!
//! # Rounding
//!
//! Everything rounds against the account and for the vault: gains down, losses, payments and requirements up. What
//! rounding leaves over stays in the vault: of quote amounts, as tokens that nobody can claim; of sizes, as open interest
//! above the sum of the legs. A touch costs an account at most 1e-18 of the quote token per leg, plus base / 1e24 in a
//! bucket that has been cut.
#![no_std]
#![warn(missing_docs)]
#![forbid(unsafe_code)]

mod account;
mod bucket;
pub mod cover;
mod coverage;
pub mod decay;
mod deleveraging;
mod error;
pub mod funding;
mod ledger;
mod liquidation;
mod margin;
pub mod math;
mod maturity;
mod outflow;
mod store;
mod throttle;
mod units;
mod water;

pub use account::{Account, Legs, MAX_LEGS, Maturities, Positions};
pub use bucket::{BUCKETS, Bucket, DEBT, LAST_EPOCH, bucket_due};
pub use cover::Flow;
pub use coverage::{Coverage, Totals};
pub use deleveraging::{Closing, Ground};
pub use error::{Error, Result};
pub use funding::{Funding, Volume};
pub use ledger::{ClosedLeg, Converted, CutLeg, Ledger, Trade, Traded, Valued};
pub use liquidation::{Clock, Liquidation, Terms, plan_liquidation};
pub use margin::{Health, Stress, reduced_risk, within_band};
pub use maturity::{Maturing, Maturity};
pub use outflow::{Outflow, OutflowCaps, OutflowRates};
pub use store::{InstrumentId, Leg, Prices, SideState, Store};
pub use throttle::Throttle;
pub use units::{Base, Cumulative, Index, Position, Price, Ratio, Scale, Side, Size, Usd, WAD};
pub use water::water_fill;
