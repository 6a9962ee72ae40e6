// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {ProtocolTest, Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";

/// *What works.* Once a debt is known nobody is rebucketed, for whom it is closed against is fixed. But an owner's own touch moves his
/// account to the bucket that is due: with borrowed tokens for the length of a transaction he is the least margined of all, the debt
/// is closed against the others, and the tokens go back by their own credit.
contract DuckUnderTest is ProtocolTest {
    uint256 private constant FLASH = 10_000_000;

    function setUpNode() internal override {
        super.setUpNode();
        // Two longs of the same size and utilisation, against one who will owe and one who will not.
        deposit(alice, 40_000 * USD);
        deposit(carol, 40_000 * USD);
        deposit(dave, 20_000 * USD);
        deposit(bob, 10_000_000 * USD);
        trade(alice, dave, 500e18, 200e18);
        trade(carol, dave, 500e18, 200e18);
        trade(alice, bob, 500e18, 200e18);
        trade(carol, bob, 500e18, 200e18);
        setPriceCalmly(221 * FEED);
        vault.touch(dave.account);
        vm.assertLt(pnlOf(dave), 0);
    }

    function test_bothAreCutAlike() public {
        vault.deleverage(dave.account, 16);
        vm.assertApproxEqAbs(sizeOf(alice), 500e18, 1e6);
        vm.assertApproxEqAbs(sizeOf(carol), 500e18, 1e6);
    }

    function test_oneWhoBorrowsForAMomentIsNotCut() public {
        deposit(alice, FLASH * USD);
        vm.prank(alice.owner);
        vault.touch(alice.account);
        vault.deleverage(dave.account, 16);
        vm.assertEq(withdraw(alice, FLASH * USD), FLASH * USD);
        vm.assertGt(sizeOf(alice), 969e18);
        vm.assertLt(sizeOf(carol), 31e18);
        vm.assertApproxEqAbs(capitalOf(alice), 40_000e18, 1e18);
    }
}
