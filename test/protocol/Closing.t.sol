// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {vm} from "../support/Vm.sol";
import {ProtocolTest, Trader} from "./Protocol.sol";

/// Liquidation: shares, penalties and who may.
contract LiquidationTest is ProtocolTest {
    function setUpNode() internal override {
        super.setUpNode();
        deposit(alice, 1_000 * USD);
        deposit(bob, 10_000 * USD);
        deposit(carol, 10_000 * USD);
        trade(alice, bob, 45e18, 200e18);
    }

    function liquidate(uint256 maxShare) internal returns (uint256 share, uint256 penalty) {
        vm.prank(carol.owner);
        return vault.liquidate(alice.account, carol.account, maxShare);
    }

    function test_a_healthy_account_is_not_liquidated() public {
        setPriceCalmly(189 * FEED); // equity 505, maintenance 425.25
        vm.expectRevert(IMarginVault.Healthy.selector);
        liquidate(WAD);
    }

    /// At 187: equity 1,000 - 45 * 13 = 415, maintenance 45 * 187 * 5 % = 420.75, penalty rate 5 %.
    /// Share = (1.25 * 420.75 - 415) / (420.75 * 1.20) = 110.9375 / 504.9; penalty = share * 5 % * 420.75.
    function test_share_and_penalty_are_those_of_the_formula() public {
        setPriceCalmly(187 * FEED);
        (uint256 share, uint256 penalty) = liquidate(WAD);
        vm.assertApproxEqAbs(share, 0.219721727074668251e18, 10);
        vm.assertApproxEqAbs(penalty, 4.622395833333333333e18, 1000);
        vm.assertApproxEqAbs(sizeOf(carol), int256(45e18 * share / WAD), 1000);
        vm.assertEq(sizeOf(alice) + sizeOf(carol), 45e18);
    }

    function test_a_liquidation_restores_five_quarters_of_maintenance() public {
        setPriceCalmly(187 * FEED);
        liquidate(WAD);
        (int256 equity, uint256 maintenance,,) = vault.health(alice.account);
        vm.assertApproxEqAbs(uint256(equity), maintenance * 5 / 4, 1e6);
    }

    function test_half_of_the_penalty_goes_to_the_pools_account() public {
        setPriceCalmly(187 * FEED);
        (, uint256 penalty) = liquidate(WAD);
        (uint256 capital, int256 pnl) = vault.balances(accountOf(address(pool)));
        vm.assertApproxEqAbs(capital + uint256(pnl), penalty / 2, 10);
        vm.assertApproxEqAbs(uint256(equityOf(carol)), 10_000e18 + penalty / 2, 10);
        vm.assertApproxEqAbs(uint256(equityOf(alice)), 415e18 - penalty, 10);
    }

    function test_the_penalty_rises_with_the_time_in_ill_health() public {
        setPriceCalmly(187 * FEED);
        vault.touch(alice.account);
        for (uint256 minute = 0; minute < 5; minute++) {
            elapse(1 minutes);
            vault.touch(alice.account);
        }
        (,,, uint64 unhealthy) = vault.health(alice.account);
        vm.assertEq(uint256(unhealthy), 300);
        // After half of the ramp the rate is 5 % + 95 % / 2 = 52.5 %: share = 110.9375 / (420.75 * 0.725).
        (uint256 share, uint256 penalty) = liquidate(WAD);
        vm.assertApproxEqAbs(share, 363677341364968139, 10);
        vm.assertApproxEqAbs(penalty, 80334051724137931034, 1000);
    }

    function test_an_absence_counts_for_at_most_a_minute() public {
        setPriceCalmly(187 * FEED);
        vault.touch(alice.account);
        elapse(30 minutes);
        vault.touch(alice.account);
        (,,, uint64 unhealthy) = vault.health(alice.account);
        vm.assertEq(uint256(unhealthy), 60);
    }

    function test_one_observation_of_health_clears_the_clock() public {
        setPriceCalmly(187 * FEED);
        vault.touch(alice.account);
        elapse(1 minutes);
        vault.touch(alice.account);
        deposit(alice, 100 * USD);
        vault.touch(alice.account);
        (,,, uint64 unhealthy) = vault.health(alice.account);
        vm.assertEq(uint256(unhealthy), 0);
    }

    function test_a_liquidator_may_take_less() public {
        setPriceCalmly(187 * FEED);
        (uint256 share,) = liquidate(0.1e18);
        vm.assertEq(share, 0.1e18);
        vm.assertEq(sizeOf(carol), 4.5e18);
    }

    function test_the_liquidator_needs_initial_margin() public {
        deposit(dave, 10 * USD);
        setPriceCalmly(187 * FEED);
        vm.expectRevert(IMarginVault.InsufficientMargin.selector);
        vm.prank(dave.owner);
        vault.liquidate(alice.account, dave.account, WAD);
    }

    function test_legs_move_only_into_an_account_of_the_callers() public {
        setPriceCalmly(187 * FEED);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.NotAccountOwner.selector, dave.owner));
        vm.prank(dave.owner);
        vault.liquidate(alice.account, carol.account, WAD);
        vm.expectRevert(IMarginVault.SameAccount.selector);
        vm.prank(alice.owner);
        vault.liquidate(alice.account, alice.account, WAD);
    }

    function test_liquidation_goes_on_in_a_crash_that_the_breaker_restricts() public {
        elapse(1 minutes);
        setPrice(179 * FEED);
        vm.assertEq(uint256(guard.read(asset).tier), 2);
        (uint256 share,) = liquidate(WAD);
        vm.assertGt(share, 0);
    }

    function test_an_account_without_equity_is_not_liquidated() public {
        setPriceCalmly(170 * FEED);
        vm.expectRevert(IMarginVault.NoEquity.selector);
        liquidate(WAD);
    }

    function test_a_batch_skips_accounts_that_are_healthy() public {
        setPriceCalmly(187 * FEED);
        bytes32[] memory accounts = new bytes32[](3);
        (accounts[0], accounts[1], accounts[2]) = (bob.account, alice.account, alice.account);
        vm.prank(carol.owner);
        vm.assertEq(vault.liquidateBatch(accounts, carol.account, WAD), 1);
        vm.assertApproxEqAbs(sizeOf(carol), 9.887477718360071295e18, 1000);
    }

    /// A wick: the price is back in the next minute; whoever was liquidated lost a share and a penalty, never everything.
    function test_nobodys_position_is_closed_for_zero() public {
        setPriceCalmly(187 * FEED);
        (uint256 share, uint256 penalty) = liquidate(WAD);
        setPriceCalmly(200 * FEED);
        uint256 moved = 45e18 * share / WAD;
        vm.assertApproxEqAbs(uint256(equityOf(alice)), 1_000e18 - moved * 13 - penalty, 1e6);
    }
}

/// Deleveraging: who is cut, by how much, and who pays what is missing.
contract DeleverageTest is ProtocolTest {
    Trader internal erin = newTrader("erin");

    /// Three shorts of 1.0m, 0.5m and 0.2m at margin utilisations of 45 %, 20 % and 10 %; Dave is long 600k with no more
    /// than initial margin; Erin is long the rest.
    function setUpNode() internal override {
        super.setUpNode();
        deposit(alice, 111_111 * USD);
        deposit(bob, 125_000 * USD);
        deposit(carol, 100_000 * USD);
        deposit(dave, 60_000 * USD);
        deposit(erin, 1_000_000 * USD);
        trade(dave, alice, 3_000e18, 200e18);
        trade(erin, alice, 2_000e18, 200e18);
        trade(erin, bob, 2_500e18, 200e18);
        trade(erin, carol, 1_000e18, 200e18);
    }

    function test_water_fills_from_the_most_heavily_margined() public {
        setPriceCalmly(175 * FEED);
        (bool done, uint256 deficit, uint256 insured) = vault.deleverage(dave.account, 16);
        vm.assertTrue(done);
        vm.assertEq(deficit, 15_000e18); // 3,000 * 25 lost, 60,000 paid
        vm.assertEq(insured, 0);
        // 600k close: 550k of the first, 50k of the second, nothing of the third, each at 200 dollars of entry.
        vm.assertApproxEqAbs(sizeOf(alice), -2_250e18, 1e9);
        vm.assertApproxEqAbs(sizeOf(bob), -2_250e18, 1e9);
        vm.assertEq(sizeOf(carol), -1_000e18);
        vm.assertEq(sizeOf(dave), 0);
        (uint256 long, uint256 short) = vault.openInterest(ETH);
        vm.assertEq(long, 5_500e18);
        vm.assertEq(short, 5_500e18);
    }

    function test_a_cut_takes_nothing_from_those_it_cuts() public {
        setPriceCalmly(175 * FEED);
        insure(1_000_000 * USD);
        int256 alicesEquity = equityOf(alice);
        int256 bobsEquity = equityOf(bob);
        vault.deleverage(dave.account, 16);
        vm.assertApproxEqAbs(equityOf(alice), alicesEquity, 1e6);
        vm.assertApproxEqAbs(equityOf(bob), bobsEquity, 1e6);
        setPriceCalmly(200 * FEED);
        vm.assertApproxEqAbs(equityOf(carol), 100_000e18, 1e6);
    }

    function test_without_insurance_profits_share_the_deficit_to_the_unit() public {
        setPriceCalmly(175 * FEED);
        vault.deleverage(dave.account, 16);
        vm.assertEq(missing(), 15_000e18);
        // Profits are 8,500 * 25 = 212,500: h = 1 - 15,000 / 212,500.
        vm.assertApproxEqAbs(coverage(), 0.929411764705882352e18, 1e6);
        Trader[3] memory winners = [alice, bob, carol];
        uint256 haircuts;
        for (uint256 k = 0; k < winners.length; k++) {
            vault.touch(winners[k].account);
            (uint256 capital, int256 pnl) = vault.balances(winners[k].account);
            haircuts += capital + uint256(pnl) - uint256(equityOf(winners[k]));
        }
        vm.assertApproxEqAbs(haircuts, 15_000e18, 1e12);
        (uint256 tokens, uint256 totalCapital,,) = vault.totals();
        vm.assertLe(totalCapital, tokens);
    }

    function test_capital_is_worth_one_whatever_is_missing() public {
        setPriceCalmly(175 * FEED);
        vault.deleverage(dave.account, 16);
        vm.assertLt(coverage(), WAD);
        Trader memory idle = newTrader("idle");
        deposit(idle, 777 * USD);
        vm.prank(idle.owner);
        vm.assertEq(vault.withdraw(idle.account, 777 * USD, idle.owner), 777 * USD);
        vm.assertEq(token.balanceOf(idle.owner), 777 * USD);
    }

    function test_insurance_pays_a_deficit_within_its_daily_share() public {
        insure(1_000_000 * USD);
        setPriceCalmly(175 * FEED);
        (, uint256 deficit, uint256 insured) = vault.deleverage(dave.account, 16);
        vm.assertEq(deficit, 15_000e18);
        vm.assertEq(insured, 15_000e18);
        vm.assertEq(pool.totalAssets(), 985_000 * USD);
        vm.assertEq(coverage(), WAD);
        vm.assertEq(missing(), 0);
    }

    function test_insurance_pays_no_more_than_its_daily_share_and_recovers_the_next_day() public {
        insure(40_000 * USD); // a quarter is 10,000
        setPriceCalmly(175 * FEED);
        (,, uint256 insured) = vault.deleverage(dave.account, 16);
        vm.assertEq(insured, 10_000e18);
        vm.assertEq(missing(), 5_000e18);
        vm.expectRevert(IMarginVault.NothingToRecover.selector);
        vault.recover();
        elapse(1 days);
        vm.assertEq(vault.recover(), 5_000e18);
        vm.assertEq(missing(), 0);
        vm.assertEq(coverage(), WAD);
        vm.assertEq(pool.totalAssets(), 25_000 * USD);
    }

    function test_an_impaired_vault_is_reduce_only() public {
        setPriceCalmly(175 * FEED);
        vault.deleverage(dave.account, 16);
        IMarginVault.Order memory maker = order(carol, -1e18, 175e18, true);
        IMarginVault.Order memory taker = order(erin, 1e18, 175e18, false);
        vm.expectRevert(IMarginVault.ReduceOnly.selector);
        vault.settle(maker, sign(carol, maker), taker, sign(erin, taker), 1e18);
        trade(carol, erin, 1e18, 175e18);
        vm.assertEq(sizeOf(carol), -999e18);
    }

    function test_profit_converts_at_the_coverage_ratio() public {
        setPriceCalmly(175 * FEED);
        vault.deleverage(dave.account, 16);
        vault.touch(erin.account);
        vm.prank(carol.owner);
        uint256 received = vault.convert(carol.account, type(uint256).max);
        vm.assertApproxEqAbs(received, 25_000e18 * uint256(79) / 85, 1e12); // 25,000 * (1 - 15 / 212.5)
        vm.assertEq(pnlOf(carol), 0);
        vm.assertApproxEqAbs(coverage(), 0.929411764705882352e18, 1e9);
    }

    function test_an_account_that_is_well_is_not_deleveraged() public {
        vm.expectRevert(IMarginVault.NotDeleverageable.selector);
        vault.deleverage(dave.account, 16);
    }

    function test_before_there_is_debt_it_takes_two_minutes_on_the_clock() public {
        setPriceCalmly(int256(18_050_000_000)); // Dave: equity 1,500, a fifth of maintenance is 5,415
        vm.expectRevert(IMarginVault.NotDeleverageable.selector);
        vault.deleverage(dave.account, 16);
        vault.touch(dave.account);
        for (uint256 minute = 0; minute < 2; minute++) {
            elapse(1 minutes);
            vault.touch(dave.account);
        }
        (bool done, uint256 deficit,) = vault.deleverage(dave.account, 16);
        vm.assertTrue(done);
        vm.assertEq(deficit, 0);
        vm.assertLt(sizeOf(dave), 3_000e18);
    }

    function test_the_order_of_closing_does_not_matter() public {
        Trader memory frank = newTrader("frank");
        vm.assertEq(closeInAMarket("one", dave, frank), closeInAMarket("two", frank, dave));
    }

    /// The same book in a market of its own, with two bankrupts closed in the order given; what everybody has then, to a
    /// billionth, since each cut rounds once.
    function closeInAMarket(bytes32 salt, Trader memory one, Trader memory two) private returns (bytes32) {
        elapse(MEAN_RESTARTS);
        (vault, pool) = createMarket(address(token), salt);
        asset = keccak256(abi.encode(address(vault), SYMBOL));
        deposit(alice, 111_111 * USD);
        deposit(carol, 100_000 * USD);
        deposit(newTrader("frank"), 20_000 * USD);
        deposit(dave, 60_000 * USD);
        trade(dave, alice, 3_000e18, 200e18);
        trade(newTrader("frank"), carol, 1_000e18, 200e18);
        setPriceCalmly(170 * FEED);
        vault.touch(carol.account);
        vault.deleverage(one.account, 16);
        vault.deleverage(two.account, 16);
        vm.assertGt(missing(), 0);
        int256 half = 5e8;
        return keccak256(
            abi.encode(
                (sizeOf(alice) - half) / 1e9,
                (sizeOf(carol) - half) / 1e9,
                (equityOf(alice) + half) / 1e9,
                (equityOf(carol) + half) / 1e9,
                (int256(missing()) + half) / 1e9
            )
        );
    }
}
