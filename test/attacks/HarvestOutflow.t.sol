// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {ProtocolTest} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";

/// What works: what the pool has earned leaves the vault by the capacity that all share, and whoever calls `harvest` decides that nobody
/// else leaves by it in that hour, or the next, until all is fetched.
contract HarvestOutflowAttackTest is ProtocolTest {
    function test_a_harvest_takes_the_capacity_of_those_who_want_to_leave() public {
        deposit(alice, 100_000_000 * USD);
        deposit(bob, 100_000_000 * USD);
        elapse(3 days);
        refreshPrices();
        setFees(ETH, 0.01e18, 0.01e18);
        for (uint256 k = 0; k < 5; k++) {
            trade(alice, bob, 200_000e18, 200e18);
            trade(bob, alice, 200_000e18, 200e18);
        }
        vault.distributeFees();
        elapse(1 hours);
        refreshPrices();
        string memory id = checkpoint();
        uint256 without = withdraw(bob, 500_000 * USD);
        vm.assertEq(without, 500_000 * USD);
        restore(id);
        vm.prank(dave.owner);
        vm.assertEq(pool.harvest(address(vault)), 952_244_768_000);
        vm.prank(bob.owner);
        vm.expectRevert(IMarginVault.OutflowLimited.selector);
        vault.withdraw(bob.account, 500_000 * USD, bob.owner);
        elapse(30 minutes);
        refreshPrices();
        vm.prank(dave.owner);
        vm.assertEq(pool.harvest(address(vault)), 477_008_827_000);
        vm.prank(bob.owner);
        vm.expectRevert(IMarginVault.OutflowLimited.selector);
        vault.withdraw(bob.account, 500_000 * USD, bob.owner);
    }
}
