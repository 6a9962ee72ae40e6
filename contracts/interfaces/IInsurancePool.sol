// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {IOwnable} from "./IOwnable.sol";

/// @notice Junior capital of one isolated market, held as ERC-4626 shares over the vault's quote token. Exits are ERC-7540's: requested,
/// fulfilled, and then redeemed; `withdraw` and `redeem` serve what was fulfilled, `previewWithdraw` and `previewRedeem` revert.
///
/// Shares have 21 decimals; amounts of the asset are in its own decimals; ratios are WAD (1e18); times are unix times, durations seconds.
/// Every conversion rounds in favour of those who stay.
///
/// While the market is experimental, the pool pays no more than its bond is worth: shares that the pool holds itself, and burns before
/// all others.
///
/// Each function lists what else it reverts with; what is inherited from ERC-20 and ERC-4626 and not declared here reverts with nothing
/// else.
/// @custom:reverts ValueSent when ether is sent
/// @custom:reverts UnknownFunction when no function has the selector
/// @custom:reverts InvalidCalldata when the arguments do not decode
interface IInsurancePool is IERC4626, IOwnable {
    /// @notice Every parameter of the pool, set whole.
    /// @param cooldown Seconds, 1 to 30 days; a request matures at the first midnight (UTC) at least so much later.
    /// @param dailyDrawShare WAD share, 0.1 % to 1 and a multiple of 1e-9, of the assets at a day's start that one vault may draw that day.
    struct Parameters {
        uint32 cooldown;
        uint64 dailyDrawShare;
    }

    /// @notice No function takes ether.
    error ValueSent();
    /// @notice No function has this selector.
    error UnknownFunction();
    /// @notice The arguments do not decode: too short, or a word that is no value of its type.
    error InvalidCalldata();
    /// @notice A contract that was called reverted and did not say why.
    error CallFailed();
    /// @notice The pool was called while it was calling out; views answer.
    error Reentered();
    /// @notice The implementation itself cannot be initialised.
    error NotClone();
    /// @notice The clone is set up already.
    error AlreadyInitialized();
    /// @notice Zero is nobody.
    error ZeroAddress();
    /// @notice No shares or no assets would move.
    error ZeroAmount();
    /// @notice The token reverted, returned false, or is none.
    /// @param token Its address.
    error TokenCallFailed(address token);
    /// @notice The token has more than 18 decimals.
    /// @param token Its address.
    /// @param decimals How many it has.
    error UnsupportedDecimals(address token, uint8 decimals);
    /// @notice Parameters outside their hard bounds, or no multiples of their units.
    error ParametersOutOfBounds();
    /// @notice Eight vaults are registered.
    error TooManyVaults();
    /// @notice Only the steward or the owner may do this.
    /// @param caller Who called.
    error NotSteward(address caller);
    /// @notice Stewards have counted other emergencies than the owner's call says.
    error EmergencySince();
    /// @notice The steward does not say how many emergencies there were.
    error StewardFailed();
    /// @notice Only the factory may do this.
    /// @param caller Who called.
    error NotFactory(address caller);
    /// @notice The vault is not registered.
    /// @param vault The vault.
    error NotVault(address vault);
    /// @notice An owner has fewer shares than are moved.
    /// @param owner Whose shares.
    /// @param transferable How many there are.
    /// @param needed How many would move.
    error InsufficientBalance(address owner, uint256 transferable, uint256 needed);
    /// @notice An owner allows fewer shares than are moved.
    /// @param owner Whose shares.
    /// @param spender Who would move them.
    /// @param allowance How many are allowed.
    /// @param needed How many would move.
    error InsufficientAllowance(address owner, address spender, uint256 allowance, uint256 needed);
    /// @notice Less was set aside for a controller than is asked for.
    /// @param controller For whom.
    /// @param claimable Shares, or assets of `withdraw`, that were.
    /// @param needed Shares, or assets of `withdraw`, that are asked for.
    error ExceedsClaimable(address controller, uint256 claimable, uint256 needed);
    /// @notice Only the controller or its operators may do this.
    /// @param caller Who called.
    /// @param controller Whose claim or request it is.
    error NotOperator(address caller, address controller);
    /// @notice Eight batches of a controller are open.
    /// @param controller For whom.
    error TooManyBatches(address controller);
    /// @notice No batch of a controller is mature.
    /// @param controller For whom.
    error NothingMature(address controller);
    /// @notice Batches are fulfilled in the first hour of a day (UTC).
    /// @param opensAt Unix time of the next.
    error FulfilmentClosed(uint64 opensAt);
    /// @notice The pool would still pay for something that is known: close or recover it first.
    /// @param vault With whose claims it comes to more than is negligible.
    error PaymentDue(address vault);
    /// @notice There is a debt: close it first.
    /// @param vault With whose claims it comes to more than is negligible.
    error DebtKnown(address vault);
    /// @notice A vault does not say what it owes.
    /// @param vault The vault.
    error VaultSilent(address vault);
    /// @notice What an exit pays is fixed when it is fulfilled, so that nothing can be said before.
    error PreviewUnsupported();
    /// @notice Less arrived than was sent.
    /// @param held Assets that the pool has.
    /// @param expected Assets that it should have.
    error AssetsMissing(uint256 held, uint256 expected);
    /// @notice Beyond `maxDeposit`, or a result that does not fit.
    error Overflow();
    /// @notice There is no contract at an address.
    /// @param target The address.
    error NoCode(address target);
    /// @notice A contract returned less than it declares.
    /// @param target Its address.
    error ShortReturnData(address target);

    /// @notice Somebody asks to leave (ERC-7540).
    /// @param controller For whom the shares are redeemed.
    /// @param owner Whose shares they were.
    /// @param requestId 0.
    /// @param sender Who called.
    /// @param shares How many.
    event RedeemRequest(
        address indexed controller, address indexed owner, uint256 indexed requestId, address sender, uint256 shares
    );
    /// @notice A controller lets an operator request and redeem for it, or no more (ERC-7540).
    /// @param controller Who lets it.
    /// @param operator Who may.
    /// @param approved Whether it may from now on.
    event OperatorSet(address indexed controller, address indexed operator, bool approved);
    /// @notice What the mature batches of a controller are paid was fixed, and set aside.
    /// @param controller For whom.
    /// @param shares Shares that were burned.
    /// @param assets Assets set aside for them.
    event Fulfilled(address indexed controller, uint256 shares, uint256 assets);
    /// @notice A share had become worth less than a millionth of a dollar: a million became one, of every balance.
    /// @param supply Shares that there are from now on, rounded up.
    /// @param generation How often that has happened.
    event SharesConsolidated(uint256 supply, uint8 generation);
    /// @notice A vault drew on the pool.
    /// @param vault The vault.
    /// @param amount Assets that it asked for.
    /// @param paid Assets that it got.
    event Covered(address indexed vault, uint256 amount, uint256 paid);
    /// @notice A vault may draw on the pool, or no more.
    /// @param vault The vault.
    /// @param registered Whether it may from now on.
    event VaultSet(address indexed vault, bool registered);
    /// @notice Income came in, released over seven days.
    /// @param vault From whose account it was fetched.
    /// @param assets By how much the pool grew.
    event Harvested(address indexed vault, uint256 assets);
    /// @notice The pool's parameters were set.
    /// @param parameters All of them.
    event ParametersSet(Parameters parameters);
    /// @notice Another steward was named.
    /// @param steward Who it is; zero if nobody.
    event StewardSet(address indexed steward);
    /// @notice The trial is over: all of the pool covers the market.
    /// @param creator Who has the bond's shares from now on.
    /// @param shares How many.
    event Promoted(address indexed creator, uint256 shares);
    /// @notice A draw burned shares of the bond.
    /// @param shares How many, rounded up.
    /// @param assets Assets that were drawn.
    event BondSlashed(uint256 shares, uint256 assets);

    /// @notice Sets up a clone, once. Anyone: whoever creates a clone does both in one transaction, and is its factory. The pool's account
    /// in the vault receives penalties and fees.
    /// @param owner The owner; not zero.
    /// @param steward Who may set parameters besides; zero for nobody.
    /// @param asset The vault's quote token, of at most 18 decimals.
    /// @param vault The vault that may draw.
    /// @custom:emits OwnershipTransferred
    /// @custom:emits StewardSet
    /// @custom:emits ParametersSet
    /// @custom:emits VaultSet
    /// @custom:reverts NotClone when this is no ERC-1167 clone
    /// @custom:reverts AlreadyInitialized when it is set up
    /// @custom:reverts ZeroAddress when an address but the steward's is zero
    /// @custom:reverts TokenCallFailed when the asset does not say its decimals
    /// @custom:reverts UnsupportedDecimals when it has more than 18
    function initialize(address owner, address steward, address asset, address vault) external;

    /// @notice Lets a vault draw on the pool, or no more. Owner only. Nothing happens if it is so already.
    /// @param vault The vault; its quote token has to be the asset.
    /// @param registered Whether it may from now on.
    /// @custom:emits VaultSet if that changes anything
    /// @custom:reverts NotOwner when the caller is not the owner
    /// @custom:reverts ZeroAddress when the vault is zero
    /// @custom:reverts DebtKnown when it has a deficit
    /// @custom:reverts VaultSilent when it is to be registered and does not say what it owes
    /// @custom:reverts TooManyVaults when eight are registered
    function setVault(address vault, bool registered) external;

    /// @notice Whether a vault may draw on the pool.
    /// @param vault The vault.
    /// @return Whether it may.
    function isVault(address vault) external view returns (bool);

    /// @notice Who has set the pool up, and may promote its market.
    /// @return The factory.
    function factory() external view returns (address);

    /// @notice Ends the market's trial: all of the pool covers the market, and the bond goes to its creator. The factory only.
    /// @param creator Who gets the bond's shares.
    /// @custom:emits Promoted
    /// @custom:emits Transfer if there are shares of the bond
    /// @custom:reverts NotFactory when the caller is not the factory
    /// @custom:reverts Reentered when the pool is calling out
    /// @custom:reverts DebtKnown when there is a deficit: that is the bond's to pay
    /// @custom:reverts VaultSilent when a vault does not say what it owes
    /// @custom:reverts ZeroAddress when the creator is zero
    function promote(address creator) external;

    /// @notice Whether the market's trial is over.
    /// @return Whether it is.
    function isPromoted() external view returns (bool);

    /// @notice The shares that `cover` burns before all others, and all that it can pay; nothing once the market is promoted. The pool
    /// holds them itself; what is transferred to it or deposited for it adds to them.
    /// @return shares How many.
    /// @return assets What they are worth, rounded down.
    /// @custom:reverts Overflow when that does not fit
    function bond() external view returns (uint256 shares, uint256 assets);

    /// @notice Names the steward. Owner only.
    /// @param steward Who may set parameters besides the owner; zero for nobody.
    /// @param emergencies What `emergencies` answered when the call was written: where the emergency multisig has
    /// tightened anything since, the call is refused. Any number names nobody.
    /// @custom:emits StewardSet
    /// @custom:reverts NotOwner when the caller is not the owner
    /// @custom:reverts EmergencySince when somebody is named and the number is not what `emergencies` answers
    /// @custom:reverts StewardFailed when somebody is named and the present steward does not say what it counts
    function setSteward(address steward, uint32 emergencies) external;

    /// @notice Who may set parameters besides the owner.
    /// @return The steward; zero for nobody.
    function steward() external view returns (address);

    /// @notice The number that the owner's calls have to carry.
    /// @return How many emergencies all stewards so far have counted; it never falls. Of one that did not say, what its removal carried
    /// stands; zero where there never was one.
    /// @custom:reverts StewardFailed when the steward does not say what it counts
    function emergencies() external view returns (uint32);

    /// @notice Sets the pool's parameters. Owner or steward. Requests keep the times that they were given.
    /// @param parameters All of them.
    /// @param emergencies What `emergencies` answered when the owner's call was written, as for `setSteward`; not asked of the steward.
    /// @custom:emits ParametersSet
    /// @custom:reverts NotSteward when the caller is neither the owner nor the steward
    /// @custom:reverts EmergencySince when the owner's number is not what `emergencies` answers
    /// @custom:reverts StewardFailed when the steward does not say what it counts
    /// @custom:reverts ParametersOutOfBounds when they are out of bounds
    function setParameters(Parameters calldata parameters, uint32 emergencies) external;

    /// @notice The pool's parameters.
    /// @return All of them.
    function parameters() external view returns (Parameters memory);

    /// @notice The token of the shares (ERC-7575).
    /// @return The pool itself.
    function share() external view returns (address);

    /// @notice Whether the pool has an interface (ERC-165): ERC-165, ERC-7540's operators and asynchronous redemption, ERC-7575.
    /// @param interfaceId Its id.
    /// @return Whether it has.
    function supportsInterface(bytes4 interfaceId) external view returns (bool);

    /// @notice Shares that there are, those that wait for redemption included.
    /// @return How many.
    function totalSupply() external view override returns (uint256);

    /// @notice Shares of an account, without those that wait for redemption; of the pool, with all of those, beside its bond.
    /// @param account The account.
    /// @return How many.
    function balanceOf(address account) external view override returns (uint256);

    /// @notice Moves shares of the caller. Anyone.
    /// @param to Who gets them; not zero. What the pool gets adds to its bond.
    /// @param value How many.
    /// @return True.
    /// @custom:emits Transfer
    /// @custom:reverts ZeroAddress when `to` is zero
    /// @custom:reverts InsufficientBalance when the caller has fewer
    function transfer(address to, uint256 value) external override returns (bool);

    /// @notice Lets an address move shares of the caller. Anyone.
    /// @param spender Who may.
    /// @param value How many; the greatest value never runs out.
    /// @return True.
    /// @custom:emits Approval
    function approve(address spender, uint256 value) external override returns (bool);

    /// @notice Moves shares of somebody who allows it. Anyone.
    /// @param from Whose shares.
    /// @param to Who gets them; not zero.
    /// @param value How many.
    /// @return True.
    /// @custom:emits Transfer
    /// @custom:reverts InsufficientAllowance when fewer are allowed
    /// @custom:reverts ZeroAddress when `to` is zero
    /// @custom:reverts InsufficientBalance when `from` has fewer
    function transferFrom(address from, address to, uint256 value) external override returns (bool);

    /// @notice Assets that the shares own now: without what was set aside, and without income that is not released yet.
    /// @return How many.
    function totalAssets() external view override returns (uint256);

    /// @notice Shares for assets at the price of now, rounded down.
    /// @param assets Assets.
    /// @return Shares.
    /// @custom:reverts Overflow when that does not fit
    function convertToShares(uint256 assets) external view override returns (uint256);

    /// @notice Assets for shares at the price of now, rounded down.
    /// @param shares Shares.
    /// @return Assets.
    /// @custom:reverts Overflow when that does not fit
    function convertToAssets(uint256 shares) external view override returns (uint256);

    /// @notice Assets that may be deposited now.
    /// @param receiver For whom; all are alike.
    /// @return How many; zero while a debt is known that can be closed, or a vault does not answer.
    function maxDeposit(address receiver) external view override returns (uint256);

    /// @notice Shares that may be minted now.
    /// @param receiver For whom; all are alike.
    /// @return How many; zero while a debt is known that can be closed, or a vault does not answer.
    function maxMint(address receiver) external view override returns (uint256);

    /// @notice Assets that were set aside for a controller.
    /// @param controller For whom.
    /// @return How many.
    function maxWithdraw(address controller) external view override returns (uint256);

    /// @notice Shares that were fulfilled for a controller and not redeemed.
    /// @param controller For whom.
    /// @return How many.
    function maxRedeem(address controller) external view override returns (uint256);

    /// @notice What `deposit` would return.
    /// @param assets Assets.
    /// @return Shares, rounded down.
    /// @custom:reverts Overflow when that does not fit
    function previewDeposit(uint256 assets) external view override returns (uint256);

    /// @notice What `mint` would return.
    /// @param shares Shares.
    /// @return Assets, rounded up.
    /// @custom:reverts Overflow when that does not fit
    function previewMint(uint256 shares) external view override returns (uint256);

    /// @notice Nothing: what an exit pays is fixed when it is fulfilled (ERC-7540).
    /// @param assets Assets.
    /// @return Nothing.
    /// @custom:reverts PreviewUnsupported always
    function previewWithdraw(uint256 assets) external view override returns (uint256);

    /// @notice Nothing: what an exit pays is fixed when it is fulfilled (ERC-7540).
    /// @param shares Shares.
    /// @return Nothing.
    /// @custom:reverts PreviewUnsupported always
    function previewRedeem(uint256 shares) external view override returns (uint256);

    /// @notice Takes assets of the caller, who has approved them, and mints shares for them. Anyone, while no debt is known that can be
    /// closed.
    /// @param assets Assets.
    /// @param receiver Who gets the shares; not zero. What the pool gets adds to its bond.
    /// @return shares How many, rounded down.
    /// @custom:emits Transfer
    /// @custom:emits Deposit
    /// @custom:reverts Reentered when the pool is calling out
    /// @custom:reverts ZeroAddress when the receiver is zero
    /// @custom:reverts ZeroAmount when there would be no shares
    /// @custom:reverts DebtKnown when a debt that is not negligible can be closed
    /// @custom:reverts VaultSilent when a vault does not say what it owes
    /// @custom:reverts Overflow when it is more than `maxDeposit`
    /// @custom:reverts TokenCallFailed when the token refuses
    /// @custom:reverts AssetsMissing when less arrives
    function deposit(uint256 assets, address receiver) external override returns (uint256 shares);

    /// @notice Mints shares for assets of the caller, who has approved them. Anyone, while no debt is known that can be closed.
    /// @param shares Shares.
    /// @param receiver Who gets them; not zero. What the pool gets adds to its bond.
    /// @return assets What they cost, rounded up.
    /// @custom:emits Transfer
    /// @custom:emits Deposit
    /// @custom:reverts Reentered when the pool is calling out
    /// @custom:reverts ZeroAddress when the receiver is zero
    /// @custom:reverts ZeroAmount when there would be no shares
    /// @custom:reverts DebtKnown when a debt that is not negligible can be closed
    /// @custom:reverts VaultSilent when a vault does not say what it owes
    /// @custom:reverts Overflow when it is more than `maxMint`
    /// @custom:reverts TokenCallFailed when the token refuses
    /// @custom:reverts AssetsMissing when less arrives
    function mint(uint256 shares, address receiver) external override returns (uint256 assets);

    /// @notice Pays out a part of what was set aside. For the controller and its operators.
    /// @param assets Assets to pay.
    /// @param receiver Who is paid; not zero.
    /// @param controller For whom they were set aside.
    /// @return shares How many of its fulfilled shares that takes, rounded up.
    /// @custom:emits Withdraw
    /// @custom:reverts Reentered when the pool is calling out
    /// @custom:reverts NotOperator when the caller is neither the controller nor its operator
    /// @custom:reverts ZeroAddress when the receiver is zero
    /// @custom:reverts ExceedsClaimable when less was set aside
    /// @custom:reverts ZeroAmount when no shares would go
    /// @custom:reverts TokenCallFailed when the token refuses
    function withdraw(uint256 assets, address receiver, address controller) external override returns (uint256 shares);

    /// @notice Pays out what was set aside for a part of the fulfilled shares. For the controller and its operators.
    /// @param shares Shares.
    /// @param receiver Who is paid; not zero.
    /// @param controller For whom they were fulfilled.
    /// @return assets What is paid, rounded down.
    /// @custom:emits Withdraw
    /// @custom:reverts Reentered when the pool is calling out
    /// @custom:reverts NotOperator when the caller is neither the controller nor its operator
    /// @custom:reverts ZeroAddress when the receiver is zero
    /// @custom:reverts ExceedsClaimable when fewer were fulfilled
    /// @custom:reverts ZeroAmount when it is no shares
    /// @custom:reverts TokenCallFailed when the token refuses
    function redeem(uint256 shares, address receiver, address controller) external override returns (uint256 assets);

    /// @notice Asks to leave, for good. For the owner, its operators, and whoever has its allowance; only the controller and its operators
    /// name it. Requests of a day are one batch unless the price has fallen in between, which matures at the first midnight after the
    /// cooldown. Until it is fulfilled its shares are slashed like all others.
    /// @param shares Shares, above zero.
    /// @param controller For whom they are redeemed.
    /// @param owner Whose they are.
    /// @return requestId 0.
    /// @custom:emits Transfer
    /// @custom:emits RedeemRequest
    /// @custom:reverts Reentered when the pool is calling out
    /// @custom:reverts NotOperator when the caller is neither the controller nor its operator
    /// @custom:reverts InsufficientAllowance when the caller is neither the owner nor its operator, and fewer are allowed
    /// @custom:reverts ZeroAmount when it is no shares
    /// @custom:reverts InsufficientBalance when the owner has fewer
    /// @custom:reverts TooManyBatches when eight of the controller's are open
    function requestRedeem(uint256 shares, address controller, address owner) external returns (uint256 requestId);

    /// @notice Shares that a controller has requested and nobody has fulfilled.
    /// @param requestId 0; nothing is pending of any other.
    /// @param controller For whom.
    /// @return shares How many, as they count now.
    function pendingRedeemRequest(uint256 requestId, address controller) external view returns (uint256 shares);

    /// @notice Shares that were fulfilled for a controller and not redeemed.
    /// @param requestId 0; nothing is claimable of any other.
    /// @param controller For whom.
    /// @return shares How many.
    function claimableRedeemRequest(uint256 requestId, address controller) external view returns (uint256 shares);

    /// @notice Whether an operator may request and redeem for a controller.
    /// @param controller For whom.
    /// @param operator Who would.
    /// @return Whether it may.
    function isOperator(address controller, address operator) external view returns (bool);

    /// @notice Lets an operator request and redeem for the caller, or no more. Anyone.
    /// @param operator Who may.
    /// @param approved Whether it may from now on.
    /// @return True.
    /// @custom:emits OperatorSet
    function setOperator(address operator, bool approved) external returns (bool);

    /// @notice Fixes what mature batches are paid, each at the smaller of the share prices at its request and now, rounded down, burns the
    /// shares and sets the assets aside; at the price now if no shares stay. What they give up by that is income of those who stay, released
    /// as a harvest is. Anyone, from 00:00 to 01:00 UTC, unless the pool would still pay for something known.
    /// @param controller For whom.
    /// @return assets Assets set aside.
    /// @custom:emits Transfer
    /// @custom:emits Fulfilled
    /// @custom:reverts Reentered when the pool is calling out
    /// @custom:reverts FulfilmentClosed when it is not the first hour of a day
    /// @custom:reverts PaymentDue when the pool would still pay for something known that is not negligible
    /// @custom:reverts VaultSilent when a vault does not say what it owes
    /// @custom:reverts NothingMature when no batch is
    function fulfil(address controller) external returns (uint256 assets);

    /// @notice Pays the calling vault what is `available` to it. Registered vaults only. The bond loses it while there is one; then income
    /// that is not released, and then every share alike.
    /// @param amount Assets at most.
    /// @return paid Assets that were paid; nothing if the token refuses.
    /// @custom:emits Covered
    /// @custom:emits BondSlashed if the bond pays
    /// @custom:emits Transfer if the bond pays
    /// @custom:emits SharesConsolidated if a share becomes worth too little
    /// @custom:reverts Reentered when the pool is calling out
    /// @custom:reverts NotVault when the caller is not registered
    /// @custom:reverts TokenCallFailed when the token refuses and had little gas to do otherwise
    /// @custom:reverts Overflow when a result does not fit
    function cover(uint256 amount) external returns (uint256 paid);

    /// @notice What the pool is good for.
    /// @param vault The vault that would draw.
    /// @return amount Assets that `cover` would pay it now, rounded down; zero if it is not registered.
    /// @return assets Assets that an instrument's cover is at most a tenth of: the smaller of the pool's at the start of the day, less
    /// exits since, and its assets now with what was drawn today. In an experimental market ten times the bond, with what was drawn today.
    /// @return lasting As `assets`, with its assets now less what pending requests are worth, which new open interest is limited by; in an
    /// experimental market `assets`.
    /// @return recorded As `assets`, and no more than what the pool had before the deposits that came while the vault had a deficit: what
    /// covers are measured by for what is on record; in an experimental market `assets`.
    function available(address vault)
        external
        view
        returns (uint256 amount, uint256 assets, uint256 lasting, uint256 recorded);

    /// @notice Fetches the pool's income from a vault, as far as that lets it go, and counts what was sent to the pool without a deposit.
    /// Anyone. The shares get it over seven days; what is not released yet pays deficits first.
    /// @param vault A registered vault.
    /// @return assets By how much the pool grew.
    /// @custom:emits Harvested
    /// @custom:reverts Reentered when the pool is calling out
    /// @custom:reverts NotVault when the vault is not registered
    /// @custom:reverts TokenCallFailed when the token does not say what the pool holds
    /// @custom:reverts NoCode when the vault has none
    /// @custom:reverts ShortReturnData when the vault answers less than it declares
    /// @custom:reverts CallFailed when the vault reverts and does not say why
    /// @custom:passes-on IMarginVault.balances when the vault does not say what it holds
    /// @custom:passes-on IMarginVault.withdraw when the vault does not let capital go
    function harvest(address vault) external returns (uint256 assets);
}
