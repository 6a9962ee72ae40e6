// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {ProtocolTest, Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";

/// Whoever is exposed to an asset in Halted, whose mark nobody is sure of, withdraws nothing, and opens nothing in quiet markets: or he would
/// lose at the edges of the band what he may not withdraw, to another account of his, and what the exposure has really lost would be a
/// debt.
contract HaltedPaysTest is ProtocolTest {
    Trader private partner = subAccount(alice, 1);

    function setUpNode() internal override {
        super.setUpNode();
        deposit(alice, 1_000_000 * USD);
        deposit(bob, 1_000_000 * USD);
        deposit(partner, 1_000_000 * USD);
        trade(BTC, alice, bob, 1_000e18, 5_000e18);
        trade(ETH, alice, partner, 100e18, 200e18);
        // One source of BTC falls by a fifth; the other, wrong, and the stable price outvote it.
        setSources(BTC, 5_000 * FEED, 4_000 * FEED);
        vm.assertEq(guard.read(assetOf(BTC)).tier, 3);
        vm.assertEq(guard.read(assetOf(BTC)).mark, 5_000e18);
    }

    /// Sources go on as they are, every half hour.
    function wait_(uint256 halfHours) private {
        for (uint256 k = 0; k < halfHours; k++) {
            elapse(30 minutes);
            setPrice(ETH, 200 * FEED);
            setSources(BTC, 5_000 * FEED, 4_000 * FEED);
        }
    }

    function insuredWhenTheSourceIsRight() private returns (uint256 deficit, uint256 insured) {
        setMoves(0.49e18, 0.5e18);
        setSources(BTC, 3_950 * FEED, 3_950 * FEED);
        vault.touch(alice.account);
        (, deficit, insured) = vault.deleverage(alice.account, 16);
    }

    function test_whatMayNotBeWithdrawnIsNotPaidToAPartner() public {
        vm.prank(alice.owner);
        vm.expectRevert(IMarginVault.ActionBlocked.selector);
        vault.withdraw(alice.account, USD, alice.owner);
        string memory before = checkpoint();
        wait_(96);
        (uint256 deficit,) = insuredWhenTheSourceIsRight();
        vm.assertApproxEqAbs(deficit, 50_000e18, 5_000e18, "honest");

        restore(before);
        refuse(ETH, alice, partner, 1e18, 204e18, IMarginVault.ActionBlocked.selector);
        // Nor as the maker.
        IMarginVault.Order memory maker = order(ETH, alice, 1e18, 204e18, true);
        IMarginVault.Order memory taker = order(ETH, partner, -1e18, 204e18, false);
        bytes memory makerSignature = sign(alice, maker);
        bytes memory takerSignature = sign(partner, taker);
        vm.expectRevert(IMarginVault.ActionBlocked.selector);
        vault.settle(maker, makerSignature, taker, takerSignature, 1e18);
        // Who is not exposed trades as ever.
        trade(ETH, subAccountWith(1_000_000), partner, 1e18, 204e18);
    }

    function test_whatIsHeldElsewhereMayBeReduced() public {
        trade(ETH, partner, alice, 40e18, 200e18);
        vm.assertEq(vault.position(alice.account, ETH), 60e18);
    }

    function subAccountWith(uint256 dollars) private returns (Trader memory other) {
        other = subAccount(alice, 7);
        deposit(other, dollars * USD);
    }
}
