// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {ProtocolTest} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";

/// Somebody asks the pool for what an instrument's cover does not pay.
contract GuardCoverTest is ProtocolTest {
    /// An instrument whose cover is a million fails by ten: the pool pays what the cover has for debts, and no more.
    function test_a_stranger_recovers_nothing_that_the_cover_does_not_pay() public {
        deposit(alice, 10_000_000 * USD);
        deposit(bob, 1_000_000_000 * USD);
        trade(alice, bob, 500_000e18, 200e18); // 100 million at 10 %
        setCover(ETH, 1_000_000e18);
        setPriceCalmly(160 * FEED); // alice owes 10 million
        (, uint256 deficit, uint256 insured) = vault.deleverage(alice.account, 16);
        vm.assertEq(deficit, 10_000_000e18);
        vm.assertEq(insured, 900_000e18);
        (uint256 left,) = vault.cover(ETH);
        vm.assertEq(left, 100_000e18);
        vm.expectRevert(IMarginVault.NothingToRecover.selector);
        vm.prank(dave.owner);
        vault.recover(ETH);
        vm.assertEq(pool.totalAssets(), INSURANCE - 900_000 * USD);
        // A larger cover has paid as much already.
        setCover(ETH, 10_000_000e18);
        (left,) = vault.cover(ETH);
        vm.assertApproxEqAbs(left, 9_100_000e18, 1e18);
        vm.prank(dave.owner);
        vm.assertApproxEqAbs(vault.recover(ETH), 8_100_000e18, 1e18);
    }

    function test_nobody_recovers_without_a_cover() public {
        deposit(alice, 100_000 * USD);
        deposit(bob, 1_000_000_000 * USD);
        trade(alice, bob, 5_000e18, 200e18);
        setCover(ETH, 0);
        setPriceCalmly(160 * FEED);
        (, uint256 deficit, uint256 insured) = vault.deleverage(alice.account, 16);
        vm.assertEq(deficit, 100_000e18);
        vm.assertEq(insured, 0);
        vm.expectRevert(IMarginVault.NothingToRecover.selector);
        vault.recover(ETH);
        vm.assertEq(pool.totalAssets(), INSURANCE);
        vm.assertEq(missing(), 100_000e18);
    }
}
