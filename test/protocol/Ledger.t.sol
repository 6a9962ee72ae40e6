// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {vm} from "../support/Vm.sol";
import {ProtocolTest, Trader} from "./Protocol.sol";

/// Deposits, withdrawals, touching and conversion.
contract LedgerTest is ProtocolTest {
    function test_a_deposit_in_six_decimals_is_capital_in_wad() public {
        deposit(alice, 1_234_567_891);
        vm.assertEq(capitalOf(alice), 1_234.567891e18);
        vm.assertEq(token.balanceOf(address(vault)), 1_234_567_891);
        (uint256 tokens, uint256 capital, uint256 profit, uint256 debt) = vault.totals();
        vm.assertEq(tokens, 1_234.567891e18);
        vm.assertEq(capital, tokens);
        vm.assertEq(profit + debt, 0);
    }

    function test_anyone_may_deposit_for_anyone() public {
        token.mint(bob.owner, 5 * USD);
        vm.prank(bob.owner);
        token.approve(address(vault), 5 * USD);
        vm.prank(bob.owner);
        vault.deposit(alice.account, 5 * USD);
        vm.assertEq(capitalOf(alice), 5e18);
        vm.assertEq(capitalOf(bob), 0);
    }

    function test_a_deposit_of_nothing_is_refused() public {
        vm.expectRevert(IMarginVault.InvalidAmount.selector);
        vault.deposit(alice.account, 0);
    }

    function test_a_deposit_without_allowance_is_refused() public {
        token.mint(alice.owner, USD);
        vm.expectRevert(IMarginVault.TokenFailed.selector);
        vm.prank(alice.owner);
        vault.deposit(alice.account, USD);
    }

    function testFuzz_what_was_deposited_can_be_withdrawn(uint256 amount, uint256 part) public {
        amount = bound(amount, 1, 1e15);
        part = bound(part, 1, amount < 500_000 * USD ? amount : 500_000 * USD); // what may leave at once
        deposit(alice, amount);
        vm.prank(alice.owner);
        vm.assertEq(vault.withdraw(alice.account, part, carol.owner), part);
        vm.assertEq(token.balanceOf(carol.owner), part);
        vm.assertEq(capitalOf(alice), (amount - part) * UNIT);
        vm.assertEq(token.balanceOf(address(vault)), amount - part);
    }

    function test_nobody_withdraws_more_than_the_capital() public {
        deposit(alice, 10 * USD);
        vm.expectRevert(IMarginVault.InsufficientCapital.selector);
        vm.prank(alice.owner);
        vault.withdraw(alice.account, 10 * USD + 1, alice.owner);
    }

    function test_only_the_owner_withdraws_and_converts() public {
        deposit(alice, 10 * USD);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.NotAccountOwner.selector, bob.owner));
        vm.prank(bob.owner);
        vault.withdraw(alice.account, USD, bob.owner);
        vm.expectRevert(IMarginVault.NotForcible.selector);
        vm.prank(bob.owner);
        vault.convert(alice.account, USD);
    }

    function test_sub_accounts_of_one_owner_are_apart() public {
        bytes32 second = bytes32(uint256(alice.account) | 1);
        deposit(alice, 10 * USD);
        deposit(Trader(alice.key, alice.owner, second), 3 * USD);
        (uint256 capital,) = vault.balances(second);
        vm.assertEq(capital, 3e18);
        vm.assertEq(capitalOf(alice), 10e18);
        vm.expectRevert(IMarginVault.InsufficientCapital.selector);
        vm.prank(alice.owner);
        vault.withdraw(second, 4 * USD, alice.owner);
    }

    function test_nothing_is_paid_to_nobody_or_to_the_vault() public {
        deposit(alice, 10 * USD);
        vm.expectRevert(IMarginVault.InvalidRecipient.selector);
        vm.prank(alice.owner);
        vault.withdraw(alice.account, USD, address(0));
        vm.expectRevert(IMarginVault.InvalidRecipient.selector);
        vm.prank(alice.owner);
        vault.withdraw(alice.account, USD, address(vault));
    }

    function test_a_withdrawal_leaves_initial_margin() public {
        deposit(alice, 1_000 * USD);
        deposit(bob, 1_000 * USD);
        trade(alice, bob, 10e18, 200e18); // 2,000 of notional, 200 of initial margin
        vm.expectRevert(IMarginVault.InsufficientMargin.selector);
        vm.prank(alice.owner);
        vault.withdraw(alice.account, 800 * USD + 1, alice.owner);
        vm.prank(alice.owner);
        vault.withdraw(alice.account, 800 * USD, alice.owner);
        vm.assertEq(capitalOf(alice), 200e18);
    }

    function test_a_touch_settles_profit_and_loss() public {
        deposit(alice, 1_000 * USD);
        deposit(bob, 1_000 * USD);
        trade(alice, bob, 10e18, 200e18);
        setPriceCalmly(210 * FEED);
        vm.assertEq(pnlOf(alice), 0);
        vault.touch(alice.account);
        vault.touch(bob.account);
        vm.assertEq(capitalOf(alice), 1_000e18);
        vm.assertEq(pnlOf(alice), 100e18);
        vm.assertEq(capitalOf(bob), 900e18);
        vm.assertEq(pnlOf(bob), 0);
        vm.assertEq(coverage(), WAD);
    }

    function test_health_counts_gains_that_nobody_has_settled() public {
        deposit(alice, 1_000 * USD);
        deposit(bob, 1_000 * USD);
        trade(alice, bob, 10e18, 200e18);
        setPriceCalmly(210 * FEED);
        (int256 equity, uint256 maintenance, uint256 initial, uint64 unhealthy) = vault.health(bob.account);
        vm.assertEq(equity, 900e18);
        vm.assertEq(maintenance, 105e18);
        vm.assertGe(initial, 210e18);
        vm.assertEq(uint256(unhealthy), 0);
    }

    function test_profit_becomes_capital_only_as_fast_as_losers_are_settled() public {
        deposit(alice, 1_000 * USD);
        deposit(bob, 1_000 * USD);
        trade(alice, bob, 10e18, 200e18);
        setPriceCalmly(210 * FEED);
        vault.touch(alice.account);
        vm.assertEq(vault.immature(alice.account), 100e18);
        elapse(1 days); // until it is mature
        refreshPrices();
        vm.prank(alice.owner);
        vm.assertEq(vault.convert(alice.account, type(uint256).max), 0);
        vm.assertEq(capitalOf(alice), 1_000e18);
        vault.touch(bob.account);
        vm.prank(alice.owner);
        vm.assertEq(vault.convert(alice.account, type(uint256).max), 100e18);
        vm.assertEq(capitalOf(alice), 1_100e18);
        vm.assertEq(pnlOf(alice), 0);
    }

    function test_ether_is_refused() public {
        vm.deal(alice.owner, 1 ether);
        fund(alice.owner, 2 ether);
        vm.expectRevert(abi.encodePacked(IMarginVault.ValueSent.selector));
        vm.prank(alice.owner);
        (bool success,) = address(vault).call{value: 1}(abi.encodeCall(IMarginVault.touch, (alice.account)));
        success;
    }

    function test_an_unknown_function_is_refused() public {
        (bool success, bytes memory reason) = address(vault).call(hex"deadbeef");
        vm.assertFalse(success);
        vm.assertEq(reason, abi.encodePacked(IMarginVault.UnknownFunction.selector));
    }
}
