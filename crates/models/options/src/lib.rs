//! Options in double precision, for tests: what the fixed-point prices and margins in `risk` have to agree with.
//!
//! It computes what the reference model of the margin computes, written from the design rather than from `risk`, with which
//! it shares no code (`native` hands it the same portfolios); and beyond the model, an initial margin whose moves start from a stable
//! price, and what may be lost between two volatilities of the grid. What goes in are the whole numbers that the fixed-point code reads,
//! so that both start from the same.

mod black;
pub mod bound;
mod draw;
mod margin;
mod native;
pub mod reference;
mod rows;
pub mod yardstick;

pub use black::{Greeks, Inputs, YEAR, density, distribution};
pub use draw::{Draw, Shape};
pub use margin::{Closing, Leg, Losses, Margin, NUMBERS, Portfolio, SCENARIOS, Shock};

/// One, in the scale of prices, sizes and rates.
pub const WAD: f64 = 1e18;
