//! The types, events and errors of `IMarketFactory`, and what it calls in the contracts it sets up.

use alloy_sol_types::sol;
use contract_support::ownable::{NotOwner, NotPendingOwner};

sol!("../interfaces/IOracleGuard.sol");
sol!("../interfaces/IMarginVault.sol");
sol!("../interfaces/IInsurancePool.sol");

sol! {
    struct Listing {
        uint32 instrument;
        bytes32 symbol;
        IOracleGuard.Feed feed;
        IMarginVault.Instrument parameters;
    }

    struct MarketConfig {
        bytes32 salt;
        address quoteToken;
        Listing[] listings;
    }

    event MarketCreated(address indexed vault, address indexed pool, address indexed creator);
    event QuoteTokenSet(address indexed token, bool allowed);

    error ZeroAddress();
    error NoCode(address target);
    error InvalidConfig();
    error QuoteTokenNotAllowed(address token);
    error InvalidListingCount(uint256 count);
    error DuplicateListing(uint32 instrument, bytes32 symbol);
    error AssetNotZero(uint32 instrument);
    error RatesOutOfBounds(uint32 instrument);
    error FeedNotLive(uint32 instrument, uint8 tier);
    error MarketExists(address vault);
    error UnknownMarket(uint256 index);
}

contract_support::errors! {
    /// Why the factory reverts.
    pub enum Error {
        NotOwner,
        NotPendingOwner,
        ZeroAddress,
        NoCode,
        InvalidConfig,
        QuoteTokenNotAllowed,
        InvalidListingCount,
        DuplicateListing,
        AssetNotZero,
        RatesOutOfBounds,
        FeedNotLive,
        MarketExists,
        UnknownMarket,
    }
}
