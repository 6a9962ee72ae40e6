//! How the guardian's spells are refused, of a tier and of a surface alike.

use alloy_sol_types::SolError;
use oracle::SpellRefusal;

use crate::abi::guard;
use crate::host::{revert, uint};

/// Ends the call because the guardian asked for `secs` seconds: with `TripTooShort` or `TripAllowanceExceeded`.
pub fn refuse_spell(refusal: SpellRefusal, secs: u32) -> ! {
    match refusal {
        SpellRefusal::TooShort => revert(guard::TripTooShort::SELECTOR, &[uint(secs)]),
        SpellRefusal::AllowanceExceeded { left } => {
            revert(guard::TripAllowanceExceeded::SELECTOR, &[uint(left)])
        }
    }
}
