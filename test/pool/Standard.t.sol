// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {Log, NodeLogs, WordLog} from "../support/NodeLogs.sol";
import {vm} from "../support/Vm.sol";
import {IERC165, IERC20, IERC7540Operator, IERC7540Redeem, IERC7575} from "./IERC7540.sol";
import {PoolTest} from "./PoolTest.sol";

/// A client that knows the standards alone joins a pool and leaves it. Only who fulfils its request knows more.
contract StandardTest is PoolTest {
    IERC7575 private entry;
    IERC7540Redeem private exit;
    IERC7540Operator private operators;
    IERC20 private share;

    function setUpNode() internal override {
        super.setUpNode();
        address target = address(pool);
        (entry, exit, operators) = (IERC7575(target), IERC7540Redeem(target), IERC7540Operator(target));
        share = IERC20(entry.share());
    }

    function enter(address who, uint256 assets) private returns (uint256 shares) {
        token.mint(who, assets);
        vm.startPrank(who);
        IERC20(entry.asset()).approve(address(entry), assets);
        vm.assertLe(assets, entry.maxDeposit(who));
        shares = entry.deposit(assets, who);
        vm.stopPrank();
    }

    function ask(address who, uint256 shares) private {
        vm.prank(who);
        vm.assertEq(exit.requestRedeem(shares, who, who), 0);
    }

    /// A keeper does this, of which the standard says nothing.
    function keep(address controller) private {
        toMaturity();
        vm.prank(carol);
        pool.fulfil(controller);
    }

    function test_it_says_which_interfaces_it_has() public view {
        IERC165 said = IERC165(address(pool));
        vm.assertTrue(said.supportsInterface(type(IERC165).interfaceId));
        vm.assertTrue(said.supportsInterface(type(IERC7540Operator).interfaceId));
        vm.assertTrue(said.supportsInterface(type(IERC7540Redeem).interfaceId));
        vm.assertTrue(said.supportsInterface(type(IERC7575).interfaceId));
        // The numbers in the standards' texts.
        bytes4[9] memory ids = [
            bytes4(0x01ffc9a7),
            0xe3bc4e65,
            0x620ee8e4,
            0x2f0a18c5,
            0x50a526d6,
            0xc1f329ef,
            0xe1550342,
            0x2fd7d42a,
            0x70dec094
        ];
        for (uint256 k = 0; k < 9; k++) {
            vm.assertTrue(said.supportsInterface(ids[k]));
        }
        vm.assertEq(abi.encode(type(IERC7540Operator).interfaceId), abi.encode(ids[1]));
        vm.assertEq(abi.encode(type(IERC7540Redeem).interfaceId), abi.encode(ids[2]));
        vm.assertEq(abi.encode(type(IERC7575).interfaceId), abi.encode(ids[3]));
        vm.assertFalse(said.supportsInterface(0xffffffff));
        vm.assertFalse(said.supportsInterface(0xce3bbe50)); // deposits are not asynchronous
        vm.assertFalse(said.supportsInterface(0));
    }

    function test_a_client_requests_waits_and_redeems() public {
        uint256 shares = enter(alice, 1_000 * USD);
        vm.assertEq(share.balanceOf(alice), shares);
        ask(alice, shares);
        vm.assertEq(share.balanceOf(alice), 0); // out of the owner's custody
        vm.assertEq(share.totalSupply(), shares);
        vm.assertEq(exit.pendingRedeemRequest(0, alice), shares);
        vm.assertEq(exit.claimableRedeemRequest(0, alice), 0);
        vm.assertEq(entry.maxRedeem(alice) + entry.maxWithdraw(alice), 0);
        keep(alice);
        vm.assertEq(exit.pendingRedeemRequest(0, alice), 0);
        vm.assertEq(exit.claimableRedeemRequest(0, alice), shares);
        vm.assertEq(entry.maxRedeem(alice), shares);
        vm.assertEq(entry.maxWithdraw(alice), 1_000 * USD);
        vm.assertEq(share.totalSupply(), 0);
        vm.assertEq(exit.pendingRedeemRequest(1, alice) + exit.claimableRedeemRequest(1, alice), 0);
        vm.startPrank(alice);
        vm.assertEq(entry.redeem(shares / 4, bob, alice), 250 * USD);
        vm.assertEq(entry.withdraw(250 * USD, alice, alice), shares / 4);
        vm.assertEq(entry.redeem(entry.maxRedeem(alice), alice, alice), 500 * USD);
        vm.stopPrank();
        vm.assertEq(token.balanceOf(alice), 750 * USD);
        vm.assertEq(token.balanceOf(bob), 250 * USD);
        vm.assertEq(exit.claimableRedeemRequest(0, alice), 0);
    }

    function test_previews_of_an_exit_revert_for_everybody() public {
        enter(alice, 1_000 * USD);
        address[2] memory callers = [alice, bob];
        for (uint256 k = 0; k < 2; k++) {
            for (uint256 amount = 0; amount < 2; amount++) {
                vm.startPrank(callers[k]);
                (bool answered,) = address(entry).staticcall(abi.encodeCall(entry.previewRedeem, (amount)));
                vm.assertFalse(answered);
                (answered,) = address(entry).staticcall(abi.encodeCall(entry.previewWithdraw, (amount)));
                vm.assertFalse(answered);
                vm.stopPrank();
            }
        }
    }

    function test_its_events_are_the_standards() public {
        uint256 shares = enter(alice, 1_000 * USD);
        vm.startPrank(alice);
        vm.assertTrue(operators.setOperator(bob, true));
        vm.assertTrue(operators.isOperator(alice, bob));
        vm.stopPrank();
        vm.prank(bob);
        exit.requestRedeem(shares, bob, alice);
        keep(bob);
        vm.prank(bob);
        entry.redeem(shares, carol, bob);

        WordLog[] memory set = NodeLogs.wordsFrom(address(pool), IERC7540Operator.OperatorSet.selector);
        vm.assertEq(set.length, 1);
        vm.assertEq(abi.encode(set[0].topics[1], set[0].topics[2], set[0].data), abi.encode(alice, bob, true));
        Log memory asked = single(IERC7540Redeem.RedeemRequest.selector);
        vm.assertEq(abi.encode(asked.topics[1], asked.topics[2], asked.topics[3]), abi.encode(bob, alice, uint256(0)));
        vm.assertEq(asked.data, abi.encode(bob, shares));
        Log memory left = single(IERC7575.Withdraw.selector);
        vm.assertEq(abi.encode(left.topics[1], left.topics[2], left.topics[3]), abi.encode(bob, carol, bob));
        vm.assertEq(left.data, abi.encode(1_000 * USD, shares));
        WordLog[] memory moved = NodeLogs.wordsFrom(address(share), IERC20.Transfer.selector);
        vm.assertEq(moved.length, 3); // minted, requested, burned
        vm.assertEq(abi.encode(moved[1].topics[1], moved[1].topics[2]), abi.encode(alice, address(pool)));
        vm.assertEq(abi.encode(moved[2].topics[1], moved[2].topics[2]), abi.encode(address(pool), address(0)));
        vm.assertEq(uint256(moved[2].data), shares);
    }

    function single(bytes32 topic) private returns (Log memory) {
        Log[] memory logs = NodeLogs.from(address(pool), topic);
        vm.assertEq(logs.length, 1);
        return logs[0];
    }

    function test_an_operator_does_everything_and_a_stranger_nothing() public {
        uint256 shares = enter(alice, 1_000 * USD);
        vm.prank(bob);
        vm.expectRevert();
        exit.requestRedeem(shares, bob, alice);
        vm.prank(alice);
        operators.setOperator(bob, true);
        vm.prank(bob);
        exit.requestRedeem(shares, alice, alice);
        keep(alice);
        vm.prank(carol);
        vm.expectRevert();
        entry.redeem(shares, carol, alice);
        vm.prank(bob);
        vm.assertEq(entry.withdraw(600 * USD, bob, alice), shares * 6 / 10);
        vm.prank(alice);
        operators.setOperator(bob, false);
        vm.prank(bob);
        vm.expectRevert();
        entry.redeem(1, bob, alice);
    }

    function test_an_allowance_is_enough_for_a_request_and_is_used_up() public {
        uint256 shares = enter(alice, 1_000 * USD);
        vm.prank(alice);
        share.approve(bob, shares);
        vm.prank(bob);
        exit.requestRedeem(shares / 2, bob, alice);
        vm.prank(bob);
        vm.expectRevert();
        exit.requestRedeem(shares / 2 + 1, bob, alice);
        vm.prank(bob);
        exit.requestRedeem(shares / 2, bob, alice);
        vm.assertEq(exit.pendingRedeemRequest(0, bob), shares);
        // But what was fulfilled is the controller's alone.
        keep(bob);
        vm.prank(alice);
        vm.expectRevert();
        entry.redeem(shares, alice, bob);
    }
}
