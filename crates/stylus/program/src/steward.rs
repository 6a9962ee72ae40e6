//! What a contract asks its steward before its owner changes anything that the steward's emergency multisig may have tightened.

use alloy_primitives::Address;
use alloy_sol_types::{SolCall, SolError, sol};
use stylus_sdk::hostio;

use crate::{Word, exit};

sol! {
    /// How often the emergency multisig has tightened anything through the steward.
    function emergencies() external view returns (uint32);

    /// An emergency came after the proposal was written: it carries another number than the stewards have counted.
    error EmergencySince();
    /// The steward did not say how many emergencies there were.
    error StewardFailed();
}

/// Gas with which a steward is asked: several times what Bulkhead's own needs, a start of its program that nobody has cached
/// included.
const GAS: u64 = 100_000;

/// More emergencies than any steward has counted that nobody heard of: there is one in thirty days.
const UNHEARD: u32 = 1 << 16;

/// A contract's steward.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Steward {
    /// Where it is; zero if there is none.
    pub address: Address,
    /// How many emergencies the stewards of before had counted, as far as this one had counted less when it was named. Were the number
    /// of each steward its own, a vote that was written before an emergency would be right again under the next steward.
    pub left: u32,
}

impl Steward {
    /// How many emergencies all stewards of the contract have counted: the number that the owner's calls have to carry. It never falls,
    /// whoever is named or removed.
    ///
    /// Reverts with `StewardFailed` if the steward has no code, reverts, takes more than its gas or answers with less than a word.
    #[inline(never)]
    pub fn counted(self) -> Word {
        if self.address.is_zero() {
            return Word::of(self.left.into());
        }
        match counted_by(self.address) {
            Some(counted) => self.in_all(counted),
            None => exit::revert(&StewardFailed::SELECTOR),
        }
    }

    /// What all have counted once the steward counts so much; what is no number of emergencies is none here either.
    fn in_all(self, counted: Word) -> Word {
        match as_count(counted) {
            Some(count) => Word::of(self.left.wrapping_add(count).into()),
            None => counted,
        }
    }

    /// Ends the call unless `emergencies`, from a proposal of the owner's, is what is [counted](Steward::counted). Reverts with
    /// `EmergencySince` for any other number, or as that does.
    #[inline(never)]
    pub fn require_no_emergency_since(self, emergencies: u32) {
        if !is_up_to_date(emergencies, self.counted()) {
            exit::revert(&EmergencySince::SELECTOR);
        }
    }

    /// Whether `caller` may set what the steward may: the contract's `owner` may too, which carries the number of `emergencies`, and
    /// for whom the call ends as [`Steward::require_no_emergency_since`] says.
    pub fn may_set(self, caller: Address, owner: Address, emergencies: u32) -> bool {
        let is_owner = caller == owner;
        if is_owner {
            self.require_no_emergency_since(emergencies);
        }
        is_owner || caller == self.address
    }

    /// The steward once the owner has replaced this one by the one at `named`, for which it carries the number of `emergencies`, and
    /// the call ends as [`Steward::require_no_emergency_since`] says. Nobody needs a number to remove a steward, so that none that
    /// has failed, and no multisig that was stolen, holds the contract; of one that does not say how many emergencies there were, more count
    /// than any vote can carry that was written while it was in office.
    pub fn replaced(self, named: Address, emergencies: u32) -> Self {
        if !named.is_zero() {
            self.require_no_emergency_since(emergencies);
        } else if self.address.is_zero() {
            return self;
        }
        let asked = if named.is_zero() { self.address } else { named };
        self.followed_by(named, emergencies, counted_by(asked).and_then(as_count))
    }

    /// The steward at `named`, where this one, if nobody is named, or that one counts `count`, if it says so.
    fn followed_by(self, named: Address, emergencies: u32, count: Option<u32>) -> Self {
        let left = match count {
            None if named.is_zero() => emergencies.max(self.left).saturating_add(UNHEARD),
            None => emergencies.max(self.left),
            Some(count) if named.is_zero() => self.left.wrapping_add(count),
            Some(count) => emergencies.saturating_sub(count),
        };
        Self {
            address: named,
            left,
        }
    }
}

/// A word as a number of emergencies.
fn as_count(word: Word) -> Option<u32> {
    u32::try_from(word.low).ok().filter(|_| word.high == 0)
}

/// Whether a proposal that carries `emergencies` was written since the last of those that are counted. No number stands for all to
/// come, so that a greater one is as wrong as a smaller one.
fn is_up_to_date(emergencies: u32, counted: Word) -> bool {
    counted == Word::of(emergencies.into())
}

/// The word that the steward at `address` answers with, if it does.
#[inline(never)]
fn counted_by(address: Address) -> Option<Word> {
    let (selector, mut returned, mut answer) = (emergenciesCall::SELECTOR, 0, [0; 32]);
    // SAFETY: the pointers are to an address, to `len` bytes, to a length, and to the 32 bytes that are written at most.
    unsafe {
        let (to, input, len) = (address.as_ptr(), selector.as_ptr(), selector.len());
        let status = hostio::static_call_contract(to, input, len, GAS, &raw mut returned);
        if status != 0 || returned < answer.len() {
            return None;
        }
        hostio::read_return_data(answer.as_mut_ptr(), 0, answer.len());
    }
    Some(Word::of_bytes(&answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proposal_is_up_to_date_with_the_very_number_that_is_counted() {
        assert!(is_up_to_date(0, Word::ZERO));
        assert!(is_up_to_date(7, Word::of(7)));
        assert!(is_up_to_date(u32::MAX, Word::of(u32::MAX.into())));
        for (emergencies, counted) in [
            (0, Word::of(1)),
            (7, Word::of(8)),
            (8, Word::of(7)),
            (u32::MAX, Word::of(7)),
            (0, Word::of(1 << 32)),
            (7, Word::new(1, 7)),
        ] {
            assert!(!is_up_to_date(emergencies, counted), "{counted:?}");
        }
    }

    #[test]
    fn the_number_never_falls_whoever_is_named_and_whatever_they_have_counted() {
        let [first, second] = [1, 2].map(Address::repeat_byte);
        let mut steward = Steward::default().followed_by(first, 0, Some(1));
        assert_eq!(steward.in_all(Word::of(1)), Word::of(1));
        assert_eq!(steward.in_all(Word::of(2)), Word::of(2));
        steward = steward.followed_by(second, 2, Some(0));
        assert_eq!(steward.in_all(Word::ZERO), Word::of(2));
        assert_eq!(steward.in_all(Word::of(3)), Word::of(5));
        steward = steward.followed_by(Address::ZERO, 0, Some(3));
        assert_eq!((steward.address, steward.left), (Address::ZERO, 5));
        steward = steward.followed_by(first, 5, Some(2));
        assert_eq!(steward.in_all(Word::of(2)), Word::of(5));
        steward = steward.followed_by(second, 5, Some(9));
        assert_eq!(steward.in_all(Word::of(9)), Word::of(9));
    }

    #[test]
    fn of_a_steward_that_does_not_say_the_number_counts_that_was_carried() {
        let named = Steward::default().followed_by(Address::repeat_byte(1), 4, None);
        assert_eq!(named.in_all(Word::of(1)), Word::of(5));
        let low = named.followed_by(Address::ZERO, 3, None);
        assert_eq!(low.left, 4 + UNHEARD);
        let removed = named.followed_by(Address::ZERO, 8, None);
        assert_eq!(
            (removed.address, removed.left),
            (Address::ZERO, 8 + UNHEARD)
        );
        let last = named.followed_by(Address::ZERO, u32::MAX, None);
        assert_eq!(last.left, u32::MAX);
        let none = Word::new(1, 0);
        assert_eq!(named.in_all(none), none);
        assert_eq!(as_count(Word::of(1 << 32)), None);
    }
}
