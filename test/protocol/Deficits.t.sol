// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {vm} from "../support/Vm.sol";
import {ProtocolTest, Trader} from "./Protocol.sol";

/// What is missing, who pays for it, and how a vault becomes well again. Dave is long 3,000 at 200 with 60,000; at 175 he owes
/// 15,000 and the profits of the others are 8,500 * 25 = 212,500.
contract DeficitTest is ProtocolTest {
    Trader internal erin = newTrader("erin");

    function setUpNode() internal override {
        super.setUpNode();
        deposit(alice, 100_000 * USD);
        deposit(bob, 100_000 * USD);
        deposit(carol, 100_000 * USD);
        deposit(dave, 60_000 * USD);
        deposit(erin, 1_000_000 * USD);
        trade(dave, alice, 3_000e18, 200e18);
        trade(erin, alice, 2_000e18, 200e18);
        trade(erin, bob, 2_500e18, 200e18);
        trade(erin, carol, 1_000e18, 200e18);
        setCover(ETH, 0);
    }

    function bankrupt() private returns (uint256 deficit, uint256 insured) {
        setPriceCalmly(175 * FEED);
        bool done;
        (done, deficit, insured) = vault.deleverage(dave.account, 16);
        vm.assertTrue(done);
        vm.assertEq(deficit, 15_000e18);
    }

    function touchWinners() private returns (uint256 haircuts) {
        Trader[3] memory winners = [alice, bob, carol];
        for (uint256 k = 0; k < winners.length; k++) {
            vault.touch(winners[k].account);
            (uint256 capital, int256 pnl) = vault.balances(winners[k].account);
            haircuts += capital + uint256(pnl) - uint256(equityOf(winners[k]));
        }
    }

    function test_without_insurance_profits_share_the_deficit_to_the_unit() public {
        bankrupt();
        vm.assertEq(missing(), 15_000e18);
        vm.assertApproxEqAbs(coverage(), 0.929411764705882352e18, 1e6);
        vm.assertApproxEqAbs(touchWinners(), 15_000e18, UNIT);
        (uint256 tokens, uint256 totalCapital,,) = vault.totals();
        vm.assertLe(totalCapital, tokens);
    }

    function test_capital_is_worth_one_whatever_is_missing() public {
        bankrupt();
        vm.assertLt(coverage(), WAD);
        Trader memory idle = newTrader("idle");
        deposit(idle, 777 * USD);
        vm.assertEq(withdraw(idle, 777 * USD), 777 * USD);
        vm.assertEq(token.balanceOf(idle.owner), 777 * USD);
    }

    function test_insurance_pays_a_deficit_within_the_cover() public {
        setCover(ETH, 20_000e18);
        (, uint256 insured) = bankrupt();
        vm.assertEq(insured, 15_000e18);
        vm.assertEq(pool.totalAssets(), INSURANCE - 15_000 * USD);
        vm.assertEq(coverage(), WAD);
        vm.assertEq(missing(), 0);
        (uint256 left,) = vault.cover(ETH);
        vm.assertApproxEqAbs(left, 5_000e18, 1e15); // what was drawn comes back over 90 days
    }

    /// Nine tenths of a cover pay debts; it comes back over 90 days, and pays what is on record then.
    function test_insurance_pays_no_more_than_the_cover_and_recovers_the_rest_as_it_comes_back() public {
        setCover(ETH, 10_000e18);
        (, uint256 insured) = bankrupt();
        vm.assertEq(insured, 9_000e18);
        vm.assertEq(missing(), 6_000e18);
        vm.expectRevert(IMarginVault.NothingToRecover.selector);
        vault.recover(BTC);
        elapse(45 days);
        vm.assertApproxEqAbs(vault.recover(ETH), 4_500e18, 1e18);
        vm.assertApproxEqAbs(missing(), 1_500e18, 1e18);
        elapse(45 days);
        vm.assertApproxEqAbs(vault.recover(ETH), 1_500e18, 1e18);
        vm.assertEq(missing(), 0);
        vm.assertEq(coverage(), WAD);
        vm.assertEq(pool.totalAssets(), INSURANCE - 15_000 * USD);
        vm.expectRevert(IMarginVault.NothingToRecover.selector);
        vault.recover(ETH);
    }

    function test_insurance_pays_no_more_than_its_daily_share_and_recovers_the_next_day() public {
        // From noon, so that all of it is one day.
        elapse(1 days - block.timestamp % 1 days + 12 hours);
        refreshPrices();
        setCover(ETH, 20_000e18);
        IInsurancePool.Parameters memory parameters = pool.parameters();
        parameters.dailyDrawShare = 0.01e18;
        vm.prank(owner);
        pool.setParameters(parameters, 0);
        vm.prank(address(vault));
        pool.cover(990_000 * USD); // 10,000 are left of the day's share
        restartMean();
        (, uint256 insured) = bankrupt();
        vm.assertEq(insured, 10_000e18);
        vm.assertEq(missing(), 5_000e18);
        vm.expectRevert(IMarginVault.NothingToRecover.selector);
        vault.recover(ETH);
        elapse(1 days);
        vm.assertEq(vault.recover(ETH), 5_000e18);
        vm.assertEq(missing(), 0);
    }

    function test_an_impaired_vault_is_reduce_only() public {
        bankrupt();
        vm.assertEq(uint256(vault.impairedSince()), block.timestamp);
        IMarginVault.Order memory maker = order(carol, -1e18, 175e18, true);
        IMarginVault.Order memory taker = order(erin, 1e18, 175e18, false);
        bytes memory makerSignature = sign(carol, maker);
        bytes memory takerSignature = sign(erin, taker);
        vm.expectRevert(IMarginVault.ReduceOnly.selector);
        vault.settle(maker, makerSignature, taker, takerSignature, 1e18);
        trade(carol, erin, 1e18, 175e18);
        vm.assertEq(sizeOf(carol), -999e18);
    }

    /// 0.1 % of 1,345,000 dollars is 1,345: a smaller hole changes the worth of profits and nothing else.
    function test_a_small_hole_does_not_impair() public {
        age();
        setCover(ETH, 15_555e18);
        bankrupt();
        vm.assertEq(missing(), 1_000.5e18);
        vm.assertEq(uint256(vault.impairedSince()), 0);
        setCover(ETH, 1_000_000e18);
        trade(erin, carol, 1e18, 175e18);
        vm.assertEq(sizeOf(carol), -1_001e18);
    }

    /// Tokens have been there for long enough that their average of a day is near what they are.
    function age() private {
        elapse(10 days);
        refreshPrices();
    }

    /// Tokens that pass through make nobody's hole small: the average of the day counts.
    function test_a_deposit_does_not_end_impairment() public {
        age();
        setCover(ETH, 14_000e18);
        bankrupt();
        vm.assertEq(missing(), 2_400e18);
        uint256 since = vault.impairedSince();
        vm.assertEq(since, block.timestamp);
        Trader memory passing = newTrader("passing");
        deposit(passing, 100_000_000 * USD);
        vault.touch(passing.account);
        vm.assertEq(uint256(vault.impairedSince()), since);
        vm.assertEq(withdraw(passing, 1_000_000 * USD) > 0, true);
        vm.assertEq(uint256(vault.impairedSince()), since);
    }

    /// It begins above 0.1 % of the vault's tokens, 1,354 dollars, and ends below half of that.
    function test_impairment_ends_at_half_of_what_it_begins_at() public {
        age();
        setCover(ETH, 14_000e18);
        bankrupt();
        vm.assertEq(missing(), 2_400e18);
        uint256 since = vault.impairedSince();
        vm.assertGt(since, 0);
        setCover(ETH, 15_000e18);
        vault.recover(ETH);
        vm.assertApproxEqAbs(missing(), 1_500e18, 1e18);
        vm.assertEq(uint256(vault.impairedSince()), since);
        setCover(ETH, 15_600e18);
        vault.recover(ETH);
        vm.assertApproxEqAbs(missing(), 960e18, 1e18);
        vm.assertEq(uint256(vault.impairedSince()), since); // below the threshold, and above half of it
        setCover(ETH, 16_000e18);
        vault.recover(ETH);
        vm.assertApproxEqAbs(missing(), 600e18, 1e18);
        vm.assertEq(uint256(vault.impairedSince()), 0);
    }

    function test_profit_converts_at_the_coverage_ratio_and_leaves_it_as_it_is() public {
        bankrupt();
        touchWinners();
        vault.touch(erin.account);
        elapse(1 days);
        refreshPrices();
        uint256 received = convert(carol);
        vm.assertApproxEqAbs(received, 25_000e18 * uint256(79) / 85, 1e12); // 25,000 * (1 - 15 / 212.5)
        vm.assertEq(pnlOf(carol), 0);
        vm.assertApproxEqAbs(coverage(), 0.929411764705882352e18, 1e9);
        vm.assertApproxEqAbs(missing(), 15_000e18 * uint256(1_875) / 2_125, 1e12);
    }

    function test_after_an_impaired_day_anybody_converts_anybody_and_the_vault_reopens() public {
        vm.prank(owner);
        pool.setVault(address(vault), false); // which then pays nothing more
        bankrupt();
        touchWinners();
        vault.touch(erin.account);
        vm.expectRevert(IMarginVault.NotForcible.selector);
        vault.convert(alice.account, type(uint256).max);
        elapse(1 days);
        refreshPrices();
        int256 equity = equityOf(alice) + equityOf(bob) + equityOf(carol);
        vault.convert(alice.account, type(uint256).max);
        vault.convert(bob.account, type(uint256).max);
        vm.assertGt(vault.impairedSince(), 0);
        vault.convert(carol.account, type(uint256).max);
        vm.assertApproxEqAbs(equityOf(alice) + equityOf(bob) + equityOf(carol), equity, UNIT);
        vm.assertLe(missing(), UNIT);
        vm.assertEq(uint256(vault.impairedSince()), 0);
        vm.assertApproxEqAbs(coverage(), WAD, 1e12);
        (uint256 tokens, uint256 capital,,) = vault.totals();
        vm.assertLe(capital, tokens);
    }

    /// Whoever converts others draws on the pool first, and converts nobody if that is enough.
    function test_nobody_is_converted_while_the_pool_can_pay() public {
        bankrupt();
        touchWinners();
        vault.touch(erin.account);
        elapse(1 days);
        refreshPrices();
        setCover(ETH, 20_000e18);
        uint256 capital = capitalOf(alice);
        vm.assertEq(vault.convert(alice.account, type(uint256).max), 0);
        vm.assertEq(missing(), 0);
        vm.assertEq(uint256(vault.impairedSince()), 0);
        vm.assertEq(pool.totalAssets(), INSURANCE - 15_000 * USD);
        vm.assertEq(capitalOf(alice), capital);
        vm.assertGe(equityOf(alice), 100_000e18);
    }
}
