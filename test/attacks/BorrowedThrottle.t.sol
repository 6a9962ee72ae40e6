// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {ProtocolTest, Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";

/// *What works.* Before debt, at most a tenth of a side's open interest is closed in an hour. It is the open interest of the moment:
/// who trades with himself in the same transaction, with borrowed tokens, closes as much at once as he likes against others.
contract BorrowedThrottleTest is ProtocolTest {
    Trader private other = subAccount(alice, 1);

    function setUpNode() internal override {
        super.setUpNode();
        deposit(carol, 100_000 * USD);
        deposit(dave, 20_000 * USD);
        deposit(bob, 10_000_000 * USD);
        trade(carol, dave, 1_000e18, 200e18);
        trade(carol, bob, 1_000e18, 200e18);
        setPriceCalmly(219 * FEED + FEED / 2);
        // Below a fifth of its maintenance margin, and three minutes on its clock.
        for (uint256 k = 0; k < 4; k++) {
            vault.touch(dave.account);
            elapse(60);
        }
        vm.assertLt(uint256(equityOf(dave)) * 5, maintenanceOf(dave));
    }

    function test_aTenthOfTheSideAnHour() public {
        // Half of that at once, the other half within the hour.
        vault.deleverage(dave.account, 16);
        vm.assertApproxEqAbs(sizeOf(carol), 1_900e18, 1e6);
        vm.expectRevert(IMarginVault.RateLimited.selector);
        vault.deleverage(dave.account, 16);
    }

    function test_allOfItWithBorrowedOpenInterest() public {
        deposit(alice, 100_000_000 * USD);
        deposit(other, 100_000_000 * USD);
        trade(alice, other, 20_000e18, 219.5e18);
        vault.deleverage(dave.account, 16);
        uint256 held = uint256(sizeOf(alice));
        trade(other, alice, held, 219.5e18);
        withdraw(alice, 100_000_000 * USD);
        vm.assertEq(sizeOf(dave), 0);
        vm.assertLt(sizeOf(carol), 1_060e18);
    }
}
