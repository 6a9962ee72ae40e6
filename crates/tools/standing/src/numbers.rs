//! Numbers of the ABI as the rules count them: exact, or refused.

use alloy::primitives::U256;
use risk::{Error, Price, Result, Usd};

/// Decimals of WAD amounts.
const WAD_DECIMALS: u8 = 18;

/// A WAD amount, signed or not.
///
/// # Errors
/// [`Error::Overflow`] if it does not fit.
pub fn usd(value: impl TryInto<i128>) -> Result<Usd> {
    value.try_into().map(Usd).map_err(|_| Error::Overflow)
}

/// A WAD price.
///
/// # Errors
/// [`Error::Overflow`] if it does not fit.
pub fn price(value: U256) -> Result<Price> {
    u128::try_from(value)
        .map(Price)
        .map_err(|_| Error::Overflow)
}

/// An amount of a token as a WAD amount.
///
/// # Errors
/// [`Error::Overflow`] if it does not fit.
pub fn of_token(amount: U256, decimals: u8) -> Result<Usd> {
    let unit = U256::from(10_u64).pow(U256::from(WAD_DECIMALS.saturating_sub(decimals)));
    usd(amount.saturating_mul(unit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use risk::WAD;

    #[test]
    fn a_tokens_amount_has_the_tokens_decimals() {
        let one = Usd(WAD as i128);
        assert_eq!(of_token(U256::from(1_000_000), 6), Ok(one));
        assert_eq!(of_token(U256::from(WAD), 18), Ok(one));
        assert_eq!(of_token(U256::MAX, 6), Err(Error::Overflow));
    }
}
