// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "./IMarginVault.sol";
import {IOracleGuard} from "./IOracleGuard.sol";
import {IOwnable} from "./IOwnable.sol";

/// @notice Creates isolated markets: a vault and an insurance pool as ERC-1167 clones, with their guard entries. Amounts of a token are in
/// its decimals.
///
/// Each function lists what else it reverts with.
/// @custom:reverts ValueSent when ether is sent
/// @custom:reverts UnknownFunction when no function has the selector
/// @custom:reverts InvalidCalldata when the arguments do not decode
/// @custom:reverts Reentrant when the factory is called while it is calling out, views included
/// @custom:reverts-at-construction ZeroAddress when the owner is zero
/// @custom:reverts-at-construction NoCode when one of the others is no contract
interface IMarketFactory is IOwnable {
    /// @notice One perpetual of a new market. The guard's id of its asset is keccak256(abi.encode(vault, symbol)).
    /// @param instrument Its number in the vault.
    /// @param symbol Its name, of which there is one in the market.
    /// @param feed Its sources, two of them.
    /// @param parameters Its parameters; `asset` has to be zero: the factory sets it.
    struct Listing {
        uint32 instrument;
        bytes32 symbol;
        IOracleGuard.Feed feed;
        IMarginVault.Instrument parameters;
    }

    /// @notice What `createMarket` takes, as abi.encode(MarketConfig).
    /// @param salt With the creator's address it determines the clones' addresses.
    /// @param quoteToken The only collateral: one of those that are allowed.
    /// @param listings 1 to 16 perpetuals.
    /// @param bond Amount of the quote token, which the creator has approved: the pool's shares for it are burned before all others.
    struct MarketConfig {
        bytes32 salt;
        address quoteToken;
        Listing[] listings;
        uint256 bond;
    }

    /// @notice The factory was called while it was calling out.
    error Reentrant();
    /// @notice No function takes ether.
    error ValueSent();
    /// @notice No function has this selector.
    error UnknownFunction();
    /// @notice The arguments do not decode: too short, or a word that is no value of its type.
    error InvalidCalldata();
    /// @notice A contract that was called reverted and did not say why.
    error CallFailed();
    /// @notice The owner has to be an address.
    error ZeroAddress();
    /// @notice There is no contract at an address.
    /// @param target The address.
    error NoCode(address target);
    /// @notice A contract returned less than it declares.
    /// @param target Its address.
    error ShortReturnData(address target);
    /// @notice The bytes are no abi.encode(MarketConfig).
    error InvalidConfig();
    /// @notice New markets may not use the token.
    /// @param token Its address.
    error QuoteTokenNotAllowed(address token);
    /// @notice There are not 1 to 16 listings.
    /// @param count How many there are.
    error InvalidListingCount(uint256 count);
    /// @notice Two listings have one number or one symbol.
    /// @param instrument The second one's number.
    /// @param symbol The second one's symbol.
    error DuplicateListing(uint32 instrument, bytes32 symbol);
    /// @notice A listing names an asset, which is the factory's to set.
    /// @param instrument Its number.
    error AssetNotZero(uint32 instrument);
    /// @notice Maintenance below 0.5 %, a band above 10 %, a shock below 150 % or no open interest; the vault refuses what is outside
    /// its own bounds.
    /// @param instrument The listing's number.
    error RatesOutOfBounds(uint32 instrument);
    /// @notice A listing has one source.
    /// @param instrument Its number.
    error SecondFeedMissing(uint32 instrument);
    /// @notice Both sources of a listing repeat one contract, or one repeats the other.
    /// @param instrument The listing's number.
    /// @param source That contract.
    error SharedSource(uint32 instrument, address source);
    /// @notice A source of a listing gives no trusted price, or they disagree.
    /// @param instrument The listing's number.
    /// @param tier The tier of its asset: 3, Halted.
    error FeedNotLive(uint32 instrument, uint8 tier);
    /// @notice The bond is below the least.
    /// @param bond Amount of the quote token that is offered.
    /// @param minimum Amount that there has to be.
    error BondTooSmall(uint256 bond, uint256 minimum);
    /// @notice The listings' cover allowances add up to more than the bond.
    /// @param cover WAD amount that they add up to.
    /// @param bond WAD amount of the bond.
    error CoverAboveBond(uint256 cover, uint256 bond);
    /// @notice The token reverted, returned false, or is none.
    /// @param token Its address.
    error TokenCallFailed(address token);
    /// @notice The creator has used the salt.
    /// @param vault The vault of that market.
    error MarketExists(address vault);
    /// @notice There are not so many markets.
    /// @param index The number that was asked for.
    error UnknownMarket(uint256 index);
    /// @notice This factory has not created the vault.
    /// @param vault The vault.
    error UnknownVault(address vault);
    /// @notice The market is promoted already.
    /// @param vault Its vault.
    error AlreadyPromoted(address vault);

    /// @notice A market was created.
    /// @param vault Its vault.
    /// @param pool Its pool.
    /// @param creator Who created it.
    event MarketCreated(address indexed vault, address indexed pool, address indexed creator);
    /// @notice New markets may use a token, or no more.
    /// @param token The token.
    /// @param allowed Whether they may from now on.
    event QuoteTokenSet(address indexed token, bool allowed);
    /// @notice The least bond of new markets was set.
    /// @param token The quote token.
    /// @param amount Amount of it; zero for the default.
    event MinimumBondSet(address indexed token, uint256 amount);
    /// @notice A market was promoted.
    /// @param vault Its vault.
    event MarketPromoted(address indexed vault);
    /// @notice Another steward of new markets was named.
    /// @param steward Who it is; zero if nobody.
    event StewardSet(address indexed steward);

    /// @notice Creates an experimental market, whose contracts belong to the factory's owner. Anyone who has approved the bond. Each
    /// listing needs two sources that give trusted prices now and agree, and that do not say that they repeat one contract.
    /// @param config abi.encode(MarketConfig).
    /// @return vault Its vault.
    /// @return pool Its pool.
    /// @custom:emits MarketCreated
    /// @custom:reverts InvalidConfig when the bytes do not decode
    /// @custom:reverts QuoteTokenNotAllowed when new markets may not use the token
    /// @custom:reverts InvalidListingCount when there are not 1 to 16
    /// @custom:reverts DuplicateListing when two have one number or one symbol
    /// @custom:reverts SecondFeedMissing when one has one source
    /// @custom:reverts AssetNotZero when one names an asset
    /// @custom:reverts RatesOutOfBounds when one is outside the bounds of an experimental market
    /// @custom:reverts TokenCallFailed when the token does not say its decimals, or refuses the bond
    /// @custom:reverts BondTooSmall when the bond is below the least
    /// @custom:reverts CoverAboveBond when the cover allowances add up to more than the bond
    /// @custom:reverts MarketExists when the creator has used the salt
    /// @custom:reverts SharedSource when both sources of one repeat one contract
    /// @custom:reverts FeedNotLive when the asset of one is Halted
    /// @custom:reverts NoCode when the guard, or an implementation, has none
    /// @custom:reverts ShortReturnData when the guard or the pool answers less than it declares
    /// @custom:reverts CallFailed when a clone cannot be created, or a contract reverts and does not say why
    /// @custom:passes-on IOracleGuard.setFeed when the guard refuses the sources of one
    /// @custom:passes-on IOracleGuard.poke when the guard does not observe one
    /// @custom:passes-on IMarginVault.initialize when the vault refuses what it is set up with
    /// @custom:passes-on IInsurancePool.initialize when the pool refuses what it is set up with
    /// @custom:passes-on IInsurancePool.deposit when the pool refuses the bond
    function createMarket(bytes calldata config) external returns (address vault, address pool);

    /// @notice Where a creator's market with some salt is, or would be.
    /// @param creator Who creates it.
    /// @param salt As in `MarketConfig`.
    /// @return vault Its vault.
    /// @return pool Its pool.
    function predict(address creator, bytes32 salt) external view returns (address vault, address pool);

    /// @notice How many markets there are.
    /// @return That number.
    function marketCount() external view returns (uint256);

    /// @notice A market.
    /// @param i Its number, from zero.
    /// @return vault Its vault.
    /// @return pool Its pool.
    /// @return class 0 experimental, whose insurance pays no more than the bond is worth, or 1 promoted.
    /// @custom:reverts UnknownMarket when there are not so many
    function marketAt(uint256 i) external view returns (address vault, address pool, uint8 class);

    /// @notice Whether this factory has created a vault.
    /// @param vault The vault.
    /// @return Whether it has.
    function isMarket(address vault) external view returns (bool);

    /// @notice Who has created a market.
    /// @param vault Its vault.
    /// @return The creator; zero if it is no market.
    function creatorOf(address vault) external view returns (address);

    /// @notice Promotes a market that has no deficit: all of its pool covers it, and the bond's shares become the creator's, to redeem like
    /// anybody's. Owner only. Its instruments stay as they are.
    /// @param vault Its vault.
    /// @custom:emits MarketPromoted
    /// @custom:reverts NotOwner when the caller is not the owner
    /// @custom:reverts UnknownVault when this factory has not created it
    /// @custom:reverts AlreadyPromoted when it is promoted already
    /// @custom:reverts NoCode when the pool has none
    /// @custom:reverts CallFailed when the pool reverts and does not say why
    /// @custom:passes-on IInsurancePool.promote when the pool refuses: there is a deficit
    function promote(address vault) external;

    /// @notice Sets the least bond of new markets. Owner only.
    /// @param token The quote token.
    /// @param amount Amount of it; zero for the default.
    /// @custom:emits MinimumBondSet
    /// @custom:reverts NotOwner when the caller is not the owner
    function setMinimumBond(address token, uint256 amount) external;

    /// @notice The least bond of new markets.
    /// @param token The quote token.
    /// @return Amount of it, never zero; 10,000 whole tokens until the owner sets another.
    /// @custom:reverts TokenCallFailed when the owner has set none and the token does not say its decimals
    function minimumBond(address token) external view returns (uint256);

    /// @notice Names the steward of the vaults and pools that are created from now on. Owner only.
    /// @param steward Who may set their parameters besides the owner; zero for nobody.
    /// @custom:emits StewardSet
    /// @custom:reverts NotOwner when the caller is not the owner
    function setSteward(address steward) external;

    /// @notice The steward of new vaults and pools.
    /// @return The steward; zero for nobody.
    function steward() external view returns (address);

    /// @notice Lets new markets use a token, or no more. Owner only. One that takes a fee on transfers, changes balances by itself or has
    /// more than 18 decimals must not be allowed.
    /// @param token The token.
    /// @param allowed Whether they may from now on.
    /// @custom:emits QuoteTokenSet
    /// @custom:reverts NotOwner when the caller is not the owner
    /// @custom:reverts NoCode when one is allowed that has none
    function setQuoteToken(address token, bool allowed) external;

    /// @notice Whether new markets may use a token.
    /// @param token The token.
    /// @return Whether they may.
    function isQuoteToken(address token) external view returns (bool);

    /// @notice The oracle guard of every market.
    /// @return Its address.
    function guard() external view returns (address);

    /// @notice The risk engine of every market.
    /// @return Its address.
    function riskEngine() external view returns (address);

    /// @notice What vaults are clones of.
    /// @return Its address.
    function vaultImplementation() external view returns (address);

    /// @notice What pools are clones of.
    /// @return Its address.
    function poolImplementation() external view returns (address);
}
