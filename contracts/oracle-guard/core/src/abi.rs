//! The Solidity interface.

use alloy_sol_types::sol;

sol!("../../interfaces/IOracleGuard.sol");
sol!("../../interfaces/IOwnable.sol");

pub use IOracleGuard as guard;
pub use IOwnable as ownable;
