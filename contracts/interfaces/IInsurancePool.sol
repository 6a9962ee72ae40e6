// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {IOwnable} from "./IOwnable.sol";

/// Junior capital of one isolated market, held as ERC-4626 shares (21 decimals) over the vault's quote token. Exits are ERC-7540's:
/// requested, fulfilled, and then redeemed; `withdraw` and `redeem` serve what was fulfilled, `previewWithdraw` and `previewRedeem`
/// revert.
interface IInsurancePool is IERC4626, IOwnable {
    struct Parameters {
        uint32 cooldown; // seconds; a request matures at the first midnight at least so much later
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
    error ExceedsClaimable(address controller, uint256 claimable, uint256 needed);
    error NotOperator(address caller, address controller); // neither the controller nor its operator
    error TooManyBatches(address controller); // eight are open
    error NothingMature(address controller);
    error FulfilmentClosed(uint64 opensAt); // batches are fulfilled in the first hour of a day
    error PaymentDue(address vault); // the pool would still pay for something that is known
    error DebtKnown(address vault); // close its debts first
    error VaultSilent(address vault); // it does not say what it owes
    error PreviewUnsupported();
    error AssetsMissing(uint256 held, uint256 expected); // less arrived than was sent
    error Overflow(); // beyond maxDeposit
    error NoCode(address target);
    error ShortReturnData(address target);

    event RedeemRequest(
        address indexed controller, address indexed owner, uint256 indexed requestId, address sender, uint256 shares
    );
    event OperatorSet(address indexed controller, address indexed operator, bool approved);
    event Fulfilled(address indexed controller, uint256 shares, uint256 assets); // what was set aside for the shares, now burned
    /// A share had become worth less than a millionth of a dollar: a million became one, of every balance.
    event SharesConsolidated(uint256 supply, uint8 generation);
    event Covered(address indexed vault, uint256 amount, uint256 paid);
    event VaultSet(address indexed vault, bool registered);
    event Harvested(address indexed vault, uint256 assets); // released over seven days
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

    function share() external view returns (address); // ERC-7575: the pool itself
    function supportsInterface(bytes4 interfaceId) external view returns (bool); // ERC-165
    /// For `owner`, its operators, and whoever has its allowance; only `controller` and its operators name it. Requests of a day are
    /// one batch unless the price has fallen in between. Returns 0.
    function requestRedeem(uint256 shares, address controller, address owner) external returns (uint256 requestId);
    function pendingRedeemRequest(uint256 requestId, address controller) external view returns (uint256 shares);
    function claimableRedeemRequest(uint256 requestId, address controller) external view returns (uint256 shares);
    function isOperator(address controller, address operator) external view returns (bool);
    function setOperator(address operator, bool approved) external returns (bool);
    /// Anyone, from 00:00 to 01:00 UTC, unless the pool would still pay for something known: fixes what mature batches are paid, each
    /// at the smaller of the share prices at its request and now, and sets it aside; at the price now if no shares stay. What they give
    /// up by that is income of those who stay, released as a harvest is.
    function fulfil(address controller) external returns (uint256 assets);
    /// Amounts of `cover` and `available` are in the asset's own decimals.
    function cover(uint256 amount) external returns (uint256 paid); // registered vaults
    /// What `cover` would pay the vault now; what an instrument's cover is at most a tenth of: the smaller of the pool's assets at the
    /// start of the day, less exits since, and its assets now with what was drawn today; the same, with its assets now less what pending
    /// requests are worth, which new open interest is limited by; and what covers are measured by for what is on record: no more than what
    /// the pool had before the deposits that came while the vault had a deficit. In an experimental market the last three are ten times the
    /// bond, with what was drawn today.
    function available(address vault)
        external
        view
        returns (uint256 amount, uint256 assets, uint256 lasting, uint256 recorded);
    /// Fetches the pool's income from a vault, and counts what was sent to the pool without a deposit. The shares get it over seven
    /// days; what is not released yet pays deficits first.
    function harvest(address vault) external returns (uint256 assets); // anyone
}
