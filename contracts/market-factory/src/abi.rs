//! The types, events and errors of `IMarketFactory`, and what it calls in the contracts it sets up.

use alloy_sol_types::sol;
use contract_support::ownable::{NotOwner, NotPendingOwner};

sol! {
    struct Feed {
        address primary;
        address secondary;
        uint32 heartbeat;
        uint32 secondaryHeartbeat;
        uint128 floor;
        uint128 ceiling;
    }

    struct Instrument {
        bytes32 asset;
        uint64 maintenanceRate;
        uint64 initialRate;
        uint64 priceBand;
        uint128 openInterestLimit;
    }

    struct Listing {
        uint32 instrument;
        bytes32 symbol;
        Feed feed;
        Instrument parameters;
    }

    struct MarketConfig {
        bytes32 salt;
        address quoteToken;
        Listing[] listings;
    }

    /// What the factory calls in the guard.
    interface IOracleGuard {
        function setFeed(bytes32 asset, Feed feed) external;
        function poke(bytes32 asset) external returns (uint256 mark, uint8 tier);
    }

    /// What the factory calls in a new pool.
    interface IInsurancePool {
        function initialize(address owner, address asset, address vault) external;
    }

    /// What the factory calls in a new vault.
    interface IMarginVault {
        function initialize(
            address owner,
            address quoteToken,
            address guard,
            address pool,
            uint32[] ids,
            Instrument[] instruments
        ) external;
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
