// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {vm} from "../support/Vm.sol";
import {ProtocolTest} from "./Protocol.sol";

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
        return liquidate(alice, carol, maxShare);
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
        elapse(10 minutes - 1);
        vault.touch(alice.account);
        (,,, uint64 unhealthy) = vault.health(alice.account);
        vm.assertEq(uint256(unhealthy), 60);
    }

    function test_a_clock_forgets_what_nobody_has_looked_at_for_ten_minutes() public {
        setPriceCalmly(187 * FEED);
        vault.touch(alice.account);
        elapse(1 minutes);
        vault.touch(alice.account);
        elapse(10 minutes);
        vault.touch(alice.account);
        (,,, uint64 unhealthy) = vault.health(alice.account);
        vm.assertEq(uint256(unhealthy), 0);
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
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.NotAuthorized.selector, dave.owner));
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
