// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {GovernedTest} from "../governance/Governed.sol";
import {vm} from "../support/Vm.sol";

/// A proposal that removes the steward, sets what it likes and names the same steward again: it carries the number of emergencies that
/// there were when it was written, whether the steward is still there or not.
contract StewardBatchTest is GovernedTest {
    bytes4 private constant EMERGENCY_SINCE = bytes4(keccak256("EmergencySince()"));

    /// Removes the steward, sets ETH to what it is now, and names the steward again, with a number of emergencies.
    function proposeBatch(uint32 emergencies) private returns (uint256 proposal) {
        IMarginVault.Instrument memory written = vault.instrument(ETH);
        (address[] memory targets, bytes[] memory calls) = (new address[](3), new bytes[](3));
        (targets[0], targets[1], targets[2]) = (address(vault), address(vault), address(vault));
        calls[0] = abi.encodeCall(IMarginVault.setSteward, (address(0), emergencies));
        calls[1] = abi.encodeCall(IMarginVault.setInstrument, (ETH, written, emergencies));
        calls[2] = abi.encodeCall(IMarginVault.setSteward, (address(steward), emergencies));
        proposal = propose(targets, calls);
        pass(proposal);
        governor.queue(proposal);
    }

    function test_a_vote_undoes_no_emergency_that_came_after_it_was_written() public {
        openCorridors();
        refreshPrices();
        uint256 before = initialRate();
        uint256 proposal = proposeBatch(0);
        // An hour before it is executed, two guardians tighten.
        elapse(TIMELOCK_DELAY - 1 hours);
        tighten(instrumentOf(ETH), change(INITIAL, 0.2e18));
        vm.assertEq(uint256(steward.emergencies()), 1);
        elapse(1 hours);
        vm.expectRevert(EMERGENCY_SINCE);
        governor.execute(proposal);
        vm.assertEq(initialRate(), 0.2e18);
        vm.assertEq(vault.steward(), address(steward));
        vm.assertLt(before, 0.2e18);
    }

    function test_a_batch_that_knows_of_every_emergency_is_executed() public {
        openCorridors();
        refreshPrices();
        tighten(instrumentOf(ETH), change(INITIAL, 0.2e18));
        uint256 proposal = proposeBatch(1);
        elapse(TIMELOCK_DELAY);
        governor.execute(proposal);
        vm.assertEq(vault.steward(), address(steward));
        vm.assertEq(initialRate(), 0.2e18);
    }
}
