//! The vault ledger in exact fractions, for tests: what the fixed-point ledger in `risk` has to agree with.
//!
//! It computes what the reference model computes, written from the design rather than from `risk`, with which it shares no
//! code. Beyond the model it closes a bucket whose scale would fall below 1e-6, takes a penalty in a deleveraging, moves an
//! account up to the bucket that is due, recovers what is missing from insurance, and knows options: their marks are given, a
//! rule for the margin of portfolios is handed in, and once they have expired whoever settles a leg takes it away. There is no
//! rounding: numbers grow with every step, so that a sequence should stay below 500 steps.

mod bucket;
mod insurance;
mod margin;
mod moves;
mod operations;
mod play;
mod reading;
mod scenarios;
mod vault;
mod vector;

pub use bucket::{BUCKETS, Bucket, DEBT, Side, edge};
pub use insurance::Insurance;
pub use margin::hedged;
pub use operations::Operation;
pub use play::{Listing, Player, Scenario, Weights};
pub use reading::parse;
pub use scenarios::{CRASH, GIANTS, MODEL, OPTIONS, PORTFOLIOS, SCENARIOS};
pub use vault::{
    Account, AccountId, Instrument, InstrumentId, Leg, Margin, OptionTerms, POOL, Sizes, Vault,
    linear,
};
pub use vector::{After, FinalAccount, Step, Vector};

/// A number without rounding.
pub type Exact = num_rational::BigRational;

/// One, in units of 1e-18, the scale of prices, sizes, ratios and amounts.
pub const WAD: i128 = 1_000_000_000_000_000_000;

/// A number of units of 1e-18.
#[must_use]
pub fn wad(units: i128) -> Exact {
    Exact::new(units.into(), WAD.into())
}

/// A number as units of 1e-18, rounded towards minus infinity; `None` beyond 128 bits.
#[must_use]
pub fn floor_wad(value: &Exact) -> Option<i128> {
    let scaled = value * Exact::from_integer(WAD.into());
    num_traits::ToPrimitive::to_i128(&scaled.floor().to_integer())
}
