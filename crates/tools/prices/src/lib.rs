//! Price paths that the demo plays: one price a minute.

#![warn(missing_docs)]

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

/// Points in order, at least two, a minute apart where nothing is missing.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// What is played, for titles.
    pub title: String,
    /// The prices.
    pub points: Vec<Point>,
    /// Seconds between two points at most: in between longer ones nobody said anything.
    pub longest_step: u64,
}

/// Single prints, in order, at least two. Each stands until the next one.
#[derive(Clone, Debug, PartialEq)]
pub struct Prints {
    /// What they are, for titles.
    pub title: String,
    /// The prices; of several in a second the last one counts.
    pub points: Vec<Point>,
}

/// A moment of a path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tick {
    /// Seconds since the Unix epoch, UTC.
    pub time: u64,
    /// The last price that was said.
    pub price: f64,
    /// Seconds since then.
    pub age: u64,
}

impl From<&Point> for Tick {
    fn from(point: &Point) -> Self {
        Self {
            time: point.time,
            price: point.price,
            age: 0,
        }
    }
}

impl Path {
    /// Every point, and every minute of a gap.
    pub fn ticks(&self) -> Vec<Tick> {
        ticks(&self.points, self.longest_step)
    }
}

/// Every one of `points`, and every minute between two that are more than `longest_step` seconds apart.
pub fn ticks(points: &[Point], longest_step: u64) -> Vec<Tick> {
    let mut ticks = Vec::with_capacity(points.len());
    for (place, point) in points.iter().enumerate() {
        ticks.push(Tick::from(point));
        let next = points.get(place + 1).map_or(point.time, |next| next.time);
        if next - point.time > longest_step {
            let silent = (point.time + STEP_SECONDS..next).step_by(STEP_SECONDS as usize);
            ticks.extend(silent.map(|time| Tick {
                time,
                price: point.price,
                age: time - point.time,
            }));
        }
    }
    ticks
}
