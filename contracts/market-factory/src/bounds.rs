//! What a new market must keep to before any other contract is asked.

use alloy_primitives::{Address, U256};
use contract_support::token;
use stylus_sdk::prelude::*;

use super::MarketFactory;
use super::abi::{
    AssetNotZero, BondTooSmall, CoverAboveBond, DuplicateListing, Error, InvalidListingCount,
    Listing, MarketConfig, QuoteTokenNotAllowed, RatesOutOfBounds, SecondFeedMissing,
};

/// Most instruments that a market may start with.
const MAX_LISTINGS: usize = 16;

/// What a market that governance has not promoted must keep to, beyond the vault's own bounds: margin for feeds that
/// update on moves of half a per cent, fills near the mark, and open interest that its cover pays for even if a thin token
/// multiplies within minutes. WAD shares of notional and of the mark.
const MIN_MAINTENANCE_RATE: u64 = 5_000_000_000_000_000;
const MAX_PRICE_BAND: u64 = 100_000_000_000_000_000;
const MIN_EXPERIMENTAL_SHOCK: u64 = 1_500_000_000_000_000_000;

/// Decimals of the amounts in a vault's parameters, and the most that a quote token may have.
const WAD_DECIMALS: u8 = 18;

/// The least bond until the owner sets another, in whole tokens. It is all that insures an experimental market, whose open
/// interest its cover limits: under a shock of 150 % to two thirds of it.
const DEFAULT_MINIMUM_BOND: u64 = 10_000;

impl MarketFactory {
    /// The least bond in `token`, in its smallest units, where the owner has set none.
    pub(crate) fn default_bond(&self, token: Address) -> Result<U256, Error> {
        let decimals = token::token_decimals(self.vm(), token)?;
        let whole = power_of_ten(decimals.min(WAD_DECIMALS));
        Ok(whole * U256::from(DEFAULT_MINIMUM_BOND))
    }

    /// Checks everything that needs no other contract.
    pub(crate) fn check(&self, config: &MarketConfig) -> Result<(), Error> {
        let token = config.quoteToken;
        if !self.quote_tokens.get(token) {
            return Err(QuoteTokenNotAllowed { token }.into());
        }
        let count = config.listings.len();
        if count == 0 || count > MAX_LISTINGS {
            return Err(InvalidListingCount {
                count: U256::from(count),
            }
            .into());
        }
        for (k, listing) in config.listings.iter().enumerate() {
            check_listing(listing, &config.listings[..k])?;
        }
        self.check_bond(config)
    }

    /// The bond is large enough, and all instruments together are promised no more than it.
    fn check_bond(&self, config: &MarketConfig) -> Result<(), Error> {
        let (bond, minimum) = (config.bond, self.minimum_bond(config.quoteToken)?);
        if bond < minimum {
            return Err(BondTooSmall { bond, minimum }.into());
        }
        let allowances = config
            .listings
            .iter()
            .map(|listing| U256::from(listing.parameters.coverAllowance));
        let cover: U256 = allowances.sum();
        if cover.is_zero() {
            return Ok(());
        }
        let decimals = token::token_decimals(self.vm(), config.quoteToken)?;
        let bond = bond.saturating_mul(power_of_ten(WAD_DECIMALS.saturating_sub(decimals)));
        if cover > bond {
            return Err(CoverAboveBond { cover, bond }.into());
        }
        Ok(())
    }
}

/// `10^exponent`, for exponents up to 18.
fn power_of_ten(exponent: u8) -> U256 {
    U256::from(10u64.pow(exponent.into()))
}

/// Checks one listing against the bounds of an experimental market and the listings before it. The vault checks the rest.
fn check_listing(listing: &Listing, earlier: &[Listing]) -> Result<(), Error> {
    let Listing {
        instrument,
        symbol,
        feed,
        parameters,
    } = listing;
    let instrument = *instrument;
    if earlier
        .iter()
        .any(|other| other.instrument == instrument || other.symbol == *symbol)
    {
        return Err(DuplicateListing {
            instrument,
            symbol: *symbol,
        }
        .into());
    }
    if feed.secondary.is_zero() {
        return Err(SecondFeedMissing { instrument }.into());
    }
    if !parameters.asset.is_zero() {
        return Err(AssetNotZero { instrument }.into());
    }
    let within_bounds = parameters.maintenanceRate >= MIN_MAINTENANCE_RATE
        && parameters.priceBand <= MAX_PRICE_BAND
        && parameters.shock >= MIN_EXPERIMENTAL_SHOCK
        && parameters.openInterestLimit > 0;
    if !within_bounds {
        return Err(RatesOutOfBounds { instrument }.into());
    }
    Ok(())
}
