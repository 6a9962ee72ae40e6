// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IOwnable} from "./IOwnable.sol";

/// Custody, accounts, positions, settlement, liquidation and deleveraging of one isolated market.
/// Prices, sizes, ratios and USD amounts are WAD (1e18); token amounts are in the token's decimals.
/// An account is its owner's address in the high 20 bytes and a sub-account number in the low 12.
interface IMarginVault is IOwnable {
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

    /// A linear perpetual on `asset`, an id of the oracle guard.
    struct Instrument {
        bytes32 asset;
        uint64 maintenanceRate; // WAD share of notional
        uint64 initialRate; // WAD share of notional, above the maintenance rate
        uint64 priceBand; // WAD distance from the mark within which a trade may fill
        uint64 makerFee; // WAD share of notional
        uint64 takerFee; // WAD share of notional
        uint64 shock; // WAD share of the mark: the largest move in 10 minutes that the cover has to pay for
        uint128 openInterestLimit; // WAD size of one side
        uint128 coverAllowance; // WAD amount that insurance pays for this instrument, at most 10 % of the pool
    }

    /// By what rules options on the underlying of a perpetual are listed, traded and margined. Options share the perpetual's band,
    /// shock, limit of open interest and cover.
    struct OptionRules {
        uint128 tick; // WAD price that strikes are counted in, a multiple of 1e-9; the same while there are series
        uint32 strikeStep; // ticks between strikes
        uint64 strikeRange; // WAD: a strike is at most a factor of 1 + strikeRange away from the mark when it is listed
        uint32 longestExpiry; // seconds that a series may live, whole hours
        uint8 maxSeries; // that there may be at a time; those of all underlyings add up to at most 192
        uint64 volRange; // WAD range of a 30-day volatility that margin covers
        uint64 shortOptionRate; // WAD share of spot that every short option needs besides
        uint64 makerFee; // WAD share of the underlying's notional; at most 12.5 % of the option's price
        uint64 takerFee; // as above
        uint128 vegaLimit; // WAD amount: largest sum over all series of open interest x vega, per unit of volatility
        uint128 gammaLimit; // WAD amount: largest sum over all series of open interest x gamma x spot^2
    }

    /// Every parameter of the vault that no instrument owns, set whole.
    struct Parameters {
        uint64 penaltyStart; // WAD share of maintenance margin at the start of the clock
        uint32 penaltyRamp; // seconds over which the penalty rises to the whole maintenance margin
        uint64 rewardShare; // WAD share of the closed margin paid to whoever reveals and closes a debt
        uint128 maxReward; // WAD amount of one reward; an account with positions needs ten of them as initial margin
        uint128 dustNotional; // WAD notional below which a liquidation takes everything
        uint64 dailyOutflow; // WAD share of the vault's tokens that may leave in any 24 hours
        uint64 hourlyOutflow; // WAD share of the vault's tokens that may leave in any hour
        uint64 insuranceFeeShare; // WAD share of trade fees for a fully covered pool; it grows to all of them
        address treasury; // its main account receives the rest of the fees
        uint128 listingFee; // WAD amount that listing a series costs, a multiple of 1e-6; at most 1,000
    }

    event Deposited(bytes32 indexed account, address indexed from, uint256 amount);
    event Withdrawn(bytes32 indexed account, address indexed to, uint256 amount);
    event Settled(
        bytes32 indexed maker, bytes32 indexed taker, uint32 indexed instrument, int256 takerSize, uint256 price
    );
    event Cancelled(address indexed owner, uint256 nonce);
    event SignerSet(address indexed owner, address indexed signer, bool allowed);
    event Touched(bytes32 indexed account, int256 gain, uint256 capital, int256 pnl);
    event Liquidated(bytes32 indexed account, bytes32 indexed into, uint256 share, uint256 penalty);
    event Deleveraged(bytes32 indexed account, bool done, uint256 deficit, uint256 insured);
    event Rebucketed(bytes32 indexed account, uint8 from, uint8 to);
    event WrittenOff(
        bytes32 indexed account, uint32 indexed instrument, uint256 deficit, uint256 insured, uint256 reward
    );
    event DebtStuck(bytes32 indexed account, bool stuck);
    event Recovered(uint32 indexed instrument, uint256 paid);
    event Converted(bytes32 indexed account, uint256 profit, uint256 received);
    event CoverageChanged(uint256 coverage, uint256 missing);
    event Transferred(bytes32 indexed from, bytes32 indexed to, uint256 amount);
    event FeesDistributed(uint256 insurance, uint256 treasury);
    event FundingAccrued(uint32 indexed instrument, int256 paidByLongs, int256 rate);
    event DebtRevealed(bytes32 indexed account, address indexed by);
    event Rewarded(bytes32 indexed account, address indexed closer, address indexed revealer, uint256 reward);
    event Impaired(bool impaired, uint256 missing);
    event InstrumentSet(uint32 indexed instrument, Instrument parameters);
    event ParametersSet(Parameters parameters);
    event OptionRulesSet(uint32 indexed underlying, OptionRules rules);
    event OptionListed(
        uint32 indexed instrument, uint32 indexed underlying, uint64 expiry, uint256 strike, bool isCall
    );
    event ListingFeePaid(bytes32 indexed account, uint32 indexed instrument, uint256 fee);
    event OptionDelisted(uint32 indexed instrument);
    event OptionClosing(uint32 indexed instrument, uint64 closes);
    event OptionSettled(uint32 indexed instrument, uint256 price, uint256 mark);
    event StewardSet(address indexed steward);

    error NotAccountOwner(address caller); // the account's owner alone may do this
    error AlreadyInitialized();
    error NotAClone(); // an implementation cannot be initialised
    error NotInitialized(); // a program or an implementation on its own does nothing
    error Reentrant();
    error ValueSent(); // no function takes ether
    error UnknownFunction();
    error InvalidCalldata();
    error InvalidParameters(); // outside their hard bounds
    error InvalidAmount(); // zero, or nothing arrived
    error InvalidRecipient();
    error Overflow(); // a quantity or a result beyond 128 bits
    error UnknownInstrument();
    error ActionBlocked(); // the guard forbids it in this tier
    error SameAccount();
    error TooManyLegs(); // more than 16
    error RateLimited(); // a tenth of this side has been deleveraged within the hour
    error NotSteward(address caller); // neither the steward nor the owner
    error EmergencySince(); // the steward counts other emergencies than the owner's call says
    error StewardFailed(); // the steward does not say how many emergencies there were
    error NotAuthorized(address caller); // neither the account's owner nor one of its signers
    error CoverExceeded(); // the trade raises open interest beyond what the instrument's cover pays for
    error NotForcible(); // somebody else's account is converted only after 24 impaired hours
    error DebtOpen(); // what profit is worth depends on what insurance pays for debts that can be closed: deleverage them first
    error OutflowLimited(); // nothing is left of the outflow that the vault allows now
    error DifferentOwners(); // a transfer stays within one owner's accounts
    error InsufficientCapital();
    error InsufficientMargin(); // below initial margin, and the trade did not reduce its risk
    error ReduceOnly(); // the vault is impaired, or a reduce-only order has nothing to reduce
    error OrderMismatch(); // roles, instruments, sides or prices do not match
    error OrderExpired();
    error OrderCancelled();
    error OrderFilled(); // less is left of an order than the fill
    error InvalidSignature();
    error InsufficientGas(); // a contract could not get its whole allowance of 500,000 to answer about a signature
    error PriceOutsideBand();
    error OpenInterestLimit();
    error InvalidExpiry(); // not at 08:00 UTC, beyond a week not on a Friday, or too near or too far
    error InvalidStrike(); // off the grid, or too far from the mark
    error SeriesExists();
    error TooManySeries();
    error SeriesOpen(); // somebody holds it, or it was traded within a day
    error SeriesClosing(); // it settles early already
    error NotClosing(); // it does not settle early, or not yet, or it is booked that it has
    error SettlementPending(); // the guard has no final price for that time yet
    error ExposureLimit(); // the trade raises vega or gamma of all series beyond its limit
    error Healthy();
    error NoEquity(); // the account is in debt, or would be after the trade: deleverage it
    error NotDeleverageable();
    error NotDue(); // the account is in the bucket that is due, or above it
    error NothingToRecover();
    error TokenFailed();
    error GuardFailed();
    error EngineFailed();
    error PoolFailed();
    error PoolBusy(); // it is in the middle of a call of its own, and would pay after it

    /// A clone, once. Lists `instruments[k]` under `ids[k]`. A zero `steward` is none.
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
    /// The owner; the steward for what is listed, without changing its asset. `emergencies`, here and below, is what the steward
    /// counted when the owner's call was written, zero without a steward: where the emergency multisig has tightened anything since,
    /// the call is refused. Of the steward it is not asked.
    function setInstrument(uint32 instrument, Instrument calldata parameters, uint32 emergencies) external;
    function instrument(uint32 instrument) external view returns (Instrument memory);
    function instruments() external view returns (uint32[] memory);
    /// Owner or steward; the first rules of an underlying are the owner's.
    function setOptionRules(uint32 underlying, OptionRules calldata rules, uint32 emergencies) external;
    function optionRules(uint32 underlying) external view returns (OptionRules memory);
    /// Anyone, under the rules and while the guard has a fresh surface for the expiry. `account`, the caller's or one that it is a
    /// signer of, pays the listing fee, and has to meet initial margin afterwards. Options are numbered from 2^31; a number is
    /// never used again.
    function listOption(uint32 underlying, uint64 expiry, uint256 strike, bool isCall, bytes32 account)
        external
        returns (uint32 instrument);
    /// Anyone, once nobody holds it (every account that did has been settled), and it has settled or was not traded for a day; the
    /// owner at any time.
    function delist(uint32 instrument) external;
    /// The owner: makes a series settle early, at the first 08:00 UTC at least 7 days from now, if it has not expired by then.
    /// Until then its positions may be reduced. It settles at what it is worth at the guard's settlement price of that time and the
    /// volatility of 24 hours before (of a day before that while its surface is distrusted). Once that price is final, nobody has to do anything: it is its mark for whoever asks, and
    /// whoever touches an account takes its leg away.
    function closeOption(uint32 instrument) external;
    /// Anyone, once: books that a series has settled early.
    function settleOption(uint32 instrument) external;
    /// The terms of a series. `closes` is when it settles early, zero if it does not.
    function option(uint32 instrument)
        external
        view
        returns (uint32 underlying, uint64 expiry, uint256 strike, bool isCall, uint64 closes);
    /// Zero if there is no such series.
    function seriesOf(uint32 underlying, uint64 expiry, uint256 strike, bool isCall)
        external
        view
        returns (uint32 instrument);
    /// What all series of an underlying add up to, as last counted: size of one side, vega and gamma as their limits are, number of
    /// series; and by what initial margin in the underlying grows with open interest, WAD, 1 to 2.
    function optionTotals(uint32 underlying)
        external
        view
        returns (uint256 openInterest, uint256 vega, uint256 gamma, uint256 series, uint256 concentration);
    /// Anyone: counts series again, at the guard's vega and gamma now.
    function refresh(uint32[] calldata instruments) external;
    /// The owner, or the steward without changing the treasury.
    function setParameters(Parameters calldata parameters, uint32 emergencies) external;
    function parameters() external view returns (Parameters memory);
    function setSteward(address steward, uint32 emergencies) external; // owner; zero removes it, whatever the emergencies
    function steward() external view returns (address);
    function quoteToken() external view returns (address);
    function guard() external view returns (address);
    function engine() external view returns (address);
    function pool() external view returns (address);
    function hashOrder(Order calldata order) external view returns (bytes32); // the EIP-712 digest to sign
    function filled(bytes32 account, uint256 nonce) external view returns (uint256 size); // all bits set once it is done

    /// Credits the account's owner with what arrives: it may leave again, today or tomorrow, without using the outflow of all.
    function deposit(bytes32 account, uint256 amount) external;
    /// Pays capital: what was asked for, or what the owner's credit and the outflow of all allow now.
    function withdraw(bytes32 account, uint256 amount, address to) external returns (uint256 paid);
    /// A signature is the owner's or a signer's: 65 bytes (r, s, v); or a signer's that is a contract: its address, 20 bytes, and
    /// what it is to be asked about (ERC-1271), of any length but 45 bytes; or what the owner's own contract is to be asked about.
    /// A contract is asked with at most 500,000 gas.
    function settle(
        Order calldata maker,
        bytes calldata makerSig,
        Order calldata taker,
        bytes calldata takerSig,
        uint256 size
    ) external;
    function cancel(uint256 nonce) external; // the caller's orders under this nonce, in all its accounts
    function setSigner(address signer, bool allowed) external; // may trade, liquidate and list for the caller, never withdraw
    function isSigner(address owner, address signer) external view returns (bool);
    function transfer(bytes32 from, bytes32 to, uint256 amount) external; // WAD capital, between accounts of one owner
    function distributeFees() external returns (uint256 insurance, uint256 treasury); // anyone: from the fee account
    function touch(bytes32 account) external;
    function liquidate(bytes32 account, bytes32 into, uint256 maxShare)
        external
        returns (uint256 share, uint256 penalty);
    function liquidateBatch(bytes32[] calldata accounts, bytes32 into, uint256 maxShare) external returns (uint256 done);
    function deleverage(bytes32 account, uint256 maxLegs) external returns (bool done, uint256 deficit, uint256 insured);
    function rebucket(bytes32 account) external;
    /// Anyone: draws on the pool for what nobody has paid of the debts for an underlying. It pays what its cover has beyond known debts.
    function recover(uint32 instrument) external returns (uint256 paid);
    function convert(bytes32 account, uint256 maxProfit) external returns (uint256 received);

    function health(bytes32 account)
        external
        view
        returns (int256 equity, uint256 maintenance, uint256 initial, uint64 unhealthySecs);
    function balances(bytes32 account) external view returns (uint256 capital, int256 pnl);
    function position(bytes32 account, uint32 instrument) external view returns (int256 size);
    function legs(bytes32 account) external view returns (uint32[] memory instruments, int256[] memory sizes);
    function coverage() external view returns (uint256 h, uint256 missing);
    function totals() external view returns (uint256 tokens, uint256 capital, uint256 profit, uint256 debt);
    function openInterest(uint32 instrument) external view returns (uint256 long, uint256 short);
    function unsettled(uint32 instrument) external view returns (int256 long, int256 short); // gain nobody has settled yet
    function shortfall() external view returns (int256); // deficits written off, less haircuts taken since
    /// Margins, Greeks, value and worst loss of an account's positions in one underlying, as the risk engine evaluates
    /// them at the guard's prices: delta and gamma (per USD) in units of the underlying, vega per unit of volatility.
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
    function immature(bytes32 account) external view returns (uint256 profit); // not convertible, no initial margin yet
    function impairedSince() external view returns (uint64); // zero while the vault is not impaired
    /// What all may take out now beyond what they have just brought, and what an hour and a day pay of that; WAD amounts.
    function outflow() external view returns (uint256 available, uint256 hourly, uint256 daily);
    /// WAD amount that an owner deposited today and the day before (UTC) and has not taken out again.
    function outflowCredit(address owner) external view returns (uint256);
    function cover(uint32 instrument) external view returns (uint256 left, uint256 openInterestLimit); // WAD amount, size
    /// Debts for an underlying: of accounts that are known to owe, and what nobody has paid of those that were written off; and what
    /// its cover has left for debts, and for rewards. WAD amounts.
    function debts(uint32 instrument)
        external
        view
        returns (uint256 known, uint256 unpaid, uint256 room, uint256 rewardRoom);
    function stuckDebt() external view returns (uint256); // of accounts whose legs are frozen; nobody waits for it
    /// What the pool asks before somebody joins or leaves it, WAD amounts: the deficit that is known, written off or not, less haircuts;
    /// known debts that are not stuck; and what insurance would pay of those and of what is on record, each within its cover, on
    /// however many days.
    function claims() external view returns (uint256 deficit, uint256 closable, uint256 due);
    function funding(uint32 instrument) external view returns (int256 rate, int256 paidByLongs); // per 8 h; per unit so far
    function dust(uint32 instrument) external view returns (uint256 long, uint256 short); // size that no leg holds
}
