// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IOwnable} from "./IOwnable.sol";

/// @notice Prices that money may depend on. Prices and ratios are WAD (1e18); times are unix times, durations seconds.
///
/// A tier is 0 Normal, 1 Caution, 2 Restricted or 3 Halted. An asset is frozen, and so Halted with everything forbidden, while no source
/// is trusted. What is served of an asset is what an observation makes of it in that very call: its feeds are asked, each with 200,000
/// gas at most.
///
/// Whatever pokes emits `Poked`, `TierChanged` for each change, `Settled` for days whose price is final, and `SequencerStatusChanged`.
/// These are not listed with the functions.
///
/// Each function lists what else it reverts with.
/// @custom:reverts ValueSent when ether is sent
/// @custom:reverts UnknownFunction when no function has the selector
/// @custom:reverts InvalidCalldata when the arguments do not decode
/// @custom:reverts Reentrant when the guard is called while it is calling out, views included
/// @custom:reverts-at-construction ZeroAddress when the owner is zero
/// @custom:reverts-at-construction FeedUnavailable when an uptime feed is given that has no code
/// @custom:reverts-at-construction NoCode when the program of the settings has none
interface IOracleGuard is IOwnable {
    /// @notice Sources of one asset.
    /// @param primary The source whose price is the mark while the sources agree; not zero.
    /// @param secondary The other source; zero for an asset with one.
    /// @param heartbeat Seconds, at most seven days, after which an answer of the primary is too old; not zero.
    /// @param secondaryHeartbeat Seconds, at most seven days, after which an answer of the secondary is too old; not zero if there is one.
    /// @param floor WAD price of at most 19 significant digits: an answer at or below it is untrusted.
    /// @param ceiling WAD price of at most 19 significant digits, above the floor, at most 2^96: an answer at or above it is untrusted.
    struct Feed {
        address primary;
        address secondary;
        uint32 heartbeat;
        uint32 secondaryHeartbeat;
        uint128 floor;
        uint128 ceiling;
    }

    /// @notice What the guard knows of an asset.
    /// @param mark WAD price.
    /// @param low WAD price: the lowest of mark and sources, lowered by the confidence, rounded down.
    /// @param high WAD price: the highest of mark and sources, raised by the confidence, rounded up.
    /// @param stablePrice WAD price that follows the mark slowly; used against the account in initial margin.
    /// @param updatedAt Unix time that the sources say it is of: the older, if both are trusted.
    /// @param tier The tier in force.
    /// @param blocked A bit for each action that is forbidden: 1 opening, 2 reducing, 4 withdrawing with exposure, 8 liquidating,
    /// 16 deleveraging, 32 setting a new mark (frozen). Bit 64 says that a sequencer outage goes on or ended less than the grace period
    /// ago.
    /// @param volatility The slow one, WAD a year.
    /// @param spotRange WAD share of the mark that maintenance margin covers.
    /// @param initialSpotRange WAD share of the mark that initial margin covers, before what tiers and concentration add.
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

    /// @notice The part of a reading that a vault needs.
    /// @param mark WAD price.
    /// @param stablePrice WAD price that follows the mark slowly.
    /// @param tier The tier in force.
    /// @param blocked As in `Reading`.
    /// @param spotRange WAD share of the mark, rounded up to a multiple of 2e-4.
    /// @param initialSpotRange WAD share of the mark, rounded up to a multiple of 2e-4.
    /// @param cautionUntil Unix time of the first second after the last in which the asset was in Caution or stricter, the next second
    /// while it is; zero if it never was, and 14 hours after it.
    /// @param restrictedUntil The same of Restricted or stricter; zero if it never was, and 14 days after it.
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

    /// @notice Which option is asked for.
    /// @param asset Place of its underlying among the assets of the same call, from zero.
    /// @param expiry Unix time at which it expires.
    /// @param strike WAD price.
    /// @param isCall Whether it is a call; otherwise a put.
    /// @param closes Unix time, an 08:00 UTC before `expiry`, at which its series settles early; zero if it does not.
    struct OptionId {
        uint8 asset;
        uint64 expiry;
        uint128 strike;
        bool isCall;
        uint64 closes;
    }

    /// @notice What a vault needs of an option. `delta`, `gamma` and `vega` are of one unit of the option, with respect to the asset's
    /// mark; from the expiry on gamma and vega are zero, and so is delta once it is final.
    ///
    /// An option that settles early has 1 of `blocked`, and from 24 hours before `closes` on a volatility that is fixed, so that `vega`
    /// is zero: of the last 08:00 UTC until then at which its surface was not distrusted, or of the seventh where it was at all seven,
    /// as read at the settlement price of that time (until that is final, at its forward). It settles at its Black-76 value at the
    /// settlement price of `closes`, with the time from `closes` to
    /// `expiry`. In the window before, its forward is counted x average + (1 - counted) x the asset's mark.
    /// @param mark WAD price, rounded down: until the expiry the undiscounted Black-76 value; from then on the intrinsic value, which is
    /// that at the settlement price once `isFinal`.
    /// @param volatility WAD a year, at this strike; zero from the expiry on.
    /// @param tier The asset's.
    /// @param blocked The asset's bits, and 1 while the surface is stale, everything while there is none, 1 and 2 from the expiry on; of a
    /// final option 1 and 2 alone, whatever became of the asset. While the guardian distrusts the surface it has 8, 16 and 128: the
    /// option keeps its volatility, is neither transferred nor cut, and is traded only where that reduces the risk of both sides.
    /// @param isFinal Whether `mark` is what it has settled at, for good.
    /// @param delta WAD change of the mark per USD of the asset's.
    /// @param gamma WAD change of `delta` per USD of the asset's mark.
    /// @param vega WAD change of the mark per unit of volatility.
    /// @param counted WAD share of the settlement price that is counted, from the start of its window until it is final: the option is
    /// worth, and moves, as 1 - counted options struck at (strike - counted x average) / (1 - counted), and has the volatility of that
    /// strike. Zero before and after.
    /// @param average WAD price: the mean of what is counted. Zero before and after.
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

    /// @notice Implied volatility of one expiry as a function of k = ln(strike / forward): atm + skew k + curvature k^2, where k counts
    /// as at least -1 and at most 1 and the result is held to the limits. In multiples of 1e-6.
    /// @param atm WAD volatility a year at the money, within the limits.
    /// @param skew WAD, -4 to 4: change of the volatility per unit of k.
    /// @param curvature WAD, -4 to 4: change of the volatility per unit of k^2.
    struct Surface {
        uint64 atm;
        int64 skew;
        int64 curvature;
    }

    /// @notice What surfaces are held to, set whole.
    /// @param minVolatility WAD a year, a multiple of 1e-3, at least 0.05: least volatility of any strike.
    /// @param maxVolatility WAD a year, a multiple of 1e-3, at most 10 and at least `minVolatility`: greatest volatility of any strike.
    /// @param maxStep WAD, a multiple of 1e-3, 0.001 to 0.25: most that one update may change the volatility of any strike.
    /// @param minInterval Seconds, 30 to a day and below `staleAfter`, between two updates of an expiry.
    /// @param staleAfter Seconds, a minute to a week, after an update from which on nobody opens.
    struct SurfaceLimits {
        uint64 minVolatility;
        uint64 maxVolatility;
        uint64 maxStep;
        uint32 minInterval;
        uint32 staleAfter;
    }

    /// @notice Every parameter of the guard, set whole. Each is a multiple of the unit that its description ends with.
    /// @param cautionMove WAD share, 0.5 % to 50 %, below `restrictedMove`: move against the time-weighted mean that enters Caution;
    /// 1e-9.
    /// @param restrictedMove WAD share, 0.5 % to 50 %: move that enters Restricted; 1e-9.
    /// @param meanWindow A minute to an hour, of the time-weighted mean; a second.
    /// @param calmPeriod A minute to a day, of calm before a tier is lowered by one; a second.
    /// @param gracePeriod At most a day, after a sequencer outage, in which opening stays blocked; a second.
    /// @param slowPeriod A day to 90, above `fastPeriod`: period of the slow volatility's exponential weights; an hour.
    /// @param fastPeriod 10 minutes to a week: period of the fast volatility's exponential weights; a minute.
    /// @param stressedWeight WAD share, at least 25 %: least weight of the stressed value in the slow volatility; 1e-2.
    /// @param hourlyRise WAD share of the price, 0.01 % to 10 %, by which the maintenance range may rise in an hour; 1e-4.
    /// @param rangeMultiplier WAD, 1 to 10: how many volatilities over the horizon a range covers; 1e-1.
    /// @param horizon An hour to 14 days, over which a range has to last; an hour.
    /// @param settlementWindow 5 minutes to 4 hours, over which a settlement price is averaged, from the next 08:00 UTC on; a minute.
    struct Parameters {
        uint64 cautionMove;
        uint64 restrictedMove;
        uint32 meanWindow;
        uint32 calmPeriod;
        uint32 gracePeriod;
        uint32 slowPeriod;
        uint32 fastPeriod;
        uint64 stressedWeight;
        uint64 hourlyRise;
        uint64 rangeMultiplier;
        uint32 horizon;
        uint32 settlementWindow;
    }

    /// @notice What an asset's volatility, ranges and stable price are held to, in multiples of 1e-3, the last of 1e-9.
    /// @param stressed WAD volatility a year of a stressed market, 0.1 to 16.
    /// @param min WAD share of the price, at least 1 %: the least range.
    /// @param max WAD share of the price, at most 60 % and at least `min`: the greatest range.
    /// @param confidence WAD share of itself, at most 10 %, by which `low` is lowered and `high` raised.
    /// @param stablePriceRate WAD share of itself, 1e-6 to 1e-2, by which the stable price may move per second.
    struct RangeLimits {
        uint64 stressed;
        uint64 min;
        uint64 max;
        uint64 confidence;
        uint64 stablePriceRate;
    }

    /// @notice The guard was called while it was calling out.
    error Reentrant();
    /// @notice No function takes ether.
    error ValueSent();
    /// @notice No function has this selector.
    error UnknownFunction();
    /// @notice The arguments do not decode: too short, or a word that is no value of its type.
    error InvalidCalldata();
    /// @notice An owner or a primary source has to be an address.
    error ZeroAddress();
    /// @notice The program of the settings, with which the guard is constructed, is none.
    /// @param program Its address.
    error NoCode(address program);
    /// @notice Only the guardian may do this.
    /// @param caller Who called.
    error NotGuardian(address caller);
    /// @notice Only the registrar or the owner may do this.
    /// @param caller Who called.
    error NotRegistrar(address caller);
    /// @notice Only the steward or the owner may do this.
    /// @param caller Who called.
    error NotSteward(address caller);
    /// @notice Stewards have counted other emergencies than the owner's call says.
    error EmergencySince();
    /// @notice The steward does not say how many emergencies there were.
    error StewardFailed();
    /// @notice Nobody has set sources of the asset.
    /// @param asset The asset.
    error UnknownAsset(bytes32 asset);
    /// @notice The registrar may not change a known asset.
    /// @param asset The asset.
    error AssetExists(bytes32 asset);
    /// @notice A feed has no code, or did not answer.
    /// @param feed Its address.
    error FeedUnavailable(address feed);
    /// @notice A feed has more than 18 decimals.
    /// @param feed Its address.
    /// @param decimals How many it has.
    error UnsupportedDecimals(address feed, uint256 decimals);
    /// @notice A heartbeat is zero or above seven days.
    /// @param heartbeat Seconds.
    error InvalidHeartbeat(uint32 heartbeat);
    /// @notice Floor and ceiling are not in order, too high, or have too many digits.
    /// @param floor WAD price.
    /// @param ceiling WAD price.
    error InvalidPriceRange(uint128 floor, uint128 ceiling);
    /// @notice Both sources are one.
    /// @param feed Its address.
    error SameSource(address feed);
    /// @notice Parameters outside their hard bounds, or no multiples of their units.
    error ParametersOutOfBounds();
    /// @notice Range limits outside their hard bounds, or no multiples of their units.
    error RangeLimitsOutOfBounds();
    /// @notice A feed could not get its whole gas allowance: nobody makes one fail by being short of gas.
    /// @param available Gas that was left.
    /// @param required Gas that has to be.
    error InsufficientGas(uint64 available, uint64 required);
    /// @notice The guardian only raises tiers.
    /// @param current The tier in force.
    /// @param asked The tier that was asked for.
    error TierNotRaised(uint8 current, uint8 asked);
    /// @notice The guardian may not halt while the sources agree.
    error SourcesAgree();
    /// @notice It would last no time, or end before the trip, or the distrust, that is running.
    /// @param secs Seconds that were asked for.
    error TripTooShort(uint32 secs);
    /// @notice It would use more than 72 hours in 30 days, of an asset's tier or of a surface.
    /// @param left Seconds that remain.
    error TripAllowanceExceeded(uint32 left);
    /// @notice The sources of a live asset were changed less than a day ago.
    /// @param allowedAt Unix time from which on they may be again.
    error FeedTooSoon(uint64 allowedAt);
    /// @notice A new source gives no trusted price; a frozen asset takes two.
    error FeedUntrusted();
    /// @notice A new source is too far from mark, stable price or the other.
    /// @param price WAD price that it gives.
    error FeedTooFar(uint128 price);
    /// @notice The new uptime feed does not say "up" for the grace period.
    /// @param since Unix time of its last change.
    error SequencerNotUp(uint64 since);
    /// @notice Not at 08:00 UTC, too far ahead, over, or without a surface.
    /// @param expiry Unix time.
    error InvalidExpiry(uint64 expiry);
    /// @notice Only the surface provider may do this.
    /// @param caller Who called.
    error NotSurfaceProvider(address caller);
    /// @notice A surface outside the limits, or no multiple of 1e-6.
    error SurfaceOutOfBounds();
    /// @notice Surface limits outside their hard bounds, or no multiples of their units.
    error SurfaceLimitsOutOfBounds();
    /// @notice The update would change the volatility of some strike by more than it may.
    /// @param step WAD volatility by which it would.
    /// @param maxStep WAD volatility by which it may.
    error SurfaceStepTooLarge(uint64 step, uint64 maxStep);
    /// @notice The last update was too short ago.
    /// @param allowedAt Unix time from which on there may be another.
    error SurfaceTooSoon(uint64 allowedAt);
    /// @notice The guardian distrusts the surface.
    /// @param until Unix time until when.
    error SurfaceUntrusted(uint64 until);
    /// @notice An option's `asset` is not the place of one.
    /// @param index That place.
    error AssetIndexOutOfRange(uint8 index);

    /// @notice The sources of an asset were set.
    /// @param asset The asset.
    /// @param feed Its sources.
    event FeedSet(bytes32 indexed asset, Feed feed);
    /// @notice The guard's parameters were set.
    /// @param parameters All of them.
    event ParametersSet(Parameters parameters);
    /// @notice The range limits of an asset were set.
    /// @param asset The asset.
    /// @param limits All of them.
    event RangeLimitsSet(bytes32 indexed asset, RangeLimits limits);
    /// @notice Another guardian was named.
    /// @param guardian Who it is; zero if nobody.
    event GuardianSet(address indexed guardian);
    /// @notice Another registrar was named.
    /// @param registrar Who it is; zero if nobody.
    event RegistrarSet(address indexed registrar);
    /// @notice Another steward was named.
    /// @param steward Who it is; zero if nobody.
    event StewardSet(address indexed steward);
    /// @notice The sequencer's status changed.
    /// @param down Whether it is down, or its feed gives no answer.
    /// @param since Unix time since when.
    event SequencerStatusChanged(bool down, uint64 since);
    /// @notice The tier of an asset changed. What time alone does to a tier (the mark becomes too old, an outage passes, a trip ends) is
    /// reported by the next poke, ahead of its own change.
    /// @param asset The asset.
    /// @param from The tier before.
    /// @param to The tier in force.
    /// @param cause 0 a calm period or the end of a trip, 1 a move of the price, 2 diverging sources, 3 a lost source, 4 the sequencer,
    /// 5 no trusted price (frozen), 6 the guardian.
    event TierChanged(bytes32 indexed asset, uint8 from, uint8 to, uint8 cause);
    /// @notice An asset was observed, and what was found is kept.
    /// @param asset The asset.
    /// @param mark WAD price.
    /// @param volatility The slow one, WAD a year.
    event Poked(bytes32 indexed asset, uint256 mark, uint256 volatility);
    /// @notice The sequencer's uptime feed was replaced.
    /// @param feed The new one.
    event UptimeFeedSet(address indexed feed);
    /// @notice The days that ended from `since` until `expiry` have their price, for good.
    /// @param asset The asset.
    /// @param expiry Unix time at which the last of them ended, an 08:00 UTC.
    /// @param price WAD price.
    /// @param since Unix time at which the first of them ended, an 08:00 UTC.
    event Settled(bytes32 indexed asset, uint64 indexed expiry, uint256 price, uint64 since);
    /// @notice The guardian raised the tier of an asset.
    /// @param asset The asset.
    /// @param tier The tier that it is raised to.
    /// @param until Unix time until when.
    /// @param reason What the guardian gave as its reason.
    event Tripped(bytes32 indexed asset, uint8 tier, uint64 until, bytes32 reason);
    /// @notice The surface of an expiry was set.
    /// @param asset The asset.
    /// @param expiry Unix time.
    /// @param surface The surface.
    event SurfaceSet(bytes32 indexed asset, uint64 indexed expiry, Surface surface);
    /// @notice The guardian distrusts the surface of an expiry.
    /// @param asset The asset.
    /// @param expiry Unix time.
    /// @param until Unix time until when.
    /// @param reason What the guardian gave as its reason.
    event SurfaceDistrusted(bytes32 indexed asset, uint64 indexed expiry, uint64 until, bytes32 reason);
    /// @notice What surfaces are held to was set.
    /// @param limits All of it.
    event SurfaceLimitsSet(SurfaceLimits limits);
    /// @notice Another surface provider was named.
    /// @param provider Who it is; zero if nobody.
    event SurfaceProviderSet(address indexed provider);

    /// @notice Sets the sources of an asset, which is poked first if it is known. The owner, or the registrar for an unknown asset. New
    /// sources of a live asset are within 3 % of mark and stable price, once a day; those of a frozen one are two that agree to 1 %,
    /// within 3 % x sqrt(hours since the mark became too old), at most 50 %, and it returns Restricted. The mark stays; no move is
    /// measured across the change.
    /// @param asset The asset's id.
    /// @param feed Its sources.
    /// @param emergencies Here and below, what `emergencies` answered when the owner's call was written: where the
    /// emergency multisig has tightened anything since, the call is refused. Of the steward and the registrar it is not asked.
    /// @custom:emits FeedSet
    /// @custom:reverts NotRegistrar when the caller is neither the owner nor the registrar
    /// @custom:reverts AssetExists when the registrar names a known asset
    /// @custom:reverts EmergencySince when the owner's number is not what `emergencies` answers
    /// @custom:reverts StewardFailed when the steward does not say what it counts
    /// @custom:reverts ZeroAddress when the primary is zero
    /// @custom:reverts SameSource when both are one
    /// @custom:reverts InvalidHeartbeat when one is zero or above seven days
    /// @custom:reverts InvalidPriceRange when floor and ceiling are not in order, too high, or have too many digits
    /// @custom:reverts FeedUnavailable when a source does not say its decimals
    /// @custom:reverts UnsupportedDecimals when a source has more than 18
    /// @custom:reverts FeedTooSoon when the sources of a live asset were changed less than a day ago
    /// @custom:reverts FeedUntrusted when a source of an asset with a price gives none that is trusted, or a frozen one is given one source
    /// @custom:reverts FeedTooFar when a source is too far from mark, stable price or the other
    /// @custom:reverts InsufficientGas when a feed could not get its whole gas allowance
    function setFeed(bytes32 asset, Feed calldata feed, uint32 emergencies) external;

    /// @notice The sources of an asset.
    /// @param asset The asset's id.
    /// @return Its sources; all zero for an unknown one.
    function feed(bytes32 asset) external view returns (Feed memory);

    /// @notice Sets the range limits of an asset. Owner or steward.
    /// @param asset The asset's id.
    /// @param limits All of them.
    /// @param emergencies See `setFeed`.
    /// @custom:emits RangeLimitsSet
    /// @custom:reverts NotSteward when the caller is neither the owner nor the steward
    /// @custom:reverts EmergencySince when the owner's number is not what `emergencies` answers
    /// @custom:reverts StewardFailed when the steward does not say what it counts
    /// @custom:reverts RangeLimitsOutOfBounds when they are out of bounds
    /// @custom:reverts UnknownAsset when nobody has set its sources
    function setRangeLimits(bytes32 asset, RangeLimits calldata limits, uint32 emergencies) external;

    /// @notice The range limits of an asset.
    /// @param asset The asset's id.
    /// @return All of them.
    /// @custom:reverts UnknownAsset when nobody has set its sources
    function rangeLimits(bytes32 asset) external view returns (RangeLimits memory);

    /// @notice Sets the guard's parameters. Owner or steward.
    /// @param parameters All of them.
    /// @param emergencies See `setFeed`.
    /// @custom:emits ParametersSet
    /// @custom:reverts NotSteward when the caller is neither the owner nor the steward
    /// @custom:reverts EmergencySince when the owner's number is not what `emergencies` answers
    /// @custom:reverts StewardFailed when the steward does not say what it counts
    /// @custom:reverts ParametersOutOfBounds when they are out of bounds
    function setParameters(Parameters calldata parameters, uint32 emergencies) external;

    /// @notice The guard's parameters.
    /// @return All of them.
    function parameters() external view returns (Parameters memory);

    /// @notice Names the guardian. Owner only.
    /// @param guardian Who may trip breakers and distrust surfaces; zero for nobody.
    /// @custom:emits GuardianSet
    /// @custom:reverts NotOwner when the caller is not the owner
    function setGuardian(address guardian) external;

    /// @notice Who may trip breakers and distrust surfaces.
    /// @return The guardian; zero for nobody.
    function guardian() external view returns (address);

    /// @notice Names the registrar. Owner only.
    /// @param registrar Who may add assets; zero for nobody.
    /// @custom:emits RegistrarSet
    /// @custom:reverts NotOwner when the caller is not the owner
    function setRegistrar(address registrar) external;

    /// @notice Who may add assets besides the owner.
    /// @return The registrar; zero for nobody.
    function registrar() external view returns (address);

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

    /// @notice Sets what surfaces are held to from their next update on. Owner or steward.
    /// @param limits All of it.
    /// @param emergencies See `setFeed`.
    /// @custom:emits SurfaceLimitsSet
    /// @custom:reverts NotSteward when the caller is neither the owner nor the steward
    /// @custom:reverts EmergencySince when the owner's number is not what `emergencies` answers
    /// @custom:reverts StewardFailed when the steward does not say what it counts
    /// @custom:reverts SurfaceLimitsOutOfBounds when they are out of bounds
    function setSurfaceLimits(SurfaceLimits calldata limits, uint32 emergencies) external;

    /// @notice What surfaces are held to.
    /// @return All of it.
    function surfaceLimits() external view returns (SurfaceLimits memory);

    /// @notice Names the surface provider. The owner; the guardian may name nobody.
    /// @param provider Who may set surfaces; zero for nobody.
    /// @custom:emits SurfaceProviderSet
    /// @custom:reverts NotOwner when the caller is not the owner, unless the guardian names nobody
    function setSurfaceProvider(address provider) external;

    /// @notice Who may set surfaces.
    /// @return The surface provider; zero for nobody.
    function surfaceProvider() external view returns (address);

    /// @notice Replaces the sequencer's uptime feed by one that says "up" since at least the grace period. Owner only.
    /// @param feed The new one.
    /// @custom:emits UptimeFeedSet
    /// @custom:reverts NotOwner when the caller is not the owner
    /// @custom:reverts FeedUnavailable when it does not answer
    /// @custom:reverts SequencerNotUp when it does not say "up" for the grace period
    /// @custom:reverts InsufficientGas when it could not get its whole gas allowance
    function setUptimeFeed(address feed) external;

    /// @notice Who says whether the sequencer is up.
    /// @return The uptime feed; zero on a chain without one.
    function sequencerUptimeFeed() external view returns (address);

    /// @notice Observes an asset and keeps what is found. Anyone. A feed that fails is no error: without any, the asset freezes.
    /// @param asset The asset's id.
    /// @return mark WAD price.
    /// @return tier The tier in force.
    /// @custom:reverts UnknownAsset when nobody has set its sources
    /// @custom:reverts InsufficientGas when a feed could not get its whole gas allowance
    function poke(bytes32 asset) external returns (uint256 mark, uint8 tier);

    /// @notice `poke` for many assets. Anyone.
    /// @param assets The assets' ids.
    /// @custom:reverts UnknownAsset when nobody has set the sources of one
    /// @custom:reverts InsufficientGas when a feed could not get its whole gas allowance
    function pokeMany(bytes32[] calldata assets) external;

    /// @notice What would be known of an asset if it were poked now. The feeds are asked, so that a read needs the gas of a poke; so it is
    /// with `readMany`, `marks`, `marksWithOptions` and `settlement`.
    /// @param asset The asset's id.
    /// @return What is known.
    /// @custom:reverts UnknownAsset when nobody has set its sources
    /// @custom:reverts InsufficientGas when a feed could not get its whole gas allowance
    function read(bytes32 asset) external view returns (Reading memory);

    /// @notice `read` for many assets.
    /// @param assets The assets' ids.
    /// @return What is known of each.
    /// @custom:reverts UnknownAsset when nobody has set the sources of one
    /// @custom:reverts InsufficientGas when a feed could not get its whole gas allowance
    function readMany(bytes32[] calldata assets) external view returns (Reading[] memory);

    /// @notice What a vault needs of `readMany`.
    /// @param assets The assets' ids.
    /// @return What it needs of each.
    /// @custom:reverts UnknownAsset when nobody has set the sources of one
    /// @custom:reverts InsufficientGas when a feed could not get its whole gas allowance
    function marks(bytes32[] calldata assets) external view returns (Mark[] memory);

    /// @notice `marks`, and the marks of options on these assets.
    /// @param assets The assets' ids.
    /// @param options Which options.
    /// @return The marks of the assets.
    /// @return The marks of the options.
    /// @custom:reverts UnknownAsset when nobody has set the sources of one
    /// @custom:reverts AssetIndexOutOfRange when an option's asset is not among them
    /// @custom:reverts InsufficientGas when a feed could not get its whole gas allowance
    function marksWithOptions(bytes32[] calldata assets, OptionId[] calldata options)
        external
        view
        returns (Mark[] memory, OptionMark[] memory);

    /// @notice `marks` for whoever acts on them. Anyone. Each asset is poked of which that would say anything new. That is where a feed
    /// has another answer or time, one has become too old, the sources do not agree, the sequencer's status has changed, the tier
    /// changes or its calm begins, or a day is settled. Decimals are asked for only then.
    /// @param assets The assets' ids.
    /// @return What a vault needs of each.
    /// @custom:reverts UnknownAsset when nobody has set the sources of one
    /// @custom:reverts InsufficientGas when a feed could not get its whole gas allowance
    function freshMarks(bytes32[] calldata assets) external returns (Mark[] memory);

    /// @notice `marksWithOptions` for whoever acts on them, as `freshMarks`. Anyone.
    /// @param assets The assets' ids.
    /// @param options Which options.
    /// @return The marks of the assets.
    /// @return The marks of the options.
    /// @custom:reverts UnknownAsset when nobody has set the sources of one
    /// @custom:reverts AssetIndexOutOfRange when an option's asset is not among them
    /// @custom:reverts InsufficientGas when a feed could not get its whole gas allowance
    function freshMarksWithOptions(bytes32[] calldata assets, OptionId[] calldata options)
        external
        returns (Mark[] memory, OptionMark[] memory);

    /// @notice Sets the surface of an expiry. The surface provider only.
    /// @param asset The asset's id.
    /// @param expiry Unix time: an 08:00 UTC, ahead by at most 400 days.
    /// @param surface The surface.
    /// @custom:emits SurfaceSet
    /// @custom:reverts NotSurfaceProvider when the caller is not
    /// @custom:reverts UnknownAsset when nobody has set its sources
    /// @custom:reverts SurfaceOutOfBounds when it is outside the limits, or no multiple of 1e-6
    /// @custom:reverts InvalidExpiry when it is no such time
    /// @custom:reverts SurfaceUntrusted when the guardian distrusts the one that is set
    /// @custom:reverts SurfaceTooSoon when the last update was too short ago
    /// @custom:reverts SurfaceStepTooLarge when it would change the volatility of some strike by more than a step
    function setSurface(bytes32 asset, uint64 expiry, Surface calldata surface) external;

    /// @notice The surface of an expiry.
    /// @param asset The asset's id.
    /// @param expiry Unix time.
    /// @return surface The surface; all zero if none was ever set.
    /// @return updatedAt Unix time at which it was set.
    /// @return isFresh Whether it is neither stale, nor distrusted, nor over: options of this expiry may be opened.
    /// @custom:reverts UnknownAsset when nobody has set its sources
    function surface(bytes32 asset, uint64 expiry)
        external
        view
        returns (Surface memory surface, uint64 updatedAt, bool isFresh);

    /// @notice Distrusts the surface of an expiry. The guardian only. Meanwhile its options keep the volatility that they have at the mark
    /// that was observed last, nobody updates the surface, and vaults margin whoever holds one by twice the volatility range in that
    /// underlying.
    /// @param asset The asset's id.
    /// @param expiry Unix time.
    /// @param secs Seconds from now; it ends at the expiry at the latest, and lasts 72 hours in 30 days at most.
    /// @param reason For the event alone.
    /// @custom:emits SurfaceDistrusted
    /// @custom:reverts NotGuardian when the caller is not
    /// @custom:reverts UnknownAsset when nobody has set its sources
    /// @custom:reverts InvalidExpiry when it is over, or has no surface
    /// @custom:reverts TripTooShort when it would last no time, or end before the distrust that is running
    /// @custom:reverts TripAllowanceExceeded when it would use more than is left
    function distrustSurface(bytes32 asset, uint64 expiry, uint32 secs, bytes32 reason) external;

    /// @notice Whether and for how long the surface of an expiry is, or may be, distrusted.
    /// @param asset The asset's id.
    /// @param expiry Unix time.
    /// @return until Unix time until when it is or was; zero if it never was.
    /// @return left Seconds for which it may be now, of 72 hours in 30 days.
    /// @custom:reverts UnknownAsset when nobody has set its sources
    function surfaceDistrust(bytes32 asset, uint64 expiry) external view returns (uint64 until, uint32 left);

    /// @notice The price of the day that ends at `expiry`: the time-weighted mean of the trusted marks in the window before. Every
    /// observation counts; nobody opens anything. A day of whose window less than half was trusted waits until half is made up, and
    /// those that end meanwhile take its price.
    /// @param asset The asset's id.
    /// @param expiry Unix time, an 08:00 UTC.
    /// @return price WAD price: the mean so far, rounded down; zero of a day that is not being counted.
    /// @return missing Trusted seconds that it needs yet; zero of a day that is not being counted.
    /// @return isFinal Whether `price` is the price, for good.
    /// @custom:reverts UnknownAsset when nobody has set its sources
    /// @custom:reverts InsufficientGas when a feed could not get its whole gas allowance
    function settlement(bytes32 asset, uint64 expiry)
        external
        view
        returns (uint256 price, uint32 missing, bool isFinal);

    /// @notice Raises the tier of an asset, which is poked first, and never lowers it. The guardian only.
    /// @param asset The asset's id.
    /// @param tier The tier, above the one in force; at most 2 while the sources agree. Above 3 counts as 3.
    /// @param secs Seconds from now, 72 hours in 30 days at most.
    /// @param reason For the event alone.
    /// @custom:emits Tripped
    /// @custom:reverts NotGuardian when the caller is not
    /// @custom:reverts UnknownAsset when nobody has set its sources
    /// @custom:reverts TierNotRaised when the tier is not above the one in force
    /// @custom:reverts SourcesAgree when Halted is asked for while they do
    /// @custom:reverts TripTooShort when it would last no time, or end before the trip that is running
    /// @custom:reverts TripAllowanceExceeded when it would use more than is left
    /// @custom:reverts InsufficientGas when a feed could not get its whole gas allowance
    function trip(bytes32 asset, uint8 tier, uint32 secs, bytes32 reason) external;
}
