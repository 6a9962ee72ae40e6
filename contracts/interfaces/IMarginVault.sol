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
        uint128 openInterestLimit; // WAD size of one side
    }

    /// Every parameter of the vault that no instrument owns, set whole.
    struct Parameters {
        uint64 penaltyStart; // WAD share of maintenance margin at the start of the clock
        uint32 penaltyRamp; // seconds over which the penalty rises to the whole maintenance margin
        uint64 rewardShare; // WAD share of the closed margin paid to whoever reveals and closes a debt
        uint128 dustNotional; // WAD notional below which a liquidation takes everything
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
    event Recovered(uint256 paid);
    event Converted(bytes32 indexed account, uint256 profit, uint256 received);
    event CoverageChanged(uint256 coverage, uint256 missing);
    event InstrumentSet(uint32 indexed instrument, Instrument parameters);
    event ParametersSet(Parameters parameters);

    error NotAccountOwner(address caller); // the account's owner alone may do this
    error AlreadyInitialized();
    error NotAClone(); // an implementation cannot be initialised
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
    error TooFewLegs(); // an account that is not in debt is deleveraged in one go
    error InsufficientCapital();
    error InsufficientMargin(); // below initial margin, and the trade did not reduce its risk
    error ReduceOnly(); // the vault is impaired, or a reduce-only order has nothing to reduce
    error OrderMismatch(); // roles, instruments, sides or prices do not match
    error OrderExpired();
    error OrderCancelled();
    error OrderFilled(); // less is left of an order than the fill
    error InvalidSignature();
    error PriceOutsideBand();
    error OpenInterestLimit();
    error Healthy();
    error NoEquity(); // deleverage it
    error NotDeleverageable();
    error NotDue(); // the account is in the bucket that is due, or above it
    error NothingToRecover();
    error TokenFailed();
    error GuardFailed();
    error PoolFailed();

    /// A clone, once. Lists `instruments[k]` under `ids[k]`.
    function initialize(
        address owner,
        address quoteToken,
        address guard,
        address pool,
        uint32[] calldata ids,
        Instrument[] calldata instruments
    ) external;
    function setInstrument(uint32 instrument, Instrument calldata parameters) external; // owner
    function instrument(uint32 instrument) external view returns (Instrument memory);
    function instruments() external view returns (uint32[] memory);
    function setParameters(Parameters calldata parameters) external; // owner
    function parameters() external view returns (Parameters memory);
    function quoteToken() external view returns (address);
    function guard() external view returns (address);
    function pool() external view returns (address);
    function hashOrder(Order calldata order) external view returns (bytes32); // the EIP-712 digest to sign
    function filled(bytes32 account, uint256 nonce) external view returns (uint256 size);

    function deposit(bytes32 account, uint256 amount) external;
    function withdraw(bytes32 account, uint256 amount, address to) external returns (uint256 paid);
    function settle(
        Order calldata maker,
        bytes calldata makerSig,
        Order calldata taker,
        bytes calldata takerSig,
        uint256 size
    ) external;
    function cancel(uint256 nonce) external;
    function touch(bytes32 account) external;
    function liquidate(bytes32 account, bytes32 into, uint256 maxShare)
        external
        returns (uint256 share, uint256 penalty);
    function liquidateBatch(bytes32[] calldata accounts, bytes32 into, uint256 maxShare) external returns (uint256 done);
    function deleverage(bytes32 account, uint256 maxLegs) external returns (bool done, uint256 deficit, uint256 insured);
    function rebucket(bytes32 account) external;
    function recover() external returns (uint256 paid);
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
}
