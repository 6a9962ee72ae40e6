//! Options: Black-76 prices and Greeks, and the scenario margin of a portfolio.
//!
//! [`black`] prices one option to 1e-14 of its forward; [`scenario`] revalues a portfolio under the scenarios of the margin,
//! to about 1e-8 of spot, in 64 bits.

mod arguments;
pub mod black;
mod bound;
pub mod closing;
mod deviation;
pub mod encoding;
pub mod evaluation;
mod fast;
mod fast_normal;
pub mod fixed;
mod grid;
pub mod late;
mod leg;
mod moves;
pub mod normal;
mod refusal;
mod rough_normal;
mod rows;
mod scaled;
pub mod scenario;
pub mod settlement;

pub use closing::ClosingLeg;
pub use encoding::{OptionLeg, Portfolio, Requirement, Shock};
pub use evaluation::{Evaluation, Summation, Sums};
pub use refusal::Refusal;
pub use settlement::{Counted, Moving};
