//! The Solidity interface, and how what does not decode is refused.

use alloy_sol_types::sol;
use program_support::{Arguments, Refuse};

use crate::host::refuse;

sol!("../../interfaces/IOracleGuard.sol");
sol!("../../interfaces/IOwnable.sol");

pub use IOracleGuard as guard;
pub use IOwnable as ownable;

/// Arguments of a call. What does not decode reverts with `InvalidCalldata`.
pub type Args<'a> = Arguments<'a, Reverts>;

/// How the guard refuses what does not decode.
pub struct Reverts;

impl Refuse for Reverts {
    #[cold]
    fn malformed() -> ! {
        refuse()
    }
}
