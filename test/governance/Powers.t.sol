// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {AbiReader} from "../matrix/AbiReader.sol";
import {Node} from "../support/Node.sol";
import {vm} from "../support/Vm.sol";
import {GovernedTest} from "./Governed.sol";

/// Every function of governor, timelock and votes that changes something, called by everybody who is neither governor nor timelock:
/// what each comes to is listed here, and a function that is not fails the test.
contract PowersTest is GovernedTest, AbiReader {
    struct Power {
        bool exists;
        bytes data;
        bytes4 outcome; // zero for success
    }

    mapping(bytes4 selector => Power) private powers;

    function list(bytes memory data, bytes4 outcome) private {
        powers[bytes4(data)] = Power(true, data, outcome);
    }

    function list(string memory signature, bytes memory arguments, bytes4 outcome) private {
        list(bytes.concat(bytes4(keccak256(bytes(signature))), arguments), outcome);
    }

    function check(string memory name, address target) private {
        address[6] memory outsiders = [owner, holder, address(safe), agent, stranger, address(steward)];
        string[] memory functions = functionsOf(name);
        for (uint256 k = 0; k < functions.length; k++) {
            if (isView(name, functions[k])) continue;
            Power memory power = powers[bytes4(keccak256(bytes(functions[k])))];
            vm.assertTrue(power.exists, string.concat(functions[k], " is not listed"));
            for (uint256 j = 0; j < outsiders.length; j++) {
                (bool success, bytes memory answer) = Node.call(outsiders[j], target, 0, power.data);
                bytes32 found = success ? bytes32(0) : bytes32(bytes4(answer));
                vm.assertEq(
                    found, bytes32(power.outcome), string.concat(functions[k], " as ", vm.toString(outsiders[j]))
                );
            }
        }
    }

    /// Receiving is all that anybody can do to the timelock: what is sent to it is governance's.
    function test_nobody_else_uses_the_timelock() public {
        bytes4 denied = IAccessControl.AccessControlUnauthorizedAccount.selector;
        bytes memory transfer = abi.encodeCall(guard.transferOwnership, (stranger));
        list(abi.encodeCall(timelock.cancel, (0)), denied);
        list(abi.encodeCall(timelock.execute, (address(guard), 0, transfer, 0, 0)), denied);
        list(
            abi.encodeCall(
                timelock.executeBatch, (new address[](1), new uint256[](1), new bytes[](1), bytes32(0), bytes32(0))
            ),
            denied
        );
        list(abi.encodeCall(timelock.grantRole, (keccak256("PROPOSER_ROLE"), stranger)), denied);
        list(abi.encodeCall(timelock.revokeRole, (keccak256("PROPOSER_ROLE"), address(governor))), denied);
        list(
            abi.encodeCall(timelock.renounceRole, (keccak256("PROPOSER_ROLE"), address(governor))),
            IAccessControl.AccessControlBadConfirmation.selector
        );
        list(abi.encodeCall(timelock.schedule, (address(guard), 0, transfer, 0, 0, TIMELOCK_DELAY)), denied);
        list(
            abi.encodeCall(
                timelock.scheduleBatch,
                (new address[](1), new uint256[](1), new bytes[](1), bytes32(0), bytes32(0), TIMELOCK_DELAY)
            ),
            denied
        );
        list(abi.encodeCall(timelock.updateDelay, (0)), TimelockController.TimelockUnauthorizedCaller.selector);
        listReceivers(0);
        check("TimelockController", address(timelock));
    }

    function listReceivers(bytes4 outcome) private {
        list(
            "onERC1155BatchReceived(address,address,uint256[],uint256[],bytes)",
            abi.encode(stranger, stranger, new uint256[](0), new uint256[](0), ""),
            outcome
        );
        list(
            "onERC1155Received(address,address,uint256,uint256,bytes)",
            abi.encode(stranger, stranger, 0, 0, ""),
            outcome
        );
        list("onERC721Received(address,address,uint256,bytes)", abi.encode(stranger, stranger, 0, ""), outcome);
    }

    /// Of a proposal whose vote goes on: anyone may vote, which counts what votes there are, and nothing else.
    function test_nobody_else_changes_the_governor() public {
        uint256 proposal = propose(address(guard), abi.encodeCall(guard.transferOwnership, (stranger)));
        elapse(VOTING_DELAY + 1);
        vm.assertEq(uint256(governor.state(proposal)), uint256(IGovernor.ProposalState.Active));
        listSettings();
        listSteps(proposal);
        listReceivers(IGovernor.GovernorDisabledDeposit.selector);
        check("BulkheadGovernor", address(governor));
    }

    function listSettings() private {
        bytes4 denied = IGovernor.GovernorOnlyExecutor.selector;
        list(abi.encodeCall(governor.relay, (address(guard), 0, "")), denied);
        list(abi.encodeCall(governor.setLateQuorumVoteExtension, (0)), denied);
        list(abi.encodeCall(governor.setProposalThreshold, (0)), denied);
        list(abi.encodeCall(governor.setVotingDelay, (0)), denied);
        list(abi.encodeCall(governor.setVotingPeriod, (1)), denied);
        list(abi.encodeCall(governor.updateQuorumNumerator, (0)), denied);
        list(abi.encodeCall(governor.updateTimelock, (TimelockController(payable(stranger)))), denied);
    }

    function listSteps(uint256 proposal) private {
        bytes4 notNow = IGovernor.GovernorUnexpectedProposalState.selector;
        bytes4 invalid = IGovernor.GovernorInvalidSignature.selector;
        bytes4 unknown = IGovernor.GovernorNonexistentProposal.selector;
        bytes memory other = abi.encode(new address[](1), new uint256[](1), new bytes[](1), bytes32(0));
        list("cancel(uint256)", abi.encode(proposal), IGovernor.GovernorUnableToCancel.selector);
        list("cancel(address[],uint256[],bytes[],bytes32)", other, unknown);
        list("queue(uint256)", abi.encode(proposal), notNow);
        list("queue(address[],uint256[],bytes[],bytes32)", other, unknown);
        list("execute(uint256)", abi.encode(proposal), notNow);
        list("execute(address[],uint256[],bytes[],bytes32)", other, unknown);
        // Whoever has the votes to propose may, in no other's name.
        list(
            "propose(address[],uint256[],bytes[],string)",
            abi.encode(
                new address[](1),
                new uint256[](1),
                new bytes[](1),
                "#proposer=0x0000000000000000000000000000000000000001"
            ),
            IGovernor.GovernorRestrictedProposer.selector
        );
        list(abi.encodeCall(governor.castVote, (proposal, 1)), 0);
        list(abi.encodeCall(governor.castVoteWithReason, (proposal, 1, "")), 0);
        list(abi.encodeCall(governor.castVoteWithReasonAndParams, (proposal, 1, "", "")), 0);
        bytes memory unsigned = new bytes(65);
        list(abi.encodeCall(governor.castVoteBySig, (proposal, 1, holder, unsigned)), invalid);
        list(
            abi.encodeCall(governor.castVoteWithReasonAndParamsBySig, (proposal, 1, holder, "", "", unsigned)), invalid
        );
    }

    /// Of everybody's own tokens and votes.
    function test_nobody_moves_the_votes_of_another() public {
        list(abi.encodeCall(votes.approve, (stranger, 1)), 0);
        list(abi.encodeCall(votes.delegate, (stranger)), 0);
        list(abi.encodeCall(votes.transfer, (stranger, 0)), 0);
        list(
            abi.encodeCall(votes.transferFrom, (holder, stranger, 1)),
            bytes4(keccak256("ERC20InsufficientAllowance(address,uint256,uint256)"))
        );
        bytes4 unsigned = bytes4(keccak256("ECDSAInvalidSignature()"));
        list(abi.encodeCall(votes.delegateBySig, (stranger, 0, type(uint256).max, 27, 0, 0)), unsigned);
        list(abi.encodeCall(votes.permit, (holder, stranger, 1, type(uint256).max, 27, 0, 0)), unsigned);
        check("BulkheadToken", address(votes));
        vm.assertEq(votes.balanceOf(holder), votes.SUPPLY());
    }
}
