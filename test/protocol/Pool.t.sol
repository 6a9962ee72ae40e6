// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {IOwnable} from "../../contracts/interfaces/IOwnable.sol";
import {vm} from "../support/Vm.sol";
import {ProtocolTest, Trader} from "./Protocol.sol";

/// The insurance pool: shares, exits, cover.
contract PoolTest is ProtocolTest {
    /// A pool that nobody has joined; only the least bond is in it.
    function setUpNode() internal override {
        install();
        list(ETH, SYMBOL, 200 * FEED);
        openMarket("market");
    }

    function join(Trader memory trader, uint256 amount) private returns (uint256 shares) {
        token.mint(trader.owner, amount);
        vm.prank(trader.owner);
        token.approve(address(pool), amount);
        vm.prank(trader.owner);
        return pool.deposit(amount, trader.owner);
    }

    function available(address who) private view returns (uint256 amount) {
        (amount,) = pool.available(who);
    }

    function assets(uint256 dollars) private pure returns (uint256) {
        return dollars * USD;
    }

    function test_shares_are_in_proportion_to_deposits() public {
        uint256 alices = join(alice, assets(1_000));
        uint256 bobs = join(bob, assets(3_000));
        vm.assertEq(bobs, 3 * alices);
        vm.assertEq(pool.totalAssets(), assets(4_000) + LEAST_BOND);
        vm.assertEq(pool.convertToAssets(alices), assets(1_000));
    }

    function testFuzz_nobody_gains_by_joining_and_leaving(uint256 first, uint256 gift, uint256 second) public {
        join(alice, bound(first, 1, 1e12));
        token.mint(address(pool), bound(gift, 0, 1e15));
        second = bound(second, 1e6, 1e15);
        uint256 shares = join(bob, second);
        vm.assertLe(pool.convertToAssets(shares), second);
        vm.assertLe(pool.previewDeposit(second), shares + 1);
    }

    function test_an_exit_is_requested_waits_a_week_and_is_claimed_within_two_days() public {
        uint256 shares = join(alice, assets(1_000));
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.ExceedsClaimable.selector, alice.owner, 0, shares));
        vm.prank(alice.owner);
        pool.redeem(shares, alice.owner, alice.owner);
        vm.prank(alice.owner);
        uint64 claimableAt = pool.requestRedeem(shares, carol.owner);
        vm.assertEq(uint256(claimableAt), block.timestamp + 7 days);
        elapse(7 days - 1);
        vm.assertEq(pool.maxRedeem(alice.owner), 0);
        elapse(1);
        vm.assertEq(pool.maxRedeem(alice.owner), shares);
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.ReceiverMismatch.selector, carol.owner, alice.owner));
        vm.prank(alice.owner);
        pool.redeem(shares, alice.owner, alice.owner);
        vm.prank(alice.owner);
        vm.assertEq(pool.redeem(shares, carol.owner, alice.owner), assets(1_000));
        vm.assertEq(token.balanceOf(carol.owner), assets(1_000));
        vm.assertEq(pool.balanceOf(alice.owner), 0);
    }

    function test_a_claim_that_comes_too_late_has_to_wait_again() public {
        uint256 shares = join(alice, assets(1_000));
        vm.prank(alice.owner);
        pool.requestRedeem(shares, alice.owner);
        elapse(9 days + 1);
        vm.assertEq(pool.maxRedeem(alice.owner), 0);
    }

    function test_shares_that_wait_cannot_be_transferred() public {
        uint256 shares = join(alice, assets(1_000));
        vm.prank(alice.owner);
        pool.requestRedeem(shares, alice.owner);
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.InsufficientBalance.selector, alice.owner, 0, shares));
        vm.prank(alice.owner);
        pool.transfer(bob.owner, shares);
    }

    function test_shares_that_wait_stay_slashable_and_exits_stop_at_a_deficit() public {
        uint256 shares = join(alice, assets(8_000_000));
        vm.prank(alice.owner);
        pool.requestRedeem(shares, alice.owner);
        bankrupt();
        vm.assertEq(pool.totalAssets(), assets(7_991_000) + LEAST_BOND); // what the cover had for debts
        vm.assertApproxEqAbs(pool.convertToAssets(shares), assets(7_991_000), 1);
        vm.assertFalse(pool.updateExitClock());
        elapse(8 days);
        vm.assertEq(pool.maxRedeem(alice.owner), 0);
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.ExitStopped.selector, address(vault)));
        vm.prank(alice.owner);
        pool.redeem(shares, alice.owner, alice.owner);
        setCover(ETH, 20_000e18);
        vm.assertEq(vault.recover(ETH), 6_000e18);
        vm.assertTrue(pool.updateExitClock());
        elapse(8 days);
        vm.assertApproxEqAbs(pool.convertToAssets(shares), assets(7_985_000), 1);
        vm.assertEq(pool.maxRedeem(alice.owner), shares);
    }

    /// Leaves a deficit of 15,000 dollars, of which the cover pays 9,000.
    function bankrupt() private {
        deposit(bob, 1_000_000 * USD);
        deposit(dave, 60_000 * USD);
        trade(dave, bob, 3_000e18, 200e18);
        setCover(ETH, 10_000e18);
        setPriceCalmly(175 * FEED);
        vault.deleverage(dave.account, 16);
    }

    function test_only_registered_vaults_draw() public {
        join(alice, assets(1_000));
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.NotVault.selector, alice.owner));
        vm.prank(alice.owner);
        pool.cover(assets(1));
        vm.assertEq(available(alice.owner), 0);
        vm.assertTrue(pool.isVault(address(vault)));
    }

    function test_a_vault_draws_at_most_its_daily_share() public {
        join(alice, assets(1_000));
        elapse(1 days);
        vm.assertEq(available(address(vault)), assets(250));
        vm.prank(address(vault));
        vm.assertEq(pool.cover(assets(100)), assets(100));
        vm.assertEq(available(address(vault)), assets(150));
        vm.prank(address(vault));
        vm.assertEq(pool.cover(assets(400)), assets(150));
        vm.assertEq(available(address(vault)), 0);
        elapse(1 days);
        vm.assertEq(available(address(vault)), assets(750) / 4);
    }

    function test_income_in_the_vault_is_harvested_into_the_share_price() public {
        uint256 shares = join(carol, assets(1_000_000));
        deposit(alice, 1_000 * USD);
        deposit(bob, 10_000 * USD);
        deposit(dave, 10_000 * USD);
        trade(alice, bob, 45e18, 200e18);
        setPriceCalmly(187 * FEED);
        vm.prank(dave.owner);
        (, uint256 penalty) = vault.liquidate(alice.account, dave.account, WAD);
        uint256 income = pool.harvest(address(vault));
        vm.assertApproxEqAbs(income, penalty / 2 / UNIT, 1);
        vm.assertEq(pool.totalAssets(), assets(1_000_000) + LEAST_BOND + income);
        vm.assertGt(pool.convertToAssets(shares), assets(1_000_000));
    }

    function test_only_the_owner_configures() public {
        IInsurancePool.Parameters memory parameters = pool.parameters();
        bytes memory notOwner = abi.encodeWithSelector(IOwnable.NotOwner.selector, alice.owner);
        vm.startPrank(alice.owner);
        vm.expectRevert(notOwner);
        pool.setVault(alice.owner, true);
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.NotSteward.selector, alice.owner));
        pool.setParameters(parameters, 0);
        vm.expectRevert(notOwner);
        pool.transferOwnership(alice.owner);
        vm.stopPrank();
    }

    function test_parameters_outside_their_bounds_are_refused() public {
        IInsurancePool.Parameters memory parameters = pool.parameters();
        parameters.cooldown = 1;
        vm.expectRevert(IInsurancePool.ParametersOutOfBounds.selector);
        vm.prank(owner);
        pool.setParameters(parameters, 0);
    }
}
