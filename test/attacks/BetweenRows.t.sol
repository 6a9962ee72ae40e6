// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IRiskEngine} from "../../contracts/interfaces/IRiskEngine.sol";
import {vm} from "../support/Vm.sol";
import {OptionsTest} from "../options/OptionsTest.sol";

/// A year's straddle that is sold, hedged by a thousand strangles of a day that are bought five deviations away and cost next to
/// nothing. At the volatilities that portfolios are revalued at, the strangles gain what the straddle loses; half way to the next of
/// them they are worth next to nothing, and the straddle has lost all the same: the rows alone ask for 65 dollars.
contract BetweenRowsTest is OptionsTest {
    uint256 private constant YEAR = 365 days;
    uint256 private constant DAY = 1 days;
    uint256 private constant RANGE = 0.6e18;
    uint256 private constant AT_ROWS = 65.3e18;
    int256 private constant WINGS = 1_000e18;
    int256 private constant ONE = 1e18;

    IRiskEngine private engine;
    IRiskEngine.Option[] private options;

    function setUpNode() internal override {
        super.setUpNode();
        attach("risk engine", vault.engine());
        engine = IRiskEngine(vault.engine());
        options.push(IRiskEngine.Option(CALL, SPOT, YEAR, -ONE, VOLATILITY));
        options.push(IRiskEngine.Option(PUT, SPOT, YEAR, -ONE, VOLATILITY));
        options.push(IRiskEngine.Option(CALL, 2_420e18, DAY, WINGS, VOLATILITY));
        options.push(IRiskEngine.Option(PUT, 1_580e18, DAY, WINGS, VOLATILITY));
    }

    /// What the portfolio is worth at spot, when the 30-day volatility rises by `move`.
    function worth(uint256 move) private view returns (int256 sum) {
        for (uint256 k = 0; k < options.length; k++) {
            IRiskEngine.Option memory leg = options[k];
            // (30 / 1)^0.3 and (30 / 365)^0.13.
            uint256 factor = leg.secs == DAY ? 2.774191e18 : 0.722652e18;
            uint256 moved = VOLATILITY * (WAD + move * factor / WAD) / WAD;
            (uint256 value,,,) = engine.price(leg.isCall, SPOT, leg.strike, leg.secs, moved);
            sum += leg.size * int256(value) / ONE;
        }
    }

    function test_no_volatility_between_the_rows_costs_more_than_the_margin() public view {
        IRiskEngine.Shock memory shock = IRiskEngine.Shock(0.05e18, 0.05e18, RANGE, 0.01e18, 1.25e18);
        int256 margin = int256(engine.evaluate(SPOT, 0, options, shock).maintenance);
        int256 before = worth(0);
        int256 most = 0;
        for (uint256 k = 1; k <= 40; k++) {
            int256 loss = before - worth(RANGE * k / 40);
            if (loss > most) most = loss;
        }
        vm.assertGt(most, int256(AT_ROWS) * 8 / 5);
        vm.assertGe(margin, most);
    }
}
