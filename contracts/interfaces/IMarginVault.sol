// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IOwnable} from "./IOwnable.sol";

/// @notice Custody, accounts, positions, settlement, liquidation and deleveraging of one isolated market.
///
/// Prices, sizes, ratios and USD amounts are WAD (1e18); token amounts are in the token's decimals; times are unix times, durations
/// seconds. A share of something is WAD, at most 1 unless said otherwise. Every rounding goes against the account and for the vault.
///
/// An account is its owner's address in the high 20 bytes and a sub-account number in the low 12. Instruments have numbers:
/// perpetuals below 2^31, series of options from there on.
///
/// C is an account's capital, P its settled profit, or its debt where it is negative. V is what the vault holds for accounts, h the
/// coverage ratio: what a unit of profit is worth.
///
/// Whatever changes what an account owns emits `BalancesChanged`, whatever moves a leg `PositionChanged`, and whatever cuts others for
/// it `PositionClosed`, in the order in which it happens: with them alone everybody's balances and positions can be followed to the unit.
/// Whatever settles an account emits `DebtRevealed` if it finds a debt, and `DebtStuck` if a stuck debt can be closed again. Whatever
/// changes what is missing emits `CoverageChanged`, and `Impaired` where that begins or ends. These are not listed with the functions.
///
/// At the same address is `IEscape`: what keeps the vault's programs alive, and the way out when they are dead. Of a vault that is
/// abandoned everything here reverts with that interface's `VaultAbandoned`.
///
/// Of a pool, a token, a guard or an engine that reverts no reason is passed on: each has an error of the vault's. Each function lists
/// what else it reverts with.
/// @custom:reverts ValueSent when ether is sent
/// @custom:reverts UnknownFunction when no function has the selector
/// @custom:reverts InvalidCalldata when the arguments, or the answer of a contract that was asked, do not decode
/// @custom:reverts Reentrant when the vault is called while it is calling out, views included
interface IMarginVault is IOwnable {
    /// @notice What an account's owner, or a signer, agrees to trade: signed by EIP-712, for the vault's own address.
    /// @param account The account that trades.
    /// @param instrument Number of the instrument.
    /// @param size WAD size; positive to buy, negative to sell.
    /// @param limitPrice WAD price: the most that a buyer pays, the least that a seller takes. A fill is at the maker's.
    /// @param nonce Chosen by the signer. Fills are counted by account and nonce; `cancel` ends a nonce for all accounts of an owner.
    /// @param expiry Unix time after which it is not filled.
    /// @param maker Whether it is the maker's order; one of each pair is.
    /// @param reduceOnly Whether it may do no more than reduce what position there is.
    struct Order {
        bytes32 account;
        uint32 instrument;
        int256 size;
        uint256 limitPrice;
        uint256 nonce;
        uint64 expiry;
        bool maker;
        bool reduceOnly;
    }

    /// @notice A linear perpetual. Rates are multiples of 1e-9.
    /// @param asset The guard's id of the asset; not zero. It stays while there is open interest, a series, or a debt on record.
    /// @param maintenanceRate WAD share of notional, above zero, below `initialRate` and `shock`.
    /// @param initialRate WAD share of notional, at most 1.
    /// @param priceBand WAD share of the mark within which a trade may fill, at most 20 %.
    /// @param makerFee WAD share of notional, at most 1 %.
    /// @param takerFee WAD share of notional, at most 1 %.
    /// @param shock WAD share of the mark, 15 % to 400 %: the largest move in 10 minutes that the cover has to pay for.
    /// @param openInterestLimit WAD size of one side, of the perpetual and its options together.
    /// @param coverAllowance WAD amount that insurance pays for this instrument; more than 10 % of the pool counts as that.
    struct Instrument {
        bytes32 asset;
        uint64 maintenanceRate;
        uint64 initialRate;
        uint64 priceBand;
        uint64 makerFee;
        uint64 takerFee;
        uint64 shock;
        uint128 openInterestLimit;
        uint128 coverAllowance;
    }

    /// @notice By what rules options on the underlying of a perpetual are listed, traded and margined. Options share the perpetual's
    /// band, shock, limit of open interest and cover. Rates are multiples of 1e-9.
    /// @param tick WAD price that strikes are counted in, a multiple of 1e-9 above zero; the same while there are series.
    /// @param strikeStep Ticks between strikes, above zero.
    /// @param strikeRange WAD share, 10 % to 400 %: a strike is at most a factor of 1 + strikeRange away from the mark when it is listed.
    /// @param longestExpiry Seconds that a series may live: whole hours, a day to two years of 366 days.
    /// @param maxSeries How many there may be at a time; those of all underlyings add up to at most 192.
    /// @param volRange WAD share, 10 % to 60 %: range of a 30-day volatility that margin covers.
    /// @param shortOptionRate WAD share of spot, 0.5 % to 20 %, that every short option needs besides.
    /// @param makerFee WAD share of the underlying's notional, at most 1 %; no fee is above 12.5 % of the option's price.
    /// @param takerFee WAD share of the underlying's notional, at most 1 %; no fee is above 12.5 % of the option's price.
    /// @param vegaLimit WAD amount, a multiple of 1e-6: largest sum over all series of open interest x vega, per unit of volatility.
    /// @param gammaLimit WAD amount, a multiple of 1e-6: largest sum over all series of open interest x gamma x spot^2.
    struct OptionRules {
        uint128 tick;
        uint32 strikeStep;
        uint64 strikeRange;
        uint32 longestExpiry;
        uint8 maxSeries;
        uint64 volRange;
        uint64 shortOptionRate;
        uint64 makerFee;
        uint64 takerFee;
        uint128 vegaLimit;
        uint128 gammaLimit;
    }

    /// @notice Every parameter of the vault that no instrument owns, set whole. Rates are multiples of 1e-9.
    /// @param penaltyStart WAD share of maintenance margin at the start of the clock, at most 50 %.
    /// @param penaltyRamp Seconds, 60 to 43,200, over which the penalty rises to the whole maintenance margin.
    /// @param rewardShare WAD share of the closed margin, at most 10 %, paid to whoever reveals and closes a debt.
    /// @param maxReward WAD amount of one reward, at most 1,000; an account with positions needs ten of them as initial margin.
    /// @param dustNotional WAD notional, at most 10,000, below which a liquidation takes everything.
    /// @param dailyOutflow WAD share of the vault's tokens, 5 % to 50 %, that may leave in any 24 hours.
    /// @param hourlyOutflow WAD share of the vault's tokens, 0.5 % to 10 % and at most `dailyOutflow`, that may leave in any hour.
    /// @param insuranceFeeShare WAD share of trade fees for a fully covered pool; it grows to all of them.
    /// @param treasury Its main account receives the rest of the fees; neither zero, nor the vault, nor the pool.
    /// @param listingFee WAD amount that listing a series costs, a multiple of 1e-6, at most 1,000.
    struct Parameters {
        uint64 penaltyStart;
        uint32 penaltyRamp;
        uint64 rewardShare;
        uint128 maxReward;
        uint128 dustNotional;
        uint64 dailyOutflow;
        uint64 hourlyOutflow;
        uint64 insuranceFeeShare;
        address treasury;
        uint128 listingFee;
    }

    /// @notice Tokens came in for an account, after what they did is settled.
    /// @param account The account that was credited.
    /// @param from Who paid.
    /// @param amount Tokens that arrived, in the token's decimals.
    event Deposited(bytes32 indexed account, address indexed from, uint256 amount);

    /// @notice Capital of an account went out as tokens.
    /// @param account The account that was charged.
    /// @param to Who was paid.
    /// @param amount Tokens sent, in the token's decimals.
    event Withdrawn(bytes32 indexed account, address indexed to, uint256 amount);

    /// @notice Two orders traded.
    /// @param maker The account whose limit was the price.
    /// @param taker The other account.
    /// @param instrument Number of the instrument.
    /// @param takerSize WAD size; positive if the taker bought.
    /// @param price WAD price of the fill.
    /// @param makerNonce Nonce of the maker's order.
    /// @param takerNonce Nonce of the taker's order.
    /// @param makerFee WAD amount that the maker paid into the fee account, of which less than it owed is all that it had.
    /// @param takerFee WAD amount that the taker paid.
    event Settled(
        bytes32 indexed maker,
        bytes32 indexed taker,
        uint32 indexed instrument,
        int256 takerSize,
        uint256 price,
        uint256 makerNonce,
        uint256 takerNonce,
        uint256 makerFee,
        uint256 takerFee
    );

    /// @notice What an account owns from now on, whatever changed it: settling its legs, a payment, tokens. An operation may change an
    /// account several times; one that was settled at no gain may be told as it was.
    /// @param account The account; the vault's own, into which fees are paid, included.
    /// @param capital C from now on, WAD.
    /// @param pnl P from now on, WAD; a debt if negative.
    event BalancesChanged(bytes32 indexed account, uint256 capital, int256 pnl);

    /// @notice A leg of an account joined a bucket, which it has left if it was in one, or is no leg any more. Besides, only cuts
    /// change positions: `PositionClosed`.
    /// @param account The account.
    /// @param instrument Number of the instrument.
    /// @param size WAD size from now on; negative is short. Zero if it is no leg any more.
    /// @param bucket Number of the bucket of its side that it is in: 0 to 14 by margin utilisation, 15 in debt.
    event PositionChanged(bytes32 indexed account, uint32 indexed instrument, int256 size, uint8 bucket);

    /// @notice A part of an account's position was closed at the mark, and the buckets of the opposite side were cut by as much: that of
    /// accounts in debt first, then all above the water level down to it.
    /// @param account The account that is deleveraged.
    /// @param instrument Number of the instrument.
    /// @param size WAD size that was closed: positive if it was long, so that shorts were cut; negative if longs were.
    /// @param price WAD mark at which both were closed.
    /// @param level WAD margin utilisation down to which the buckets were cut, rounded down; one if accounts in debt alone were.
    event PositionClosed(bytes32 indexed account, uint32 indexed instrument, int256 size, uint256 price, uint256 level);

    /// @notice An owner's orders under a nonce will not be filled any more, in any of its accounts.
    /// @param owner Whose orders.
    /// @param nonce Their nonce.
    event Cancelled(address indexed owner, uint256 nonce);

    /// @notice An owner lets an address act for its accounts, or no more.
    /// @param owner Whose accounts.
    /// @param signer Who may act.
    /// @param allowed Whether it may from now on.
    event SignerSet(address indexed owner, address indexed signer, bool allowed);

    /// @notice A share of every leg of an account that can move is taken over at the mark: what it has left of each follows as
    /// `PositionChanged`, and so does, once, what `into` has of all that it takes over.
    /// @param account The account in ill health.
    /// @param into The account that took the legs over.
    /// @param share WAD share of each leg, rounded up.
    /// @param penalty WAD amount that the account paid, half of it, rounded down, to `into`, the rest to the pool.
    event Liquidated(bytes32 indexed account, bytes32 indexed into, uint256 share, uint256 penalty);

    /// @notice Legs of an account were closed at the mark against the opposite side, each of which was told as `PositionClosed`.
    /// @param account The account.
    /// @param done Whether nothing is left to close of what was decided.
    /// @param deficit WAD amount of debt written off; zero of an account that was not in debt.
    /// @param insured WAD amount that insurance paid of it.
    event Deleveraged(bytes32 indexed account, bool done, uint256 deficit, uint256 insured);

    /// @notice An account moved up to the bucket that is due, or its legs of ended epochs joined their bucket anew.
    /// @param account The account.
    /// @param from Number of the bucket that it was in.
    /// @param to Number of the bucket that it is in.
    event Rebucketed(bytes32 indexed account, uint8 from, uint8 to);

    /// @notice What an account's debt comes to for one underlying was written off, or its cover paid a reward for a leg that was closed
    /// before anything is.
    /// @param account The account in debt.
    /// @param instrument Number of the perpetual on the underlying.
    /// @param deficit WAD amount written off; zero where a reward alone was paid.
    /// @param insured WAD amount that insurance paid of it.
    /// @param reward WAD amount that insurance paid for closing it, besides.
    event WrittenOff(
        bytes32 indexed account, uint32 indexed instrument, uint256 deficit, uint256 insured, uint256 reward
    );

    /// @notice What an account owes counts as stuck, because its legs are frozen, or no more.
    /// @param account The account in debt.
    /// @param stuck Whether it does from now on.
    event DebtStuck(bytes32 indexed account, bool stuck);

    /// @notice Insurance paid for a deficit that was written off before.
    /// @param instrument Number of the perpetual on the underlying.
    /// @param paid WAD amount that arrived.
    event Recovered(uint32 indexed instrument, uint256 paid);

    /// @notice Profit became capital.
    /// @param account The account.
    /// @param profit WAD amount taken from P.
    /// @param received WAD amount added to C.
    event Converted(bytes32 indexed account, uint256 profit, uint256 received);

    /// @notice What nobody has paid for is another amount, and h with it.
    /// @param coverage h, WAD, rounded down.
    /// @param missing WAD amount that is missing, as `coverage()` returns it.
    event CoverageChanged(uint256 coverage, uint256 missing);

    /// @notice Capital moved between two accounts of one owner.
    /// @param from The account that was charged.
    /// @param to The account that was credited.
    /// @param amount WAD amount.
    event Transferred(bytes32 indexed from, bytes32 indexed to, uint256 amount);

    /// @notice The fee account was emptied.
    /// @param insurance WAD amount that the pool's main account received, profit at h.
    /// @param treasury WAD amount that the treasury's main account received, profit at h.
    event FeesDistributed(uint256 insurance, uint256 treasury);

    /// @notice A trade moved the funding rate of a perpetual.
    /// @param instrument Number of the perpetual.
    /// @param paidByLongs WAD amount that a unit of long position has paid since it was listed; negative if it was paid.
    /// @param rate WAD share of the mark per 8 hours that longs pay; negative if shorts do.
    event FundingAccrued(uint32 indexed instrument, int256 paidByLongs, int256 rate);

    /// @notice A settlement found a debt that nobody knew.
    /// @param account The account in debt.
    /// @param by Whose call found it.
    event DebtRevealed(bytes32 indexed account, address indexed by);

    /// @notice A reward was paid, as capital of the main accounts of both, for closing an account in debt; what would be due to one that owes
    /// itself is paid into the fee account.
    /// @param account The account in debt.
    /// @param closer Whose call closed it; gets half, rounded up.
    /// @param revealer Who had found the debt; gets half, rounded down.
    /// @param reward WAD amount of both halves.
    event Rewarded(bytes32 indexed account, address indexed closer, address indexed revealer, uint256 reward);

    /// @notice The vault is impaired, and reduce-only, or no more.
    /// @param impaired Whether it is from now on.
    /// @param missing WAD amount that is missing, as `coverage()` returns it.
    event Impaired(bool impaired, uint256 missing);

    /// @notice A perpetual was listed, or its parameters were set.
    /// @param instrument Number of the perpetual.
    /// @param parameters All of them.
    event InstrumentSet(uint32 indexed instrument, Instrument parameters);

    /// @notice The vault's parameters were set.
    /// @param parameters All of them.
    event ParametersSet(Parameters parameters);

    /// @notice The rules of options on an underlying were set.
    /// @param underlying Number of the perpetual on it.
    /// @param rules All of them.
    event OptionRulesSet(uint32 indexed underlying, OptionRules rules);

    /// @notice A series was listed.
    /// @param instrument Its number, never used before.
    /// @param underlying Number of the perpetual on its underlying.
    /// @param expiry Unix time at which it expires.
    /// @param strike WAD price.
    /// @param isCall Whether it is a call; otherwise a put.
    event OptionListed(
        uint32 indexed instrument, uint32 indexed underlying, uint64 expiry, uint256 strike, bool isCall
    );

    /// @notice An account paid for listing a series.
    /// @param account The account that was charged.
    /// @param instrument Number of the series.
    /// @param fee WAD amount.
    event ListingFeePaid(bytes32 indexed account, uint32 indexed instrument, uint256 fee);

    /// @notice A series is not listed any more.
    /// @param instrument Its number.
    event OptionDelisted(uint32 indexed instrument);

    /// @notice A series will settle before it expires.
    /// @param instrument Its number.
    /// @param closes Unix time at which it settles: an 08:00 UTC.
    event OptionClosing(uint32 indexed instrument, uint64 closes);

    /// @notice It is booked that a series has settled before it expired.
    /// @param instrument Its number.
    /// @param price WAD settlement price of the underlying.
    /// @param mark WAD price of the option, for good.
    event OptionSettled(uint32 indexed instrument, uint256 price, uint256 mark);

    /// @notice Another steward was named.
    /// @param steward Who it is; zero if nobody.
    event StewardSet(address indexed steward);

    /// @notice Only the account's owner may do this.
    /// @param caller Who called.
    error NotAccountOwner(address caller);
    /// @notice The clone is set up already.
    error AlreadyInitialized();
    /// @notice An implementation cannot be initialised.
    error NotAClone();
    /// @notice This is no vault that was set up: a program or an implementation on its own does nothing.
    error NotInitialized();
    /// @notice The vault was called while it was calling out.
    error Reentrant();
    /// @notice No function takes ether.
    error ValueSent();
    /// @notice No function has this selector.
    error UnknownFunction();
    /// @notice The arguments do not decode: too short, or a word that is no value of its type.
    error InvalidCalldata();
    /// @notice Parameters outside their hard bounds, no multiples of their units, or not to be changed now.
    error InvalidParameters();
    /// @notice An amount, a size or a limit is zero, or nothing arrived.
    error InvalidAmount();
    /// @notice Tokens cannot be sent to zero or to the vault.
    error InvalidRecipient();
    /// @notice A quantity or a result is beyond 128 bits, or beyond what the vault counts with.
    error Overflow();
    /// @notice Nothing is listed under this number, or not such an instrument.
    error UnknownInstrument();
    /// @notice The guard forbids it in this tier, or every leg that would move is frozen or set aside.
    error ActionBlocked();
    /// @notice The accounts of the operation have to differ.
    error SameAccount();
    /// @notice An account would hold more than 16 legs.
    error TooManyLegs();
    /// @notice Nothing more of these sides may be deleveraged now: of each a twentieth at once, and a tenth in any hour.
    error RateLimited();
    /// @notice Only the steward or the owner may do this.
    /// @param caller Who called.
    error NotSteward(address caller);
    /// @notice Stewards have counted other emergencies than the owner's call says.
    error EmergencySince();
    /// @notice The steward does not say how many emergencies there were.
    error StewardFailed();
    /// @notice Only the account's owner or one of its signers may do this.
    /// @param caller Who called.
    error NotAuthorized(address caller);
    /// @notice The trade raises open interest beyond what the instrument's cover pays for.
    error CoverExceeded();
    /// @notice Somebody else's account is converted only once the vault has been impaired for 24 hours.
    error NotForcible();
    /// @notice What profit is worth depends on what insurance pays for debts that can be closed: deleverage them first.
    error DebtOpen();
    /// @notice Nothing is left of the outflow that the vault allows now.
    error OutflowLimited();
    /// @notice A transfer stays within one owner's accounts.
    error DifferentOwners();
    /// @notice The account has less capital than is taken.
    error InsufficientCapital();
    /// @notice An account would be below initial margin, and a trade did not reduce its risk.
    error InsufficientMargin();
    /// @notice The vault is impaired, or a reduce-only order has nothing to reduce.
    error ReduceOnly();
    /// @notice Roles, instruments, sides or prices of two orders do not match.
    error OrderMismatch();
    /// @notice The order's time is over.
    error OrderExpired();
    /// @notice The order's owner has cancelled its nonce.
    error OrderCancelled();
    /// @notice Less is left of an order than the fill.
    error OrderFilled();
    /// @notice Neither the owner, nor a signer, nor a contract of either has signed the order.
    error InvalidSignature();
    /// @notice A contract could not get its whole allowance of 500,000 gas to answer about a signature.
    error InsufficientGas();
    /// @notice The fill is too far from the mark.
    error PriceOutsideBand();
    /// @notice Open interest would be above its limit, or above what is counted of a series.
    error OpenInterestLimit();
    /// @notice Not at 08:00 UTC, beyond a week not on a Friday, or too near or too far.
    error InvalidExpiry();
    /// @notice Off the grid, or too far from the mark.
    error InvalidStrike();
    /// @notice There is a series with these terms.
    error SeriesExists();
    /// @notice There are as many series as the rules allow.
    error TooManySeries();
    /// @notice Somebody holds the series.
    error SeriesOpen();
    /// @notice The series settles early already.
    error SeriesClosing();
    /// @notice The series does not settle early, or not yet, or it is booked that it has.
    error NotClosing();
    /// @notice The guard has no final price for that time yet.
    error SettlementPending();
    /// @notice The trade raises vega or gamma of all series beyond its limit.
    error ExposureLimit();
    /// @notice The account's equity covers its maintenance margin, or nearly so while a grace period lasts.
    error Healthy();
    /// @notice The account is in debt, would be after the trade, or was and was not settled since: touch it, and deleverage it.
    error NoEquity();
    /// @notice The account is too healthy to be deleveraged.
    error NotDeleverageable();
    /// @notice The account is in the bucket that is due, or above it.
    error NotDue();
    /// @notice There is nothing on record for the instrument, or its cover or the pool has nothing for it.
    error NothingToRecover();
    /// @notice The quote token reverted, returned false, or is none.
    error TokenFailed();
    /// @notice The guard reverted, or returned something else than marks.
    error GuardFailed();
    /// @notice The risk engine reverted, or returned something else than margins.
    error EngineFailed();
    /// @notice The pool does not say what it would pay, or took tokens from the vault.
    error PoolFailed();
    /// @notice The pool is in the middle of a call of its own, and would pay after it.
    error PoolBusy();

    /// @notice Sets up a clone, once. Anyone: whoever creates a clone does both in one transaction. Lists `instruments[k]` under
    /// `ids[k]`. The owner is the treasury until the parameters name another.
    /// @param owner The owner; not zero.
    /// @param steward Who may set parameters besides; zero for nobody.
    /// @param quoteToken The only collateral, of at most 18 decimals.
    /// @param guard The oracle guard.
    /// @param engine The risk engine.
    /// @param pool The insurance pool.
    /// @param ids Numbers of the perpetuals, below 2^31.
    /// @param instruments Their parameters, as many.
    /// @custom:emits OwnershipTransferred
    /// @custom:emits StewardSet
    /// @custom:emits ParametersSet
    /// @custom:emits InstrumentSet for each instrument
    /// @custom:reverts NotAClone when this is no ERC-1167 clone
    /// @custom:reverts AlreadyInitialized when it is set up
    /// @custom:reverts InvalidParameters when an address but the steward's is zero, the token has more than 18 decimals, the lists differ
    /// in length, a number comes twice or is 2^31 or more, there are more than 64, or an instrument is out of bounds
    /// @custom:reverts TokenFailed when the token does not say its decimals
    /// @custom:reverts Overflow when an amount has more than 128 bits
    function initialize(
        address owner,
        address steward,
        address quoteToken,
        address guard,
        address engine,
        address pool,
        uint32[] calldata ids,
        Instrument[] calldata instruments
    ) external;

    /// @notice Lists a perpetual, or sets the parameters of one. The owner; the steward for what is listed, without changing its asset.
    /// @param instrument Its number, below 2^31.
    /// @param parameters All of them.
    /// @param emergencies Here and below, what `emergencies` answered when the owner's call was written: where the
    /// emergency multisig has tightened anything since, the call is refused. Of the steward it is not asked.
    /// @custom:emits InstrumentSet
    /// @custom:reverts NotSteward when the caller is neither the owner nor the steward
    /// @custom:reverts NotOwner when the steward would change the asset
    /// @custom:reverts UnknownInstrument when the steward names what is not listed
    /// @custom:reverts EmergencySince when the owner's number is not what `emergencies` answers
    /// @custom:reverts StewardFailed when the steward does not say what it counts
    /// @custom:reverts InvalidParameters when they are out of bounds, the number is 2^31 or more, 64 perpetuals are listed, or the asset
    /// may not change
    /// @custom:reverts Overflow when an amount has more than 128 bits
    function setInstrument(uint32 instrument, Instrument calldata parameters, uint32 emergencies) external;

    /// @notice The parameters of a perpetual.
    /// @param instrument Its number.
    /// @return All of them.
    /// @custom:reverts UnknownInstrument when it is not listed, or a series
    function instrument(uint32 instrument) external view returns (Instrument memory);

    /// @notice What is listed.
    /// @return Numbers of all perpetuals, then of all series.
    function instruments() external view returns (uint32[] memory);

    /// @notice Sets the rules of options on an underlying. Owner or steward; the first rules of an underlying are the owner's.
    /// @param underlying Number of the perpetual on it.
    /// @param rules All of them.
    /// @param emergencies See `setInstrument`.
    /// @custom:emits OptionRulesSet
    /// @custom:reverts NotSteward when the caller is neither the owner nor the steward
    /// @custom:reverts NotOwner when the steward would give an underlying its first rules
    /// @custom:reverts EmergencySince when the owner's number is not what `emergencies` answers
    /// @custom:reverts StewardFailed when the steward does not say what it counts
    /// @custom:reverts UnknownInstrument when the perpetual is not listed
    /// @custom:reverts InvalidParameters when they are out of bounds, the number is that of a series, the tick changes while there are
    /// series, or there are not so many places for series
    /// @custom:reverts Overflow when an amount has more than 128 bits
    function setOptionRules(uint32 underlying, OptionRules calldata rules, uint32 emergencies) external;

    /// @notice The rules of options on an underlying.
    /// @param underlying Number of the perpetual on it.
    /// @return All of them; zero if there are no options.
    /// @custom:reverts UnknownInstrument when it is not listed
    function optionRules(uint32 underlying) external view returns (OptionRules memory);

    /// @notice Lists a series under the rules of its underlying, while the guard has a fresh surface for the expiry. Anyone. Options are
    /// numbered from 2^31; a number is never used again.
    /// @param underlying Number of the perpetual on its underlying.
    /// @param expiry Unix time: an 08:00 UTC, at least an hour ahead, on a Friday if more than a week ahead.
    /// @param strike WAD price on the grid.
    /// @param isCall Whether it is a call; otherwise a put.
    /// @param account Pays the listing fee, and has to meet initial margin afterwards: the caller's, or one that it is a signer of.
    /// @return instrument Number of the series.
    /// @custom:emits OptionListed
    /// @custom:emits ListingFeePaid unless listing is free
    /// @custom:reverts NotAuthorized when the caller neither owns the account nor is a signer of it
    /// @custom:reverts UnknownInstrument when the perpetual is not listed, or is a series
    /// @custom:reverts InvalidStrike when it is off the grid, too far from the mark, or there are no options on the underlying
    /// @custom:reverts InvalidExpiry when it is no such time, or beyond `longestExpiry`
    /// @custom:reverts SeriesExists when there is one with these terms
    /// @custom:reverts TooManySeries when there are as many as the rules allow
    /// @custom:reverts ActionBlocked when the guard forbids opening, or the surface is stale or distrusted
    /// @custom:reverts InsufficientMargin when the account would be below initial margin
    /// @custom:reverts InsufficientCapital when its capital does not pay the fee
    /// @custom:reverts NoEquity when the account is in debt, or was and was not settled since
    /// @custom:reverts GuardFailed when the guard does not answer
    /// @custom:reverts EngineFailed when the account holds options and the engine does not answer
    /// @custom:reverts PoolFailed when there are debts and the pool does not answer
    /// @custom:reverts Overflow when a number does not fit
    function listOption(uint32 underlying, uint64 expiry, uint256 strike, bool isCall, bytes32 account)
        external
        returns (uint32 instrument);

    /// @notice Takes a series off the listing that nobody holds: every account that did has been settled. Anyone, once it has settled or
    /// was not traded for a day; the owner at any time.
    /// @param instrument Number of the series.
    /// @custom:emits OptionDelisted
    /// @custom:reverts UnknownInstrument when it is not listed, or is a perpetual
    /// @custom:reverts NotOwner when it has not settled, was traded within a day, and the caller is not the owner
    /// @custom:reverts SeriesOpen when somebody holds it
    /// @custom:reverts PoolFailed when there are debts and the pool does not answer
    /// @custom:reverts Overflow when a number does not fit
    function delist(uint32 instrument) external;

    /// @notice Makes a series settle early, at the first 08:00 UTC at least 7 days from now, if it has not expired by then. Owner only.
    /// Until then its positions may be reduced. It settles at what it is worth at the guard's settlement price of that time and the
    /// volatility of 24 hours before (of a day before that while its surface is distrusted). Once that price is final, nobody has to do anything: it is its mark for whoever asks, and
    /// whoever touches an account takes its leg away.
    /// @param instrument Number of the series.
    /// @custom:emits OptionClosing
    /// @custom:reverts NotOwner when the caller is not the owner
    /// @custom:reverts UnknownInstrument when it is not listed, or is a perpetual
    /// @custom:reverts SeriesClosing when it settles early already
    /// @custom:reverts InvalidExpiry when it expires by then
    function closeOption(uint32 instrument) external;

    /// @notice Books that a series has settled early, which takes it out of the limits. Anyone, once.
    /// @param instrument Number of the series.
    /// @custom:emits OptionSettled
    /// @custom:reverts UnknownInstrument when it is not listed, or is a perpetual
    /// @custom:reverts NotClosing when it does not settle early, or not yet, or that is booked
    /// @custom:reverts SettlementPending when the guard's price of that time is not final
    /// @custom:reverts GuardFailed when the guard does not answer
    /// @custom:reverts PoolFailed when there are debts and the pool does not answer
    /// @custom:reverts Overflow when a number does not fit
    function settleOption(uint32 instrument) external;

    /// @notice The terms of a series.
    /// @param instrument Its number.
    /// @return underlying Number of the perpetual on its underlying.
    /// @return expiry Unix time at which it expires.
    /// @return strike WAD price.
    /// @return isCall Whether it is a call; otherwise a put.
    /// @return closes Unix time at which it settles early; zero if it does not.
    /// @custom:reverts UnknownInstrument when it is not listed, or is a perpetual
    function option(uint32 instrument)
        external
        view
        returns (uint32 underlying, uint64 expiry, uint256 strike, bool isCall, uint64 closes);

    /// @notice The series with such terms.
    /// @param underlying Number of the perpetual on its underlying.
    /// @param expiry Unix time at which it expires.
    /// @param strike WAD price, a multiple of the tick.
    /// @param isCall Whether it is a call; otherwise a put.
    /// @return instrument Its number; zero if there is none.
    /// @custom:reverts UnknownInstrument when the perpetual is not listed, or is a series
    /// @custom:reverts InvalidStrike when it is zero or no multiple of the tick, or there are no options on the underlying
    /// @custom:reverts InvalidExpiry when it is beyond 32 bits
    /// @custom:reverts Overflow when the strike is beyond 128 bits
    function seriesOf(uint32 underlying, uint64 expiry, uint256 strike, bool isCall)
        external
        view
        returns (uint32 instrument);

    /// @notice What all series of an underlying add up to, as last counted.
    /// @param underlying Number of the perpetual on it.
    /// @return openInterest WAD size of one side, rounded up to 1e-6 for each series.
    /// @return vega WAD amount per unit of volatility, as `vegaLimit`, rounded up.
    /// @return gamma WAD amount, as `gammaLimit`, rounded up.
    /// @return series Number of series.
    /// @return concentration WAD factor, 1 to 2, by which initial margin in the underlying grows with open interest.
    /// @custom:reverts UnknownInstrument when it is not listed, or is a series
    function optionTotals(uint32 underlying)
        external
        view
        returns (uint256 openInterest, uint256 vega, uint256 gamma, uint256 series, uint256 concentration);

    /// @notice Counts series again, at the guard's vega and gamma now, and how concentrated their underlyings are. Anyone.
    /// @param instruments Numbers of series.
    /// @custom:reverts UnknownInstrument when one is not listed, or is a perpetual
    /// @custom:reverts GuardFailed when the guard does not answer
    /// @custom:reverts PoolFailed when there are debts and the pool does not answer
    /// @custom:reverts Overflow when a number does not fit
    function refresh(uint32[] calldata instruments) external;

    /// @notice Sets the vault's parameters. The owner; the steward without changing treasury or listing fee.
    /// @param parameters All of them.
    /// @param emergencies See `setInstrument`.
    /// @custom:emits ParametersSet
    /// @custom:reverts NotSteward when the caller is neither the owner nor the steward
    /// @custom:reverts NotOwner when the steward would change treasury or listing fee
    /// @custom:reverts EmergencySince when the owner's number is not what `emergencies` answers
    /// @custom:reverts StewardFailed when the steward does not say what it counts
    /// @custom:reverts InvalidParameters when they are out of bounds
    /// @custom:reverts PoolFailed when there are debts and the pool does not answer
    /// @custom:reverts Overflow when an amount has more than 128 bits
    function setParameters(Parameters calldata parameters, uint32 emergencies) external;

    /// @notice The vault's parameters.
    /// @return All of them.
    function parameters() external view returns (Parameters memory);

    /// @notice Names the steward. Owner only.
    /// @param steward Who may set parameters besides the owner; zero for nobody.
    /// @param emergencies What `emergencies` answered when the call was written; any number to name nobody.
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

    /// @notice The only collateral.
    /// @return The token.
    function quoteToken() external view returns (address);

    /// @notice Who is asked for prices.
    /// @return The oracle guard.
    function guard() external view returns (address);

    /// @notice Who margins accounts with options.
    /// @return The risk engine.
    function engine() external view returns (address);

    /// @notice Who pays for deficits.
    /// @return The insurance pool.
    function pool() external view returns (address);

    /// @notice What is signed of an order.
    /// @param order The order.
    /// @return The EIP-712 digest, for this vault's address and chain.
    /// @custom:reverts Overflow when size or limit price is beyond 128 bits
    function hashOrder(Order calldata order) external view returns (bytes32);

    /// @notice In which EIP-712 domain orders are signed (ERC-5267).
    /// @return fields Which of the following a domain has, a bit each, the lowest for the name: 0x0f, the first four.
    /// @return name "Bulkhead".
    /// @return version "1".
    /// @return chainId The chain's id.
    /// @return verifyingContract This vault.
    /// @return salt Zero: there is none.
    /// @return extensions Empty: there are none.
    function eip712Domain()
        external
        view
        returns (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        );

    /// @notice What is filled of an order.
    /// @param account The order's account.
    /// @param nonce Its nonce.
    /// @return size WAD size that is filled; all bits set once it is done. A cancellation does not show here.
    function filled(bytes32 account, uint256 nonce) external view returns (uint256 size);

    /// @notice Takes tokens of the caller, who has approved them, and adds what arrives to an account's capital; a debt is paid out of it
    /// first, and one that is paid off settles the account. Anyone, for any account. Credits the account's owner: what arrived may leave
    /// again, today or tomorrow (UTC), without using the outflow of all.
    /// @param account The account to credit.
    /// @param amount Tokens to take, in the token's decimals.
    /// @custom:emits Deposited
    /// @custom:reverts InvalidAmount when nothing arrives
    /// @custom:reverts TokenFailed when the token refuses
    /// @custom:reverts GuardFailed when a debt is paid off and the guard does not answer
    /// @custom:reverts EngineFailed when a debt is paid off, the account holds options and the engine does not answer
    /// @custom:reverts PoolFailed when there are debts and the pool does not answer
    /// @custom:reverts Overflow when the amount does not fit, or the vault would hold more than 2^100 WAD units
    function deposit(bytes32 account, uint256 amount) external;

    /// @notice As `deposit`, after the token's `permit` (ERC-2612) of the amount from the caller to the vault. What the token answers to
    /// that does not count: whoever used the permit before, in its owner's place, stops no deposit, and neither does a token without
    /// one, where the allowance is enough all the same.
    /// @param account The account to credit.
    /// @param amount Tokens to allow, and to take, in the token's decimals.
    /// @param deadline Until when the permit may be used, in Unix seconds.
    /// @param v Parity of the permit's signature.
    /// @param r The signature's first half.
    /// @param s The signature's second half.
    /// @custom:emits Deposited
    /// @custom:reverts InvalidAmount when nothing arrives
    /// @custom:reverts NotInitialized when this is no vault that was set up
    /// @custom:reverts TokenFailed when the token refuses, for want of an allowance as well
    /// @custom:reverts GuardFailed when a debt is paid off and the guard does not answer
    /// @custom:reverts EngineFailed when a debt is paid off, the account holds options and the engine does not answer
    /// @custom:reverts PoolFailed when there are debts and the pool does not answer
    /// @custom:reverts Overflow when the amount does not fit, or the vault would hold more than 2^100 WAD units
    function depositWithPermit(bytes32 account, uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external;

    /// @notice Pays capital out, after settling the account: what is asked for, or what the owner's credit and the outflow of all allow
    /// now if that is less. The account's owner only. It has to meet initial margin afterwards, with mature profit at h, and a fifth
    /// more of it where one of its assets is Restricted.
    /// @param account The account to charge.
    /// @param amount Tokens, in the token's decimals; above zero.
    /// @param to Who is paid; neither zero nor the vault.
    /// @return paid Tokens sent, in the token's decimals.
    /// @custom:emits Withdrawn
    /// @custom:reverts NotAccountOwner when the caller does not own the account
    /// @custom:reverts InvalidAmount when the amount is zero
    /// @custom:reverts InvalidRecipient when `to` is zero or the vault
    /// @custom:reverts OutflowLimited when nothing may leave now
    /// @custom:reverts InsufficientCapital when the account has less than is paid
    /// @custom:reverts ActionBlocked when the guard forbids withdrawing with one of its legs
    /// @custom:reverts InsufficientMargin when it would be below initial margin
    /// @custom:reverts TokenFailed when the token refuses
    /// @custom:reverts GuardFailed when the account has legs and the guard does not answer
    /// @custom:reverts EngineFailed when it holds options and the engine does not answer
    /// @custom:reverts PoolFailed when there are debts and the pool does not answer
    /// @custom:reverts Overflow when a number does not fit
    function withdraw(bytes32 account, uint256 amount, address to) external returns (uint256 paid);

    /// @notice Fills two signed orders at the maker's limit. Anyone. A signature is the owner's or a signer's: 65 bytes (r, s, v); or a
    /// signer's that is a contract: its address, 20 bytes, and what it is to be asked about (ERC-1271), of any length but 45 bytes; or
    /// what the owner's own contract is to be asked about. A contract is asked with at most 500,000 gas.
    ///
    /// Each side pays its fee, rounded up. Afterwards each meets initial margin with what has matured, or the trade reduced its risk:
    /// maintenance margin fell, equity is not below zero, and their ratio did not fall.
    /// @param maker The maker's order.
    /// @param makerSig Its signature.
    /// @param taker The taker's order.
    /// @param takerSig Its signature.
    /// @param size WAD size to fill, above zero; less is filled if a reduce-only order has less to reduce.
    /// @custom:emits Settled
    /// @custom:emits FundingAccrued if the trade moved the funding rate
    /// @custom:reverts SameAccount when both orders are of one account, or one is of the vault's fee account
    /// @custom:reverts OrderMismatch when roles, instruments or sides do not match, or the maker's limit is beyond the taker's
    /// @custom:reverts InvalidAmount when the size is zero
    /// @custom:reverts UnknownInstrument when it is not listed
    /// @custom:reverts OrderExpired when an order's time is over
    /// @custom:reverts OrderCancelled when an order's nonce is cancelled
    /// @custom:reverts OrderFilled when less is left of an order
    /// @custom:reverts InvalidSignature when an order is not signed
    /// @custom:reverts InsufficientGas when a contract that is to answer about a signature cannot be given 500,000 gas
    /// @custom:reverts ReduceOnly when a reduce-only order has nothing to reduce, or the vault is impaired and a side does more than reduce
    /// @custom:reverts PriceOutsideBand when the price is too far from the mark
    /// @custom:reverts ActionBlocked when the guard forbids what a side does, an account with a leg in a frozen or Halted market does more
    /// than reduce, or the volatility is distrusted and the trade does not reduce the risk of both
    /// @custom:reverts TooManyLegs when an account would hold more than 16
    /// @custom:reverts NoEquity when an account is in debt, would be, or was and was not settled since
    /// @custom:reverts InsufficientMargin when an account is below initial margin and its risk was not reduced
    /// @custom:reverts OpenInterestLimit when the trade raises open interest above its limit
    /// @custom:reverts CoverExceeded when the trade raises open interest above what the cover pays for
    /// @custom:reverts ExposureLimit when the trade raises open interest of an option, and vega or gamma of all is above its limit
    /// @custom:reverts GuardFailed when the guard does not answer
    /// @custom:reverts EngineFailed when an account holds options and the engine does not answer
    /// @custom:reverts PoolFailed when the pool does not answer
    /// @custom:reverts Overflow when a number does not fit
    function settle(
        Order calldata maker,
        bytes calldata makerSig,
        Order calldata taker,
        bytes calldata takerSig,
        uint256 size
    ) external;

    /// @notice Cancels the caller's orders under a nonce, in all its accounts, for good. Anyone.
    /// @param nonce Their nonce.
    /// @custom:emits Cancelled
    /// @custom:reverts NotInitialized when this is no vault that was set up
    function cancel(uint256 nonce) external;

    /// @notice Lets an address sign orders, liquidate and pay for listings for the caller's accounts, never withdraw, or no more. Anyone.
    /// @param signer Who may act; a contract may sign too.
    /// @param allowed Whether it may from now on.
    /// @custom:emits SignerSet
    /// @custom:reverts NotInitialized when this is no vault that was set up
    function setSigner(address signer, bool allowed) external;

    /// @notice Whether an address may act for an owner's accounts.
    /// @param owner Whose accounts.
    /// @param signer Who would act.
    /// @return Whether it may.
    function isSigner(address owner, address signer) external view returns (bool);

    /// @notice Moves capital between two accounts of one owner, after settling the first; one that pays off the other's debt settles that
    /// one, too. The owner only. The first has to meet initial margin afterwards, as for `withdraw`.
    /// @param from The account to charge.
    /// @param to The account to credit; a debt is paid out of it first.
    /// @param amount WAD amount, above zero.
    /// @custom:emits Transferred
    /// @custom:reverts NotAccountOwner when the caller does not own `from`
    /// @custom:reverts DifferentOwners when the accounts have two owners
    /// @custom:reverts InvalidAmount when the amount is zero
    /// @custom:reverts SameAccount when the accounts are one
    /// @custom:reverts InsufficientCapital when `from` has less
    /// @custom:reverts ActionBlocked when the guard forbids withdrawing with one of its legs
    /// @custom:reverts InsufficientMargin when it would be below initial margin
    /// @custom:reverts GuardFailed when there are legs and the guard does not answer
    /// @custom:reverts EngineFailed when there are options among them and the engine does not answer
    /// @custom:reverts PoolFailed when there are debts and the pool does not answer
    /// @custom:reverts Overflow when a number does not fit
    function transfer(bytes32 from, bytes32 to, uint256 amount) external;

    /// @notice Moves all that the fee account holds to the main accounts of pool and treasury. Anyone. The pool's share is kept for the
    /// trades to come: it grows as the pool's assets fall short of what open interest may lose in a shock. The treasury's account is settled
    /// first; what is due to it while it is in debt stays, and is divided with the fees to come.
    /// @return insurance WAD amount that the pool got, profit at h, rounded down.
    /// @return treasury WAD amount that the treasury got, profit at h, rounded down.
    /// @custom:emits FeesDistributed
    /// @custom:reverts SameAccount when pool, treasury and vault are not three addresses, as at an implementation
    /// @custom:reverts NoEquity when the treasury's main account is found to owe, or did and was not settled since
    /// @custom:reverts GuardFailed when the treasury's account has legs and the guard does not answer
    /// @custom:reverts EngineFailed when it holds options and the engine does not answer
    /// @custom:reverts PoolFailed when the pool does not answer
    /// @custom:reverts Overflow when a number does not fit
    function distributeFees() external returns (uint256 insurance, uint256 treasury);

    /// @notice Settles an account at fresh marks. Anyone. The owner's own touch moves its legs to the bucket of its utilisation now;
    /// somebody else's leaves them where they are, unless it finds a debt, or finds none any more. Moves the account's clock.
    /// @param account The account.
    /// @custom:reverts NotInitialized when this is no vault that was set up
    /// @custom:reverts GuardFailed when the account has legs and the guard does not answer
    /// @custom:reverts EngineFailed when it holds options and the engine does not answer
    /// @custom:reverts PoolFailed when there are debts and the pool does not answer
    /// @custom:reverts Overflow when a number does not fit
    function touch(bytes32 account) external;

    /// @notice Moves a share of every leg of an account in ill health, that can move, at the mark into another, which has to meet initial
    /// margin afterwards. For the owner of `into` and its signers. The share restores equity to 1.25 x maintenance margin, rounded up;
    /// of an account below `dustNotional` it is everything. The penalty rises with the account's clock and is at most its equity; half
    /// goes to `into`, half to the pool.
    /// @param account The account in ill health.
    /// @param into The account that takes the legs over.
    /// @param maxShare WAD share of each leg at most, above zero; 1 or more for whatever is due.
    /// @return share WAD share that was taken.
    /// @return penalty WAD amount that the account paid.
    /// @custom:emits Liquidated
    /// @custom:reverts NotAuthorized when the caller neither owns `into` nor is a signer of its owner
    /// @custom:reverts InvalidAmount when `maxShare` is zero
    /// @custom:reverts SameAccount when the two, and the pool's, are not three accounts
    /// @custom:reverts ActionBlocked when none of its legs can move, or a leg of `into` is frozen
    /// @custom:reverts Healthy when equity covers maintenance margin; in a grace period, 95 % of it; and in the first ten minutes on its
    /// clock where others' cuts took what hedged it: deleverage it, without a penalty
    /// @custom:reverts NoEquity when there is no equity: deleverage it
    /// @custom:reverts TooManyLegs when `into` would hold more than 16
    /// @custom:reverts InsufficientMargin when `into` would be below initial margin
    /// @custom:reverts GuardFailed when there are legs and the guard does not answer
    /// @custom:reverts EngineFailed when there are options among them and the engine does not answer
    /// @custom:reverts PoolFailed when there are debts and the pool does not answer
    /// @custom:reverts Overflow when a number does not fit
    function liquidate(bytes32 account, bytes32 into, uint256 maxShare)
        external
        returns (uint256 share, uint256 penalty);

    /// @notice `liquidate` for many accounts into one, which has to meet initial margin at the end. Passes over accounts that are healthy,
    /// have no equity, or have no leg that can move; what they have settled stays.
    /// @param accounts The accounts in ill health.
    /// @param into The account that takes the legs over.
    /// @param maxShare WAD share of each leg at most, above zero.
    /// @return done How many were liquidated.
    /// @custom:emits Liquidated for each
    /// @custom:reverts NotInitialized when this is no vault that was set up
    /// @custom:reverts NotAuthorized when the caller neither owns `into` nor is a signer of its owner
    /// @custom:reverts InvalidAmount when `maxShare` is zero
    /// @custom:reverts ActionBlocked when a leg of `into` is frozen
    /// @custom:reverts SameAccount when `into` is one of them, or one is the pool's
    /// @custom:reverts TooManyLegs when `into` would hold more than 16
    /// @custom:reverts InsufficientMargin when `into` would be below initial margin
    /// @custom:reverts GuardFailed when there are legs and the guard does not answer
    /// @custom:reverts EngineFailed when there are options among them and the engine does not answer
    /// @custom:reverts PoolFailed when there are debts and the pool does not answer
    /// @custom:reverts Overflow when a number does not fit
    function liquidateBatch(bytes32[] calldata accounts, bytes32 into, uint256 maxShare) external returns (uint256 done);

    /// @notice Closes legs at the mark against the opposite side, whose most heavily margined portfolios are cut first. Anyone. Of an
    /// account in debt everything that can be cut is closed; insurance pays the debt within the covers, and a reward, half to the caller,
    /// half to who revealed the debt. Of one whose equity is below a fifth of maintenance margin, with 2 minutes on its clock, the share
    /// that a liquidation would take is closed, for a penalty to the pool, at most a tenth of a side in an hour; of one that is ill
    /// because cuts took what hedged it, the same without a penalty.
    /// @param account The account.
    /// @param maxLegs How many legs to close in this call, above zero. What is left goes on, as it was decided, for an hour.
    /// @return done Whether nothing is left to close of what was decided.
    /// @return deficit WAD amount of debt written off.
    /// @return insured WAD amount that insurance paid of it.
    /// @custom:emits Deleveraged
    /// @custom:emits WrittenOff for each underlying that a debt is written off for
    /// @custom:emits Rewarded if a reward was paid
    /// @custom:emits DebtStuck if what is left of a debt cannot be closed
    /// @custom:reverts InvalidAmount when `maxLegs` is zero
    /// @custom:reverts NotDeleverageable when the account is too healthy
    /// @custom:reverts ActionBlocked when no leg can be cut; of an account in debt, when that is stuck already
    /// @custom:reverts NoEquity when a debt of the account is known that it has no more at fresh marks: touch it first
    /// @custom:reverts RateLimited when nothing more may be closed of any of these sides now
    /// @custom:reverts SameAccount when it is the pool's
    /// @custom:reverts PoolBusy when the pool is in the middle of a call of its own
    /// @custom:reverts TokenFailed when insurance pays and the token does not say the vault's balance
    /// @custom:reverts GuardFailed when the account has legs and the guard does not answer
    /// @custom:reverts EngineFailed when it holds options and the engine does not answer
    /// @custom:reverts PoolFailed when there are debts and the pool does not answer
    /// @custom:reverts Overflow when a number does not fit
    function deleverage(bytes32 account, uint256 maxLegs) external returns (bool done, uint256 deficit, uint256 insured);

    /// @notice Settles an account and moves it up to the bucket that is due, or lets its legs of ended epochs join anew. Anyone, while no
    /// debt is known that can be closed. One that is found in debt goes to the bucket of debts.
    /// @param account The account.
    /// @custom:emits Rebucketed
    /// @custom:reverts DebtOpen when a debt is known that can be closed
    /// @custom:reverts NotDue when the account is in the bucket that is due, or above it, or ill because cuts took what hedged it
    /// @custom:reverts GuardFailed when the account has legs and the guard does not answer
    /// @custom:reverts EngineFailed when it holds options and the engine does not answer
    /// @custom:reverts PoolFailed when there are debts and the pool does not answer
    /// @custom:reverts Overflow when a number does not fit
    function rebucket(bytes32 account) external;

    /// @notice Draws on the pool for what nobody has paid of the debts for an underlying: what its cover has beyond known debts. Anyone.
    /// @param instrument Number of the perpetual on the underlying, or of a series on it.
    /// @return paid WAD amount that arrived.
    /// @custom:emits Recovered
    /// @custom:reverts UnknownInstrument when it is not listed
    /// @custom:reverts NothingToRecover when nothing arrives
    /// @custom:reverts PoolBusy when the pool is in the middle of a call of its own
    /// @custom:reverts TokenFailed when the token does not say the vault's balance
    /// @custom:reverts PoolFailed when the pool does not answer
    /// @custom:reverts Overflow when a number does not fit
    function recover(uint32 instrument) external returns (uint256 paid);

    /// @notice Settles an account and turns mature profit into capital at h, as far as losers have been settled: V - sum of all C allows
    /// it. The account's owner; anyone, once the vault has been impaired for 24 hours, which first recovers for every instrument.
    /// @param account The account.
    /// @param maxProfit WAD amount of profit at most.
    /// @return received WAD amount added to the capital, rounded down.
    /// @custom:emits Converted
    /// @custom:emits Recovered for each instrument of which something is unpaid, if somebody else converts
    /// @custom:reverts NotInitialized when this is no vault that was set up
    /// @custom:reverts NotForcible when the caller does not own the account and the vault was not impaired for 24 hours
    /// @custom:reverts DebtOpen when insurance may pay for a debt that can be closed
    /// @custom:reverts NoEquity when the account is in debt, or was and was not settled since
    /// @custom:reverts PoolBusy when somebody else converts and the pool is in the middle of a call of its own
    /// @custom:reverts TokenFailed when somebody else converts and the token does not say the vault's balance
    /// @custom:reverts GuardFailed when there are legs, or something is missing, and the guard does not answer
    /// @custom:reverts EngineFailed when the account holds options and the engine does not answer
    /// @custom:reverts PoolFailed when there are debts and the pool does not answer
    /// @custom:reverts Overflow when a number does not fit
    function convert(bytes32 account, uint256 maxProfit) external returns (uint256 received);

    /// @notice How an account stands at fresh marks, as if it were settled now.
    /// @param account The account.
    /// @return equity WAD amount: C + P with the gains of all legs, profit at h.
    /// @return maintenance WAD amount of maintenance margin, rounded up.
    /// @return initial WAD amount of initial margin, rounded up; with legs at least ten rewards.
    /// @return unhealthySecs Seconds on its clock, if it were observed now.
    /// @custom:reverts GuardFailed when the account has legs and the guard does not answer
    /// @custom:reverts EngineFailed when it holds options and the engine does not answer
    /// @custom:reverts PoolFailed when there are debts and the pool does not answer
    /// @custom:reverts Overflow when a number does not fit
    function health(bytes32 account)
        external
        view
        returns (int256 equity, uint256 maintenance, uint256 initial, uint64 unhealthySecs);

    /// @notice What an account holds, as last settled.
    /// @param account The account.
    /// @return capital C, WAD.
    /// @return pnl P, WAD; a debt if negative.
    function balances(bytes32 account) external view returns (uint256 capital, int256 pnl);

    /// @notice The size of one position, cuts counted.
    /// @param account The account.
    /// @param instrument Number of the instrument.
    /// @return size WAD size; positive for a long position.
    /// @custom:reverts UnknownInstrument when it is not listed
    /// @custom:reverts Overflow when a number does not fit
    function position(bytes32 account, uint32 instrument) external view returns (int256 size);

    /// @notice All positions of an account, cuts counted.
    /// @param account The account.
    /// @return instruments Numbers of the instruments, at most 16.
    /// @return sizes WAD sizes; positive for long positions.
    /// @custom:reverts Overflow when a number does not fit
    function legs(bytes32 account) external view returns (uint32[] memory instruments, int256[] memory sizes);

    /// @notice What a unit of profit is worth, by the marks of the vault's last operations.
    /// @return h WAD ratio, 0 to 1, rounded down.
    /// @return missing WAD amount that nobody has paid for, known debts beyond what insurance would pay now included.
    /// @custom:reverts PoolFailed when there are debts and the pool does not answer
    /// @custom:reverts Overflow when a number does not fit
    function coverage() external view returns (uint256 h, uint256 missing);

    /// @notice Running totals of all accounts, as last settled.
    /// @return tokens V, WAD: what the vault holds for accounts.
    /// @return capital Sum of C, WAD; never above `tokens`.
    /// @return profit Sum of positive P, WAD.
    /// @return debt Sum of negative P, WAD, as a positive number.
    function totals() external view returns (uint256 tokens, uint256 capital, uint256 profit, uint256 debt);

    /// @notice Open interest of an instrument.
    /// @param instrument Its number.
    /// @return long WAD size of all long positions, dust included.
    /// @return short WAD size of all short positions, dust included.
    /// @custom:reverts UnknownInstrument when it is not listed
    function openInterest(uint32 instrument) external view returns (uint256 long, uint256 short);

    /// @notice What the sides of an instrument have gained that nobody has settled yet, at the vault's last mark.
    /// @param instrument Its number.
    /// @return long WAD amount of all long positions; negative for a loss.
    /// @return short WAD amount of all short positions; negative for a loss.
    /// @custom:reverts UnknownInstrument when it is not listed
    /// @custom:reverts Overflow when a number does not fit
    function unsettled(uint32 instrument) external view returns (int256 long, int256 short);

    /// @notice Deficits written off, less haircuts taken since.
    /// @return WAD amount; negative while haircuts have paid for debts that are still open.
    function shortfall() external view returns (int256);

    /// @notice Margins, Greeks, value and worst loss of an account's positions in one underlying, as the risk engine evaluates them at the
    /// guard's prices. Options that have settled are left out.
    /// @param account The account.
    /// @param underlying Number of the perpetual on it.
    /// @return maintenance WAD amount of maintenance margin, rounded up.
    /// @return initial WAD amount of initial margin, by marks and by stable price, rounded up.
    /// @return worst Where the worst loss is: see `IRiskEngine.Result`.
    /// @return delta WAD units of the underlying.
    /// @return gamma WAD change of `delta` per USD of spot.
    /// @return vega WAD amount per unit of volatility.
    /// @return value WAD amount that the options are worth.
    /// @custom:reverts UnknownInstrument when the perpetual is not listed
    /// @custom:reverts GuardFailed when the guard does not answer
    /// @custom:reverts EngineFailed when the engine does not answer
    /// @custom:reverts PoolFailed when there are debts and the pool does not answer
    /// @custom:reverts Overflow when a number does not fit
    function portfolio(bytes32 account, uint32 underlying)
        external
        view
        returns (
            uint256 maintenance,
            uint256 initial,
            uint8 worst,
            int256 delta,
            int256 gamma,
            int256 vega,
            int256 value
        );

    /// @notice Profit of an account, at fresh marks, that is not convertible and counts for no initial margin yet.
    /// @param account The account.
    /// @return profit WAD amount, rounded up to 1e-6.
    /// @custom:reverts GuardFailed when the account has legs and the guard does not answer
    /// @custom:reverts EngineFailed when it holds options and the engine does not answer
    /// @custom:reverts PoolFailed when there are debts and the pool does not answer
    /// @custom:reverts Overflow when a number does not fit
    function immature(bytes32 account) external view returns (uint256 profit);

    /// @notice Since when the vault has been impaired.
    /// @return Unix time; zero while it is not.
    function impairedSince() external view returns (uint64);

    /// @notice What all may take out now beyond what they have just brought.
    /// @return available WAD amount.
    /// @return hourly WAD amount that any hour pays at most.
    /// @return daily WAD amount that any 24 hours pay at most.
    /// @custom:reverts PoolFailed when there are debts and the pool does not answer
    /// @custom:reverts Overflow when a number does not fit
    function outflow() external view returns (uint256 available, uint256 hourly, uint256 daily);

    /// @notice What an owner may take out without using the outflow of all.
    /// @param owner The owner.
    /// @return WAD amount that it deposited today and the day before (UTC) and has not taken out again.
    /// @custom:reverts Overflow when a number does not fit
    function outflowCredit(address owner) external view returns (uint256);

    /// @notice What insurance still pays for an underlying, debts and rewards together.
    /// @param instrument Number of the perpetual on it, or of a series on it.
    /// @return left WAD amount, by the pool's assets as last heard within ten minutes.
    /// @return openInterestLimit WAD size of one side that this and the perpetual's own limit allow, rounded down.
    /// @custom:reverts UnknownInstrument when it is not listed
    /// @custom:reverts GuardFailed when the guard does not answer
    /// @custom:reverts PoolFailed when the pool does not answer
    /// @custom:reverts Overflow when a number does not fit
    function cover(uint32 instrument) external view returns (uint256 left, uint256 openInterestLimit);

    /// @notice Debts for an underlying, and what its cover has left.
    /// @param instrument Number of the perpetual on it, or of a series on it.
    /// @return known WAD amount that accounts are known to owe.
    /// @return unpaid WAD amount that nobody has paid of what was written off, rounded up.
    /// @return room WAD amount that its cover has left for debts.
    /// @return rewardRoom WAD amount that its cover has left for rewards.
    /// @custom:reverts UnknownInstrument when it is not listed
    /// @custom:reverts PoolFailed when the pool does not answer
    /// @custom:reverts Overflow when a number does not fit
    function debts(uint32 instrument)
        external
        view
        returns (uint256 known, uint256 unpaid, uint256 room, uint256 rewardRoom);

    /// @notice Known debts of accounts whose legs are frozen; nobody waits for them.
    /// @return WAD amount.
    function stuckDebt() external view returns (uint256);

    /// @notice What the pool asks before somebody joins or leaves it.
    /// @return deficit WAD amount that is known, written off or not, less haircuts.
    /// @return closable WAD amount of known debts that are not stuck; of all, as soon as one of the perpetuals with known debts can be cut.
    /// @return due WAD amount that insurance would pay of those and of what is on record, each within its cover, on however many days.
    /// @custom:reverts GuardFailed when something is stuck and the guard does not answer
    /// @custom:reverts PoolFailed when there is a debt or a shortfall and the pool does not answer
    /// @custom:reverts Overflow when a number does not fit
    function claims() external view returns (uint256 deficit, uint256 closable, uint256 due);

    /// @notice Funding of a perpetual until now.
    /// @param instrument Its number.
    /// @return rate WAD share of the mark per 8 hours that longs pay; negative if shorts do.
    /// @return paidByLongs WAD amount that a unit of long position has paid since it was listed; negative if it was paid.
    /// @custom:reverts UnknownInstrument when it is not listed
    /// @custom:reverts GuardFailed when the guard does not answer
    /// @custom:reverts PoolFailed when there are debts and the pool does not answer
    /// @custom:reverts Overflow when a number does not fit
    function funding(uint32 instrument) external view returns (int256 rate, int256 paidByLongs);

    /// @notice Open interest of an instrument that no leg holds: what rounding has left over.
    /// @param instrument Its number.
    /// @return long WAD size of the long side.
    /// @return short WAD size of the short side.
    /// @custom:reverts UnknownInstrument when it is not listed
    /// @custom:reverts Overflow when a number does not fit
    function dust(uint32 instrument) external view returns (uint256 long, uint256 short);
}
