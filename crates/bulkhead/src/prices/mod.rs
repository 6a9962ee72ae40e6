//! Price paths that the demo plays: one price a minute.

mod black_thursday;
mod bridge;
mod file;

pub use black_thursday::black_thursday;
pub use file::{PriceFileError, read, read_prints};

/// Seconds between two points of a path.
pub const STEP_SECONDS: u64 = 60;

/// A price at a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Seconds since the Unix epoch, UTC.
    pub time: u64,
    /// Quote units for one unit of the underlying.
    pub price: f64,
}

/// Points one minute apart, in order, at least two.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// What is played, for titles.
    pub title: String,
    /// The prices.
    pub points: Vec<Point>,
}
