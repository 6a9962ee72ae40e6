// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "./IMarginVault.sol";
import {IOracleGuard} from "./IOracleGuard.sol";
import {IOwnable} from "./IOwnable.sol";

/// Creates isolated markets: a vault and an insurance pool as ERC-1167 clones, with their guard entries.
interface IMarketFactory is IOwnable {
    /// One perpetual of a new market. The guard's asset id is keccak256(abi.encode(vault, symbol)).
    struct Listing {
        uint32 instrument;
        bytes32 symbol;
        IOracleGuard.Feed feed;
        IMarginVault.Instrument parameters; // `asset` must be zero: the factory sets it
    }

    /// `createMarket` takes abi.encode(MarketConfig).
    struct MarketConfig {
        bytes32 salt; // with the creator's address it determines the clones' addresses
        address quoteToken;
        Listing[] listings;
        uint256 bond; // of the quote token, which the creator has approved: the pool's shares for it are burned before all others
    }

    error Reentrant();
    error ValueSent(); // no function takes ether
    error UnknownFunction();
    error InvalidCalldata(); // the arguments do not decode
    error CallFailed(); // a contract that was called reverted and did not say why
    error ZeroAddress();
    error NoCode(address target);
    error ShortReturnData(address target);
    error InvalidConfig(); // the bytes are no abi.encode(MarketConfig)
    error QuoteTokenNotAllowed(address token);
    error InvalidListingCount(uint256 count); // 1 to 16
    error DuplicateListing(uint32 instrument, bytes32 symbol);
    error AssetNotZero(uint32 instrument);
    /// Maintenance below 0.5 %, a band above 10 %, a shock below 150 % or no open interest; the vault refuses what is outside
    /// its own bounds.
    error RatesOutOfBounds(uint32 instrument);
    error SecondFeedMissing(uint32 instrument);
    error SharedSource(uint32 instrument, address source); // both feeds repeat it, or one is it
    error FeedNotLive(uint32 instrument, uint8 tier); // one of them gives no trusted price, or they disagree
    error BondTooSmall(uint256 bond, uint256 minimum);
    error CoverAboveBond(uint256 cover, uint256 bond); // WAD sum of the listings' cover allowances
    error TokenCallFailed(address token);
    error MarketExists(address vault);
    error UnknownMarket(uint256 index);
    error UnknownVault(address vault);
    error AlreadyPromoted(address vault);

    event MarketCreated(address indexed vault, address indexed pool, address indexed creator);
    event QuoteTokenSet(address indexed token, bool allowed);
    event MinimumBondSet(address indexed token, uint256 amount);
    event MarketPromoted(address indexed vault);
    event StewardSet(address indexed steward);

    function createMarket(bytes calldata config) external returns (address vault, address pool);
    function predict(address creator, bytes32 salt) external view returns (address vault, address pool);
    function marketCount() external view returns (uint256);
    /// `class` is 0 experimental, whose insurance pays no more than the bond is worth, or 1 promoted.
    function marketAt(uint256 i) external view returns (address vault, address pool, uint8 class);
    function isMarket(address vault) external view returns (bool);
    function creatorOf(address vault) external view returns (address); // zero if it is no market
    /// Owner, while the market has no deficit; the bond's shares become the creator's, to redeem like anybody's.
    function promote(address vault) external;
    function setMinimumBond(address token, uint256 amount) external; // owner; zero is the default again
    function minimumBond(address token) external view returns (uint256); // 10,000 whole tokens by default, never zero
    function setSteward(address steward) external; // owner; of the vaults and pools created from now on
    function steward() external view returns (address);
    function setQuoteToken(address token, bool allowed) external; // owner
    function isQuoteToken(address token) external view returns (bool);
    function guard() external view returns (address);
    function riskEngine() external view returns (address);
    function vaultImplementation() external view returns (address);
    function poolImplementation() external view returns (address);
}
