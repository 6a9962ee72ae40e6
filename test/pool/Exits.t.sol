// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {vm} from "../support/Vm.sol";
import {PoolTest} from "./PoolTest.sol";
import {StubVault} from "./StubVault.sol";

/// Leaving the pool: request, wait for the first midnight after a week, be fulfilled, redeem.
contract ExitsTest is PoolTest {
    uint256 private shares;

    function setUpNode() internal override {
        super.setUpNode();
        shares = join(alice, 1_000 * USD);
    }

    // ---- when

    function test_a_batch_matures_at_the_first_midnight_after_a_week() public {
        toMidnight();
        elapse(1);
        request(alice, shares);
        elapse(7 days - 1);
        expectNothing(alice); // midnight, a second short of a week
        pool.fulfil(alice);
        elapse(1 days - 1);
        expectClosed(block.timestamp + 1);
        pool.fulfil(alice);
        elapse(1);
        vm.assertEq(pool.fulfil(alice), 1_000 * USD);
        expectNothing(alice);
        pool.fulfil(alice);
    }

    function test_batches_are_fulfilled_in_the_first_hour_of_the_day_or_of_a_later_one() public {
        request(alice, shares);
        toMaturity();
        string memory id = checkpoint();
        elapse(1 hours - 1);
        vm.assertEq(pool.fulfil(alice), 1_000 * USD);
        restore(id);
        elapse(1 hours);
        expectClosed(block.timestamp + 23 hours);
        pool.fulfil(alice);
        elapse(30 days - 30 minutes);
        vm.assertEq(pool.fulfil(alice), 1_000 * USD);
    }

    function test_a_longer_wait_is_for_requests_to_come() public {
        request(alice, shares / 2);
        IInsurancePool.Parameters memory parameters = pool.parameters();
        parameters.cooldown = 30 days;
        vm.prank(owner);
        pool.setParameters(parameters, 0);
        request(alice, shares / 4);
        toMaturity();
        vm.assertEq(pool.fulfil(alice), 500 * USD);
        vm.assertEq(pool.pendingRedeemRequest(0, alice), shares / 4);
        elapse(22 days);
        expectNothing(alice);
        pool.fulfil(alice);
        elapse(1 days);
        vm.assertEq(pool.fulfil(alice), 250 * USD);
    }

    // ---- at which price

    function test_who_asks_before_a_gain_of_a_tenth_gets_none_of_it() public {
        uint256 others = join(bob, 1_000 * USD);
        request(alice, shares);
        earn(200 * USD);
        toMaturity();
        elapse(7 days);
        vm.assertApproxEqAbs(pool.convertToAssets(others), 1_100 * USD, 1);
        vm.assertEq(leave(alice), 1_000 * USD);
        // Which is theirs who stay, over a week: whoever comes in front of the fulfilment has nothing of it at once.
        vm.assertApproxEqAbs(pool.convertToAssets(others), 1_100 * USD, 1);
        elapse(7 days / 2);
        vm.assertApproxEqAbs(pool.convertToAssets(others), 1_150 * USD, 1);
        elapse(7 days / 2);
        vm.assertApproxEqAbs(pool.convertToAssets(others), 1_200 * USD, 1);
    }

    function test_who_asks_before_a_loss_of_a_tenth_has_all_of_it() public {
        uint256 others = join(bob, 1_000 * USD);
        toMidnight();
        request(alice, shares);
        vault.draw(200 * USD);
        vm.assertEq(pool.convertToAssets(shares), 900 * USD);
        toMaturity();
        vm.assertEq(leave(alice), 900 * USD);
        vm.assertEq(pool.convertToAssets(others), 900 * USD);
    }

    function test_what_was_set_aside_loses_and_gains_no_more() public {
        join(bob, 1_000 * USD);
        request(alice, shares);
        toMaturity();
        pool.fulfil(alice);
        vault.draw(250 * USD);
        earn(500 * USD);
        elapse(8 days);
        vm.assertEq(pool.maxWithdraw(alice), 1_000 * USD);
        vm.assertEq(redeem(alice, shares), 1_000 * USD);
        vm.assertEq(pool.totalAssets(), 1_250 * USD);
        vm.assertEq(token.balanceOf(address(pool)), 1_250 * USD);
    }

    function test_each_batch_has_its_own_price_and_a_later_request_changes_no_earlier_one() public {
        join(bob, 10_000 * USD);
        request(alice, shares / 2);
        earn(1_100 * USD);
        elapse(8 days); // everything is worth a tenth more
        request(alice, shares / 4);
        toMaturity();
        vm.assertApproxEqAbs(pool.fulfil(alice), 500 * USD + 275 * USD, 1);
        vm.assertEq(pool.claimableRedeemRequest(0, alice), shares / 2 + shares / 4);
    }

    function test_requests_of_a_day_are_one_batch_unless_the_price_fell_between_them() public {
        join(bob, 1_000 * USD);
        toMidnight();
        for (uint256 k = 0; k < 12; k++) {
            request(alice, shares / 100); // more than eight
        }
        vault.draw(200 * USD);
        for (uint256 k = 0; k < 12; k++) {
            request(alice, shares / 100);
        }
        vm.assertEq(pool.pendingRedeemRequest(0, alice), shares / 100 * 24);
        toMaturity();
        vm.assertApproxEqAbs(pool.fulfil(alice), 240 * USD * 9 / 10, 2);
    }

    function test_a_controller_has_at_most_eight_open_batches() public {
        for (uint256 k = 0; k < 8; k++) {
            request(alice, 1e18);
            elapse(1 days);
        }
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.TooManyBatches.selector, alice));
        request(alice, 1e18);
        toMaturity();
        pool.fulfil(alice);
        vm.assertEq(pool.pendingRedeemRequest(0, alice), 0);
        vm.assertEq(pool.claimableRedeemRequest(0, alice), 8e18);
        request(alice, 1e18);
    }

    function test_fulfilling_some_batches_leaves_the_others() public {
        request(alice, shares / 2);
        elapse(2 days);
        request(alice, shares / 4);
        elapse(2 days);
        request(alice, shares / 8);
        elapse(5 days);
        toMidnight();
        vm.assertEq(pool.fulfil(alice), 750 * USD);
        vm.assertEq(pool.pendingRedeemRequest(0, alice), shares / 8);
        elapse(3 days);
        vm.assertEq(pool.fulfil(alice), 125 * USD);
        vm.assertEq(pool.maxWithdraw(alice), 875 * USD);
        vm.assertEq(redeem(alice, pool.maxRedeem(alice)), 875 * USD);
    }

    // ---- while there is something to pay

    function test_nobody_is_fulfilled_in_front_of_what_the_pool_would_still_pay() public {
        request(alice, shares);
        toMaturity();
        vault.setClaims(100 * WAD, 0, 100 * WAD);
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.PaymentDue.selector, address(vault)));
        pool.fulfil(alice);
        vault.draw(100 * USD);
        vault.setClaims(0, 0, 0);
        vm.assertEq(leave(alice), 900 * USD);
    }

    /// Stuck debts and what no cover pays for hold nobody up, nor does dust: a dollar, or a millionth of the assets.
    function test_what_insurance_would_not_pay_stops_no_exit() public {
        join(bob, 2_000_000 * USD);
        request(alice, shares);
        toMaturity();
        vault.setClaims(1_000_000 * WAD, 0, 2.001e18);
        string memory id = checkpoint();
        vm.assertEq(pool.fulfil(alice), 1_000 * USD); // of 2,001,000
        restore(id);
        vault.setClaims(1_000_000 * WAD, 0, 2.001001e18);
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.PaymentDue.selector, address(vault)));
        pool.fulfil(alice);
    }

    function test_a_pool_that_has_nothing_to_pay_with_lets_everybody_go() public {
        drawAll();
        request(alice, pool.balanceOf(alice)); // consolidated: a million shares have become one
        toMaturity();
        vault.setClaims(100 * WAD, 100 * WAD, 100 * WAD);
        vm.assertEq(pool.fulfil(alice), 0);
        vm.assertEq(pool.totalSupply(), 0);
    }

    function test_dues_of_all_vaults_count_together() public {
        StubVault second = createVault();
        vm.prank(owner);
        pool.setVault(address(second), true);
        request(alice, shares);
        toMaturity();
        vault.setClaims(0, 0, 0.6e18);
        second.setClaims(0, 0, 0.6e18);
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.PaymentDue.selector, address(second)));
        pool.fulfil(alice);
    }

    function test_a_vault_that_does_not_answer_stops_exits_and_can_be_removed() public {
        request(alice, shares);
        toMaturity();
        vault.setSilent(true);
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.VaultSilent.selector, address(vault)));
        pool.fulfil(alice);
        vm.prank(owner);
        pool.setVault(address(vault), false);
        vm.assertEq(leave(alice), 1_000 * USD);
    }

    function test_a_vault_with_a_deficit_is_neither_registered_nor_removed() public {
        vault.setClaims(2 * WAD, 0, 0);
        bytes memory known = abi.encodeWithSelector(IInsurancePool.DebtKnown.selector, address(vault));
        vm.expectRevert(known);
        vm.prank(owner);
        pool.setVault(address(vault), false);
        StubVault second = createVault();
        second.setClaims(2 * WAD, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.DebtKnown.selector, address(second)));
        vm.prank(owner);
        pool.setVault(address(second), true);
    }

    /// Nobody pays for a debt of yesterday, and nobody makes one to join cheaply.
    function test_nobody_joins_over_a_debt_that_can_be_closed() public {
        vault.setClaims(2 * WAD, 1.000001e18, 0);
        vm.assertEq(pool.maxDeposit(bob) + pool.maxMint(bob), 0);
        token.mint(bob, USD);
        vm.startPrank(bob);
        token.approve(address(pool), USD);
        bytes memory known = abi.encodeWithSelector(IInsurancePool.DebtKnown.selector, address(vault));
        vm.expectRevert(known);
        pool.deposit(USD, bob);
        vm.expectRevert(known);
        pool.mint(1e18, bob);
        vault.setClaims(100 * WAD, WAD, 0); // a dollar can be closed, the rest is stuck
        vm.assertGt(pool.maxDeposit(bob), 0);
        pool.deposit(USD, bob);
        vm.stopPrank();
        vault.setSilent(true);
        vm.assertEq(pool.maxDeposit(bob), 0);
    }

    // ---- whose

    function test_requested_shares_are_the_pools_and_cannot_be_moved() public {
        request(alice, shares - 1e21);
        vm.assertEq(pool.balanceOf(alice), 1e21);
        vm.assertEq(pool.balanceOf(address(pool)), shares - 1e21);
        vm.prank(alice);
        pool.approve(bob, shares);
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.InsufficientBalance.selector, alice, 1e21, 1e21 + 1));
        vm.prank(bob);
        pool.transferFrom(alice, bob, 1e21 + 1);
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.InsufficientAllowance.selector, address(pool), bob, 0, 1));
        vm.prank(bob);
        pool.transferFrom(address(pool), bob, 1);
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.InsufficientAllowance.selector, address(pool), bob, 0, 1));
        vm.prank(bob);
        pool.requestRedeem(1, bob, address(pool));
        vm.prank(bob);
        pool.transferFrom(alice, bob, 1e21);
        vm.assertEq(pool.balanceOf(bob), 1e21);
    }

    /// Nobody fills another's eight places.
    function test_only_the_controller_and_its_operators_name_it() public {
        uint256 bobs = join(bob, USD);
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.NotOperator.selector, bob, alice));
        vm.prank(bob);
        pool.requestRedeem(bobs, alice, bob);
        vm.prank(alice);
        pool.setOperator(bob, true);
        vm.prank(bob);
        pool.requestRedeem(bobs, alice, bob);
        vm.assertEq(pool.pendingRedeemRequest(0, alice), bobs);
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.NotOperator.selector, bob, carol));
        vm.prank(bob);
        pool.requestRedeem(1, carol, alice); // its operator, but not carol's
    }

    function test_operators_of_an_operator_are_nobody() public {
        vm.prank(alice);
        pool.setOperator(bob, true);
        vm.prank(bob);
        pool.setOperator(carol, true);
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.InsufficientAllowance.selector, alice, carol, 0, shares));
        vm.prank(carol);
        pool.requestRedeem(shares, carol, alice);
    }

    function test_a_claim_is_the_controllers_and_no_more_than_it() public {
        request(alice, shares);
        toMaturity();
        pool.fulfil(alice);
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.NotOperator.selector, bob, alice));
        vm.prank(bob);
        pool.redeem(shares, bob, alice);
        bytes4 exceeds = IInsurancePool.ExceedsClaimable.selector;
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(exceeds, alice, shares, shares + 1));
        pool.redeem(shares + 1, alice, alice);
        vm.expectRevert(abi.encodeWithSelector(exceeds, alice, 1_000 * USD, type(uint256).max));
        pool.withdraw(type(uint256).max, alice, alice);
        vm.expectRevert(IInsurancePool.ZeroAddress.selector);
        pool.redeem(shares, address(0), alice);
        vm.expectRevert(IInsurancePool.ZeroAmount.selector);
        pool.redeem(0, alice, alice);
        vm.expectRevert(IInsurancePool.ZeroAmount.selector);
        pool.requestRedeem(0, alice, alice);
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.InsufficientBalance.selector, alice, 0, 1));
        pool.requestRedeem(1, alice, alice);
        pool.redeem(shares, alice, alice);
        vm.stopPrank();
    }

    function test_a_request_of_dust_is_fulfilled_and_holds_nothing_up() public {
        request(alice, 1);
        elapse(1);
        request(alice, shares / 2);
        toMaturity();
        vm.assertApproxEqAbs(pool.fulfil(alice), 500 * USD, 1);
        request(alice, 1);
        toMaturity();
        pool.fulfil(alice);
        vm.assertApproxEqAbs(redeem(alice, pool.maxRedeem(alice)), 500 * USD, 1);
        vm.assertEq(pool.maxRedeem(alice), 0);
    }

    // ---- what the vaults are told

    function test_pending_shares_pay_for_debts_and_back_no_new_open_interest() public {
        join(bob, 3_000 * USD);
        toMidnight();
        request(alice, shares);
        (uint256 amount, uint256 measured, uint256 lasting,) = pool.available(address(vault));
        vm.assertEq(amount, 1_000 * USD);
        vm.assertEq(measured, 4_000 * USD);
        vm.assertEq(lasting, 3_000 * USD);
        toMaturity();
        pool.fulfil(alice);
        (amount, measured, lasting,) = pool.available(address(vault));
        vm.assertEq(abi.encode(amount, measured, lasting), abi.encode(750 * USD, 3_000 * USD, 3_000 * USD));
        join(carol, 9_000 * USD); // comes too late for today
        (amount, measured, lasting,) = pool.available(address(vault));
        vm.assertEq(abi.encode(amount, measured, lasting), abi.encode(750 * USD, 3_000 * USD, 3_000 * USD));
    }

    function test_shares_that_came_today_back_no_less_than_the_opening_once_they_are_requested() public {
        toMidnight();
        request(bob, join(bob, 3_000 * USD));
        (, uint256 measured, uint256 lasting,) = pool.available(address(vault));
        vm.assertEq(abi.encode(measured, lasting), abi.encode(1_000 * USD, 1_000 * USD));
        request(alice, shares / 4); // which was there at the opening
        (, measured, lasting,) = pool.available(address(vault));
        vm.assertEq(abi.encode(measured, lasting), abi.encode(1_000 * USD, 750 * USD));
    }

    function test_what_is_on_record_is_measured_by_what_the_pool_had_before_the_deposits_since() public {
        toMidnight();
        vault.setClaims(100 * WAD, 0, 0);
        join(bob, 9_000 * USD);
        toMidnight();
        vm.assertEq(recorded(), abi.encode(10_000 * USD, 1_000 * USD));
        join(carol, 10_000 * USD); // raises nothing of it
        toMidnight();
        vm.assertEq(recorded(), abi.encode(20_000 * USD, 1_000 * USD));
        vault.draw(500 * USD);
        vm.assertEq(recorded(), abi.encode(20_000 * USD, 1_000 * USD));
        vault.setClaims(WAD, 0, 0); // no more than dust
        join(carol, USD);
        vm.assertEq(recorded(), abi.encode(20_000 * USD, 20_000 * USD));
    }

    function test_a_lost_pool_is_joined_again_and_what_is_on_record_is_measured_by_nothing() public {
        drawAll();
        vault.setClaims(100 * WAD, 0, 0);
        toMidnight();
        uint256 joined = join(bob, 1_000 * USD);
        vm.assertApproxEqAbs(pool.convertToAssets(joined), 1_000 * USD, 2);
        toMidnight();
        vm.assertEq(recorded(), abi.encode(1_000 * USD, 0));
    }

    /// What covers are measured by, for new debts and for what is on record.
    function recorded() private view returns (bytes memory) {
        (, uint256 measured,, uint256 most) = pool.available(address(vault));
        return abi.encode(measured, most);
    }

    function earn(uint256 amount) private {
        token.mint(address(pool), amount);
        vm.assertEq(pool.harvest(address(vault)), amount);
    }

    function drawAll() private {
        IInsurancePool.Parameters memory parameters = pool.parameters();
        parameters.dailyDrawShare = uint64(WAD);
        vm.prank(owner);
        pool.setParameters(parameters, 0);
        toMidnight();
        vault.draw(1_000 * USD);
        vm.assertEq(pool.totalAssets(), 0);
    }

    function expectNothing(address controller) private {
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.NothingMature.selector, controller));
    }

    function expectClosed(uint256 opensAt) private {
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.FulfilmentClosed.selector, uint64(opensAt)));
    }
}
