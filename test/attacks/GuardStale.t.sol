// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {ProtocolTest, Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";

/// The feeds have said another price for half an hour, and nobody has poked.
contract GuardStaleAttack is ProtocolTest {
    /// A straddle of one owner's at 200, while the feeds say 170.
    function test_a_straddle_meets_the_fresh_mark() public {
        Trader memory a = subAccount(carol, 1);
        Trader memory b = subAccount(carol, 2);
        refreshPrices();
        elapse(25 minutes);
        pushPrice(ETH, 170 * FEED); // both feeds, no poke
        elapse(30 minutes);
        deposit(a, 20_000 * USD);
        deposit(b, 20_000 * USD);
        IMarginVault.Order memory maker = order(b, -1_000e18, 200e18, true);
        IMarginVault.Order memory taker = order(a, 1_000e18, 200e18, false);
        bytes memory makerSignature = sign(b, maker);
        bytes memory takerSignature = sign(a, taker);
        vm.expectRevert(IMarginVault.PriceOutsideBand.selector);
        vault.settle(maker, makerSignature, taker, takerSignature, 1_000e18);
        vm.assertEq(guard.read(asset).mark, 170e18);
        trade(a, b, 300e18, 170e18); // margin counts the stable price too, still near 200
        guard.poke(asset);
        vm.expectRevert(IMarginVault.NotDeleverageable.selector);
        vault.deleverage(a.account, 16);
        vault.touch(b.account);
        vm.assertEq(equityOf(a), 20_000e18);
        vm.assertEq(equityOf(b), 20_000e18);
        elapse(25 hours);
        refreshPrices();
        vm.assertEq(convert(b), 0);
        vm.assertEq(capitalOf(b), 20_000e18);
    }

    /// An account that was ill at the last poke, and that the feeds say is healthy again.
    function test_a_healthy_account_is_not_taken_over_at_the_stored_mark() public {
        deposit(alice, 20_000 * USD);
        deposit(bob, 1_000_000 * USD);
        deposit(dave, 1_000_000 * USD);
        trade(alice, bob, 1_000e18, 200e18);
        setPriceCalmly(188 * FEED); // equity 8,000 of 9,400
        elapse(30 minutes);
        pushPrice(ETH, 205 * FEED); // the feeds say that alice has 25,000
        int256 before = equityOf(dave);
        vm.prank(dave.owner);
        vm.expectRevert(IMarginVault.Healthy.selector);
        vault.liquidate(alice.account, dave.account, WAD);
        guard.poke(asset);
        vm.assertEq(equityOf(dave), before);
        vm.assertEq(equityOf(alice), 25_000e18);
    }
}
