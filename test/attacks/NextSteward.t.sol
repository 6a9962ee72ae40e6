// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {StewardCounter} from "../mocks/StewardCounter.sol";
import {ProtocolTest} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";

/// A vote that was drafted before an emergency carries the number of before, and is refused, under every steward that governance names
/// later as well: what stewards count is added up, though each begins from zero.
contract NextStewardTest is ProtocolTest {
    function test_aVoteOfBeforeAnEmergencyStaysRefusedUnderTheNextSteward() public {
        StewardCounter first = StewardCounter(create("first", type(StewardCounter).creationCode));
        StewardCounter second = StewardCounter(create("second", type(StewardCounter).creationCode));
        vm.prank(owner);
        vault.setSteward(address(first), 0);
        // Drafted now: half the initial margin.
        IMarginVault.Instrument memory drafted = vault.instrument(ETH);
        (drafted.initialRate, drafted.maintenanceRate) = (0.05e18, 0.025e18);
        // The emergency: the multisig tightens through the steward, which counts it.
        first.setEmergencies(1);
        IMarginVault.Instrument memory tight = vault.instrument(ETH);
        tight.initialRate = 0.2e18;
        vm.prank(address(first));
        vault.setInstrument(ETH, tight, 0);
        vm.prank(owner);
        vm.expectRevert(bytes4(keccak256("EmergencySince()")));
        vault.setInstrument(ETH, drafted, 0);
        // Another steward, by a vote that knows of the emergency.
        vm.prank(owner);
        vault.setSteward(address(second), 1);
        vm.assertEq(vault.emergencies(), 1);
        // The old vote.
        vm.prank(owner);
        vm.expectRevert(bytes4(keccak256("EmergencySince()")));
        vault.setInstrument(ETH, drafted, 0);
        vm.assertEq(vault.instrument(ETH).initialRate, 0.2e18);
        // The next emergency, and a steward that has counted some elsewhere.
        second.setEmergencies(1);
        vm.assertEq(vault.emergencies(), 2);
        first.setEmergencies(9);
        vm.prank(owner);
        vault.setSteward(address(first), 2);
        vm.assertEq(vault.emergencies(), 9);
    }
}
