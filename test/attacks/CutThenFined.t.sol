// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {Trader} from "../protocol/Protocol.sol";
import {OptionsTest} from "../options/OptionsTest.sol";
import {vm} from "../support/Vm.sol";

/// Carol holds ETH, and is short of it by options: she can lose next to nothing. Somebody else's debt is closed against her perpetual, which
/// leaves her naked and ill. She may be deleveraged without a penalty for that, and for ten minutes nobody liquidates her for one:
/// neither who closed the debt, in the same transaction, nor once a part of her legs is closed.
contract CutThenFinedTest is OptionsTest {
    Trader private taker = subAccount(alice, 1);

    function setUpNode() internal override {
        super.setUpNode();
        deposit(carol, 300_000 * USD);
        deposit(dave, 100_000 * USD);
        deposit(taker, 500_000 * USD);
        uint32 call = series(28, 2_000, CALL);
        uint32 put = series(28, 2_000, PUT);
        trade(ETH, carol, dave, 500e18, SPOT);
        trade(call, bob, carol, 500e18, markOf(call));
        trade(put, carol, bob, 500e18, markOf(put));
        withdraw(carol, 275_000 * USD);
        // Others are long of ETH as well, Alice among them.
        trade(ETH, alice, bob, 500e18, SPOT);
        moveTo(2_220 * FEED);
        vault.touch(dave.account);
        vm.assertLt(pnlOf(dave), 0);
    }

    function test_whoIsCutOfAHedgePaysNoPenaltyForTenMinutes() public {
        int256 equity = equityOf(carol);
        vm.assertApproxEqAbs(equity, 25_000e18, 100e18);
        vm.assertLt(maintenanceOf(carol), 12_000e18);
        vm.assertEq(vault.position(carol.account, ETH), 500e18);

        // One transaction of Alice's.
        deposit(alice, 100_000_000 * USD);
        vm.prank(alice.owner);
        vault.touch(alice.account);
        vault.deleverage(dave.account, 16);
        vm.assertEq(withdraw(alice, 100_000_000 * USD), 100_000_000 * USD);
        vm.assertGt(vault.position(alice.account, ETH), 450e18);
        vm.assertLt(uint256(equityOf(carol)), maintenanceOf(carol));
        refuse();

        // Nor after a part of what a deleveraging closes.
        string memory cut = checkpoint();
        vault.deleverage(carol.account, 1);
        refuse();
        vault.deleverage(carol.account, 16);
        vm.assertApproxEqAbs(equityOf(carol), equity, 100e18);

        // Ten minutes later she has had the time to hedge anew. A batch that spares her moves her clock, which a refusal does not.
        restore(cut);
        bytes32[] memory ill = new bytes32[](1);
        ill[0] = carol.account;
        for (uint256 minute = 0; minute < 10; minute++) {
            refuse();
            vm.prank(taker.owner);
            vm.assertEq(vault.liquidateBatch(ill, taker.account, WAD), 0);
            elapse(60);
            refreshPrices();
        }
        (, uint256 penalty) = liquidate(carol, taker, WAD);
        vm.assertGt(penalty, 1_500e18);
    }

    function refuse() private {
        vm.prank(taker.owner);
        vm.expectRevert(IMarginVault.Healthy.selector);
        vault.liquidate(carol.account, taker.account, WAD);
    }
}
