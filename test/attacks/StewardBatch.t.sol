// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {GovernedTest} from "../governance/Governed.sol";
import {vm} from "../support/Vm.sol";

/// A proposal that removes the steward, sets what it likes and names the same steward again carries no number that an emergency could
/// pass: the vote undoes what came after it was written.
contract StewardBatchAttackTest is GovernedTest {
    function test_a_vote_undoes_an_emergency_that_came_after_it_was_written() public {
        openCorridors();
        refreshPrices();
        uint256 before = initialRate();
        IMarginVault.Instrument memory written = vault.instrument(ETH);
        (address[] memory targets, bytes[] memory calls) = (new address[](3), new bytes[](3));
        (targets[0], targets[1], targets[2]) = (address(vault), address(vault), address(vault));
        calls[0] = abi.encodeCall(IMarginVault.setSteward, (address(0), 0));
        calls[1] = abi.encodeCall(IMarginVault.setInstrument, (ETH, written, 0));
        calls[2] = abi.encodeCall(IMarginVault.setSteward, (address(steward), 0));
        uint256 proposal = propose(targets, calls);
        pass(proposal);
        governor.queue(proposal);
        // An hour before it is executed, two guardians tighten.
        elapse(TIMELOCK_DELAY - 1 hours);
        tighten(instrumentOf(ETH), change(INITIAL, 0.2e18));
        vm.assertEq(initialRate(), 0.2e18);
        vm.assertEq(uint256(steward.emergencies()), 1);
        elapse(1 hours);
        governor.execute(proposal);
        vm.assertEq(initialRate(), before);
    }
}
