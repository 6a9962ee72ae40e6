// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {vm} from "../support/Vm.sol";
import {ProtocolTest, Trader} from "./Protocol.sol";

/// Batches of liquidations, and into whose account they go.
contract BatchTest is ProtocolTest {
    Trader internal maker = newTrader("maker");

    function setUpNode() internal override {
        super.setUpNode();
        deposit(maker, 1_000_000 * USD);
        deposit(alice, 1_000 * USD);
        deposit(bob, 900 * USD);
        deposit(carol, 20_000 * USD);
        trade(alice, maker, 45e18, 200e18);
        trade(bob, maker, 40e18, 200e18);
    }

    function batch(Trader memory into, Trader[] memory traders) private returns (uint256 done) {
        bytes32[] memory accounts = accountsOf(traders);
        vm.prank(into.owner);
        return vault.liquidateBatch(accounts, into.account, WAD);
    }

    function both() private view returns (Trader[] memory traders) {
        traders = new Trader[](2);
        (traders[0], traders[1]) = (alice, bob);
    }

    function test_a_batch_does_what_its_liquidations_do() public {
        setPriceCalmly(186 * FEED);
        string memory before = checkpoint();
        liquidate(alice, carol, WAD);
        liquidate(bob, carol, WAD);
        (int256 taken, int256 alices, int256 bobs) = (sizeOf(carol), sizeOf(alice), sizeOf(bob));
        (int256 equity, int256 rest) = (equityOf(carol), equityOf(alice));
        restore(before);
        vm.assertEq(batch(carol, both()), 2);
        vm.assertEq(sizeOf(carol), taken);
        vm.assertEq(sizeOf(alice), alices);
        vm.assertEq(sizeOf(bob), bobs);
        vm.assertEq(equityOf(carol), equity);
        vm.assertEq(equityOf(alice), rest);
    }

    /// One account is long ETH and one is short: what one gives up the other's replaces, and the market shrinks.
    function test_what_two_accounts_hold_against_each_other_closes() public {
        deposit(dave, 400 * USD);
        trade(ETH, maker, dave, 10e18, 200e18);
        trade(BTC, dave, maker, 0.3e18, 5_000e18);
        restartMean();
        setPrice(ETH, 186 * FEED);
        setPrice(BTC, 3_400 * FEED); // dave: 400 + 140 - 480 = 60, maintenance 93 + 51
        (uint256 before,) = vault.openInterest(ETH);
        Trader[] memory traders = new Trader[](2);
        (traders[0], traders[1]) = (alice, dave);
        vm.assertEq(batch(carol, traders), 2);
        (uint256 long, uint256 short) = vault.openInterest(ETH);
        vm.assertLt(long, before);
        vm.assertEq(long, short);
        vm.assertEq(sizeOf(alice) + sizeOf(carol) + sizeOf(dave), 35e18);
        vm.assertGt(vault.position(carol.account, BTC), 0);
    }

    function test_it_skips_whoever_is_healthy_in_debt_or_has_nothing() public {
        deposit(dave, 600 * USD);
        trade(BTC, dave, maker, 1e18, 5_000e18);
        restartMean();
        setPrice(ETH, 184 * FEED); // bob: 900 - 640 = 260 of 368; alice: 1,000 - 720 = 280 of 414
        setPrice(BTC, 4_300 * FEED); // dave: 600 - 700
        Trader[] memory traders = new Trader[](6);
        (traders[0], traders[1], traders[2]) = (maker, dave, newTrader("nobody"));
        (traders[3], traders[4], traders[5]) = (alice, bob, alice);
        vm.assertEq(batch(carol, traders), 2);
        vm.assertEq(vault.position(dave.account, BTC), 1e18);
        vm.assertEq(pnlOf(dave), -100e18);
    }

    function test_a_batch_of_nothing_settles_and_takes_nothing() public {
        Trader[] memory nobody = new Trader[](0);
        vm.assertEq(batch(carol, nobody), 0);
        vm.assertEq(batch(carol, both()), 0);
        vm.assertEq(sizeOf(carol), 0);
    }

    function test_a_batch_that_leaves_too_little_margin_reverts_whole() public {
        deposit(dave, 200 * USD);
        setPriceCalmly(186 * FEED);
        bytes32[] memory accounts = accountsOf(both());
        vm.expectRevert(IMarginVault.InsufficientMargin.selector);
        vm.prank(dave.owner);
        vault.liquidateBatch(accounts, dave.account, WAD);
        vm.assertEq(sizeOf(alice), 45e18);
    }

    function test_ones_own_account_is_not_taken_over_into_itself() public {
        setPriceCalmly(186 * FEED);
        bytes32[] memory accounts = accountsOf(both());
        vm.expectRevert(IMarginVault.SameAccount.selector);
        vm.prank(bob.owner);
        vault.liquidateBatch(accounts, bob.account, WAD);
    }

    function test_a_signer_may_liquidate_into_its_owners_accounts_until_it_is_dismissed() public {
        setPriceCalmly(186 * FEED);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.NotAuthorized.selector, dave.owner));
        vm.prank(dave.owner);
        vault.liquidate(alice.account, carol.account, WAD);
        vm.prank(carol.owner);
        vault.setSigner(dave.owner, true);
        vm.prank(dave.owner);
        vault.liquidate(alice.account, carol.account, WAD);
        vm.assertGt(sizeOf(carol), 0);
        vm.prank(carol.owner);
        vault.setSigner(dave.owner, false);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.NotAuthorized.selector, dave.owner));
        vm.prank(dave.owner);
        vault.liquidate(bob.account, carol.account, WAD);
    }

    function test_a_share_of_nothing_is_refused() public {
        setPriceCalmly(186 * FEED);
        vm.expectRevert(IMarginVault.InvalidAmount.selector);
        liquidate(alice, carol, 0);
    }

    /// What insurance is paid counts for the instruments of what moved, and raises their cover by half.
    function test_the_pools_half_of_penalties_raises_the_cover_of_what_moved() public {
        setCover(ETH, 1_000_000e18);
        (uint256 before,) = vault.cover(ETH);
        setPriceCalmly(186 * FEED);
        (, uint256 penalty) = liquidate(alice, carol, WAD);
        (uint256 afterwards,) = vault.cover(ETH);
        vm.assertApproxEqAbs(afterwards, before + penalty / 4, UNIT);
        vm.assertLe(afterwards, before + penalty / 4);
    }
}
