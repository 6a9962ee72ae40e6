//! What a trade is held to: its price band, its fee, and whether it reduced risk where an account is below initial margin.

use core::cmp::Ordering;

use super::health::Health;
use crate::{Mark, Price, Ratio, Result, Size, Spot, Usd, WAD, math};

/// Largest fee of an option, a share of its price: 12.5 %.
const MAX_FEE: Ratio = Ratio(WAD / 8);
/// Least |delta| that the price band is taken of: 5 %.
const LEAST_DELTA: u128 = WAD / 20;

/// Whether a trade reduced an account's risk: maintenance fell, equity is not negative, and equity / maintenance did not
/// fall.
#[must_use]
pub fn reduced_risk(before: &Health, after: &Health) -> bool {
    let (Ok(old_margin), Ok(margin), Ok(equity)) = (
        u128::try_from(before.maintenance.0),
        u128::try_from(after.maintenance.0),
        u128::try_from(after.equity.0),
    ) else {
        return false;
    };
    let old_equity = before.equity.or_zero().0.unsigned_abs();
    margin < old_margin
        && math::cmp_products(equity, old_margin, old_equity, margin) != Ordering::Less
}

/// Whether `price` is within `band`, a share of the mark, of the mark.
///
/// # Errors
/// [`Overflow`](crate::Error::Overflow) if the product does not fit.
pub fn within_band(price: Price, mark: Mark, band: Ratio) -> Result<bool> {
    Ok(price.0.abs_diff(mark.0) <= math::mul_div_down(mark.0, band.0, WAD)?)
}

/// A party's fee for a trade in options: a share `rate` of the underlying's notional, at most 12.5 % of what the options cost.
/// Rounded up.
///
/// # Errors
/// [`Overflow`](crate::Error::Overflow) if it does not fit.
pub fn option_fee(size: Size, spot: Spot, price: Price, rate: Ratio) -> Result<Usd> {
    let fee = size.notional_up(spot.price())?.times_up(rate)?;
    Ok(fee.min(size.notional_up(price)?.times_up(MAX_FEE)?))
}

/// Whether the price of an option is near enough to its mark: within `band`, a share of spot, times |delta|, which counts as at
/// least 5 %. The underlying may then be traded through options at no prices that its own band would not allow, and options of
/// small delta at prices that volatility can reach. Rounded down.
///
/// # Errors
/// [`Overflow`](crate::Error::Overflow) if a product does not fit.
pub fn within_option_band(
    price: Price,
    mark: Mark,
    spot: Spot,
    delta: i128,
    band: Ratio,
) -> Result<bool> {
    let delta = delta.unsigned_abs().max(LEAST_DELTA);
    let reach = math::mul_div_down(math::mul_div_down(spot.0, band.0, WAD)?, delta, WAD)?;
    Ok(price.0.abs_diff(mark.0) <= reach)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dollars(amount: u128) -> Price {
        Price(amount * WAD)
    }

    #[test]
    fn a_fee_is_a_share_of_notional_but_no_more_than_an_eighth_of_the_price() {
        let fee = |price| option_fee(Size(3 * WAD), Spot(2_000 * WAD), price, Ratio(WAD / 1_000));
        assert_eq!(fee(dollars(100)), Ok(Usd(6 * WAD as i128)));
        assert_eq!(fee(dollars(16)), Ok(Usd(6 * WAD as i128)));
        assert_eq!(fee(dollars(8)), Ok(Usd(3 * WAD as i128)));
        assert_eq!(fee(Price(1)), Ok(Usd(1)));
        assert_eq!(fee(Price(0)), Ok(Usd(0)));
    }

    #[test]
    fn the_band_is_a_share_of_spot_by_delta_and_at_least_a_twentieth_of_it() {
        let (mark, spot, band) = (Mark(100 * WAD), Spot(2_000 * WAD), Ratio(WAD / 20));
        let within = |price, delta| within_option_band(Price(price), mark, spot, delta, band);
        let half = -(WAD as i128) / 2;
        assert_eq!(within(150 * WAD, half), Ok(true));
        assert_eq!(within(150 * WAD + 1, half), Ok(false));
        assert_eq!(within(50 * WAD, -half), Ok(true));
        assert_eq!(within(50 * WAD - 1, -half), Ok(false));
        assert_eq!(within(105 * WAD, 0), Ok(true));
        assert_eq!(within(105 * WAD + 1, 0), Ok(false));
    }
}
