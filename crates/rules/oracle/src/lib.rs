//! The pure maths of the oracle guard: what makes an answer trustworthy, which price is the mark, when a breaker trips.
//!
//! There is no storage, no feed and no clock here, so contracts, bots and simulators decide alike.
//! Prices are WAD (1e18), each kind of a type of its own: what a [source](SourcePrice) says, the [`Mark`], its [mean](MeanPrice), the
//! [stable](Stable) price, the [`SettlementPrice`]. Ratios are WAD in `u64`, times are seconds. Unless a function says otherwise,
//! divisions round down.
//!
//! - [`source`]: one feed's answer, and every reason to distrust it.
//! - [`quote`]: from one or two sources to the mark.
//! - [`price`]: what readers see of an asset.
//! - [`sequencer`]: the sequencer's status, and which prices its outages end.
//! - [`mean`]: the time-weighted mean that a move is measured against.
//! - [`compact`]: a price in six bytes.
//! - [`stable`]: the price that follows slowly.
//! - [`volatility`]: how far prices move, at two speeds.
//! - [`surface`]: implied volatility of an expiry, and how fast it may move.
//! - [`settlement`]: the prices at which days end.
//! - [`handover`]: from one asset's sources to others.
//! - [`expiry`]: what options are worth.
//! - [`tier`]: the breaker, its thresholds, its hysteresis, and what each tier forbids.
//! - [`spell`]: time that the guardian may take of one thing.
//! - [`trip`]: what the guardian may do with a tier.
//! - [`asset`]: one asset's price, mean and breaker, and how an observation changes them.
//! - [`state`]: all of an asset that an observation changes, and when one has to be stored.

#![no_std]

pub mod asset;
pub mod compact;
pub mod expiry;
pub mod handover;
pub mod math;
pub mod mean;
pub mod parameters;
pub mod price;
pub mod quote;
pub mod raised;
pub mod sequencer;
pub mod settlement;
pub mod source;
pub mod spell;
pub mod stable;
pub mod state;
pub mod surface;
pub mod tier;
pub mod trip;
pub mod volatility;

pub use asset::{Asset, Observation};
pub use expiry::{Early, Expiry, OptionQuote, Stage};
pub use handover::{AssetState, NotTaken};
pub use mean::{Mean, MeanPrice};
pub use parameters::Parameters;
pub use price::{Price, Status};
pub use quote::{Quote, Sources};
pub use raised::Raised;
pub use risk::{Mark, SettlementPrice, Stable};
pub use sequencer::Sequencer;
pub use settlement::{Pending, Settled, Settlements, Sums, Windows};
pub use source::{Distrust, Limits, Round, Sample, SourcePrice};
pub use spell::{Spell, SpellRefusal};
pub use state::State;
pub use surface::{Forward, NotDistrusted, Quoted, Surface, SurfaceLimits, SurfaceRefusal};
pub use tier::{Breaker, Cause, Tier};
pub use trip::{Trip, TripRefusal};
pub use volatility::{Outlook, RangeLimits, Ranges, Volatility};

/// One, in the fixed-point scale of prices and ratios.
pub const WAD: u64 = 1_000_000_000_000_000_000;
