// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

/// @notice Margin of portfolios of options and perpetuals, and prices of options: a program without state, which anyone may call.
/// Prices, sizes, ratios, volatilities and amounts are WAD (1e18); times are seconds; volatility and time are of a year of 365 days.
///
/// Options are undiscounted Black-76 on the spot price. A portfolio of one underlying is revalued at 7 moves of spot up to
/// +-spotRange in thirds of it, each with 5 moves of volatility (0, +-volRange / 2, +-volRange, each x (30 / days)^0.3 up to 30 days
/// to expiry and ^0.13 beyond, at least a day; up multiplies the volatility by 1 + the move, down divides it by that), and in two
/// tails of +-2 spotRange whose losses count 35 %. No move takes a price below 1 % of itself or a volatility below 5 %.
///
/// The margin holds at every price of the range: between two neighbouring prices of one volatility, long options, as calls, are
/// worth at least their tangents at both, and everything else at least its chord. Where the loss so bounded is more than 2 % above
/// every loss seen, the portfolio is revalued at the price where the bound is reached, at most 12 times. Maintenance margin is the
/// worst loss, so bounded, plus shortOptionRate x spot for every short option, or plus what may be lost between two volatilities if
/// that is more: the highest price of the range x the least of what long options may gain, of what short options may lose, and of how
/// far both may bend, from one volatility to the next. Per option, with w = s h, its deviation s, and the share h by which its
/// volatility moves: gain and loss are 0.4 w, bends 0.0303 w^2, of a long option 0.1 w h more (0.1 w (h + 1) if the lowest volatility
/// is below 5 %), each at most 1. Margins are rounded up, and wrong by at most 1e-7 of the gross notional; prices by at most 1e-9 of
/// the forward.
///
/// Each function lists what else it reverts with.
/// @custom:reverts ValueSent when ether is sent
/// @custom:reverts UnknownFunction when no function has the selector
/// @custom:reverts InvalidCalldata when the arguments do not decode
interface IRiskEngine {
    /// @notice A position in an option. One of whose settlement average the fraction c is counted at the mean a is (1 - c) options
    /// struck at (strike - c a) / (1 - c), at least 0: what is fixed hedges nothing.
    /// @param isCall Whether it is a call; otherwise a put.
    /// @param strike WAD price. 0 stands for any at or below: a call that moves as the price does, a put worth nothing.
    /// @param secs Seconds to expiry, below 2^31.
    /// @param size WAD size; positive for a long position.
    /// @param vol WAD implied volatility a year, below 18.4.
    struct Option {
        bool isCall;
        uint256 strike;
        uint256 secs;
        int256 size;
        uint256 vol;
    }

    /// @notice How far prices are moved.
    /// @param spotRange WAD share of spot that maintenance margin covers, at most 3.
    /// @param initialSpotRange WAD share of spot that initial margin covers, at most 3.
    /// @param volRange WAD share by which a 30-day volatility moves, below 18.4.
    /// @param shortOptionRate WAD share of spot that every short option needs besides.
    /// @param initialFactor WAD factor: initial margin is at least this much times maintenance margin.
    struct Shock {
        uint256 spotRange;
        uint256 initialSpotRange;
        uint256 volRange;
        uint256 shortOptionRate;
        uint256 initialFactor;
    }

    /// @notice What a portfolio needs, and how it moves.
    /// @param maintenance WAD amount, rounded up.
    /// @param initial WAD amount, rounded up: the larger of initialFactor x maintenance and the margin at `initialSpotRange`.
    /// @param worst Where the worst loss is: from 0 to 34 at a price and a volatility, 5 x move of spot + move of volatility, each from
    /// the lowest; 35 and 36 in the tails; from 37 to 66 between two prices, 37 + what the lower would be.
    /// @param delta WAD units of the underlying, the perpetual included.
    /// @param gamma WAD change of `delta` per USD of spot.
    /// @param vega WAD amount per unit of volatility.
    /// @param value WAD amount that the options are worth.
    struct Result {
        uint256 maintenance;
        uint256 initial;
        uint8 worst;
        int256 delta;
        int256 gamma;
        int256 vega;
        int256 value;
    }

    /// @notice Spot or stable price is zero, or a price is above 2^100 - 1.
    error BadPrice();
    /// @notice A range is too wide: see `Shock`.
    error BadRange();
    /// @notice A portfolio has more than 128 options.
    error TooManyOptions();
    /// @notice A number exceeds 128 bits, a volatility of `evaluate` is 18.4 or more, or a time 2^31 seconds or more.
    error BadInput();
    /// @notice The arguments do not decode: too short, or a word that is no value of its type.
    error InvalidCalldata();
    /// @notice No function has this selector.
    error UnknownFunction();
    /// @notice No function takes ether.
    error ValueSent();
    /// @notice A result does not fit 128 bits.
    error Overflow();

    /// @notice Margin, Greeks and value of a portfolio of one underlying. Anyone. Each option's value is wrong by at most 1e-9 of spot,
    /// its delta by 1e-9, its gamma by 1e-9 of 1 / (spot x vol x root of the time), its vega by 1e-9 of spot x root of the time.
    /// @param spot WAD price of the underlying.
    /// @param perp WAD size of the perpetual; positive for a long position.
    /// @param options Positions in options, at most 128.
    /// @param shock How far prices are moved.
    /// @return What the portfolio needs, and how it moves.
    /// @custom:reverts BadPrice when `spot` is zero, or it or a strike is above 2^100 - 1
    /// @custom:reverts BadRange when a range is too wide
    /// @custom:reverts TooManyOptions when there are more than 128
    /// @custom:reverts BadInput when a number has more than 128 bits, a volatility more than 64, or a time 2^31 seconds or more
    /// @custom:reverts Overflow when a result does not fit 128 bits
    function evaluate(uint256 spot, int256 perp, Option[] calldata options, Shock calldata shock)
        external
        view
        returns (Result memory);

    /// @notice Value and Greeks of one option. Anyone.
    /// @param isCall Whether it is a call; otherwise a put.
    /// @param forward WAD price of the underlying.
    /// @param strike WAD price.
    /// @param secs Seconds to expiry.
    /// @param vol WAD implied volatility a year.
    /// @return value WAD price, wrong by at most 1e-9 of the forward.
    /// @return delta WAD change of the value per USD of the forward.
    /// @return gamma WAD change of `delta` per USD of the forward.
    /// @return vega WAD change of the value per unit of volatility.
    /// @custom:reverts BadPrice when forward or strike is above 2^100 - 1
    /// @custom:reverts BadInput when a number has more than 128 bits, or `secs` more than 64
    function price(bool isCall, uint256 forward, uint256 strike, uint256 secs, uint256 vol)
        external
        view
        returns (uint256 value, int256 delta, uint256 gamma, uint256 vega);

    /// @notice Margins of portfolios of several underlyings, packed: what vaults call. Anyone. Each portfolio is four words and one per
    /// option, fields from the top bit:
    ///
    /// - word 0: spot (128 bits), stable price (128; equal to spot where there is none)
    /// - word 1: tick (128), size of the perpetual (128, signed)
    /// - word 2: spotRange, initialSpotRange, volRange, shortOptionRate (64 each)
    /// - word 3: initialFactor (64), zero (128), number of options (64)
    /// - of an option: strike in 2^-16 of a tick (64), 1 for a put (1), 1 if its series is closing (1), 1 if some of its settlement is
    ///   counted (1), seconds to expiry (29), volatility in 1e-6 (32), size (128, signed)
    /// - after one of which some is counted: the mean of that (128), zero (128); the share that is counted, WAD (128), zero (128).
    ///   These words are among the options that are counted.
    ///
    /// A closing option settles before it expires, and its volatility is fixed: no move changes it. It is worth its Black-76 value at
    /// counted x average + (1 - counted) x spot, so that only the rest of its forward moves with spot, and counts as 1 - counted short
    /// options. Of others, what is counted leaves 1 - counted options, as above. Only here can a portfolio say that an option is
    /// closing: to `evaluate` the volatility of every option moves.
    /// @param portfolios The words of all portfolios, one after the other.
    /// @return margins A word per portfolio, WAD amounts rounded up: maintenance (128 bits), initial (128). Where the stable price is not
    /// spot, the initial margin covers the losses from the marks, too, if spot moves from the stable price by `initialSpotRange`.
    /// @custom:reverts BadPrice when a spot or stable price is zero or above 2^100 - 1
    /// @custom:reverts BadRange when a range is too wide
    /// @custom:reverts TooManyOptions when a portfolio has more than 128
    /// @custom:reverts Overflow when a result does not fit 128 bits
    function requirements(bytes32[] calldata portfolios) external view returns (bytes32[] memory margins);
}
