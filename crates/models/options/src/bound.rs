//! The largest loss between two prices at one volatility: a bound, and a closer look where it is loose.
//!
//! Long options, as calls, lie above their tangents at both ends; everything else is concave or linear, and lies above its chord.

/// How many prices are looked at besides the nodes, at most.
pub const REFINEMENTS: usize = 12;
/// A bound over the largest loss seen that needs no closer look.
pub const ENOUGH: f64 = 1.02;

/// A portfolio at a price and a volatility.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Node {
    /// The price.
    pub price: f64,
    /// What the portfolio has gained.
    pub profit: f64,
    /// Value of its long options, as calls.
    pub longs: f64,
    /// Their delta.
    pub delta: f64,
}

/// Two nodes of one volatility, and what may be lost between them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// What a worst loss here is numbered.
    pub number: usize,
    row: usize,
    low: Node,
    high: Node,
    /// No loss is larger.
    pub bound: f64,
    /// The price where the bound is reached.
    cross: f64,
}

impl Interval {
    /// What is between two nodes.
    #[must_use]
    pub fn new(number: usize, row: usize, low: Node, high: Node) -> Self {
        let (bound, cross) = between(&low, &high);
        Self {
            number,
            row,
            low,
            high,
            bound,
            cross,
        }
    }
}

fn between(low: &Node, high: &Node) -> (f64, f64) {
    let end = if low.profit <= high.profit { low } else { high };
    let mut worst = (-end.profit, end.price);
    if high.price <= low.price || high.delta <= low.delta {
        return worst;
    }
    let cross = (low.longs - high.longs - low.delta * low.price + high.delta * high.price)
        / (high.delta - low.delta);
    let cross = cross.clamp(low.price, high.price);
    let share = (cross - low.price) / (high.price - low.price);
    let chord = (low.profit - low.longs) * (1.0 - share) + (high.profit - high.longs) * share;
    let loss = -(chord + low.longs + low.delta * (cross - low.price));
    if loss > worst.0 {
        worst = (loss, cross);
    }
    worst
}

/// Splits the interval with the largest bound where that is reached, until it is within `enough` of the largest loss that has
/// been `seen`. Returns the intervals, and how many were split.
pub fn refined(
    mut open: Vec<Interval>,
    mut seen: f64,
    enough: f64,
    revalue: impl Fn(f64, usize) -> Node,
) -> (Vec<Interval>, usize) {
    for done in 0..REFINEMENTS {
        let mut widest = 0;
        for (n, interval) in open.iter().enumerate() {
            if interval.bound > open[widest].bound {
                widest = n;
            }
        }
        let Interval {
            number,
            row,
            low,
            high,
            bound,
            cross,
        } = open[widest];
        if bound <= seen.max(0.0) * enough || !(low.price < cross && cross < high.price) {
            return (open, done);
        }
        let middle = revalue(cross, row);
        seen = seen.max(-middle.profit);
        open[widest] = Interval::new(number, row, low, middle);
        open.push(Interval::new(number, row, middle, high));
    }
    (open, REFINEMENTS)
}
