// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {ProtocolTest, Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";

/// Profit of a Restricted market matures in 24 hours, and is as slow once it was lost and gained back in a quiet one. Whoever holds a leg
/// there, hedged by another account of his, and touches himself at each low, has won nothing by it.
contract SlowIntoFastTest is ProtocolTest {
    uint256 private constant GAIN = 1_000_000e18;

    Trader private hedge = subAccount(alice, 1);

    function setUpNode() internal override {
        super.setUpNode();
        deposit(alice, 6_000_000 * USD);
        deposit(hedge, 7_000_000 * USD);
        deposit(dave, 6_000_000 * USD);
        deposit(bob, 20_000_000 * USD);
        // Both gain a million as BTC rises by 12 % and is Restricted for it; the position is closed at the mark.
        uint256 size = GAIN / 600;
        trade(BTC, alice, bob, size, 5_000e18);
        trade(BTC, dave, bob, size, 5_000e18);
        setPrice(BTC, 5_600 * FEED);
        vm.assertEq(guard.read(assetOf(BTC)).tier, 2);
        trade(BTC, bob, alice, size, 5_600e18);
        trade(BTC, bob, dave, size, 5_600e18);
        vm.assertEq(vault.position(alice.account, BTC), 0);
    }

    function test_aSwingOfTwoPerCentElsewhereLeavesADaysProfitAsSlowAsItWas() public {
        vm.assertApproxEqAbs(uint256(pnlOf(alice)), GAIN, 1e15);
        vm.assertApproxEqAbs(vault.immature(alice.account), GAIN, 1e15);
        vm.assertApproxEqAbs(vault.immature(dave.account), GAIN, 1e15);

        // 50m of ETH, long here and short there: no exposure together.
        trade(alice, hedge, 250_000e18, 200e18);
        elapse(5 minutes);
        refreshPrices();
        setPrice(196 * FEED);
        vm.assertEq(guard.read(assetOf(ETH)).tier, 0);
        vm.prank(alice.owner);
        vault.touch(alice.account);
        vm.assertApproxEqAbs(vault.immature(alice.account), 0, 10_000e18);
        elapse(5 minutes);
        setPrice(200 * FEED);
        vm.prank(alice.owner);
        vault.touch(alice.account);
        vm.assertApproxEqAbs(uint256(pnlOf(alice)), GAIN, 1e15);
        // The pair is closed at the mark: all is as it was.
        trade(hedge, alice, 250_000e18, 200e18);
        vm.assertApproxEqAbs(uint256(pnlOf(alice)), GAIN, 1e15);
        vm.assertApproxEqAbs(capitalOf(hedge) + capitalOf(alice), 13_000_000e18, 1e15);

        vault.touch(bob.account);
        elapse(30 minutes);
        refreshPrices();
        uint256 fast = convert(alice);
        uint256 slow = convert(dave);
        vm.assertLt(slow, 30_000e18);
        vm.assertApproxEqAbs(fast, slow, 1_000e18);
    }
}
