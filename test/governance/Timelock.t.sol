// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {IOwnable} from "../../contracts/interfaces/IOwnable.sol";
import {cheats} from "../../script/lib/Cheatcodes.sol";
import {vm} from "../support/Vm.sol";
import {GovernedTest} from "./Governed.sol";

/// Nobody goes past the timelock: not with another operation, another order, another role or less time.
contract TimelockTest is GovernedTest {
    bytes32 private constant SALT = "salt";

    function theft() private view returns (bytes memory) {
        return abi.encodeCall(IOwnable.transferOwnership, (stranger));
    }

    function unauthorised(address who, bytes32 role) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, who, role);
    }

    function test_nobody_goes_past_the_timelock() public {
        bytes memory data = theft();
        bytes32 proposer = keccak256("PROPOSER_ROLE");
        bytes32 executor = keccak256("EXECUTOR_ROLE");
        address[4] memory others = [stranger, owner, holder, address(safe)];
        for (uint256 k = 0; k < others.length; k++) {
            vm.startPrank(others[k]);
            vm.expectRevert(
                abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, others[k], proposer)
            );
            timelock.schedule(address(guard), 0, data, 0, 0, TIMELOCK_DELAY);
            vm.expectRevert(
                abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, others[k], executor)
            );
            timelock.execute(address(guard), 0, data, 0, 0);
            vm.expectRevert(abi.encodeWithSelector(TimelockController.TimelockUnauthorizedCaller.selector, others[k]));
            timelock.updateDelay(0);
            vm.expectRevert(
                abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, others[k], bytes32(0))
            );
            timelock.grantRole(proposer, others[k]);
            cheats.expectPartialRevert(IGovernor.GovernorOnlyExecutor.selector);
            governor.relay(address(timelock), 0, abi.encodeCall(TimelockController.updateDelay, (0)));
            cheats.expectPartialRevert(IGovernor.GovernorOnlyExecutor.selector);
            governor.updateTimelock(TimelockController(payable(others[k])));
            cheats.expectPartialRevert(IGovernor.GovernorOnlyExecutor.selector);
            governor.setVotingPeriod(1);
            vm.stopPrank();
        }
    }

    function test_not_even_the_governor_is_faster_than_the_delay() public {
        bytes memory data = theft();
        vm.expectRevert(
            abi.encodeWithSelector(
                TimelockController.TimelockInsufficientDelay.selector, TIMELOCK_DELAY - 1, TIMELOCK_DELAY
            )
        );
        vm.prank(address(governor));
        timelock.schedule(address(guard), 0, data, 0, 0, TIMELOCK_DELAY - 1);
        vm.prank(address(governor));
        timelock.schedule(address(guard), 0, data, 0, 0, TIMELOCK_DELAY);
        elapse(TIMELOCK_DELAY - 1);
        cheats.expectPartialRevert(TimelockController.TimelockUnexpectedOperationState.selector);
        vm.prank(address(governor));
        timelock.execute(address(guard), 0, data, 0, 0);
    }

    // ---- operations

    /// What was scheduled is what is executed: another salt or predecessor is another operation, which nobody scheduled.
    function test_an_operation_is_executed_as_it_was_scheduled() public {
        bytes memory data = theft();
        vm.startPrank(address(governor));
        timelock.schedule(address(guard), 0, data, 0, SALT, TIMELOCK_DELAY);
        elapse(TIMELOCK_DELAY);
        bytes4 unexpected = TimelockController.TimelockUnexpectedOperationState.selector;
        cheats.expectPartialRevert(unexpected);
        timelock.execute(address(guard), 0, data, 0, "other");
        cheats.expectPartialRevert(unexpected);
        timelock.execute(address(guard), 0, data, SALT, SALT);
        cheats.expectPartialRevert(unexpected);
        timelock.execute(address(vault), 0, data, 0, SALT);
        cheats.expectPartialRevert(unexpected);
        timelock.execute(address(guard), 1, data, 0, SALT);
        timelock.execute(address(guard), 0, data, 0, SALT);
        // Once.
        cheats.expectPartialRevert(unexpected);
        timelock.execute(address(guard), 0, data, 0, SALT);
        cheats.expectPartialRevert(unexpected);
        timelock.schedule(address(guard), 0, data, 0, SALT, TIMELOCK_DELAY);
        vm.stopPrank();
        vm.assertEq(guard.owner(), address(timelock)); // it was offered, no more
    }

    function test_an_operation_waits_for_its_predecessor() public {
        bytes memory data = theft();
        vm.startPrank(address(governor));
        timelock.schedule(address(vault), 0, data, 0, SALT, TIMELOCK_DELAY);
        bytes32 first = timelock.hashOperation(address(vault), 0, data, 0, SALT);
        timelock.schedule(address(guard), 0, data, first, SALT, TIMELOCK_DELAY);
        elapse(TIMELOCK_DELAY);
        vm.expectRevert(abi.encodeWithSelector(TimelockController.TimelockUnexecutedPredecessor.selector, first));
        timelock.execute(address(guard), 0, data, first, SALT);
        timelock.execute(address(vault), 0, data, 0, SALT);
        timelock.execute(address(guard), 0, data, first, SALT);
        vm.stopPrank();
    }

    // ---- roles

    /// Not even the governor: the timelock alone changes its delay and its roles, by an operation that waited.
    function test_the_governor_changes_neither_delay_nor_roles_by_itself() public {
        vm.startPrank(address(governor));
        vm.expectRevert(
            abi.encodeWithSelector(TimelockController.TimelockUnauthorizedCaller.selector, address(governor))
        );
        timelock.updateDelay(0);
        vm.expectRevert(unauthorised(address(governor), 0));
        timelock.grantRole(keccak256("EXECUTOR_ROLE"), address(0));
        vm.stopPrank();
        vm.assertFalse(timelock.hasRole(keccak256("EXECUTOR_ROLE"), address(0)));
    }

    function test_nobody_renounces_a_role_for_another() public {
        vm.expectRevert(IAccessControl.AccessControlBadConfirmation.selector);
        vm.prank(stranger);
        timelock.renounceRole(keccak256("PROPOSER_ROLE"), address(governor));
        vm.assertTrue(timelock.hasRole(keccak256("PROPOSER_ROLE"), address(governor)));
    }

    // ---- cancelling

    /// Neither guardians nor holder nor deployer cancel what was queued, and its proposer cannot any more.
    function test_nobody_cancels_what_was_decided() public {
        uint256 proposal = propose(address(guard), theft());
        pass(proposal);
        governor.queue(proposal);
        bytes32 operation = operationOf(proposal);
        vm.assertTrue(timelock.isOperationPending(operation));
        bytes32 canceller = keccak256("CANCELLER_ROLE");
        address[4] memory others = [stranger, owner, holder, address(safe)];
        for (uint256 k = 0; k < others.length; k++) {
            vm.startPrank(others[k]);
            vm.expectRevert(unauthorised(others[k], canceller));
            timelock.cancel(operation);
            vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorUnableToCancel.selector, proposal, others[k]));
            governor.cancel(proposal);
            vm.stopPrank();
        }
        elapse(TIMELOCK_DELAY);
        governor.execute(proposal);
        vm.assertEq(guard.pendingOwner(), stranger);
    }

    function test_a_proposer_cancels_before_the_vote_and_nobody_else() public {
        uint256 proposal = propose(address(guard), theft());
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorUnableToCancel.selector, proposal, stranger));
        vm.prank(stranger);
        governor.cancel(proposal);
        vm.prank(holder);
        governor.cancel(proposal);
        vm.assertEq(uint256(governor.state(proposal)), uint256(IGovernor.ProposalState.Canceled));
    }

    /// A decision that was queued and cannot be executed would wait for ever; another decision takes it away.
    function test_governance_cancels_what_it_has_queued() public {
        uint256 proposal = propose(address(guard), theft());
        pass(proposal);
        governor.queue(proposal);
        bytes memory cancel = abi.encodeCall(TimelockController.cancel, (operationOf(proposal)));
        bytes memory relay = abi.encodeCall(governor.relay, (address(timelock), 0, cancel));
        decide(address(governor), relay);
        vm.assertEq(uint256(governor.state(proposal)), uint256(IGovernor.ProposalState.Canceled));
        cheats.expectPartialRevert(IGovernor.GovernorUnexpectedProposalState.selector);
        governor.execute(proposal);
    }

    /// The timelock's number of a proposal of one call: its salt is the governor's address and the description's hash.
    function operationOf(uint256 proposal) private view returns (bytes32) {
        (address[] memory targets, uint256[] memory values, bytes[] memory calls, bytes32 description) =
            governor.proposalDetails(proposal);
        bytes32 salt = bytes20(address(governor)) ^ description;
        return timelock.hashOperationBatch(targets, values, calls, 0, salt);
    }
}
