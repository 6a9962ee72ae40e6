// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {ProtocolTest, Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";

/// An account with a frozen leg may only reduce, and withdraws nothing: what the leg has really lost, nobody knows yet. Nor does it take
/// legs over by a liquidation, which it could close at the edge of the band against a partner: so that capital would leave it, round by
/// round, and what the frozen leg has lost beyond the rest would be a debt when the feed returns.
contract FrozenOpensTest is ProtocolTest {
    Trader private loser = subAccount(alice, 1);
    Trader private winner = subAccount(alice, 2);
    Trader private partner = subAccount(alice, 3);

    function setUpNode() internal override {
        super.setUpNode();
        // Alice is long 1,000 BTC at 5,000 against Bob, with a million dollars.
        deposit(alice, 1_000_000 * USD);
        deposit(bob, 1_000_000 * USD);
        trade(BTC, alice, bob, 1_000e18, 5_000e18);
        // And has eighty million of ETH between two accounts of hers, one of which will be ill as ETH falls.
        deposit(loser, 8_000_000 * USD);
        deposit(winner, 9_000_000 * USD);
        deposit(partner, 4_000_000 * USD);
        trade(ETH, loser, winner, 400_000e18, 200e18);
    }

    /// ETH falls by 7.5 % in steps; the feeds of BTC are silent from now on.
    function freezeBitcoin() private {
        for (int256 k = 1; k <= 15; k++) {
            elapse(6 minutes);
            setPrice(ETH, 200 * FEED - k * FEED);
        }
        guard.poke(assetOf(BTC));
        vm.assertEq(guard.read(assetOf(BTC)).tier, 3);
    }

    /// What insurance pays for Alice once BTC returns.
    function insuredOnReturn() private returns (uint256 deficit, uint256 insured) {
        setMoves(0.49e18, 0.5e18);
        setPrice(BTC, 3_900 * FEED);
        vault.touch(alice.account);
        (, deficit, insured) = vault.deleverage(alice.account, 16);
    }

    /// What is in all accounts of Alice's.
    function wealth() private view returns (int256) {
        return equityOf(alice) + equityOf(loser) + equityOf(winner) + equityOf(partner);
    }

    function nothingOpensOrLeaves() private {
        refuse(ETH, alice, partner, 1e18, 185e18, IMarginVault.ActionBlocked.selector);
        vm.prank(alice.owner);
        vm.expectRevert(IMarginVault.ActionBlocked.selector);
        vault.withdraw(alice.account, USD, alice.owner);
    }

    function test_aFrozenAccountTakesNothingOver() public {
        freezeBitcoin();
        int256 before = wealth();
        string memory frozen = checkpoint();

        nothingOpensOrLeaves();
        // BTC returns at 3,900: a million of the 1.1 million that Alice has lost is hers, the rest is insured.
        (uint256 deficit, uint256 insured) = insuredOnReturn();
        vm.assertApproxEqAbs(deficit, 100_000e18, 1e18);
        vm.assertApproxEqAbs(insured, 100_000e18, 1e18);
        vm.assertApproxEqAbs(wealth(), before - 1_000_000e18, 1e18);

        restore(frozen);
        perpetuals[BTC].price = 5_000 * FEED;
        bytes32[] memory accounts = new bytes32[](1);
        accounts[0] = loser.account;
        vm.startPrank(alice.owner);
        vm.expectRevert(IMarginVault.ActionBlocked.selector);
        vault.liquidate(loser.account, alice.account, WAD / 100);
        vm.expectRevert(IMarginVault.ActionBlocked.selector);
        vault.liquidateBatch(accounts, alice.account, WAD / 100);
        // Into an account without a frozen leg, as ever.
        vault.liquidate(loser.account, partner.account, WAD / 100);
        vm.stopPrank();
        vm.assertGt(vault.position(partner.account, ETH), 0);
        (deficit, insured) = insuredOnReturn();
        vm.assertApproxEqAbs(deficit, 100_000e18, 1e18);
    }
}
