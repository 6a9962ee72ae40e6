// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IRiskEngine} from "../../contracts/interfaces/IRiskEngine.sol";
import {Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";
import {OptionsTest} from "./OptionsTest.sol";

/// Part of a portfolio: `size` of an option, or with `term` zero of the perpetual.
struct Part {
    uint256 term;
    uint256 strike;
    bool isCall;
    int256 size;
}

/// What the reference model in double precision says of a portfolio.
struct Expected {
    uint256 maintenance;
    uint256 initial;
    uint8 worst;
    int256 delta;
    int256 gamma;
    int256 vega;
    int256 value;
}

/// Margins of accounts with options are those of the reference model.
contract OptionMarginTest is OptionsTest {
    int256 private constant ONE = 1e18;
    /// Margin of the straddle and the covered call at a range of 20 %, and initial margin of the put at 12.5 %.
    uint256 private constant WIDE_STRADDLE = 294.765600253e18;
    uint256 private constant WIDE_COVERED = 377.877884755e18;
    uint256 private constant CAUTIOUS_PUT = 164.093128321e18;

    IRiskEngine private engine;
    uint96 private accounts;

    function setUpNode() internal override {
        super.setUpNode();
        attach("risk engine", vault.engine());
        engine = IRiskEngine(vault.engine());
    }

    /// Somebody with 100,000 dollars and these positions.
    function holder(Part[] memory parts) private returns (Trader memory account) {
        account = subAccount(carol, ++accounts);
        deposit(account, 100_000 * USD);
        for (uint256 k = 0; k < parts.length; k++) {
            uint32 number = parts[k].term == 0 ? ETH : series(parts[k].term, parts[k].strike, parts[k].isCall);
            uint256 price = parts[k].term == 0 ? SPOT : markOf(number);
            int256 size = parts[k].size;
            if (size > 0) trade(number, account, alice, uint256(size), price);
            else trade(number, alice, account, uint256(-size), price);
        }
    }

    /// By how much a margin may be off.
    function tolerance(Part[] memory parts) private pure returns (uint256 error) {
        for (uint256 k = 0; k < parts.length; k++) {
            error += uint256(parts[k].size < 0 ? -parts[k].size : parts[k].size) * SPOT / WAD * MARGIN_ERROR / WAD;
        }
    }

    function check(string memory name, Part[] memory parts, Expected memory expected) private {
        Trader memory account = holder(parts);
        uint256 error = tolerance(parts);
        vm.assertApproxEqAbs(maintenanceOf(account), expected.maintenance, error, name);
        vm.assertApproxEqAbs(initialOf(account), expected.initial, error, name);
        checkView(name, account, expected, error);
        IRiskEngine.Result memory result = evaluate(parts, 0.05e18, 0.1e18);
        vm.assertApproxEqAbs(result.maintenance, maintenanceOf(account), error, name);
        vm.assertApproxEqAbs(result.initial, initialOf(account), error, name);
    }

    function checkView(string memory name, Trader memory account, Expected memory expected, uint256 error)
        private
        view
    {
        (uint256 maintenance, uint256 initial, uint8 worst, int256 delta, int256 gamma, int256 vega, int256 value) =
            vault.portfolio(account.account, ETH);
        vm.assertApproxEqAbs(maintenance, expected.maintenance, error, name);
        vm.assertApproxEqAbs(initial, expected.initial, error, name);
        vm.assertEq(uint256(worst), uint256(expected.worst), name);
        vm.assertApproxEqAbs(delta, expected.delta, 1e11, name);
        vm.assertApproxEqAbs(gamma, expected.gamma, 1e9, name);
        vm.assertApproxEqAbs(vega, expected.vega, 1e12, name);
        vm.assertApproxEqAbs(value, expected.value, error, name);
    }

    function evaluate(Part[] memory parts, uint256 spotRange, uint256 initialSpotRange)
        private
        view
        returns (IRiskEngine.Result memory)
    {
        int256 perpetual;
        uint256 count;
        IRiskEngine.Option[] memory options = new IRiskEngine.Option[](parts.length);
        for (uint256 k = 0; k < parts.length; k++) {
            Part memory part = parts[k];
            if (part.term == 0) {
                perpetual = part.size;
            } else {
                options[count++] = IRiskEngine.Option(
                    part.isCall, part.strike * WAD, expiryIn(part.term) - block.timestamp, part.size, VOLATILITY
                );
            }
        }
        assembly ("memory-safe") {
            mstore(options, count)
        }
        IRiskEngine.Shock memory shock = IRiskEngine.Shock(spotRange, initialSpotRange, 0.3e18, 0.01e18, 1.25e18);
        return engine.evaluate(SPOT, perpetual, options, shock);
    }

    function one(uint256 term, uint256 strike, bool isCall, int256 size) private pure returns (Part[] memory parts) {
        parts = new Part[](1);
        parts[0] = Part(term, strike, isCall, size);
    }

    function straddle() private pure returns (Part[] memory parts) {
        parts = new Part[](2);
        parts[0] = Part(14, 2_000, CALL, -ONE);
        parts[1] = Part(14, 2_000, PUT, -ONE);
    }

    function coveredCall() private pure returns (Part[] memory parts) {
        parts = new Part[](2);
        parts[0] = Part(0, 0, CALL, ONE);
        parts[1] = Part(14, 2_200, CALL, -ONE);
    }

    function collar() private pure returns (Part[] memory parts) {
        parts = new Part[](3);
        parts[0] = Part(0, 0, CALL, ONE);
        parts[1] = Part(28, 1_800, PUT, ONE);
        parts[2] = Part(28, 2_200, CALL, -ONE);
    }

    function test_a_long_option_needs_at_most_what_it_can_lose() public {
        check(
            "long call",
            one(14, 2_000, CALL, ONE),
            Expected(
                77.591233471e18, 104.23814663e18, 0, 0.53122077e18, 0.001269229e18, 155.784777178e18, 124.883081349e18
            )
        );
    }

    function test_a_short_put() public {
        check(
            "short put",
            one(28, 1_800, PUT, -ONE),
            Expected(
                100.439765053e18,
                141.009985186e18,
                4,
                0.278839246e18,
                -0.000758081e18,
                -186.093202835e18,
                -86.111715746e18
            )
        );
    }

    function test_a_short_straddle() public {
        check(
            "short straddle",
            straddle(),
            Expected(
                151.385381302e18,
                189.231726628e18,
                34,
                -0.062441541e18,
                -0.002538457e18,
                -311.569554356e18,
                -249.766162698e18
            )
        );
    }

    function test_a_covered_call_needs_less_than_its_parts() public {
        check(
            "covered call",
            coveredCall(),
            Expected(
                130.434895168e18,
                206.049575198e18,
                4,
                0.701937292e18,
                -0.001106319e18,
                -135.789273264e18,
                -54.59758923e18
            )
        );
        Trader memory whole = subAccount(carol, accounts);
        Trader memory perpetual = holder(one(0, 0, CALL, ONE));
        Trader memory option = holder(one(14, 2_200, CALL, -ONE));
        vm.assertLt(maintenanceOf(whole), maintenanceOf(perpetual) + maintenanceOf(option));
    }

    function test_a_collar() public {
        check(
            "collar",
            collar(),
            Expected(
                59.83101008e18, 101.963072979e18, 0, 0.346433552e18, -0.000097401e18, -23.909933194e18, -15.934900482e18
            )
        );
    }

    function test_a_call_spread() public {
        Part[] memory parts = new Part[](2);
        parts[0] = Part(28, 2_000, CALL, ONE);
        parts[1] = Part(28, 2_200, CALL, -ONE);
        check(
            "call spread",
            parts,
            Expected(
                43.708643286e18, 61.602168097e18, 0, 0.169380552e18, 0.000039249e18, 9.63481604e18, 74.384401303e18
            )
        );
    }

    /// The floor is on every short option.
    function test_a_butterfly_pays_for_its_short_options() public {
        Part[] memory parts = new Part[](3);
        parts[0] = Part(14, 1_900, CALL, ONE);
        parts[1] = Part(14, 2_000, CALL, -2 * ONE);
        parts[2] = Part(14, 2_100, CALL, ONE);
        check(
            "butterfly",
            parts,
            Expected(
                43.981396601e18, 54.976745752e18, 41, 0.002939423e18, -0.000126899e18, -15.575552659e18, 12.595133406e18
            )
        );
    }

    function test_a_far_short_put_carries_the_floor() public {
        check(
            "far put",
            one(14, 1_000, PUT, -ONE),
            Expected(
                20.123307241e18, 25.154134051e18, 4, 0.00000336e18, -0.00000005e18, -0.006194391e18, -0.000221872e18
            )
        );
    }

    /// The first fifteen options of a published benchmark, and two perpetuals.
    function test_fifteen_options_and_a_perpetual() public {
        Part[] memory parts = new Part[](16);
        parts[0] = Part(0, 0, CALL, 2 * ONE);
        for (uint256 i = 0; i < 15; i++) {
            uint256 e = i % 4;
            uint256 m = i / 4;
            uint256 strike = m % 2 == 1 ? 2_000 + 100 * ((m + 1) / 2) : 2_000 - 100 * ((m + 1) / 2);
            parts[i + 1] = Part(terms[e], strike, (m + e) % 2 == 0, (m / 2 + e) % 2 == 0 ? -ONE : ONE);
        }
        check(
            "anchor",
            parts,
            Expected(
                443.692717315e18, 683.271055334e18, 0, 2.48708183e18, 0.000360756e18, 372.269291169e18, 638.247544765e18
            )
        );
    }

    // ---- ranges, tiers, stable prices

    /// Initial margin sees it at once, maintenance margin by a point of the price an hour.
    function test_the_guards_range_is_the_range_where_it_is_wider() public {
        Trader memory account = holder(straddle());
        Trader memory covered = holder(coveredCall());
        Trader memory perpetual = holder(one(0, 0, CALL, ONE));
        vm.assertEq(maintenanceOf(perpetual), 100e18);
        holdRange(ETH, 0.2e18);
        guard.poke(asset);
        vm.assertApproxEqAbs(maintenanceOf(account), 151.385381302e18, 4e14);
        vm.assertApproxEqAbs(initialOf(account), WIDE_STRADDLE, 4e14);
        vm.assertApproxEqAbs(initialOf(covered), WIDE_COVERED, 4e14);
        vm.assertEq(maintenanceOf(perpetual), 100e18);
        vm.assertEq(initialOf(perpetual), 400e18);
        pass(10 hours);
        uint256 range = guard.read(asset).spotRange;
        vm.assertApproxEqAbs(range, 0.11e18, 0.0002e18); // from 1 %
        range = (range + 0.0002e18 - 1) / 0.0002e18 * 0.0002e18;
        vm.assertApproxEqAbs(maintenanceOf(account), evaluate(straddle(), range, range).maintenance, 4e14);
        vm.assertApproxEqAbs(maintenanceOf(perpetual), range * 2_000, 1);
        pass(10 hours);
        vm.assertApproxEqAbs(maintenanceOf(account), evaluate(straddle(), 0.2e18, 0.2e18).maintenance, 4e14);
        vm.assertApproxEqAbs(maintenanceOf(covered), evaluate(coveredCall(), 0.2e18, 0.2e18).maintenance, 4e14);
        vm.assertEq(maintenanceOf(perpetual), 400e18);
        vm.assertEq(initialOf(perpetual), 500e18);
    }

    /// From Caution on the initial range is a quarter wider: 12.5 %. Maintenance stays.
    function test_a_tier_widens_the_initial_range_alone() public {
        Trader memory account = holder(one(28, 1_800, PUT, -ONE));
        setSources(ETH, 2_000 * FEED, 2_025 * FEED);
        vm.assertEq(uint256(guard.read(asset).tier), 1);
        vm.assertApproxEqAbs(maintenanceOf(account), 100.439765053e18, 2e14);
        vm.assertApproxEqAbs(initialOf(account), CAUTIOUS_PUT, 2e14);
    }

    /// The price has just risen by 4 %, the stable price has not: the put is nearer than it looks.
    function test_initial_margin_looks_at_the_stable_price() public {
        Part[] memory parts = one(28, 1_800, PUT, -ONE);
        Trader memory account = holder(parts);
        elapse(1);
        setPrice(2_080 * FEED);
        (uint256 maintenance,,,,,,) = vault.portfolio(account.account, ETH);
        vm.assertEq(maintenance, maintenanceOf(account));
        IRiskEngine.Option[] memory options = new IRiskEngine.Option[](1);
        options[0] = IRiskEngine.Option(PUT, 1_800e18, 28 days - 1, -ONE, VOLATILITY);
        IRiskEngine.Shock memory shock = IRiskEngine.Shock(0.05e18, 0.1e18, 0.3e18, 0.01e18, 1.25e18);
        uint256 atTheMark = engine.evaluate(2_080e18, 0, options, shock).initial;
        vm.assertGt(initialOf(account), atTheMark + 10e18);
        elapse(25 minutes);
        setPrice(2_080 * FEED);
        vm.assertLt(initialOf(account), atTheMark + 1e18);
    }

    // ---- what margins are asked for

    function test_a_trade_needs_initial_margin_to_the_unit() public {
        Trader memory account = subAccount(dave, 1);
        uint32 put = series(28, 1_800, PUT);
        deposit(account, 141_009_800); // two hundredths of a cent less than 141.00998...
        uint256 mark = markOf(put);
        refuse(put, alice, account, 1e18, mark, IMarginVault.InsufficientMargin.selector);
        deposit(account, 400);
        trade(put, alice, account, 1e18, mark);
    }

    function test_what_reduces_risk_needs_no_margin() public {
        Trader memory account = subAccount(dave, 1);
        deposit(account, 200 * USD);
        buy(series(14, 2_000, PUT), alice, account, 1e18);
        holdRange(ETH, 0.2e18);
        guard.poke(asset);
        vm.assertEq(equityOf(account), 200e18);
        vm.assertGt(initialOf(account), 290e18);
        uint32 call = series(14, 2_000, CALL);
        uint256 mark = markOf(call);
        refuse(call, alice, account, 0.1e18, mark, IMarginVault.InsufficientMargin.selector);
        buy(series(14, 2_000, PUT), account, alice, 0.5e18);
        vm.assertEq(vault.position(account.account, series(14, 2_000, PUT)), -0.5e18);
    }

    function test_withdrawals_leave_the_portfolios_initial_margin() public {
        Trader memory account = holder(straddle());
        uint256 free = 100_000e18 - initialOf(account);
        vm.expectRevert(IMarginVault.InsufficientMargin.selector);
        withdraw(account, free / UNIT + 1);
        vm.assertEq(withdraw(account, free / UNIT), free / UNIT);
    }

    /// One position, in one account or in four: the same margin within a basis point.
    function test_splitting_wallets_gains_nothing() public {
        Part[] memory parts = collar();
        for (uint256 k = 0; k < parts.length; k++) {
            parts[k].size *= 4;
        }
        Trader memory whole = holder(parts);
        uint256 initial;
        uint256 maintenance;
        for (uint256 k = 0; k < 4; k++) {
            Trader memory part = holder(collar());
            initial += initialOf(part);
            maintenance += maintenanceOf(part);
        }
        vm.assertApproxEqRel(initial, initialOf(whole), 1e14);
        vm.assertApproxEqRel(maintenance, maintenanceOf(whole), 1e14);
    }

    function test_underlyings_add() public {
        Trader memory account = holder(straddle());
        uint256 alone = maintenanceOf(account);
        trade(BTC, account, alice, 0.5e18, 50_000e18);
        vm.assertEq(maintenanceOf(account), alone + 1_250e18);
        vm.assertEq(initialOf(account), alone * 5 / 4 + 2_500e18);
    }
}
