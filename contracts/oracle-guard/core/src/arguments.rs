//! The arguments of a call, and how what does not decode is refused.

use program_support::{Arguments, Refuse};

use crate::host::refuse;

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
