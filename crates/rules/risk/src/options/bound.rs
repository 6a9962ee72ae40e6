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

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: i64 = 1 << BITS;

    fn node(price: i64, rest: i64, longs: i64, delta: i64) -> Node {
        Node {
            price: Wrapping(price),
            rest: Wrapping(rest),
            longs: Wrapping(longs),
            delta: Wrapping(delta),
        }
    }

    /// Four calls struck at 2, and twice as much sold of what they are on, at 1 and at 3.
    fn kink() -> (Node, Node) {
        let low = node(ONE, 0, 0, 0);
        (low, node(3 * ONE, -4 * ONE, 4 * ONE, 4 * ONE))
    }

    fn crossing(low: &Node, high: &Node) -> (i64, i64) {
        let (loss, price) = at_crossing(low, high);
        (loss.0, price.0)
    }

    #[test]
    fn a_part_is_exact_but_for_its_rounding() {
        let amounts = [
            0,
            1,
            (1 << 31) - 1,
            1 << 31,
            (1 << 31) + 1,
            123_456_789_012_345_678,
            (1 << 61) - 1,
        ];
        for x in amounts.into_iter().flat_map(|x| [x, -x]) {
            for share in [0, 1, ONE / 3, ONE / 2 + 1, ONE - 1, ONE] {
                let exact = i128::from(x) * i128::from(share);
                let (down, up) = (
                    part(Wrapping(x), Wrapping(share)),
                    part_up(Wrapping(x), Wrapping(share)),
                );
                assert_eq!(i128::from(down.0), exact >> BITS, "{x} {share}");
                assert_eq!(i128::from(up.0), -(-exact >> BITS), "{x} {share}");
            }
        }
    }

    #[test]
    fn tangents_cross_where_the_bound_is_lowest() {
        let (low, high) = kink();
        // Half of 4 is lost of the rest, and a unit of each size for the rounding of the share.
        assert_eq!(crossing(&low, &high), (2 * ONE + 4, 2 * ONE));
        // A rest that rises needs no rounding.
        let rising = node(3 * ONE, 4 * ONE, 4 * ONE, 4 * ONE);
        assert_eq!(crossing(&low, &rising), (-2 * ONE, 2 * ONE));
        // Both ends have a slope: 1 + x and 7 - 5 (2 - x) meet at 2.
        let (one, seven) = (node(ONE, 0, ONE, ONE), node(3 * ONE, 0, 7 * ONE, 5 * ONE));
        assert_eq!(crossing(&one, &seven), (-2 * ONE, 2 * ONE));
    }

    #[test]
    fn tangents_that_cross_outside_count_as_if_at_the_end() {
        let low = node(ONE, 0, ONE, ONE);
        assert_eq!(
            crossing(&low, &node(3 * ONE, 0, 11 * ONE, 5 * ONE)),
            (-ONE, ONE)
        );
        let low = node(ONE, 0, 0, 0);
        assert_eq!(
            crossing(&low, &node(3 * ONE, 0, -3 * ONE, ONE)),
            (3 * ONE, 3 * ONE)
        );
        // Slopes that differ by less than a unit, whose rises are rounded apart.
        assert_eq!(crossing(&low, &node(3 * ONE, 0, 0, 1)), (2, ONE + 2));
    }

    #[test]
    fn between_two_prices_no_more_is_lost_than_at_an_end_or_where_tangents_cross() {
        let (low, high) = kink();
        let found = |low: &Node, high: &Node| {
            let interval = Interval::new(7, 3, low, high);
            assert_eq!((interval.row, interval.bound.number), (3, 7));
            (interval.bound.amount.0, interval.cross.0)
        };
        assert_eq!(found(&low, &high), (2 * ONE + 4, 2 * ONE));
        // At the end that loses more, and at the lower of two that lose the same.
        assert_eq!(
            found(&node(ONE, -1, 0, 0), &node(3 * ONE, -2, 0, 0)),
            (2, 3 * ONE)
        );
        assert_eq!(
            found(&node(ONE, -2, 0, 0), &node(3 * ONE, -1, 0, 0)),
            (2, ONE)
        );
        assert_eq!(
            found(&node(ONE, -2, 0, 0), &node(3 * ONE, -2, 0, 0)),
            (2, ONE)
        );
        // A crossing that loses no more than an end is no better place to look at.
        assert_eq!(found(&low, &node(3 * ONE, 0, ONE, ONE)), (0, ONE));
        // What is straight, or at one price, has no crossing.
        assert_eq!(
            found(&node(ONE, 0, 0, ONE), &node(3 * ONE, -ONE, 2 * ONE, ONE)),
            (0, ONE)
        );
        assert_eq!(found(&low, &node(ONE, -1, 0, ONE)), (1, ONE));
    }

    #[test]
    fn an_interval_is_covered_if_one_tangent_lets_no_more_be_lost_than_was_seen() {
        let covered = |low: &Node, high: &Node, least: i64| {
            assert!(is_covered(low, high, Wrapping(least)));
            assert!(!is_covered(low, high, Wrapping(least - 1)));
        };
        let low = node(ONE, 0, 0, 0);
        // By the left tangent, above a rest that falls; without one; and by the right one.
        covered(&low, &node(3 * ONE, -ONE, ONE, ONE), ONE);
        covered(&low, &node(3 * ONE, 0, ONE, ONE), 0);
        covered(&low, &node(3 * ONE, -5 * ONE, 4 * ONE, 2 * ONE), ONE);
        // A slope at the lower end lifts the left tangent, and what longs are worth there all of it.
        covered(
            &node(ONE, 0, 0, ONE),
            &node(3 * ONE, -3 * ONE, ONE, 4 * ONE),
            ONE,
        );
        covered(
            &node(ONE, -ONE, ONE, ONE),
            &node(3 * ONE, -5 * ONE, 4 * ONE, 4 * ONE),
            2 * ONE,
        );
    }

    fn search(seen: i64) -> Search {
        Search {
            seen: Wrapping(seen),
            ..Search::NOTHING
        }
    }

    fn none(_: Fix, _: usize) -> Node {
        panic!("no look is needed")
    }

    #[test]
    fn nothing_is_looked_for_that_a_node_covers() {
        let (low, high) = kink();
        let mut covered = search(4 * ONE);
        covered.add(1, 2, &low, &high);
        assert!(covered.largest(none).is_none());
    }

    #[test]
    fn a_bound_is_looked_at_once_where_it_is_reached() {
        let (low, high) = kink();
        let looks = core::cell::Cell::new(0);
        let mut search = search(0);
        search.add(6, 4, &low, &high);
        let largest = search.largest(|price, row| {
            assert_eq!((price.0, row), (2 * ONE, 4));
            looks.set(looks.get() + 1);
            node(2 * ONE, -2 * ONE, ONE, 2 * ONE)
        });
        // There it loses 1; halfway to either end the bounds are so, and by two units of rounding more.
        let largest = largest.unwrap();
        assert_eq!(
            (largest.amount.0, largest.number, looks.get()),
            (ONE + 2, 6, 1)
        );
        assert_eq!((search.seen.0, search.len), (ONE, 2));
    }

    #[test]
    fn a_bound_within_a_fiftieth_of_what_was_seen_is_enough() {
        let (low, high) = kink();
        // 2 x 2^30 + 4 is a fiftieth more than 2,105,376,130, rounded down.
        let open = |seen: i64| {
            let mut search = search(seen);
            search.push(Interval::new(6, 4, &low, &high));
            search
        };
        assert_eq!(
            open(2_105_376_130).largest(none).unwrap().amount.0,
            2 * ONE + 4
        );
        let looked = core::cell::Cell::new(false);
        let _ = open(2_105_376_129).largest(|_, _| {
            looked.set(true);
            node(2 * ONE, -2 * ONE, ONE, 2 * ONE)
        });
        assert!(looked.get());
        // A bound at an end needs none either, however much it is.
        let mut end = search(0);
        end.push(Interval::new(
            1,
            1,
            &node(ONE, -ONE, 0, 0),
            &node(3 * ONE, 0, 0, 0),
        ));
        end.push(Interval::new(
            2,
            1,
            &node(ONE, 0, 0, 0),
            &node(3 * ONE, -ONE, 0, 0),
        ));
        assert_eq!(end.largest(none).unwrap().number, 1);
    }

    #[test]
    fn of_equal_bounds_the_lowest_number_is_named() {
        for numbers in [[3, 5], [5, 3]] {
            let mut search = search(0);
            for number in numbers {
                search.push(Interval::new(
                    number,
                    1,
                    &node(ONE, -ONE, 0, 0),
                    &node(3 * ONE, 0, 0, 0),
                ));
            }
            search.push(Interval::new(
                1,
                1,
                &node(ONE, 1 - ONE, 0, 0),
                &node(3 * ONE, 0, 0, 0),
            ));
            assert_eq!(search.largest(none).unwrap().number, 3);
            let loss = |number| Loss {
                amount: Wrapping(7),
                number,
            };
            assert_eq!(loss(numbers[0]).or(loss(numbers[1])).number, 3);
        }
        let more = Loss {
            amount: Wrapping(8),
            number: 9,
        };
        assert_eq!(more.or(Loss::default()).number, 9);
        assert_eq!(Loss::default().or(more).number, 9);
    }

    #[test]
    fn there_is_room_for_thirty_intervals_and_twelve_looks() {
        let mut search = search(0);
        let lost = |amount: i64| {
            Interval::new(
                amount as u8,
                0,
                &node(ONE, -amount, 0, 0),
                &node(ONE, 0, 0, 0),
            )
        };
        for amount in 1..=43 {
            search.push(lost(amount));
        }
        assert_eq!(search.largest(none).unwrap().amount.0, 42);
    }
}
