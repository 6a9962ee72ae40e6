// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {IOwnable} from "./IOwnable.sol";

/// Junior capital of one isolated market, held as ERC-4626 shares (21 decimals) over the vault's quote token.
/// `withdraw` and `redeem` serve only what a request has made claimable.
interface IInsurancePool is IERC4626, IOwnable {
    struct Parameters {
        uint32 cooldown; // seconds from a request until it may be claimed
        uint32 claimWindow; // seconds in which it may be claimed
        uint64 dailyDrawShare; // WAD share of the assets at a day's start that one vault may draw that day; multiple of 1e-9
    }

    error ValueSent(); // no function takes ether
    error UnknownFunction();
    error InvalidCalldata(); // the arguments do not decode
    error CallFailed(); // a contract that was called reverted and did not say why
    error Reentered();
    error NotClone(); // the implementation itself cannot be initialised
    error AlreadyInitialized();
    error ZeroAddress();
    error ZeroAmount(); // no shares or no assets would move
    error TokenCallFailed(address token);
    error UnsupportedDecimals(address token, uint8 decimals); // above 18
    error ParametersOutOfBounds();
    error TooManyVaults();
    error NotSteward(address caller); // neither the steward nor the owner
    error EmergencySince(); // the steward counts other emergencies than the owner's call says
    error StewardFailed(); // the steward does not say how many emergencies there were
    error NotFactory(address caller);
    error NotVault(address vault);
    error InsufficientBalance(address owner, uint256 transferable, uint256 needed);
    error InsufficientAllowance(address owner, address spender, uint256 allowance, uint256 needed);
    error ExceedsClaimable(address owner, uint256 claimable, uint256 needed);
    error ReceiverMismatch(address requested, address given);
    error ExitStopped(address vault); // it has a deficit above a dollar, or does not answer
    error AssetsMissing(uint256 held, uint256 expected); // less arrived than was sent
    error Overflow(); // beyond maxDeposit
    error NoCode(address target);
    error ShortReturnData(address target);

    event RedeemRequested(address indexed owner, address indexed receiver, uint256 shares, uint64 claimableAt);
    event ExitClockStopped(uint64 at); // a vault has a deficit: waiting requests stop ageing
    event ExitClockStarted(uint64 stoppedFor);
    event Covered(address indexed vault, uint256 amount, uint256 paid);
    event VaultSet(address indexed vault, bool registered);
    event Harvested(address indexed vault, uint256 assets);
    event ParametersSet(Parameters parameters);
    event StewardSet(address indexed steward);
    event Promoted(address indexed creator, uint256 shares); // the bond's shares are the creator's from now on
    event BondSlashed(uint256 shares, uint256 assets);

    /// `vault` is registered to draw; its account of this pool receives penalties. A zero `steward` is none.
    function initialize(address owner, address steward, address asset, address vault) external; // a clone, once
    function setVault(address vault, bool registered) external; // owner; a vault with a deficit cannot be removed
    function isVault(address vault) external view returns (bool);
    function factory() external view returns (address); // who initialised it
    /// The trial is over: all of the pool covers the market, and the bond goes to `creator`. Not while a vault has a deficit.
    function promote(address creator) external; // factory
    function isPromoted() external view returns (bool);
    /// While the market is experimental: the shares that `cover` burns before all others, and all that it can pay. The pool holds
    /// them itself; what is transferred to it or deposited for it adds to them.
    function bond() external view returns (uint256 shares, uint256 assets);
    /// The owner; zero removes it. `emergencies`, here and below, is what the steward counted when the owner's call was written, zero
    /// without a steward: where the emergency multisig has tightened anything since, the call is refused. Removing needs none, and of
    /// the steward it is not asked.
    function setSteward(address steward, uint32 emergencies) external;
    function steward() external view returns (address);
    function setParameters(Parameters calldata parameters, uint32 emergencies) external; // owner, steward
    function parameters() external view returns (Parameters memory);

    /// Replaces the caller's earlier request. The shares can then not be transferred; only `receiver` can be paid.
    function requestRedeem(uint256 shares, address receiver) external returns (uint64 claimableAt);
    /// The times assume that no vault has a deficit meanwhile. All zero if there is no request or its time is over.
    function redeemRequest(address owner)
        external
        view
        returns (uint256 shares, address receiver, uint64 claimableAt, uint64 expiresAt);
    /// Stops or starts the clock that requests wait by, as the vaults' known deficits demand.
    function updateExitClock() external returns (bool running); // anyone
    /// Amounts of `cover` and `available` are in the asset's own decimals.
    function cover(uint256 amount) external returns (uint256 paid); // registered vaults
    /// What `cover` would pay the vault now; and what an instrument's cover is at most a tenth of: the smaller of the pool's assets at
    /// the start of the day, and its assets now with what was drawn today; in an experimental market ten times the bond, with what was
    /// drawn today.
    function available(address vault) external view returns (uint256 amount, uint256 assets);
    /// Fetches the pool's income from a vault, and counts what was sent to the pool without a deposit.
    function harvest(address vault) external returns (uint256 assets); // anyone
}
