//! Which instruments a debt is owed for.

use crate::{InstrumentId, MAX_LEGS, Result, Usd, math};

/// What all shares of an attribution add up to when a loss is attributed.
const WHOLE: Usd = Usd((1 << SHARE_BITS) - 1);
/// Bits of a share.
const SHARE_BITS: u32 = 26;

/// Amounts by instrument, none of which is named twice: what each of an account's legs has lost, or its debt owes for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    ids: [InstrumentId; MAX_LEGS],
    amounts: [Usd; MAX_LEGS],
    len: u8,
}

impl Default for Parts {
    fn default() -> Self {
        Self {
            ids: [0; MAX_LEGS],
            amounts: [Usd::ZERO; MAX_LEGS],
            len: 0,
        }
    }
}

impl Parts {
    /// Instruments with their amounts.
    pub fn iter(&self) -> impl Iterator<Item = (InstrumentId, Usd)> {
        let held = 0..usize::from(self.len);
        held.map(|at| (self.ids[at], self.amounts[at]))
    }

    /// The amount of an instrument.
    #[must_use]
    pub fn get(&self, id: InstrumentId) -> Usd {
        self.iter()
            .find(|part| part.0 == id)
            .map_or(Usd::ZERO, |part| part.1)
    }

    /// The sum of all amounts.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) if it does not fit.
    pub fn sum(&self) -> Result<Usd> {
        self.iter()
            .try_fold(Usd::ZERO, |sum, (_, amount)| sum.plus(amount))
    }

    /// Adds an amount for an instrument.
    ///
    /// # Errors
    /// [`TooManyLegs`](crate::Error::TooManyLegs) for a seventeenth instrument; [`Overflow`](crate::Error::Overflow).
    #[inline]
    pub fn add(&mut self, id: InstrumentId, amount: Usd) -> Result<()> {
        let at = self.ids[..self.len.into()]
            .iter()
            .position(|&held| held == id)
            .unwrap_or(self.len.into());
        let slot = self
            .amounts
            .get_mut(at)
            .ok_or_else(|| crate::refused(crate::Error::TooManyLegs))?;
        *slot = slot.plus(amount)?;
        self.ids[at] = id;
        self.len = self.len.max(at as u8 + 1);
        Ok(())
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.amounts[..self.len.into()].fill(Usd::ZERO);
        self.len = 0;
    }

    /// `amount` divided as these are, each part rounded down and what is left over in the largest, so that they add up to it;
    /// nothing if these add up to nothing.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) if an amount is negative.
    #[inline]
    pub fn dividing(&self, amount: Usd) -> Result<Self> {
        let whole = math::unsigned(self.sum()?.0)?;
        if whole == 0 {
            return Ok(Self::default());
        }
        let (mut parts, mut left, mut largest) = (*self, amount, 0);
        for at in 0..usize::from(self.len) {
            let part = math::mul_div_down(
                math::unsigned(amount.0)?,
                math::unsigned(self.amounts[at].0)?,
                whole,
            )?;
            parts.amounts[at] = Usd(math::signed(part)?);
            left = left.minus(parts.amounts[at])?;
            if parts.amounts[at] > parts.amounts[largest] {
                largest = at;
            }
        }
        parts.amounts[largest] = parts.amounts[largest].plus(left)?;
        Ok(parts)
    }
}

/// How an account's debt is divided among the underlyings of its legs: in proportion to what each lost in the settlement that left
/// the account in debt; later losses add by their own legs, and payments reduce all alike (DESIGN 3). It names underlyings, so
/// that it stays what it was when an option is delisted and its place used again.
///
/// 16 underlyings, one of the first 64 places, with a share of 26 bits each: a debt is divided to 1.5e-8 of its amount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attribution {
    /// By the place of the underlying's perpetual; a share of zero is none.
    pub shares: [(InstrumentId, u32); MAX_LEGS],
}

impl Attribution {
    /// The attribution of a debt that consists of some parts, by underlying.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow).
    #[inline]
    pub fn of(parts: &Parts) -> Result<Self> {
        let mut shares = [(0, 0); MAX_LEGS];
        for (slot, (id, share)) in shares.iter_mut().zip(parts.dividing(WHOLE)?.iter()) {
            *slot = (id, share.0 as u32);
        }
        Ok(Self { shares })
    }

    /// How a debt is divided that was `old`, and divided as this, and is `new`, after its account's legs had `losses`, negative where they
    /// gained: what it grew by as underlyings have lost, unless that is less than a share. `underlying` names the perpetual on an
    /// instrument's underlying. Legs on one underlying are netted, so that a hedge in it makes it owe nothing.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow).
    #[inline]
    pub fn grown(
        &self,
        (old, new): (Usd, Usd),
        losses: &Parts,
        underlying: impl Fn(InstrumentId) -> InstrumentId,
    ) -> Result<Self> {
        if new.minus(old)? <= Self::one_share(old) {
            return Ok(*self);
        }
        let (mut net, mut lost) = (Parts::default(), Parts::default());
        for (id, loss) in losses.iter() {
            net.add(underlying(id), loss)?;
        }
        for (id, loss) in net.iter().filter(|loss| loss.1 > Usd::ZERO) {
            lost.add(id, loss)?;
        }
        let mut parts = self.parts(old)?;
        for (id, part) in lost.dividing(new.minus(old)?)?.iter() {
            parts.add(id, part)?;
        }
        Self::of(&parts)
    }

    /// The parts of a debt, by underlying: each rounded down and the rest in the largest, so that they add up to the debt; nothing
    /// of a debt that is not attributed.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) if `debt` is negative.
    #[inline]
    pub fn parts(&self, debt: Usd) -> Result<Parts> {
        let mut by_share = Parts::default();
        for &(id, share) in &self.shares {
            if share > 0 {
                by_share.add(id, Usd(share.into()))?;
            }
        }
        by_share.dividing(debt)
    }

    /// What one share of a whole debt comes to, rounded down: what it grows by less than that, as legs that move lose some units of
    /// the last digit, divides it no differently.
    #[must_use]
    pub const fn one_share(debt: Usd) -> Usd {
        Usd(debt.0 >> SHARE_BITS)
    }

    /// Without the shares of underlyings of which nothing is `held`.
    pub fn keep_held(&mut self, held: impl Fn(InstrumentId) -> bool) {
        for (id, share) in &mut self.shares {
            if !held(*id) {
                *share = 0;
            }
        }
    }

    /// What all shares add up to: of a part of the debt, to be divided by [`Attribution::sum`] of the whole.
    #[must_use]
    pub fn sum(&self) -> u128 {
        self.shares.iter().map(|share| u128::from(share.1)).sum()
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use proptest::prelude::*;
    use std::vec::Vec;

    use super::*;
    use crate::Error;

    fn parts(of: &[(InstrumentId, i128)]) -> Parts {
        let mut parts = Parts::default();
        for &(id, amount) in of {
            parts.add(id, Usd(amount)).unwrap();
        }
        parts
    }

    #[test]
    fn parts_of_one_instrument_are_one() {
        let mut all = parts(&[(3, 5), (7, 2), (3, 4)]);
        assert_eq!(all.iter().collect::<Vec<_>>(), [(3, Usd(9)), (7, Usd(2))]);
        assert_eq!(
            (all.get(7), all.get(1), all.sum()),
            (Usd(2), Usd::ZERO, Ok(Usd(11)))
        );
        all.clear();
        assert_eq!((all.iter().count(), all.sum()), (0, Ok(Usd::ZERO)));
        for id in 0..16 {
            all.add(id, Usd(1)).unwrap();
        }
        assert_eq!(all.add(16, Usd(1)), Err(Error::TooManyLegs));
        assert_eq!(all.add(15, Usd(1)), Ok(()));
    }

    #[test]
    fn what_is_left_over_is_in_the_first_of_the_largest_parts() {
        let divided = |of| parts(of).dividing(Usd(8)).unwrap();
        assert_eq!(
            divided(&[(4, 1), (5, 2), (6, 2)]),
            parts(&[(4, 1), (5, 4), (6, 3)])
        );
    }

    #[test]
    fn a_debt_is_divided_by_what_legs_lost() {
        let attribution = Attribution::of(&parts(&[(1, 300), (2, 100)])).unwrap();
        let divided = attribution.parts(Usd(1_000_000)).unwrap();
        assert_eq!(divided, parts(&[(1, 750_001), (2, 249_999)]));
        assert_eq!(attribution.parts(Usd(-1)), Err(Error::Overflow));
        let nobody = Attribution::of(&Parts::default()).unwrap();
        assert_eq!(nobody.parts(Usd(5)).unwrap(), Parts::default());
    }

    #[test]
    fn what_a_debt_grew_by_is_owed_for_underlyings_that_lost_more_than_their_hedges_gained() {
        // An option, 70, on what 1 is.
        let underlying = |id| if id == 70 { 1 } else { id };
        let debt = (Usd::ZERO, Usd(1_000_000));
        let none = Attribution::default();
        let owed = |of| {
            let grown = none.grown(debt, &parts(of), underlying).unwrap();
            grown.parts(debt.1).unwrap()
        };
        assert_eq!(
            owed(&[(1, 300), (70, -350), (2, 100)]),
            parts(&[(2, 1_000_000)])
        );
        let halves = owed(&[(1, 300), (70, -200), (2, 100)]);
        for id in [1, 2] {
            // To a share.
            assert!(halves.get(id).0.abs_diff(500_000) <= 1, "{halves:?}");
        }
        assert_eq!(owed(&[(1, -1)]), Parts::default());
        let less = none.grown((debt.1, Usd(10)), &parts(&[(1, 5)]), underlying);
        assert_eq!(less, Ok(none), "what was paid is paid of all alike");
    }

    #[test]
    fn what_is_not_held_loses_its_share() {
        let mut attribution = Attribution::of(&parts(&[(1, 300), (2, 100)])).unwrap();
        attribution.keep_held(|id| id == 2);
        assert_eq!(attribution.parts(Usd(77)).unwrap(), parts(&[(2, 77)]));
        attribution.keep_held(|id| id != 2);
        assert_eq!(attribution.sum(), 0);
    }

    proptest! {
        #[test]
        fn parts_add_up_to_the_debt_and_follow_the_losses(
            losses in prop::collection::btree_map(0u8..64, 1i128..1 << 100, 1..17), debt in 0i128..1 << 110,
        ) {
            let losses = parts(&losses.into_iter().collect::<Vec<_>>());
            let attribution = Attribution::of(&losses).unwrap();
            let divided = attribution.parts(Usd(debt)).unwrap();
            prop_assert_eq!(divided.sum(), Ok(Usd(debt)));
            let whole = losses.sum().unwrap().0.unsigned_abs();
            for (id, loss) in losses.iter() {
                let exact = math::mul_div_down(debt.unsigned_abs(), loss.0.unsigned_abs(), whole).unwrap();
                let off = divided.get(id).0.unsigned_abs().abs_diff(exact);
                prop_assert!(off <= debt.unsigned_abs() / 4_000_000 + 17, "{off}");
            }
        }

        /// The parts that stay are what they were, to a unit each: what is left of a debt is divided as it was.
        #[test]
        fn closing_a_part_leaves_the_others_as_they_were(
            losses in prop::collection::vec(1i128..1 << 60, 2..17), debt in 1i128..1 << 100, closed in 0usize..16,
        ) {
            let losses: Vec<_> = (0..).zip(losses).collect();
            let closed = closed % losses.len();
            let before = Attribution::of(&parts(&losses)).unwrap();
            let mut after = before;
            after.keep_held(|id| id != closed as u8);
            let taken = math::mul_div_down(debt.unsigned_abs(), before.sum() - after.sum(), before.sum()).unwrap();
            let rest = Usd(debt - taken.cast_signed());
            let (old, new) = (before.parts(Usd(debt)).unwrap(), after.parts(rest).unwrap());
            for (id, part) in new.iter().filter(|part| usize::from(part.0) != closed) {
                prop_assert!(part.0.abs_diff(old.get(id).0) <= 17, "{part:?}");
            }
        }
    }
}
