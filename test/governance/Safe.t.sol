// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Enum} from "@safe-global/safe-smart-account/contracts/libraries/Enum.sol";
import {IOwnable} from "../../contracts/interfaces/IOwnable.sol";
import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {vm} from "../support/Vm.sol";
import {GovernedTest} from "./Governed.sol";

/// The guardians' multisig is changed by itself alone, and what acts in its name can do what it can.
contract SafeTest is GovernedTest {
    function test_nobody_changes_the_safe_from_outside() public {
        address[4] memory others = [stranger, owner, address(timelock), vm.addr(guardianKey(0))];
        bytes[6] memory changes_ = [
            abi.encodeWithSignature("enableModule(address)", stranger),
            abi.encodeWithSignature("changeThreshold(uint256)", 1),
            abi.encodeWithSignature("addOwnerWithThreshold(address,uint256)", stranger, 1),
            abi.encodeWithSignature("setGuard(address)", stranger),
            abi.encodeWithSignature("setModuleGuard(address)", stranger),
            abi.encodeWithSignature("setFallbackHandler(address)", stranger)
        ];
        for (uint256 k = 0; k < changes_.length; k++) {
            for (uint256 j = 0; j < others.length; j++) {
                vm.expectRevert(bytes("GS031"));
                vm.prank(others[j]);
                (bool ignored,) = address(safe).call(changes_[k]);
                ignored;
            }
        }
        vm.expectRevert(bytes("GS104"));
        vm.prank(stranger);
        safe.execTransactionFromModule(address(guard), 0, "", Enum.Operation.Call);
    }

    /// Two guardians let a module act for the Safe. It trips a breaker, and gets no further than the two of them.
    function test_a_module_is_worth_what_the_safe_is() public {
        guardians(address(safe), abi.encodeWithSignature("enableModule(address)", stranger));
        bytes memory trip = abi.encodeCall(IOracleGuard.trip, (asset, 2, 1 hours, "module"));
        vm.prank(stranger);
        vm.assertTrue(safe.execTransactionFromModule(address(guard), 0, trip, Enum.Operation.Call));
        vm.assertEq(uint256(guard.read(asset).tier), 2);
        bytes memory theft = abi.encodeCall(IOwnable.transferOwnership, (stranger));
        address[4] memory targets = [address(guard), address(vault), address(pool), address(steward)];
        for (uint256 k = 0; k < targets.length; k++) {
            vm.prank(stranger);
            vm.assertFalse(safe.execTransactionFromModule(targets[k], 0, theft, Enum.Operation.Call));
            vm.assertEq(IOwnable(targets[k]).pendingOwner(), address(0));
        }
        // Governance names another guardian, and module and Safe are worth nothing any more.
        decide(address(guard), abi.encodeCall(IOracleGuard.setGuardian, (alice.owner)));
        vm.prank(stranger);
        vm.assertFalse(safe.execTransactionFromModule(address(guard), 0, trip, Enum.Operation.Call));
    }
}
