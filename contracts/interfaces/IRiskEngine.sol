// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

/// Margin of portfolios of options and perpetuals, and prices of options: a program without state, which anyone may call. Prices,
/// sizes, ratios, volatilities and amounts are WAD (1e18); times are seconds; volatility and time are of a year of 365 days.
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
interface IRiskEngine {
    /// A position in an option; `size` is positive for a long one, `secs` the time to expiry. A strike of 0 stands for any at or
    /// below: a call that moves as the price does, a put worth nothing. An option of whose settlement average the fraction c is
    /// counted at the mean a is (1 - c) options struck at (strike - c a) / (1 - c), at least 0: what is fixed hedges nothing.
    struct Option {
        bool isCall;
        uint256 strike;
        uint256 secs;
        int256 size;
        uint256 vol;
    }

    /// How far prices are moved. Ranges of spot are at most 3, everything else is below 18.4.
    struct Shock {
        uint256 spotRange;
        uint256 initialSpotRange;
        uint256 volRange;
        uint256 shortOptionRate;
        uint256 initialFactor;
    }

    /// `initial` is the larger of initialFactor x maintenance and the margin at `initialSpotRange`. `worst` says where the worst
    /// loss is: from 0 to 34 at a price and a volatility, 5 x move of spot + move of volatility, each from the lowest; 35 and 36 in
    /// the tails; from 37 to 66 between two prices, 37 + what the lower would be. `delta` includes the perpetual; `gamma` is per
    /// USD, `vega` per unit of volatility; `value` is that of the options.
    struct Result {
        uint256 maintenance;
        uint256 initial;
        uint8 worst;
        int256 delta;
        int256 gamma;
        int256 vega;
        int256 value;
    }

    /// Spot or stable price is zero, or a price is above 2^100 - 1.
    error BadPrice();
    /// A range is too wide: see `Shock`.
    error BadRange();
    /// A portfolio has more than 128 options.
    error TooManyOptions();
    /// A number exceeds 128 bits, a volatility of `evaluate` is 18.4 or more, or a time 2^31 seconds or more.
    error BadInput();
    /// The arguments do not decode.
    error InvalidCalldata();
    error UnknownFunction();
    /// No function takes ether.
    error ValueSent();
    /// A result does not fit 128 bits.
    error Overflow();

    /// Margin, Greeks and value of a perpetual of signed size `perp` and at most 128 options. Each option's value is wrong by at most
    /// 1e-9 of spot, its delta by 1e-9, its gamma by 1e-9 of 1 / (spot x vol x root of the time), its vega by 1e-9 of spot x root of
    /// the time.
    function evaluate(uint256 spot, int256 perp, Option[] calldata options, Shock calldata shock)
        external
        view
        returns (Result memory);

    /// Value and Greeks of one option: `gamma` per USD of the forward, `vega` per unit of volatility.
    function price(bool isCall, uint256 forward, uint256 strike, uint256 secs, uint256 vol)
        external
        view
        returns (uint256 value, int256 delta, uint256 gamma, uint256 vega);

    /// Margins of portfolios of several underlyings, packed: what vaults call. Each portfolio is four words and one per option,
    /// fields from the top bit:
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
    ///
    /// The answer has a word per portfolio: maintenance (128 bits), initial (128). Where the stable price is not spot, the
    /// initial margin covers the losses from the marks, too, if spot moves from the stable price by `initialSpotRange`.
    function requirements(bytes32[] calldata portfolios) external view returns (bytes32[] memory margins);
}
