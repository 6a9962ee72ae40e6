// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";
import {OptionsTest} from "../options/OptionsTest.sol";

/// Hedge credit for options whose settlement is nearly fixed: half an hour is averaged, of which all but the last minute is
/// counted.
contract GuardExpiryAttack is OptionsTest {
    uint256 private constant COUNTED = uint256(1e18) * 1_740 / 1_800;
    uint256 private constant SIZE = 100e18;
    /// What 100 perpetuals at 2,000 dollars need of initial margin, and of maintenance.
    uint256 private constant PERPS = 20_000e18;
    uint256 private constant PERPS_MAINTENANCE = 10_000e18;

    function setUpNode() internal override {
        super.setUpNode();
        series(14, 1_000, CALL);
    }

    function goToTheLastMinute() private {
        elapse(expiryIn(14) - 45 minutes - block.timestamp);
        refreshPrices();
        elapse(15 minutes);
        refreshPrices();
        elapse(15 minutes);
        refreshPrices();
        elapse(14 minutes);
        refreshPrices();
        setVolatility(14, VOLATILITY);
    }

    function assertNothingToTakeOver(Trader memory trader) private {
        vm.assertGt(equityOf(trader), int256(0));
        vm.expectRevert(IMarginVault.NotDeleverageable.selector);
        vault.deleverage(trader.account, 16);
    }

    function assertCannotGive(Trader memory from, Trader memory to, uint256 amount) private {
        vm.prank(from.owner);
        vm.expectRevert(IMarginVault.InsufficientMargin.selector);
        vault.transfer(from.account, to.account, amount);
    }

    function test_a_settled_call_is_no_hedge_of_a_perpetual() public {
        uint32 call = vault.seriesOf(ETH, expiryIn(14), 1_000 * WAD, CALL);
        Trader memory a = subAccount(carol, 1);
        Trader memory b = subAccount(carol, 2);
        Trader memory cash = subAccount(carol, 3);
        goToTheLastMinute();
        vm.assertEq(quote(call).counted, COUNTED);
        vm.assertEq(quote(call).average, SPOT);
        vm.assertEq(quote(call).delta, int256(1e18 - COUNTED));
        deposit(a, 30_000 * USD);
        deposit(b, 30_000 * USD);
        uint256 insurance = pool.totalAssets();
        buy(call, a, b, SIZE);
        trade(ETH, b, a, SIZE, SPOT);
        vm.assertGe(initialOf(a), PERPS * COUNTED / 1e18);
        vm.assertLe(initialOf(a), PERPS);
        vm.assertGe(maintenanceOf(a), PERPS_MAINTENANCE * COUNTED / 1e18);
        vm.assertGe(initialOf(b), PERPS * COUNTED / 1e18);
        assertCannotGive(a, cash, 29_900e18);
        assertCannotGive(a, cash, 11_000e18);
        elapse(60);
        refreshPrices();
        (,, bool isFinal) = guard.settlement(asset, expiryIn(14));
        vm.assertTrue(isFinal);
        vm.assertEq(maintenanceOf(a), PERPS_MAINTENANCE);
        setPrice(2_060 * FEED); // 3 %
        assertNothingToTakeOver(a);
        vault.touch(b.account);
        vm.assertEq(pool.totalAssets(), insurance);
        vm.assertLe(equityOf(a) + equityOf(b) + equityOf(cash), 60_000e18);
        elapse(25 hours);
        refreshPrices();
        convert(b);
        vm.assertLe(capitalOf(a) + capitalOf(b) + capitalOf(cash), 66_000e18);
    }

    /// After the expiry, before anybody has poked: the trade itself finds that the option cannot move any more.
    function test_a_call_that_has_settled_is_no_hedge_before_anybody_pokes() public {
        uint32 call = vault.seriesOf(ETH, expiryIn(14), 1_000 * WAD, CALL);
        Trader memory a = subAccount(carol, 1);
        Trader memory b = subAccount(carol, 2);
        elapse(expiryIn(14) - 45 minutes - block.timestamp);
        refreshPrices();
        setVolatility(14, VOLATILITY);
        deposit(a, 30_000 * USD);
        deposit(b, 30_000 * USD);
        buy(call, a, b, SIZE);
        elapse(30 minutes);
        refreshPrices();
        elapse(15 minutes + 10); // nobody pokes: 10 seconds after the expiry
        vm.assertEq(initialOf(a), 0, "of the call alone");
        trade(ETH, b, a, SIZE, SPOT);
        vm.assertEq(initialOf(a), PERPS);
        vm.assertEq(initialOf(b), PERPS);
        refreshPrices();
        vm.assertEq(initialOf(a), PERPS);
        vm.assertEq(initialOf(b), PERPS);
    }

    /// In the middle of the window.
    function test_half_a_settled_call_hedges_half_a_perpetual() public {
        uint32 call = vault.seriesOf(ETH, expiryIn(14), 1_000 * WAD, CALL);
        Trader memory a = subAccount(carol, 1);
        Trader memory b = subAccount(carol, 2);
        elapse(expiryIn(14) - 30 minutes - block.timestamp);
        refreshPrices();
        setVolatility(14, VOLATILITY);
        deposit(a, 130_000 * USD);
        deposit(b, 130_000 * USD);
        buy(call, a, b, SIZE);
        elapse(15 minutes);
        refreshPrices();
        vm.assertEq(quote(call).counted, WAD / 2);
        trade(ETH, b, a, SIZE, SPOT);
        vm.assertEq(quote(call).delta, int256(WAD / 2));
        vm.assertApproxEqAbs(initialOf(a), PERPS / 2, MARGIN_ERROR * PERPS / 1e18 * 100);
        // A short call costs 1 % of spot besides, for what is left of it.
        vm.assertApproxEqAbs(initialOf(b), PERPS / 2 + SIZE / 2 * 20, MARGIN_ERROR * PERPS / 1e18 * 100);
        // What is left of the call gains what half the perpetuals lose.
        setPrice(2_040 * FEED);
        vm.assertEq(equityOf(a), 130_000e18 - 4_000e18 + 2_000e18);
        vm.assertEq(equityOf(b), 130_000e18 + 4_000e18 - 2_000e18);
        elapse(15 minutes);
        vm.assertEq(initialOf(a), 100 * 204e18);
        vm.assertEq(quote(call).mark, 1_020e18);
        vm.assertEq(quote(call).counted, 0);
        vm.assertTrue(quote(call).isFinal);
    }

    /// A straddle without capital on either side for the sake of the rewards: each pair needs its margin.
    function test_hedged_perpetuals_are_no_farm_of_rewards() public {
        IMarginVault.Parameters memory parameters = vault.parameters();
        (parameters.rewardShare, parameters.maxReward) = (0.1e18, 2e18);
        vm.prank(owner);
        vault.setParameters(parameters, 0);
        uint32 call = vault.seriesOf(ETH, expiryIn(14), 1_000 * WAD, CALL);
        Trader memory b = subAccount(dave, 2);
        goToTheLastMinute();
        deposit(b, 1_000 * USD);
        Trader memory a = subAccount(dave, 11);
        deposit(a, 50 * USD);
        buy(call, a, b, 0.2e18);
        trade(ETH, b, a, 0.2e18, SPOT);
        vm.assertGe(initialOf(a), PERPS / 500 * COUNTED / 1e18);
        assertCannotGive(a, subAccount(dave, 12), 50e18);
        elapse(60);
        refreshPrices();
        setPrice(20_005 * FEED / 10);
        uint256 insurance = pool.totalAssets();
        assertNothingToTakeOver(a);
        vault.touch(b.account);
        vm.assertEq(pool.totalAssets(), insurance);
        vm.assertLe(equityOf(a) + equityOf(b), 1_050e18);
    }

    /// Both ends of a straddle of perpetuals, one behind calls and one behind puts that cannot move any more.
    function straddle(int256 end) private {
        setFees(ETH, 0.0002e18, 0.0005e18);
        IMarginVault.OptionRules memory next = optionRules();
        (next.makerFee, next.takerFee) = (0.0003e18, 0.0003e18);
        setRules(next);
        uint32 call = series(14, 1_000, CALL);
        uint32 put = series(14, 3_000, PUT);
        Trader memory a = subAccount(carol, 1);
        Trader memory b = subAccount(carol, 2);
        Trader memory c = subAccount(carol, 3);
        Trader memory cash = subAccount(carol, 4);
        goToTheLastMinute();
        deposit(a, 30_000 * USD);
        deposit(b, 30_000 * USD);
        deposit(c, 60_000 * USD);
        uint256 insurance = pool.totalAssets();
        buy(call, a, c, SIZE);
        buy(put, b, c, SIZE);
        trade(ETH, b, a, SIZE, SPOT);
        vm.assertGe(initialOf(a), PERPS * COUNTED / 1e18);
        vm.assertGe(initialOf(b), PERPS * COUNTED / 1e18);
        assertCannotGive(a, cash, uint256(equityOf(a)) / 1e12 * 1e12);
        assertCannotGive(b, cash, uint256(equityOf(b)) / 1e12 * 1e12);
        elapse(60);
        refreshPrices();
        setPrice(end * FEED);
        assertNothingToTakeOver(a);
        assertNothingToTakeOver(b);
        vault.touch(c.account);
        vm.assertEq(pool.totalAssets(), insurance);
        vm.assertLt(equityOf(a) + equityOf(b) + equityOf(c) + equityOf(cash), 120_000e18);
    }

    function test_a_straddle_gains_nothing_from_insurance_upwards() public {
        straddle(2_030);
    }

    function test_a_straddle_gains_nothing_from_insurance_downwards() public {
        straddle(1_970);
    }
}
