// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {cheats} from "../../script/lib/Cheatcodes.sol";
import {vm} from "../support/Vm.sol";
import {Borrower} from "./Borrower.sol";
import {GovernedTest} from "./Governed.sol";

/// Votes are those of the moment when voting began, and nobody decides in the last minute.
contract VotingTest is GovernedTest {
    uint256 private constant EXTENSION = 6 hours;
    uint8 private constant AGAINST = 0;
    uint8 private constant FOR = 1;

    address private whale = newTrader("whale").owner;

    function setUpNode() internal override {
        super.setUpNode();
        vm.prank(whale);
        votes.delegate(whale);
        uint256 some = votes.SUPPLY() / 20; // a quorum, and a twentieth of the holder's
        vm.prank(holder);
        votes.transfer(whale, some);
        elapse(1);
    }

    function proposeRate() private returns (uint256) {
        IMarginVault.Instrument memory instrument = vault.instrument(ETH);
        instrument.initialRate = 0.12e18;
        return propose(address(vault), abi.encodeCall(IMarginVault.setInstrument, (ETH, instrument, 0)));
    }

    function vote(address who, uint256 proposal, uint8 side) private {
        vm.prank(who);
        governor.castVote(proposal, side);
    }

    function assertState(uint256 proposal, IGovernor.ProposalState expected) private view {
        vm.assertEq(uint256(governor.state(proposal)), uint256(expected));
    }

    // ---- a late quorum

    function test_a_quorum_in_the_last_second_leaves_the_others_six_hours() public {
        uint256 proposal = proposeRate();
        uint256 deadline = governor.proposalDeadline(proposal);
        elapse(deadline - block.timestamp);
        vote(whale, proposal, FOR);
        vm.assertEq(governor.proposalDeadline(proposal), block.timestamp + EXTENSION);
        elapse(1);
        assertState(proposal, IGovernor.ProposalState.Active);
        elapse(EXTENSION - 1);
        vote(holder, proposal, AGAINST);
        elapse(1);
        assertState(proposal, IGovernor.ProposalState.Defeated);
    }

    /// One extension, however many vote late.
    function test_a_vote_is_prolonged_once() public {
        uint256 proposal = proposeRate();
        elapse(governor.proposalDeadline(proposal) - block.timestamp);
        vote(whale, proposal, FOR);
        uint256 deadline = governor.proposalDeadline(proposal);
        elapse(deadline - block.timestamp);
        vote(holder, proposal, FOR);
        vm.assertEq(governor.proposalDeadline(proposal), deadline);
        elapse(1);
        assertState(proposal, IGovernor.ProposalState.Succeeded);
    }

    function test_a_quorum_six_hours_before_the_end_delays_nothing() public {
        uint256 proposal = proposeRate();
        uint256 deadline = governor.proposalDeadline(proposal);
        elapse(deadline - EXTENSION - block.timestamp);
        vote(whale, proposal, FOR);
        vm.assertEq(governor.proposalDeadline(proposal), deadline);
    }

    // ---- borrowed votes

    function borrower() private returns (Borrower created) {
        bytes memory code = bytes.concat(type(Borrower).creationCode, abi.encode(votes));
        created = Borrower(createOnNode("borrower", code));
        vm.prank(holder);
        votes.approve(address(created), type(uint256).max);
    }

    function test_borrowed_votes_propose_nothing() public {
        Borrower created = borrower();
        bytes memory call = abi.encodeCall(
            IGovernor.propose, (new address[](1), new uint256[](1), new bytes[](1), "with somebody else's votes")
        );
        cheats.expectPartialRevert(IGovernor.GovernorInsufficientProposerVotes.selector);
        created.act(holder, governor, call);
    }

    function test_borrowed_votes_decide_nothing() public {
        Borrower created = borrower();
        uint256 proposal = proposeRate();
        elapse(VOTING_DELAY); // votes are those of this second, at its end
        created.act(holder, governor, abi.encodeCall(IGovernor.state, (proposal)));
        elapse(1);
        created.act(holder, governor, abi.encodeCall(IGovernor.castVote, (proposal, FOR)));
        (uint256 against, uint256 inFavour, uint256 abstaining) = governor.proposalVotes(proposal);
        vm.assertEq(against + inFavour + abstaining, 0);
        vote(holder, proposal, AGAINST);
        (against,,) = governor.proposalVotes(proposal);
        vm.assertEq(against, votes.SUPPLY() * 19 / 20);
    }

    function test_the_same_votes_count_once() public {
        uint256 proposal = proposeRate();
        elapse(VOTING_DELAY + 1);
        vote(whale, proposal, FOR);
        uint256 amount = votes.balanceOf(whale);
        vm.prank(whale);
        votes.transfer(stranger, amount);
        vm.prank(stranger);
        votes.delegate(stranger);
        elapse(1);
        vote(stranger, proposal, FOR);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorAlreadyCastVote.selector, whale));
        vote(whale, proposal, FOR);
        (, uint256 inFavour,) = governor.proposalVotes(proposal);
        vm.assertEq(inFavour, amount);
    }

    /// Somebody who copies a proposal that names its proposer cannot make it first, and so not cancel it either.
    function test_a_proposal_belongs_to_the_proposer_it_names() public {
        address[] memory targets = new address[](1);
        targets[0] = address(vault);
        string memory mine = string.concat("mine#proposer=", cheats.toString(holder));
        cheats.expectPartialRevert(IGovernor.GovernorRestrictedProposer.selector);
        vm.prank(whale);
        governor.propose(targets, new uint256[](1), new bytes[](1), mine);
        vm.prank(holder);
        governor.propose(targets, new uint256[](1), new bytes[](1), mine);
    }

    // ---- a bad proposal

    /// Two changes, the second of which no vault accepts: everything passes, until it is to be done.
    function test_what_is_outside_hard_bounds_fails_at_execution_and_changes_nothing() public {
        IMarginVault.Instrument memory instrument = vault.instrument(ETH);
        IMarginVault.Parameters memory parameters = vault.parameters();
        bytes memory before = abi.encode(instrument, parameters);
        instrument.initialRate = 0.12e18;
        parameters.dailyOutflow = 0.5e18 + 1e9; // bounds: 5 to 50 %
        (address[] memory targets, bytes[] memory calls) = (new address[](2), new bytes[](2));
        (targets[0], calls[0]) = (address(vault), abi.encodeCall(IMarginVault.setInstrument, (ETH, instrument, 0)));
        (targets[1], calls[1]) = (address(vault), abi.encodeCall(IMarginVault.setParameters, (parameters, 0)));
        uint256 proposal = propose(targets, calls);
        pass(proposal);
        governor.queue(proposal);
        elapse(TIMELOCK_DELAY);
        vm.expectRevert(IMarginVault.InvalidParameters.selector);
        governor.execute(proposal);
        assertState(proposal, IGovernor.ProposalState.Queued);
        vm.assertEq(abi.encode(vault.instrument(ETH), vault.parameters()), before);
        // Within them it does both.
        parameters.dailyOutflow = 0.5e18;
        calls[1] = abi.encodeCall(IMarginVault.setParameters, (parameters, 0));
        carry(propose(targets, calls));
        vm.assertEq(initialRate(), 0.12e18);
        vm.assertEq(vault.parameters().dailyOutflow, 0.5e18);
    }
}
