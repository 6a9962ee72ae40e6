//! What of its equity an account may count when it gives capital away. How much may leave the vault: [`outflow`](super::outflow).

use crate::{Ratio, Result, Usd, WAD};

/// What an account with exposure to an asset in Restricted may count: 80 %.
const USABLE_IN_RESTRICTED: Ratio = Ratio(WAD / 5 * 4);

/// Mature equity that has to meet initial margin for a withdrawal: all of it, or, where `restricted` says that one of the account's
/// legs is on an asset in Restricted or Halted, 80 %, rounded down. Less than nothing stays what it is.
///
/// # Errors
/// [`Overflow`](crate::Error::Overflow) never, for a share below one.
pub fn usable(equity: Usd, restricted: bool) -> Result<Usd> {
    if !restricted {
        return Ok(equity);
    }
    Ok(equity.min(equity.or_zero().times_down(USABLE_IN_RESTRICTED)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fifth_of_equity_stays_beside_the_margin_in_restricted() {
        assert_eq!(usable(Usd(101), false), Ok(Usd(101)));
        assert_eq!(usable(Usd(101), true), Ok(Usd(80)));
        for equity in [Usd(-7), Usd::ZERO] {
            assert_eq!(usable(equity, true), Ok(equity));
        }
    }
}
