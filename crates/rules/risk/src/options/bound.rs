//! The largest loss between two prices at one volatility: a bound, and a closer look where it is loose (DESIGN 4).
//!
//! The value of long options, as calls, is convex in the price: it lies above its tangents at both ends. That of everything else is
//! concave or linear, and lies above its chord. The sum of both bounds is lowest at an end or where the tangents cross. Each step
//! rounds so that the bound of the loss is no smaller: the left tangent's rise down, the right one's up, the chord down; and at the
//! rounded crossing the smaller of the tangents counts, which so is no higher than both are where they do cross.
//!
//! Sums are of sizes below 2^29 x shares below 2^33: below 2^62, and deltas below 2^59.

use core::num::Wrapping;

use super::fast::{BITS, Fix};

/// Prices that are looked at besides the nodes, at most.
const REFINEMENTS: usize = 12;
/// A bound that is larger than every loss seen by one part in so many needs no closer look.
const ENOUGH: Fix = Wrapping(50);
const ZERO: Fix = Wrapping(0);

/// A portfolio at a price and a volatility.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub(super) price: Fix,
    /// What everything but the long options has gained, less the marks of those.
    pub(super) rest: Fix,
    /// What the long options are worth, as calls.
    pub(super) longs: Fix,
    /// Their delta.
    pub(super) delta: Fix,
}

impl Node {
    /// Of nothing.
    pub(super) const NOTHING: Self = Self {
        price: ZERO,
        rest: ZERO,
        longs: ZERO,
        delta: ZERO,
    };

    pub(super) fn loss(&self) -> Fix {
        -(self.rest + self.longs)
    }
}

/// A loss, and what it is numbered.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Loss {
    pub(super) amount: Fix,
    pub(super) number: u8,
}

impl Loss {
    /// The larger; of two that are the same, that with the lower number.
    pub(super) fn or(self, other: Self) -> Self {
        let is_larger = other.amount > self.amount
            || (other.amount == self.amount && other.number < self.number);
        if is_larger { other } else { self }
    }
}

/// Two nodes of one row, and what may be lost between them.
#[derive(Clone, Copy, Debug)]
struct Interval {
    row: usize,
    low: Node,
    high: Node,
    /// No loss is larger.
    bound: Loss,
    /// The price where the bound is reached.
    cross: Fix,
}

/// `x` x `share`, of a share from zero to one; rounded down.
fn part(x: Fix, share: Fix) -> Fix {
    const HALF: usize = 31;
    const LOW: Fix = Wrapping((1 << HALF) - 1);
    (((x >> HALF) * share) << (HALF - BITS)) + (((x & LOW) * share) >> BITS)
}

/// The same rounded up.
fn part_up(x: Fix, share: Fix) -> Fix {
    -part(-x, share)
}

impl Interval {
    /// Of nothing.
    const NOTHING: Self = Self {
        row: 0,
        low: Node::NOTHING,
        high: Node::NOTHING,
        bound: Loss {
            amount: ZERO,
            number: 0,
        },
        cross: ZERO,
    };

    fn new(number: u8, row: usize, low: &Node, high: &Node) -> Self {
        let (low_loss, high_loss) = (low.loss(), high.loss());
        let (mut amount, mut cross) = if low_loss >= high_loss {
            (low_loss, low.price)
        } else {
            (high_loss, high.price)
        };
        if high.price > low.price && high.delta > low.delta {
            let (loss, price) = at_crossing(low, high);
            if loss > amount {
                (amount, cross) = (loss, price);
            }
        }
        Self {
            row,
            low: *low,
            high: *high,
            bound: Loss { amount, number },
            cross,
        }
    }
}

/// The bound of the loss where the tangents cross, and that price.
fn at_crossing(low: &Node, high: &Node) -> (Fix, Fix) {
    let width = high.price - low.price;
    let excess = part_up(high.delta, width) - (high.longs - low.longs);
    let steeper = ((high.delta - low.delta) >> BITS).max(Wrapping(1));
    let from = (excess.max(ZERO) / steeper).min(width);
    let rise = high.rest - low.rest;
    // Up where the rest falls, so that the chord is no higher.
    let share = ((from << BITS) / width + (rise >> 63 & Wrapping(1))).min(Wrapping(1 << BITS));
    let chord = low.rest + part(rise, share);
    let left = low.longs + part(low.delta, from);
    let right = high.longs - part_up(high.delta, width - from);
    (-(chord + left.min(right)), low.price + from)
}

/// Whether no loss between two nodes can be larger than `seen`: neither tangent alone, above a rest that is no lower than at its
/// lower end, lets it.
fn is_covered(low: &Node, high: &Node, seen: Fix) -> bool {
    let width = (high.price - low.price).max(ZERO);
    let left = low.longs + part(low.delta, width);
    let right = high.longs - part_up(high.delta, width);
    let by_left = low.loss().max(-(high.rest + left));
    let by_right = high.loss().max(-(low.rest + right));
    by_left.min(by_right) <= seen
}

/// Looks for the largest loss between nodes.
pub(super) struct Search {
    /// The largest loss at a price that was looked at; to begin with, at a node.
    pub(super) seen: Fix,
    /// Of any row, six between its seven nodes; each look adds one.
    open: [Interval; Self::MOST],
    len: usize,
}

impl Search {
    const MOST: usize = 30 + REFINEMENTS;

    /// Before anything was looked at. A constant, so that a program's stack holds it once.
    pub(super) const NOTHING: Self = Self {
        seen: ZERO,
        open: [Interval::NOTHING; Self::MOST],
        len: 0,
    };

    /// Adds what is between two nodes, unless that cannot matter.
    pub(super) fn add(&mut self, number: u8, row: usize, low: &Node, high: &Node) {
        if !is_covered(low, high, self.seen) {
            self.push(Interval::new(number, row, low, high));
        }
    }

    fn push(&mut self, interval: Interval) {
        if let Some(place) = self.open.get_mut(self.len) {
            *place = interval;
            self.len += 1;
        }
    }

    /// The interval with the largest bound.
    fn widest(&mut self) -> Option<&mut Interval> {
        let open = self.open.iter_mut().take(self.len);
        open.reduce(|widest, other| {
            let (bound, new) = (widest.bound, other.bound);
            let is_larger = new.amount > bound.amount
                || (new.amount == bound.amount && new.number < bound.number);
            if is_larger { other } else { widest }
        })
    }

    /// The largest bound that is left after closer looks: at the portfolio at a price, in a row. None if no node can be exceeded.
    pub(super) fn largest(&mut self, revalue: impl Fn(Fix, usize) -> Node) -> Option<Loss> {
        for _ in 0..REFINEMENTS {
            let seen = self.seen.max(ZERO);
            let widest = self.widest()?;
            let Interval {
                row,
                low,
                high,
                bound,
                cross,
            } = *widest;
            let is_enough = bound.amount - seen <= seen / ENOUGH;
            if is_enough || cross <= low.price || cross >= high.price {
                break;
            }
            let middle = revalue(cross, row);
            *widest = Interval::new(bound.number, row, &low, &middle);
            self.push(Interval::new(bound.number, row, &middle, &high));
            self.seen = self.seen.max(middle.loss());
        }
        self.widest().map(|interval| interval.bound)
    }
}
