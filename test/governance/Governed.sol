// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {Enum} from "@safe-global/safe-smart-account/contracts/libraries/Enum.sol";
import {ISafe} from "@safe-global/safe-smart-account/contracts/interfaces/ISafe.sol";
import {BulkheadGovernor} from "../../contracts/governance/BulkheadGovernor.sol";
import {BulkheadToken} from "../../contracts/governance/BulkheadToken.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IRiskSteward} from "../../contracts/interfaces/IRiskSteward.sol";
import {Charter, Governance, GovernanceSetup} from "../../script/governance/GovernanceSetup.sol";
import {Parameters} from "../../script/governance/Parameters.sol";
import {Chain} from "../../script/lib/Chain.sol";
import {cheats} from "../../script/lib/Cheatcodes.sol";
import {ProtocolTest, Trader} from "../protocol/Protocol.sol";
import {Node} from "../support/Node.sol";
import {vm} from "../support/Vm.sol";

/// The market of `ProtocolTest` under governance: the script has handed everything over, `holder` has all votes, and two of three
/// guardians make the Safe act.
abstract contract GovernedTest is ProtocolTest {
    uint256 internal constant VOTING_DELAY = 6 hours;
    uint256 internal constant VOTING_PERIOD = 36 hours;
    uint256 internal constant TIMELOCK_DELAY = 24 hours;
    uint256 internal constant EMERGENCY = 72 hours;
    uint256 internal constant EMERGENCY_PERIOD = 30 days;
    address internal constant SURFACE_PROVIDER = address(0x5a);
    /// Fields of `IMarginVault.Instrument`.
    uint8 internal constant ASSET = 0;
    uint8 internal constant MAINTENANCE = 1;
    uint8 internal constant INITIAL = 2;
    uint8 internal constant BAND = 3;
    uint8 internal constant SHOCK = 6;
    uint8 internal constant OPEN_INTEREST = 7;

    Governance internal governance;
    IRiskSteward internal steward;
    BulkheadGovernor internal governor;
    TimelockController internal timelock;
    BulkheadToken internal votes;
    ISafe internal safe;
    address internal holder = newTrader("holder").owner;
    address internal agent = newTrader("agent").owner;
    address internal stranger = newTrader("stranger").owner;
    uint256 private proposals;

    function setUpNode() internal virtual override {
        super.setUpNode();
        govern();
    }

    function govern() private {
        governance = GovernanceSetup.install(
            Chain.open(Node.url(), OWNER_KEY), address(guard), address(factory), charter(holder)
        );
        attach("votes", governance.token);
        attach("timelock", governance.timelock);
        attach("governor", governance.governor);
        attach("safe", governance.guardian);
        attach("steward", governance.steward);
        votes = BulkheadToken(governance.token);
        timelock = TimelockController(payable(governance.timelock));
        governor = BulkheadGovernor(payable(governance.governor));
        safe = ISafe(payable(governance.guardian));
        steward = IRiskSteward(governance.steward);
        vm.prank(holder);
        votes.delegate(holder);
        elapse(1);
    }

    function charter(address votesFor) internal pure returns (Charter memory chosen) {
        chosen.holder = votesFor;
        chosen.guardians = new address[](3);
        for (uint256 k = 0; k < 3; k++) {
            chosen.guardians[k] = cheats.addr(guardianKey(k));
        }
        chosen.threshold = 2;
        chosen.surfaceProvider = SURFACE_PROVIDER;
    }

    function guardianKey(uint256 k) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode("guardian", k)));
    }

    // ---- proposals

    function propose(address target, bytes memory data) internal returns (uint256) {
        (address[] memory targets, bytes[] memory calls) = (new address[](1), new bytes[](1));
        (targets[0], calls[0]) = (target, data);
        return propose(targets, calls);
    }

    function propose(address[] memory targets, bytes[] memory calls) internal returns (uint256) {
        string memory description = string.concat("proposal ", cheats.toString(++proposals));
        vm.prank(holder);
        return governor.propose(targets, new uint256[](targets.length), calls, description);
    }

    /// Takes a proposal that was just made to its execution.
    function carry(uint256 proposal) internal {
        pass(proposal);
        governor.queue(proposal);
        elapse(TIMELOCK_DELAY);
        governor.execute(proposal);
    }

    /// Takes a proposal that was just made to the end of its vote, which all votes are in favour of.
    function pass(uint256 proposal) internal {
        elapse(VOTING_DELAY + 1);
        vm.prank(holder);
        governor.castVote(proposal, 1);
        elapse(VOTING_PERIOD);
    }

    /// One decision of governance, from proposal to execution: 66 hours.
    function decide(address target, bytes memory data) internal {
        carry(propose(target, data));
    }

    // ---- the guardian multisig

    /// Two guardians let the Safe call `to`.
    function guardians(address to, bytes memory data) internal {
        bytes memory signed = signatures(safe, to, data);
        vm.prank(stranger);
        exec(safe, to, data, signed);
    }

    /// Two guardians try, and what they want reverts for `reason`, which the Safe passes on.
    function refuseGuardians(address to, bytes memory data, bytes memory reason) internal {
        bytes memory signed = signatures(safe, to, data);
        vm.expectRevert(reason);
        vm.prank(stranger);
        exec(safe, to, data, signed);
    }

    function exec(ISafe which, address to, bytes memory data, bytes memory signed) internal {
        which.execTransaction(to, 0, data, Enum.Operation.Call, 0, 0, 0, address(0), payable(address(0)), signed);
    }

    /// What the first two guardians sign for the next transaction of `which`, ordered by their addresses as a Safe wants it.
    function signatures(ISafe which, address to, bytes memory data) internal view returns (bytes memory) {
        bytes32 hash = which.getTransactionHash(
            to, 0, data, Enum.Operation.Call, 0, 0, 0, address(0), payable(address(0)), which.nonce()
        );
        (uint256 first, uint256 second) = (guardianKey(0), guardianKey(1));
        if (cheats.addr(first) > cheats.addr(second)) (first, second) = (second, first);
        return bytes.concat(signDigest(first, hash), signDigest(second, hash));
    }

    // ---- the steward

    function instrumentOf(uint32 number) internal view returns (IRiskSteward.Subject memory) {
        return IRiskSteward.Subject(address(vault), Parameters.INSTRUMENT, bytes32(uint256(number)));
    }

    function change(uint8 field, uint256 value) internal pure returns (IRiskSteward.Change[] memory one) {
        one = new IRiskSteward.Change[](1);
        one[0] = IRiskSteward.Change(field, value);
    }

    function changes(uint8 field, uint256 value, uint8 otherField, uint256 otherValue)
        internal
        pure
        returns (IRiskSteward.Change[] memory both)
    {
        both = new IRiskSteward.Change[](2);
        both[0] = IRiskSteward.Change(field, value);
        both[1] = IRiskSteward.Change(otherField, otherValue);
    }

    function adjust(IRiskSteward.Subject memory subject, IRiskSteward.Change[] memory wanted) internal {
        vm.prank(agent);
        steward.adjust(subject, wanted);
    }

    /// Two guardians tighten.
    function tighten(IRiskSteward.Subject memory subject, IRiskSteward.Change[] memory wanted) internal {
        guardians(address(steward), abi.encodeCall(IRiskSteward.tighten, (subject, wanted)));
    }

    /// Two guardians try to tighten, and the steward refuses for `reason`.
    function refuseTighten(
        IRiskSteward.Subject memory subject,
        IRiskSteward.Change[] memory wanted,
        bytes memory reason
    ) internal {
        refuseGuardians(address(steward), abi.encodeCall(IRiskSteward.tighten, (subject, wanted)), reason);
    }

    function windowOf(IRiskSteward.Subject memory subject, uint8 field)
        internal
        view
        returns (IRiskSteward.Window memory)
    {
        return steward.windows(subject)[field];
    }

    /// Governance allows `agent` and the guardians what these tests use: ETH's maintenance rate, initial rate, band, shock and
    /// open interest, in corridors wide enough for a few steps of 10 % a day.
    function openCorridors() internal {
        uint8[5] memory fields = [MAINTENANCE, INITIAL, BAND, SHOCK, OPEN_INTEREST];
        uint128[5] memory lows = [uint128(0.03e18), 0.06e18, 0.005e18, 0.15e18, 1_000e18];
        uint128[5] memory highs = [uint128(0.08e18), 0.2e18, 0.05e18, 0.4e18, 4_000_000_000e18];
        (address[] memory targets, bytes[] memory calls) = (new address[](6), new bytes[](6));
        for (uint256 k = 0; k < 5; k++) {
            IRiskSteward.Corridor memory corridor = IRiskSteward.Corridor(lows[k], highs[k], 0.1e18, 1 days);
            (targets[k], calls[k]) =
            (address(steward), abi.encodeCall(IRiskSteward.setCorridor, (instrumentOf(ETH), fields[k], corridor, 0)));
        }
        (targets[5], calls[5]) = (address(steward), abi.encodeCall(IRiskSteward.setAgent, (agent, true, 0)));
        carry(propose(targets, calls));
    }

    function initialRate() internal view returns (uint256) {
        return vault.instrument(ETH).initialRate;
    }
}
