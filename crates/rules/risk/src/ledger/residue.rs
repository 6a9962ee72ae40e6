//! The bound of residue: size of a side that no leg holds.

use crate::{Base, Size};

/// One, in units of a cut's size that may become residue: 1e-21 of it.
const PART: u128 = 1_000_000_000_000_000_000_000;

/// What a side of an instrument has gone through since it was listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wear {
    /// Legs that joined a bucket.
    pub joins: u128,
    /// Legs that left one.
    pub leaves: u128,
    /// Legs that were in a bucket when its bases were divided, each time.
    pub divided: u128,
    /// Buckets that were cut, each time.
    pub cuts: u128,
    /// Sum of what these had left.
    pub left: u128,
    /// Times that a bucket was emptied with something left in it.
    pub emptied: u128,
}

impl Wear {
    /// The most by which open interest can exceed the sum of the legs' sizes (DESIGN 3, Legs and buckets): 2 units of 1e-18 for
    /// each leg that joins, leaves or sees its base divided, and for each bucket of a cut, of which 1e-21 comes to that; and
    /// 2^16 x A for each emptying, where A is at most 1 + 2^-16.
    ///
    /// A join loses at most A to its base, and its leg's own size at most one unit; a leaving, a unit of the size; dividing, at
    /// most A of each base, and a unit of the size. The water rounds a bucket down by a unit, and the scale by 1e-27 of a base,
    /// which is 1e-21 of the size as long as A is at least 1e-6.
    #[must_use]
    pub const fn residue(&self) -> Size {
        let units = self.joins + self.leaves + self.divided + self.cuts;
        let emptied = self.emptied * (Base::LEAST.0 + 1);
        Size(2 * units + self.left.div_ceil(PART) + emptied)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn residue_is_two_units_of_each_event_a_part_of_what_cuts_left_and_a_least_base_of_each_emptying()
     {
        let wear = Wear {
            joins: 1,
            leaves: 20,
            divided: 300,
            cuts: 4_000,
            left: 7 * PART + 1,
            emptied: 2,
        };
        assert_eq!(wear.residue(), Size(2 * 4_321 + 8 + 2 * 65_537));
    }
}
