//! The types, events and errors of `IMarketFactory`, and what it calls in the contracts it sets up.
#![expect(clippy::too_many_arguments, reason = "an event is made of its fields")]

use alloy_sol_types::sol;
use contract_support::ownable::{NotOwner, NotPendingOwner};
use contract_support::token::TokenCallFailed;

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
        uint256 bond;
    }

    event MarketCreated(address indexed vault, address indexed pool, address indexed creator);
    event QuoteTokenSet(address indexed token, bool allowed);
    event MinimumBondSet(address indexed token, uint256 amount);
    event MarketPromoted(address indexed vault);
    event StewardSet(address indexed steward);

    error ZeroAddress();
    error NoCode(address target);
    error InvalidConfig();
    error QuoteTokenNotAllowed(address token);
    error InvalidListingCount(uint256 count);
    error DuplicateListing(uint32 instrument, bytes32 symbol);
    error AssetNotZero(uint32 instrument);
    error RatesOutOfBounds(uint32 instrument);
    error SecondFeedMissing(uint32 instrument);
    error SharedSource(uint32 instrument, address source);
    error FeedNotLive(uint32 instrument, uint8 tier);
    error BondTooSmall(uint256 bond, uint256 minimum);
    error CoverAboveBond(uint256 cover, uint256 bond);
    error MarketExists(address vault);
    error UnknownMarket(uint256 index);
    error UnknownVault(address vault);
    error AlreadyPromoted(address vault);
}

contract_support::errors! {
    /// Why the factory reverts.
    pub struct Error {
        NotOwner,
        NotPendingOwner,
        TokenCallFailed,
        ZeroAddress,
        NoCode,
        InvalidConfig,
        QuoteTokenNotAllowed,
        InvalidListingCount,
        DuplicateListing,
        AssetNotZero,
        RatesOutOfBounds,
        SecondFeedMissing,
        SharedSource,
        FeedNotLive,
        BondTooSmall,
        CoverAboveBond,
        MarketExists,
        UnknownMarket,
        UnknownVault,
        AlreadyPromoted,
    }
}

/// What the factory calls in a pool beyond its own interface.
pub mod erc4626 {
    use alloy_sol_types::sol;

    sol! {
        function deposit(uint256 assets, address receiver) external returns (uint256 shares);
    }
}

/// What the factory asks a feed that may be a proxy.
pub mod proxy {
    use alloy_sol_types::sol;

    sol! {
        function aggregator() external view returns (address);
    }
}
