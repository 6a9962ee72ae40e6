// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {vm} from "../support/Vm.sol";
import {PoolTest} from "./PoolTest.sol";

/// Leaving the pool: request, wait a week by a clock that deficits stop, claim within two days.
contract ExitsTest is PoolTest {
    uint256 private shares;

    function setUpNode() internal override {
        super.setUpNode();
        shares = join(alice, 1_000 * USD);
    }

    function test_an_exit_is_requested_waits_a_week_and_is_claimed_within_two_days() public {
        vm.assertEq(uint256(request(alice, shares)), block.timestamp + 7 days);
        elapse(7 days - 1);
        expectTooMuch(0, shares);
        redeem(alice, shares);
        elapse(1);
        vm.assertEq(pool.maxRedeem(alice), shares);
        vm.assertEq(redeem(alice, shares / 2), 500 * USD);
        elapse(2 days - 1);
        vm.assertEq(pool.maxRedeem(alice), shares - shares / 2);
        elapse(1);
        vm.assertEq(pool.maxRedeem(alice), 0);
        vm.assertEq(pool.maxWithdraw(alice), 0);
    }

    function test_the_clock_stands_while_a_vault_has_a_deficit() public {
        uint64 claimableAt = request(alice, shares);
        elapse(3 days);
        vault.setDeficit(0, int256(2 * WAD));
        vm.assertFalse(pool.updateExitClock());
        elapse(10 days);
        vault.setDeficit(0, 0);
        vm.assertTrue(pool.updateExitClock());
        (,, uint64 shifted, uint64 expires) = pool.redeemRequest(alice);
        vm.assertEq(uint256(shifted), claimableAt + 10 days);
        vm.assertEq(uint256(expires), claimableAt + 12 days);
        elapse(4 days - 1);
        expectTooMuch(0, shares);
        redeem(alice, shares);
        elapse(1);
        vm.assertEq(redeem(alice, shares), 1_000 * USD);
    }

    function test_a_claim_window_does_not_run_out_during_a_deficit() public {
        request(alice, shares);
        elapse(8 days);
        vault.setDeficit(2 * WAD, 0);
        pool.updateExitClock();
        elapse(30 days);
        vault.setDeficit(0, 0);
        vm.assertEq(pool.maxRedeem(alice), shares);
        vm.assertEq(redeem(alice, shares), 1_000 * USD); // which lets the clock go on by itself
    }

    /// A debt that was found and that the pool is able to pay is not missing in the vault; nobody leaves in front of it.
    function test_nobody_leaves_in_front_of_a_debt_that_is_known() public {
        request(alice, shares);
        elapse(7 days);
        vault.setDeficit(100 * WAD, 0);
        vm.assertEq(pool.maxRedeem(alice), 0);
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.ExitStopped.selector, address(vault)));
        redeem(alice, shares);
        vault.draw(100 * USD);
        vault.setDeficit(0, 0);
        vm.assertEq(redeem(alice, shares), 900 * USD);
    }

    function test_haircuts_that_paid_for_a_debt_count_against_it() public {
        request(alice, shares);
        elapse(7 days);
        vault.setDeficit(100 * WAD, -int256(99 * WAD));
        vm.assertEq(pool.maxRedeem(alice), shares); // a dollar is dust
        vault.setDeficit(100 * WAD, -int256(98 * WAD));
        vm.assertEq(pool.maxRedeem(alice), 0);
        vault.setDeficit(0, -int256(WAD));
        vm.assertEq(pool.maxRedeem(alice), shares);
    }

    function test_the_clock_stops_when_the_pool_cannot_pay_what_it_is_asked() public {
        elapse(1 days);
        request(alice, shares);
        vault.draw(251 * USD); // a dollar is dust
        vault.setDeficit(0, int256(WAD));
        elapse(7 days);
        vm.assertEq(pool.maxRedeem(alice), shares);
        request(alice, shares);
        uint256 drawn = vault.draw(750 * USD / 4 + 1 * USD + 1);
        vm.assertEq(drawn, 750 * USD / 4);
        elapse(8 days);
        vm.assertEq(pool.maxRedeem(alice), 0); // nobody has said that it runs again
    }

    function test_a_vault_that_does_not_answer_stops_exits_and_can_be_removed() public {
        request(alice, shares);
        elapse(7 days);
        vault.setSilent(true);
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.ExitStopped.selector, address(vault)));
        redeem(alice, shares);
        vm.prank(owner);
        pool.setVault(address(vault), false);
        vm.assertEq(redeem(alice, shares), 1_000 * USD);
    }

    function test_a_vault_with_a_deficit_cannot_be_removed_from_under_its_cover() public {
        vault.setDeficit(2 * WAD, 0);
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.ExitStopped.selector, address(vault)));
        vm.prank(owner);
        pool.setVault(address(vault), false);
    }

    function test_later_parameters_do_not_revive_a_request_nor_shorten_its_wait() public {
        IInsurancePool.Parameters memory parameters = pool.parameters();
        uint64 claimableAt = request(alice, shares);
        (parameters.cooldown, parameters.claimWindow) = (1 days, 14 days);
        vm.prank(owner);
        pool.setParameters(parameters, 0);
        (,, uint64 same, uint64 expires) = pool.redeemRequest(alice);
        vm.assertEq(uint256(same), claimableAt);
        vm.assertEq(uint256(expires), claimableAt + 2 days);
        elapse(9 days);
        vm.assertEq(pool.maxRedeem(alice), 0);
        vm.prank(alice);
        pool.transfer(bob, shares); // free again
    }

    function test_requested_shares_cannot_be_moved_by_anybody() public {
        request(alice, shares - 1e21);
        vm.prank(alice);
        pool.approve(bob, shares);
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.InsufficientBalance.selector, alice, 1e21, 1e21 + 1));
        vm.prank(bob);
        pool.transferFrom(alice, bob, 1e21 + 1);
        vm.prank(bob);
        pool.transferFrom(alice, bob, 1e21);
        vm.assertEq(pool.balanceOf(bob), 1e21);
    }

    function test_a_request_of_nothing_cancels_and_a_new_one_waits_anew() public {
        request(alice, shares);
        elapse(6 days);
        request(alice, shares / 2);
        elapse(1 days);
        vm.assertEq(pool.maxRedeem(alice), 0);
        request(alice, 0);
        (uint256 waiting,,,) = pool.redeemRequest(alice);
        vm.assertEq(waiting, 0);
        vm.prank(alice);
        pool.transfer(bob, shares);
    }

    function test_nobody_requests_for_another_nor_claims_without_allowance() public {
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.InsufficientBalance.selector, bob, 0, shares));
        request(bob, shares);
        request(alice, shares);
        elapse(7 days);
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.InsufficientAllowance.selector, alice, bob, 0, shares));
        vm.prank(bob);
        pool.redeem(shares, alice, alice);
        vm.prank(alice);
        pool.approve(bob, shares);
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.ReceiverMismatch.selector, alice, bob));
        vm.prank(bob);
        pool.redeem(shares, bob, alice);
        vm.prank(bob);
        vm.assertEq(pool.redeem(shares, alice, alice), 1_000 * USD);
        vm.assertEq(token.balanceOf(alice), 1_000 * USD);
    }

    function test_shares_that_wait_are_slashed_like_all_others() public {
        uint256 others = join(bob, 1_000 * USD);
        request(alice, shares);
        elapse(1 days);
        vault.draw(500 * USD);
        vm.assertEq(pool.convertToAssets(shares), 750 * USD);
        vm.assertEq(pool.convertToAssets(others), 750 * USD);
        elapse(6 days);
        vm.assertEq(redeem(alice, shares), 750 * USD);
    }

    function expectTooMuch(uint256 claimable, uint256 needed) private {
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.ExceedsClaimable.selector, alice, claimable, needed));
    }
}
