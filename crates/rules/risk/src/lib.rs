//! The margin ledger of a vault and its maths: pure state changes, without storage, tokens or clock.
//!
//! The contract, the bots and the simulator run this same code. It allocates nothing and uses no floating point.
//!
//! # Scales and limits
//!
//! | Quantity | Type | One is | Largest value |
//! |---|---|---|---|
//! | price: of a trade, a strike; [`Mark`], [`Spot`], [`Stable`], [`SettlementPrice`] | [`Price`] | 1e18 | 1.26e12, [`Price::MAX`] |
//! | funding paid per unit | [`Index`] | 1e18 | +-6.3e11, [`Index::MAX_FUNDING`] |
//! | open interest of a side | [`Size`] | 1e18 | 1.6e14, [`Size::MAX`] |
//! | notional of a side after a trade that raises it | [`Usd`] | 1e18 | 3.1e11, [`Usd::MAX_TRADED`] |
//! | open interest x index of a side | [`Usd`] | 1e18 | +-2.5e12, [`Usd::MAX_VALUE`] |
//! | tokens of a vault | [`Usd`] | 1e18 | 1.26e12, [`Usd::MAX_TOKENS`] |
//! | an account's amounts, the totals | [`Usd`] | 1e18 | +-2.59e15, [`Usd::MAX`] |
//! | ratio | [`Ratio`] | 1e18 | 3.4e20 |
//! | scale A of a bucket | [`Scale`] | 1e27 | 1 + 2^-16, of 96 bits; below 1e-6, [`Scale::MIN`], bases are divided |
//! | base of a leg, sum of a bucket's | [`Base`] | 1e18 | 2^127 units, the largest side at the smallest scale; least: 2^16, [`Base::LEAST`] |
//! | M of a bucket, size of a leg at joining | [`Size`] | 1e18 | 2^107 units and rounding, of 112 bits |
//! | cumulative gain K of a bucket | [`Cumulative`] | 1e21 | +-3.83e12, twice the largest index and 2^-16 of it, of 113 bits |
//! | epochs of a bucket | `u32` | 1 | 2^28 - 1, [`LAST_EPOCH`] |
//!
//! Products are taken in 256 bits. A result beyond its type or its limit is [`Error::Overflow`], never a wrapped number, and the
//! operation takes no effect. No limit keeps anybody's funds in:
//!
//! - What is refused at a limit lets something in: a deposit, or a trade that raises open interest.
//! - A price or funding beyond a limit is refused by itself ([`Ledger::set_prices`]); its instrument keeps the prices it had,
//!   and everybody can settle, close and leave at those.
//! - A price that is taken leaves room: the limit of open interest x index bounds what a leg can gain before it is settled, however
//!   often it is cut and its base divided, so that the legs of an account add up to less than an account can hold.
//! - A bucket has room for every leg of a side of the largest size at the smallest scale, however often it was cut and filled
//!   again: sizes, and M with them, are at most the side's; a base is a size over the scale, which is at least 1e-6 whenever
//!   somebody joins. A leaving takes of M at most what is there. How wide a bucket stands in the water is capped, so that no sum
//!   of widths overflows, whatever M is.
//! - A leg of an earlier epoch is found by reading at most seven ends of epochs: 2^127 is below 1e6^7. It leaves with what it
//!   counts, which the bucket has: the sum of quotients rounded down is at most the quotient of the sum.
//! - A bucket in its last epoch takes no more legs, is never divided, and its scale may fall to zero; every leg in it settles and
//!   leaves as ever. The next bucket of higher utilisation stands in for it. (To end an epoch takes a cut of a bucket to a millionth
//!   or to nothing.)
//! - The totals of profit and debt end at 2.59e15: 2,000 times the largest amount of tokens.
//!
//! The one thing that rounding can hold up is the place of a series: a bucket whose legs have all left is empty if less than 65,536
//! legs slept in it while its bases were divided, for each leaves less than one unit of base behind. As many accounts need ten
//! rewards of margin each.
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
//! above the sum of the legs, residue, whose bound is [`ledger::residue`]. A touch costs an account at most 1e-18 of the quote token per
//! leg and epoch, plus base / 1e21 in a bucket that has been cut.
#![no_std]
#![warn(missing_docs)]
#![deny(unsafe_code)]

pub mod decay;
mod error;
pub mod ledger;
pub mod math;
pub mod options;
pub mod rules;
mod units;

pub use error::{Error, Refused, Result};
use error::{refuse, refused};
pub use ledger::account::Account;
pub use ledger::attribution::{Attribution, Parts};
pub use ledger::bucket::{BUCKETS, Bucket, DEBT, Ended, LAST_EPOCH, bucket_due};
pub use ledger::coverage::{Coverage, Totals};
pub use ledger::debts::{Debts, Pool, Records, whole_units};
pub use ledger::store::{Leg, Prices, SideState, Store};
pub use ledger::water::water_fill;
pub use ledger::{ClosedLeg, Converted, CutLeg, Draw, Ledger, Trade, Traded, Valued};
pub use rules::cover::{Cover, Flow};
pub use rules::credit::Credit;
pub use rules::deleveraging::{Closing, Ground};
pub use rules::funding::{Funding, Volume};
pub use rules::health::{Clock, Health};
pub use rules::liquidation::{Liquidation, Penalty};
pub use rules::margin::{Holding, OptionRates, Ranges, Underlying};
pub use rules::maturity::{Maturing, Maturity, TierEnds};
pub use rules::outflow::{Outflow, OutflowCaps, OutflowRates};
pub use rules::throttle::Throttle;
pub use rules::tiers::Tier;
pub use units::{
    Base, Cumulative, Index, InstrumentId, Legs, MAX_LEGS, Mark, Position, Positions, Price, Ratio,
    Scale, SettlementPrice, Side, Size, Spot, Stable, Usd, WAD,
};
