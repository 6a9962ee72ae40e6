//! What a contract asks its steward before its owner changes anything that the steward's emergency multisig may have tightened.

use alloy_primitives::Address;
use alloy_sol_types::{SolCall, SolError, sol};
use stylus_sdk::hostio;

use crate::{Word, exit};

sol! {
    /// How often the emergency multisig has tightened anything through the steward.
    function emergencies() external view returns (uint32);

    /// An emergency came after the proposal was written: it carries another number than the steward counts.
    error EmergencySince();
    /// The steward did not say how many emergencies there were.
    error StewardFailed();
}

/// Gas with which a steward is asked: several times what Bulkhead's own needs, a start of its program that nobody has cached
/// included.
const GAS: u64 = 100_000;

/// Ends the call unless `emergencies`, from a proposal of the owner's, is what `steward` counts. Where there is no steward, nobody
/// has tightened anything: that is zero.
///
/// Reverts with `EmergencySince` for any other number, or with `StewardFailed` if the steward has no code, reverts, takes more
/// than its gas or answers with less than a word.
#[inline(never)]
pub fn require_no_emergency_since(steward: Address, emergencies: u32) {
    let counted = if steward.is_zero() {
        Word::ZERO
    } else {
        counted_by(steward)
    };
    if !is_up_to_date(emergencies, counted) {
        exit::revert(&EmergencySince::SELECTOR);
    }
}

/// Whether `caller` may set what a contract's `steward` may: its `owner` may too, which carries the number of `emergencies`, and for
/// whom the call ends as [`require_no_emergency_since`] says.
pub fn may_set(caller: Address, owner: Address, steward: Address, emergencies: u32) -> bool {
    let is_owner = caller == owner;
    if is_owner {
        require_no_emergency_since(steward, emergencies);
    }
    is_owner || caller == steward
}

/// Whether a proposal that carries `emergencies` was written since the last of those that are counted. No number stands for all to
/// come, so that a greater one is as wrong as a smaller one.
fn is_up_to_date(emergencies: u32, counted: Word) -> bool {
    counted == Word::of(emergencies.into())
}

/// The same, where the owner replaces `steward` by `named`. Nobody needs a number to remove it, so that none that has failed, and
/// no multisig that was stolen, holds the contract.
pub fn require_may_name(named: Address, steward: Address, emergencies: u32) {
    if !named.is_zero() {
        require_no_emergency_since(steward, emergencies);
    }
}

/// The word that `steward` answers with.
fn counted_by(steward: Address) -> Word {
    let (selector, mut returned, mut answer) = (emergenciesCall::SELECTOR, 0, [0; 32]);
    // SAFETY: the pointers are to an address, to `len` bytes, to a length, and to the 32 bytes that are written at most.
    unsafe {
        let (to, input, len) = (steward.as_ptr(), selector.as_ptr(), selector.len());
        let status = hostio::static_call_contract(to, input, len, GAS, &raw mut returned);
        if status != 0 || returned < answer.len() {
            exit::revert(&StewardFailed::SELECTOR);
        }
        hostio::read_return_data(answer.as_mut_ptr(), 0, answer.len());
    }
    Word::of_bytes(&answer)
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
}
