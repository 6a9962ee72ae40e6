// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IOwnable} from "./IOwnable.sol";

/// Prices that money may depend on. Prices and ratios are WAD (1e18), times are seconds.
interface IOracleGuard is IOwnable {
    /// Sources of one asset. `secondary` is zero for an asset with one source. `floor` and `ceiling` are WAD prices;
    /// an answer at or outside them is untrusted. They have at most 19 significant
    /// digits; a ceiling is at most 2^96.
    struct Feed {
        address primary;
        address secondary;
        uint32 heartbeat;
        uint32 secondaryHeartbeat;
        uint128 floor;
        uint128 ceiling;
    }

    /// What the guard knows of an asset. `tier` is 0 Normal, 1 Caution, 2 Restricted, 3 Halted. An asset is frozen, and so Halted
    /// with everything forbidden, while no source is trusted. `blocked` has a bit set for each action that this tier forbids:
    /// 1 opening, 2 reducing, 4 withdrawing with exposure, 8 liquidating, 16 deleveraging, 32 setting a new mark (frozen).
    /// Bit 64 says that a sequencer outage goes on or ended less than the grace period ago.
    /// `low` and `high` are the range of mark and sources, widened by the confidence.
    /// `volatility` is the slow one, WAD a year; `spotRange` and `initialSpotRange` are the moves that maintenance and initial
    /// margin cover, WAD shares of the mark, the latter before what tiers and concentration add.
    struct Reading {
        uint256 mark;
        uint256 low;
        uint256 high;
        uint256 stablePrice;
        uint64 updatedAt;
        uint8 tier;
        uint16 blocked;
        uint256 volatility;
        uint256 spotRange;
        uint256 initialSpotRange;
    }

    /// The part of a reading that a vault needs. The ranges are rounded up to a multiple of 2e-4. `cautionUntil` and
    /// `restrictedUntil` are the first seconds after the last in which the asset was in that tier or a stricter one, the next second
    /// while it is; zero if it never was, and 14 hours and 14 days after it.
    struct Mark {
        uint128 mark;
        uint128 stablePrice;
        uint8 tier;
        uint16 blocked;
        uint64 spotRange;
        uint64 initialSpotRange;
        uint32 cautionUntil;
        uint32 restrictedUntil;
    }

    /// Which option is asked for: `asset` is the place of its underlying among the assets of the same call, `expiry` a time
    /// in seconds, `strike` a WAD price. `closes` is zero, or the 08:00 UTC before `expiry` at which its series settles early.
    struct OptionId {
        uint8 asset;
        uint64 expiry;
        uint128 strike;
        bool isCall;
        uint64 closes;
    }

    /// What a vault needs of an option. `mark` is its WAD price: until `expiry` the undiscounted Black-76 value; from then on the
    /// intrinsic value, which is that at the settlement price once `isFinal`. `volatility` is WAD a year, at this strike. `tier`
    /// is the asset's; `blocked` has the asset's bits, and 1 while the surface is stale, everything while there is none, 1 and 2
    /// from the expiry on; of a final option 1 and 2 alone, whatever became of the asset. While the guardian distrusts the surface
    /// it has 8, 16 and 128: the option keeps its volatility, is neither transferred nor cut, and is traded only where that reduces
    /// the risk of both sides. `delta`, `gamma` (per USD) and `vega`
    /// (per unit of volatility) are WAD, of one unit of the option, with respect to the asset's mark; from the expiry on gamma and
    /// vega are zero, and so is delta once it is final.
    /// From the start of the settlement's window until it is final, `counted` is the WAD share of the settlement price that is
    /// counted, at the mean `average`: the option is worth, and moves, as 1 - counted options struck at
    /// (strike - counted x average) / (1 - counted), and has the volatility of that strike. Both are zero before and after.
    /// An option that settles early has 1 of `blocked`, and from 24 hours before `closes` on a volatility that is fixed, so that `vega`
    /// is zero: of the last 08:00 UTC until then at which its surface was not distrusted, or of the seventh where it was at all seven,
    /// as read at the settlement price of that time (until that is final, at its forward). It settles at its Black-76 value at the settlement price of `closes`, with the time from `closes` to
    /// `expiry`. In the window before, its forward is counted x average + (1 - counted) x the asset's mark.
    struct OptionMark {
        uint128 mark;
        uint64 volatility;
        uint8 tier;
        uint16 blocked;
        bool isFinal;
        int128 delta;
        uint128 gamma;
        uint128 vega;
        uint64 counted;
        uint128 average;
    }

    /// Implied volatility of one expiry as a function of k = ln(strike / forward): atm + skew k + curvature k^2, where k counts
    /// as at least -1 and at most 1 and the result is held to the limits. WAD, in multiples of 1e-6.
    struct Surface {
        uint64 atm; // volatility a year at the money
        int64 skew; // +-4
        int64 curvature; // +-4
    }

    /// What surfaces are held to, set whole.
    struct SurfaceLimits {
        uint64 minVolatility; // WAD a year, a multiple of 1e-3, at least 0.05
        uint64 maxVolatility; // WAD a year, a multiple of 1e-3, at most 10
        uint64 maxStep; // WAD, a multiple of 1e-3: most that one update may change the volatility of any strike
        uint32 minInterval; // seconds between two updates of an expiry
        uint32 staleAfter; // seconds after an update from which on nobody opens
    }

    /// Every parameter of the guard, set whole. Each is a multiple of the unit that its comment begins with.
    struct Parameters {
        uint64 cautionMove; // 1e-9: move against the time-weighted mean that enters Caution
        uint64 restrictedMove; // 1e-9: move that enters Restricted
        uint32 meanWindow; // a second: of the time-weighted mean
        uint32 calmPeriod; // a second: of calm before a tier is lowered by one
        uint32 gracePeriod; // a second: after a sequencer outage in which opening stays blocked
        uint32 slowPeriod; // an hour: period of the slow volatility's exponential weights
        uint32 fastPeriod; // a minute: period of the fast volatility's exponential weights
        uint64 stressedWeight; // 1e-2: least weight of the stressed value in the slow volatility
        uint64 hourlyRise; // 1e-4: share of the price by which the maintenance range may rise in an hour
        uint64 rangeMultiplier; // 1e-1: how many volatilities over the horizon a range covers
        uint32 horizon; // an hour: time over which a range has to last
        uint32 settlementWindow; // a minute: over which a settlement price is averaged, from the next 08:00 UTC on
    }

    /// What an asset's volatility, ranges and stable price are held to, in multiples of 1e-3, the last of 1e-9.
    struct RangeLimits {
        uint64 stressed; // WAD volatility a year of a stressed market
        uint64 min; // WAD share of the price
        uint64 max; // WAD share of the price
        uint64 confidence; // WAD share of itself by which `low` is lowered and `high` raised
        uint64 stablePriceRate; // WAD share of itself by which the stable price may move per second
    }

    error Reentrant();
    error ValueSent(); // no function takes ether
    error UnknownFunction();
    error InvalidCalldata(); // the arguments do not decode
    error ZeroAddress();
    error NoCode(address program); // the settings, with which the guard is constructed
    error NotGuardian(address caller);
    error NotRegistrar(address caller);
    error NotSteward(address caller); // neither the steward nor the owner
    error EmergencySince(); // the steward counts other emergencies than the owner's call says
    error StewardFailed(); // the steward does not say how many emergencies there were
    error UnknownAsset(bytes32 asset);
    error AssetExists(bytes32 asset); // the registrar may not change a known asset
    error FeedUnavailable(address feed); // it did not answer `decimals`, or has no code
    error UnsupportedDecimals(address feed, uint256 decimals); // above 18
    error InvalidHeartbeat(uint32 heartbeat); // zero or above seven days
    error InvalidPriceRange(uint128 floor, uint128 ceiling);
    error SameSource(address feed);
    error ParametersOutOfBounds();
    error RangeLimitsOutOfBounds();
    error InsufficientGas(uint64 available, uint64 required); // a feed could not get its whole gas allowance
    error TierNotRaised(uint8 current, uint8 asked);
    error SourcesAgree(); // the guardian may not halt while they do
    error TripTooShort(uint32 secs); // no time, or it would end before the trip, or the distrust, that is running
    error TripAllowanceExceeded(uint32 left); // seconds that remain of 72 hours in 30 days, of an asset's tier or of a surface
    error FeedTooSoon(uint64 allowedAt); // the sources of a live asset were changed less than a day ago
    error FeedUntrusted(); // a new source gives no trusted price; a frozen asset takes two
    error FeedTooFar(uint128 price); // a new source is too far from mark, stable price or the other
    error SequencerNotUp(uint64 since); // the new uptime feed does not say "up" for the grace period
    error InvalidExpiry(uint64 expiry); // not at 08:00 UTC, too far ahead, or over
    error NotSurfaceProvider(address caller);
    error SurfaceOutOfBounds();
    error SurfaceLimitsOutOfBounds();
    error SurfaceStepTooLarge(uint64 step, uint64 maxStep);
    error SurfaceTooSoon(uint64 allowedAt);
    error SurfaceUntrusted(uint64 until); // the guardian distrusts it
    error AssetIndexOutOfRange(uint8 index); // an option's `asset` is not the place of one

    event FeedSet(bytes32 indexed asset, Feed feed);
    event ParametersSet(Parameters parameters);
    event RangeLimitsSet(bytes32 indexed asset, RangeLimits limits);
    event GuardianSet(address indexed guardian);
    event RegistrarSet(address indexed registrar);
    event StewardSet(address indexed steward);
    event SequencerStatusChanged(bool down, uint64 since);
    /// `cause` is 0 a calm period or the end of a trip, 1 a move of the price, 2 diverging sources, 3 a lost source,
    /// 4 the sequencer, 5 no trusted price (frozen), 6 the guardian. What time alone does to a tier (the mark becomes too old, an
    /// outage passes, a trip ends) is reported by the next poke, ahead of its own change.
    event TierChanged(bytes32 indexed asset, uint8 from, uint8 to, uint8 cause);
    event Poked(bytes32 indexed asset, uint256 mark, uint256 volatility);
    event UptimeFeedSet(address indexed feed);
    /// The days that ended from `since` until `expiry` have this price for good.
    event Settled(bytes32 indexed asset, uint64 indexed expiry, uint256 price, uint64 since);
    event Tripped(bytes32 indexed asset, uint8 tier, uint64 until, bytes32 reason);
    event SurfaceSet(bytes32 indexed asset, uint64 indexed expiry, Surface surface);
    event SurfaceDistrusted(bytes32 indexed asset, uint64 indexed expiry, uint64 until, bytes32 reason);
    event SurfaceLimitsSet(SurfaceLimits limits);
    event SurfaceProviderSet(address indexed provider);

    /// The owner, or the registrar for an unknown asset. Pokes. New sources of a live asset are within 3 % of mark and stable price,
    /// once a day; those of a frozen one are two that agree to 1 %, within 3 % x sqrt(hours since the mark became too old), at most
    /// 50 %, and it returns Restricted.
    ///
    /// `emergencies`, here and below, is what the steward counted when the owner's call was written, zero without a steward: where
    /// the emergency multisig has tightened anything since, the call is refused. Of the steward and the registrar it is not asked.
    function setFeed(bytes32 asset, Feed calldata feed, uint32 emergencies) external;
    function feed(bytes32 asset) external view returns (Feed memory);
    function setRangeLimits(bytes32 asset, RangeLimits calldata limits, uint32 emergencies) external; // owner, steward
    function rangeLimits(bytes32 asset) external view returns (RangeLimits memory);
    function setParameters(Parameters calldata parameters, uint32 emergencies) external; // owner, steward
    function parameters() external view returns (Parameters memory);
    function setGuardian(address guardian) external; // owner
    function guardian() external view returns (address);
    function setRegistrar(address registrar) external; // owner
    function registrar() external view returns (address);
    function setSteward(address steward, uint32 emergencies) external; // owner; zero removes it, whatever the emergencies
    function steward() external view returns (address);
    function setSurfaceLimits(SurfaceLimits calldata limits, uint32 emergencies) external; // owner, steward
    function surfaceLimits() external view returns (SurfaceLimits memory);
    function setSurfaceProvider(address provider) external; // owner; the guardian may set zero
    function surfaceProvider() external view returns (address);
    /// The owner: one that says "up" since at least the grace period.
    function setUptimeFeed(address feed) external;
    function sequencerUptimeFeed() external view returns (address);

    function poke(bytes32 asset) external returns (uint256 mark, uint8 tier);
    function pokeMany(bytes32[] calldata assets) external;
    /// What would be known if the assets were poked now: the feeds are asked, so that a read needs the gas of a poke. So it is
    /// with `readMany`, `marks`, `marksWithOptions` and `settlement`.
    function read(bytes32 asset) external view returns (Reading memory);
    function readMany(bytes32[] calldata assets) external view returns (Reading[] memory);
    function marks(bytes32[] calldata assets) external view returns (Mark[] memory);
    /// `marks`, and the marks of options on these assets. An option of an asset that is not among them reverts.
    function marksWithOptions(bytes32[] calldata assets, OptionId[] calldata options)
        external
        view
        returns (Mark[] memory, OptionMark[] memory);
    /// `marks` for whoever acts on them, anyone: each asset is poked of which that would say anything new. That is where a feed has
    /// another answer or time, one has become too old, the sources do not agree, the sequencer's status has changed, the
    /// tier changes or its calm begins, or a day is settled. Decimals are asked for only then.
    function freshMarks(bytes32[] calldata assets) external returns (Mark[] memory);
    function freshMarksWithOptions(bytes32[] calldata assets, OptionId[] calldata options)
        external
        returns (Mark[] memory, OptionMark[] memory);
    /// The surface provider, for an `expiry` at 08:00 UTC, ahead by at most 400 days.
    function setSurface(bytes32 asset, uint64 expiry, Surface calldata surface) external;
    /// All zero if none was ever set. While `isFresh`, neither stale nor distrusted, options of this expiry may be opened.
    function surface(bytes32 asset, uint64 expiry)
        external
        view
        returns (Surface memory surface, uint64 updatedAt, bool isFresh);
    /// Guardian: for `secs`, at most until the expiry, its options keep the volatility that they have at the mark that was observed
    /// last, nobody updates the surface, and vaults margin whoever holds one by twice the volatility range in that underlying.
    function distrustSurface(bytes32 asset, uint64 expiry, uint32 secs, bytes32 reason) external;
    /// Until when it is or was distrusted, and the seconds for which it may be now, of 72 hours in 30 days.
    function surfaceDistrust(bytes32 asset, uint64 expiry) external view returns (uint64 until, uint32 left);
    /// The price of the day that ends at `expiry`, 08:00 UTC: the time-weighted mean of the trusted marks in the window before. Every
    /// observation counts; nobody opens anything. A day of whose window less than half was trusted waits until half is made up, and
    /// those that end meanwhile take its price. `price` is the mean so far, `missing` the trusted seconds that it needs yet; both are
    /// zero of a day that is not being counted.
    function settlement(bytes32 asset, uint64 expiry)
        external
        view
        returns (uint256 price, uint32 missing, bool isFinal);
    function trip(bytes32 asset, uint8 tier, uint32 secs, bytes32 reason) external; // guardian; pokes
}
