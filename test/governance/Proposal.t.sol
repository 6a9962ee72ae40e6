// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {cheats} from "../../script/lib/Cheatcodes.sol";
import {vm} from "../support/Vm.sol";
import {GovernedTest} from "./Governed.sol";

/// A parameter of the market changes by proposal, vote, queue and execution, and by nothing less.
contract ProposalTest is GovernedTest {
    uint64 private constant NEW_RATE = 0.12e18;

    function rateChange() private view returns (bytes memory) {
        IMarginVault.Instrument memory instrument = vault.instrument(ETH);
        instrument.initialRate = NEW_RATE;
        return abi.encodeCall(IMarginVault.setInstrument, (ETH, instrument, 0));
    }

    function assertState(uint256 proposal, IGovernor.ProposalState expected) private view {
        vm.assertEq(uint256(governor.state(proposal)), uint256(expected));
    }

    function refuse(uint256 proposal, bytes memory call, bytes4 reason) private {
        string memory before = cheats.toString(proposal);
        cheats.expectPartialRevert(reason);
        (bool ignored,) = address(governor).call(call);
        ignored;
        vm.assertEq(cheats.toString(proposal), before);
    }

    function test_the_whole_life_of_a_proposal() public {
        bytes4 wrongState = IGovernor.GovernorUnexpectedProposalState.selector;
        uint256 proposal = propose(address(vault), rateChange());
        bytes memory queue = abi.encodeWithSignature("queue(uint256)", proposal);
        bytes memory execute = abi.encodeWithSignature("execute(uint256)", proposal);
        assertState(proposal, IGovernor.ProposalState.Pending);
        elapse(VOTING_DELAY);
        assertState(proposal, IGovernor.ProposalState.Pending);
        elapse(1);
        assertState(proposal, IGovernor.ProposalState.Active);
        vm.prank(holder);
        governor.castVote(proposal, 1);
        refuse(proposal, queue, wrongState);
        elapse(VOTING_PERIOD - 1);
        assertState(proposal, IGovernor.ProposalState.Active);
        elapse(1);
        assertState(proposal, IGovernor.ProposalState.Succeeded);
        refuse(proposal, execute, 0x5ead8eb5); // TimelockUnexpectedOperationState: it was never scheduled
        governor.queue(proposal);
        assertState(proposal, IGovernor.ProposalState.Queued);
        vm.assertEq(governor.proposalEta(proposal), block.timestamp + TIMELOCK_DELAY);
        elapse(TIMELOCK_DELAY - 1);
        refuse(proposal, execute, 0x5ead8eb5);
        vm.assertEq(initialRate(), 0.1e18);
        elapse(1);
        vm.prank(stranger);
        governor.execute(proposal);
        assertState(proposal, IGovernor.ProposalState.Executed);
        vm.assertEq(initialRate(), NEW_RATE);
        refuse(proposal, execute, wrongState);
    }

    function test_a_decision_takes_sixty_six_hours() public {
        uint256 start = block.timestamp;
        decide(address(vault), rateChange());
        vm.assertEq(block.timestamp - start, 66 hours + 1);
        vm.assertLt(block.timestamp - start, EMERGENCY);
    }

    function test_what_is_voted_down_does_not_happen() public {
        uint256 proposal = propose(address(vault), rateChange());
        elapse(VOTING_DELAY + 1);
        vm.prank(holder);
        governor.castVote(proposal, 0);
        elapse(VOTING_PERIOD);
        assertState(proposal, IGovernor.ProposalState.Defeated);
        refuse(
            proposal,
            abi.encodeWithSignature("queue(uint256)", proposal),
            IGovernor.GovernorUnexpectedProposalState.selector
        );
    }

    function test_a_twenty_fifth_of_all_votes_is_needed() public {
        address few = newTrader("few").owner;
        vm.prank(few);
        votes.delegate(few);
        uint256 quorum = votes.SUPPLY() / 25;
        vm.prank(holder);
        votes.transfer(few, quorum - 1);
        elapse(1);
        uint256 proposal = propose(address(vault), rateChange());
        elapse(VOTING_DELAY + 1);
        vm.prank(few);
        governor.castVote(proposal, 1);
        elapse(VOTING_PERIOD);
        assertState(proposal, IGovernor.ProposalState.Defeated);
        vm.prank(holder);
        votes.transfer(few, 1);
        elapse(1);
        proposal = propose(address(vault), rateChange());
        elapse(VOTING_DELAY + 1);
        vm.prank(few);
        governor.castVote(proposal, 1);
        elapse(VOTING_PERIOD);
        assertState(proposal, IGovernor.ProposalState.Succeeded);
    }

    function test_a_thousandth_of_all_votes_is_needed_to_propose() public {
        bytes memory wanted = rateChange();
        (address[] memory targets, bytes[] memory calls) = (new address[](1), new bytes[](1));
        (targets[0], calls[0]) = (address(vault), wanted);
        cheats.expectPartialRevert(IGovernor.GovernorInsufficientProposerVotes.selector);
        vm.prank(stranger);
        governor.propose(targets, new uint256[](1), calls, "mine");
    }

    function test_votes_that_were_bought_after_the_proposal_do_not_count() public {
        uint256 proposal = propose(address(vault), rateChange());
        elapse(VOTING_DELAY + 1);
        vm.prank(stranger);
        votes.delegate(stranger);
        uint256 all = votes.SUPPLY();
        vm.prank(holder);
        votes.transfer(stranger, all);
        elapse(1);
        vm.prank(stranger);
        governor.castVote(proposal, 1);
        (, uint256 inFavour,) = governor.proposalVotes(proposal);
        vm.assertEq(inFavour, 0);
    }

    function test_what_the_vault_refuses_governance_cannot_set() public {
        IMarginVault.Instrument memory instrument = vault.instrument(ETH);
        instrument.maintenanceRate = instrument.initialRate;
        uint256 proposal = propose(address(vault), abi.encodeCall(IMarginVault.setInstrument, (ETH, instrument, 0)));
        pass(proposal);
        governor.queue(proposal);
        elapse(TIMELOCK_DELAY);
        vm.expectRevert(IMarginVault.InvalidParameters.selector);
        governor.execute(proposal);
        assertState(proposal, IGovernor.ProposalState.Queued);
    }
}
