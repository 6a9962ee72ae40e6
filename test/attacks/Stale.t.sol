// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {ProtocolTest, Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";

/// Whoever acts does not choose between an old and a new price by poking or not poking.
contract StaleAttack is ProtocolTest {
    /// Both accounts of one owner are to be opened at 200 after both feeds have said 234, for all to see.
    function test_both_sides_are_opened_at_what_the_feeds_say() public {
        Trader memory long = newTrader("attacker");
        Trader memory short = subAccount(long, 1);
        deposit(long, 1_000_000 * USD);
        deposit(short, 1_000_000 * USD);
        elapse(20 minutes); // nobody pokes
        pushPrice(ETH, 234 * FEED);
        elapse(1);
        uint256 insurance = token.balanceOf(address(pool));
        refuse(long, short, 50_000e18, 200e18);
        refuse(short, long, 50_000e18, 200e18);
        refuse(long, short, 50_000e18, 229e18);
        trade(ETH, long, short, 10_000e18, 234e18); // margin counts the stable price too, still at 200
        guard.poke(assetOf(ETH));
        vm.expectRevert(IMarginVault.NotDeleverageable.selector);
        vault.deleverage(short.account, 16);
        vault.touch(long.account);
        vm.assertEq(equityOf(long), 1_000_000e18);
        vm.assertEq(equityOf(short), 1_000_000e18);
        vm.assertEq(token.balanceOf(address(pool)), insurance);
    }

    /// Expects that the trade is outside the band of the mark.
    function refuse(Trader memory buyer, Trader memory seller, uint256 size, uint256 price) private {
        IMarginVault.Order memory maker = order(ETH, seller, -int256(size), price, true);
        IMarginVault.Order memory taker = order(ETH, buyer, int256(size), price, false);
        bytes memory makerSignature = sign(seller, maker);
        bytes memory takerSignature = sign(buyer, taker);
        vm.expectRevert(IMarginVault.PriceOutsideBand.selector);
        vault.settle(maker, makerSignature, taker, takerSignature, size);
    }

    /// Who was in ill health at the last poke, and is healthy at what both feeds say, is left alone.
    function test_a_healthy_account_is_not_liquidated_at_an_old_mark() public {
        deposit(alice, 20_000 * USD);
        deposit(bob, 1_000_000 * USD);
        deposit(carol, 100_000 * USD);
        trade(ETH, alice, bob, 1_000e18, 200e18);
        setPriceCalmly(ETH, 189 * FEED); // equity 9,000 of 9,450
        elapse(20 minutes);
        pushPrice(ETH, 199 * FEED); // equity 19,000 of 9,950
        elapse(1);
        vm.assertEq(equityOf(alice), 19_000e18, "a view is told what a transaction will find");
        vm.prank(carol.owner);
        vm.expectRevert(IMarginVault.Healthy.selector);
        vault.liquidate(alice.account, carol.account, WAD);
        bytes32[] memory accounts = new bytes32[](1);
        accounts[0] = alice.account;
        vm.prank(carol.owner);
        vm.assertEq(vault.liquidateBatch(accounts, carol.account, WAD), 0);
        guard.poke(assetOf(ETH));
        vm.assertEq(equityOf(alice), 19_000e18);
        vm.assertEq(equityOf(carol), 100_000e18);
    }

    /// Nor does anybody get more out than the new mark leaves.
    function test_nobody_withdraws_at_an_old_mark() public {
        deposit(alice, 20_000 * USD);
        deposit(bob, 1_000_000 * USD);
        trade(ETH, alice, bob, 100e18, 200e18);
        elapse(20 minutes);
        pushPrice(ETH, 150 * FEED); // equity 15,000, of which initial margin needs 2,000 at the stable price
        elapse(1);
        vm.prank(alice.owner);
        vm.expectRevert(IMarginVault.InsufficientMargin.selector);
        vault.withdraw(alice.account, 14_500 * USD, alice.owner); // 5,500 would be left at 200
        vm.assertEq(withdraw(alice, 12_000 * USD), 12_000 * USD);
        vm.assertEq(equityOf(alice), 3_000e18);
    }

    /// Ten ETH long at 200, which the feeds have taken to `price` without a poke.
    function holdAndFall(int256 price) private {
        deposit(alice, 20_000 * USD);
        deposit(bob, 1_000_000 * USD);
        trade(ETH, alice, bob, 1_000e18, 200e18);
        elapse(20 minutes);
        pushPrice(ETH, price * FEED);
        elapse(1);
    }

    /// To one's other account neither, which would have been out of reach of the loss.
    function test_nobody_transfers_at_an_old_mark() public {
        holdAndFall(181);
        deposit(alice, 10_000 * USD); // a deposit settles nothing
        vm.expectRevert(IMarginVault.InsufficientMargin.selector);
        vm.prank(alice.owner);
        vault.transfer(alice.account, subAccount(alice, 1).account, 9_000e18);
        guard.poke(assetOf(ETH));
        vm.assertEq(equityOf(alice), 11_000e18);
    }

    /// Who owed at the last poke, and owes nothing by what the feeds say, is not closed.
    function test_nobody_is_closed_at_an_old_mark() public {
        holdAndFall(175);
        vault.touch(alice.account);
        vm.assertEq(pnlOf(alice), -5_000e18);
        elapse(20 minutes);
        pushPrice(ETH, 200 * FEED);
        elapse(1);
        uint256 insurance = token.balanceOf(address(pool));
        vm.expectRevert(IMarginVault.NoEquity.selector); // what was known of its debt is not settled yet
        vault.deleverage(alice.account, 16);
        vault.touch(alice.account);
        vm.expectRevert(IMarginVault.NotDeleverageable.selector);
        vault.deleverage(alice.account, 16);
        vm.assertEq(equityOf(alice), 20_000e18);
        vm.assertEq(token.balanceOf(address(pool)), insurance);
    }

    /// What was profit at the last poke, and is none by what the feeds say, is not converted.
    function test_nobody_converts_at_an_old_mark() public {
        deposit(alice, 50_000 * USD);
        deposit(bob, 1_000_000 * USD);
        trade(ETH, alice, bob, 1_000e18, 200e18);
        setPriceCalmly(ETH, 215 * FEED);
        vault.touch(alice.account);
        vault.touch(bob.account);
        elapse(1 days);
        refreshPrices();
        vm.assertEq(pnlOf(alice), 15_000e18);
        elapse(20 minutes);
        pushPrice(ETH, 200 * FEED);
        elapse(1);
        vm.assertEq(convert(alice), 0);
        vm.assertEq(equityOf(alice), 50_000e18);
    }

    /// In a batch, each account is seen at the marks of all its own legs, whatever the others hold.
    function test_a_batch_takes_the_fresh_marks_of_everybody_in_it() public {
        holdAndFall(189);
        deposit(carol, 20_000 * USD);
        trade(BTC, carol, bob, 40e18, 5_000e18);
        deposit(dave, 1_000_000 * USD);
        setPriceCalmly(BTC, 4_700 * FEED); // carol has 8,000 of 9,400
        elapse(20 minutes);
        pushPrice(BTC, 4_990 * FEED);
        pushPrice(ETH, 199 * FEED);
        elapse(1);
        bytes32[] memory accounts = new bytes32[](2);
        (accounts[0], accounts[1]) = (alice.account, carol.account);
        vm.prank(dave.owner);
        vm.assertEq(vault.liquidateBatch(accounts, dave.account, WAD), 0);
        vm.assertEq(equityOf(carol), 19_600e18);
        vm.assertEq(vault.position(carol.account, BTC), 40e18);
    }
}
