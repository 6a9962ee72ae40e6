//! The margin ledger of a vault and its maths: pure state changes, without storage, tokens or clock.
//!
//! The contract, the bots and the simulator run this same code. It allocates nothing and uses no floating point.
//!
//! # Scales and limits
//!
//! | Quantity | Type | One is | Largest value |
//! |---|---|---|---|
//! | price | [`Price`] | 1e18 | 1.26e12, [`Price::MAX`] |
//! | funding paid per unit | [`Index`] | 1e18 | +-6.3e11, [`Index::MAX_FUNDING`] |
//! | open interest of a side | [`Size`] | 1e18 | 1.6e14, [`Size::MAX`] |
//! | notional of a side after a trade that raises it | [`Usd`] | 1e18 | 3.1e11, [`Usd::MAX_TRADED`] |
//! | open interest x index of a side | [`Usd`] | 1e18 | +-5.0e12, [`Usd::MAX_VALUE`] |
//! | tokens of a vault | [`Usd`] | 1e18 | 1.26e12, [`Usd::MAX_TOKENS`] |
//! | an account's amounts, the totals | [`Usd`] | 1e18 | +-2.59e15, [`Usd::MAX`] |
//! | ratio | [`Ratio`] | 1e18 | 3.4e20 |
//! | scale A of a bucket | [`Scale`] | 1e27 | 1; below 1e-6, [`Scale::MIN`], the bucket is closed |
//! | cumulative gain K of a bucket | [`Cumulative`] | 1e21 | +-1.91e12, the largest index |
//! | epochs of a bucket | `u32` | 1 | 2^28 - 1, [`LAST_EPOCH`] |
//!
//! Products are taken in 256 bits. A result beyond its type or its limit is [`Error::Overflow`], never a wrapped number, and the
//! operation takes no effect. No limit keeps anybody's funds in:
//!
//! - What is refused at a limit lets something in: a deposit, or a trade that raises open interest.
//! - A price or funding beyond a limit is refused by itself ([`Ledger::set_prices`]); its instrument keeps the prices it had,
//!   and everybody can settle, close and leave at those.
//! - A price that is taken leaves room: the limit of open interest x index bounds what a leg can gain before it is settled, so
//!   that the legs of an account, cut or not, add up to less than an account can hold.
//! - A bucket has room for every leg of a side of the largest size at the smallest scale, however often it was cut and filled
//!   again: its bases stay below 2^127, the sizes at joining below 2^111.
//! - A bucket that has been closed 2^28 - 1 times takes no more legs, so that it need not be closed again; the next one of higher
//!   utilisation stands in for it. (Each time, an account with a position in it has to be emptied.)
//! - The totals of profit and debt end at 2.59e15: 2,000 times the largest amount of tokens.
//!
//! # Options
//!
//! An option is an instrument like any other, whose mark the guard computes; legs gain and lose by it, and no premium changes
//! hands. What differs:
//!
//! - Margin is asked of the [`Store`] for all that an account holds, since options and the perpetual on their underlying hedge one
//!   another. Where a penalty or a reward is divided among legs, each has its [`Store::weight`].
//! - What insurance pays for it counts to its underlying, and so does its part of a debt.
//! - Once it has expired at a final mark ([`Store::is_settled`]) it is no position any more. Whoever settles a leg of it, a
//!   stranger's touch or a trade, takes the leg away, from its side alone: until all have gone, both sides may differ. The
//!   part of a debt that it has caused stays [attributed](Attribution) to its underlying.
//! - When all legs have gone, [`Ledger::retire`] makes its place free for another series.
//!
//! # Rounding
//!
//! Everything rounds against the account and for the vault: gains down, losses, payments and requirements up. What
//! rounding leaves over stays in the vault: of quote amounts, as tokens that nobody can claim; of sizes, as open interest
//! above the sum of the legs. A touch costs an account at most 1e-18 of the quote token per leg, plus base / 1e21 in a
//! bucket that has been cut.
#![no_std]
#![warn(missing_docs)]
#![forbid(unsafe_code)]

mod account;
mod attribution;
mod bucket;
pub mod cover;
mod coverage;
mod credit;
pub mod decay;
mod deleveraging;
pub mod dust;
mod error;
pub mod funding;
mod insurance;
mod ledger;
mod liquidation;
pub mod listing;
mod margin;
pub mod math;
mod maturity;
pub mod options;
mod outflow;
pub mod requirement;
mod store;
mod throttle;
mod units;
mod water;

pub use account::{Account, Legs, MAX_LEGS, Maturities, Positions};
pub use attribution::{Attribution, Parts};
pub use bucket::{BUCKETS, Bucket, DEBT, Ended, LAST_EPOCH, bucket_due};
pub use cover::{Cover, Flow};
pub use coverage::{Coverage, Totals};
pub use credit::Credit;
pub use deleveraging::{Closing, Ground};
pub use error::{Error, Result};
pub use funding::{Funding, Volume};
pub use insurance::{Debts, Pool, Records, whole_units};
pub use ledger::{ClosedLeg, Converted, CutLeg, Draw, Ledger, Trade, Traded, Valued};
pub use liquidation::{Clock, Liquidation, Terms, plan_liquidation};
pub use margin::{Health, linear_margin, rate_of_weights, reduced_risk, within_band};
pub use maturity::{Maturing, Maturity};
pub use outflow::{Outflow, OutflowCaps, OutflowRates};
pub use requirement::{Holding, OptionRates, Ranges, Underlying};
pub use store::{InstrumentId, Leg, Prices, SideState, Store};
pub use throttle::Throttle;
pub use units::{Base, Cumulative, Index, Position, Price, Ratio, Scale, Side, Size, Usd, WAD};
pub use water::water_fill;
