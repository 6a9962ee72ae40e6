// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {IERC6372} from "@openzeppelin/contracts/interfaces/IERC6372.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {IRiskSteward} from "../../contracts/interfaces/IRiskSteward.sol";
import {Chain} from "../lib/Chain.sol";
import {cheats} from "../lib/Cheatcodes.sol";
import {Emergencies} from "./Emergencies.sol";
import {json} from "./Json.sol";
import {Parameters} from "./Parameters.sol";

/// The life of a proposal, one step for each call, by the holder of PRIVATE_KEY:
///
///     export RPC_URL=... PRIVATE_KEY=...
///     forge script script/governance/Proposal.s.sol --sig 'delegate()'
///     forge script script/governance/Proposal.s.sol --sig 'proposeChange(address,uint8,bytes32,uint8,uint256,string)' \
///         VAULT 1 $(cast to-uint256 1) 2 120000000000000000 'Raise the initial margin of ETH to 12 %'
///     forge script script/governance/Proposal.s.sol --sig 'vote(uint256,uint8)' ID 1
///     forge script script/governance/Proposal.s.sol --sig 'queue(uint256)' ID
///     forge script script/governance/Proposal.s.sol --sig 'execute(uint256)' ID
///
/// `proposeChange` names a struct and a field as IRiskSteward does, and proposes to set it whole with that one field changed, unless
/// the emergency multisig tightens anything meanwhile: the call carries the number of emergencies that the stewards have counted by now.
/// `emergencies(address)` says it for calls that are written by hand.
/// `look(uint256)` says where a proposal stands, and `elapse(uint256)` lets a development node's time pass. The addresses are read from GOVERNANCE_FILE, `out/governance.json` unless it says otherwise.
contract Proposal {
    using Chain for Chain.Session;

    /// Too few votes were delegated to the proposer a second before the latest block.
    error TooFewVotes(address proposer, uint256 votes, uint256 needed);
    /// The step is for proposals in another state; `nextAt` is when this one's state changes by itself, zero if never.
    error NotNow(string state, string needed, uint256 nextAt);
    /// Nobody may execute before.
    error NotBefore(uint256 executableFrom);

    uint8 private constant PENDING = 0;
    uint8 private constant ACTIVE = 1;
    uint8 private constant SUCCEEDED = 4;
    uint8 private constant QUEUED = 5;

    /// The second of the well-known development accounts, which holds all votes unless HOLDER said otherwise.
    uint256 private constant DEVELOPMENT_KEY = 0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d;

    /// Counts the caller's own tokens as votes.
    function delegate() external {
        Chain.Session memory session = open();
        session.send("delegate", addressOf(".token"), 0, abi.encodeCall(IVotes.delegate, (session.sender)));
    }

    /// One field of one struct.
    function proposeChange(
        address target,
        uint8 kind,
        bytes32 key,
        uint8 field,
        uint256 value,
        string calldata description
    ) external returns (uint256 proposalId) {
        Chain.Session memory session = open();
        IRiskSteward.Subject memory subject = IRiskSteward.Subject({target: target, kind: kind, key: key});
        bytes memory words = session.call("read the parameters", target, 0, Parameters.getter(subject));
        (address[] memory targets, bytes[] memory calls) = (new address[](1), new bytes[](1));
        uint32 emergencies_ = Emergencies.known(session, target);
        words = Parameters.replaced(words, field, value);
        (targets[0], calls[0]) = (target, Parameters.setter(subject, words, emergencies_));
        return submit(session, targets, calls, description);
    }

    /// What the steward of `target` counts now, for the calls of a proposal that is written by hand; zero where there is none.
    function emergencies(address target) external returns (uint32) {
        return Emergencies.known(open(), target);
    }

    /// Any calls.
    function propose(address[] calldata targets, bytes[] calldata calls, string calldata description)
        external
        returns (uint256 proposalId)
    {
        return submit(open(), targets, calls, description);
    }

    /// 0 against, 1 for, 2 abstain.
    function vote(uint256 proposalId, uint8 support) external {
        Chain.Session memory session = open();
        requireState(session, proposalId, ACTIVE);
        session.send("vote", governor(), 0, abi.encodeCall(IGovernor.castVote, (proposalId, support)));
    }

    function queue(uint256 proposalId) external {
        Chain.Session memory session = open();
        requireState(session, proposalId, SUCCEEDED);
        session.send("queue", governor(), 0, abi.encodeWithSignature("queue(uint256)", proposalId));
    }

    function execute(uint256 proposalId) external {
        Chain.Session memory session = open();
        requireState(session, proposalId, QUEUED);
        uint256 executableFrom = ask(session, abi.encodeCall(IGovernor.proposalEta, (proposalId)));
        if (executableFrom > now_(session)) revert NotBefore(executableFrom);
        session.send("execute", governor(), 0, abi.encodeWithSignature("execute(uint256)", proposalId));
    }

    /// When voting starts, when it ends, and when the proposal may be executed, in seconds; zero for what is not known yet.
    function look(uint256 proposalId)
        external
        returns (string memory state, uint256 voteStart, uint256 voteEnd, uint256 executableFrom)
    {
        Chain.Session memory session = open();
        state = nameOf(stateOf(session, proposalId));
        voteStart = ask(session, abi.encodeCall(IGovernor.proposalSnapshot, (proposalId)));
        voteEnd = ask(session, abi.encodeCall(IGovernor.proposalDeadline, (proposalId)));
        executableFrom = ask(session, abi.encodeCall(IGovernor.proposalEta, (proposalId)));
    }

    /// Lets `secs` pass on a development node, and mines a block.
    function elapse(uint256 secs) external {
        Chain.Session memory session = open();
        cheats.rpc(session.url, "evm_increaseTime", string.concat("[", cheats.toString(secs), "]"));
        cheats.rpc(session.url, "evm_mine", "[]");
    }

    function stateOf(Chain.Session memory session, uint256 proposalId) private returns (uint8) {
        return uint8(ask(session, abi.encodeCall(IGovernor.state, (proposalId))));
    }

    function nameOf(uint8 state) private pure returns (string memory) {
        string[8] memory names =
            ["pending", "active", "cancelled", "defeated", "succeeded", "queued", "expired", "executed"];
        return names[state];
    }

    function requireState(Chain.Session memory session, uint256 proposalId, uint8 needed) private {
        uint8 state = stateOf(session, proposalId);
        if (state == needed) return;
        uint256 nextAt = 0;
        if (state == PENDING) nextAt = ask(session, abi.encodeCall(IGovernor.proposalSnapshot, (proposalId))) + 1;
        if (state == ACTIVE) nextAt = ask(session, abi.encodeCall(IGovernor.proposalDeadline, (proposalId))) + 1;
        revert NotNow(nameOf(state), nameOf(needed), nextAt);
    }

    /// The time of the latest block.
    function now_(Chain.Session memory session) private returns (uint256) {
        return ask(session, abi.encodeCall(IERC6372.clock, ()));
    }

    function submit(
        Chain.Session memory session,
        address[] memory targets,
        bytes[] memory calls,
        string memory description
    ) private returns (uint256 proposalId) {
        requireVotes(session);
        // Nobody else can make this proposal first, to cancel it.
        string memory signed = string.concat(description, "#proposer=", cheats.toString(session.sender));
        bytes memory data = abi.encodeCall(IGovernor.propose, (targets, new uint256[](targets.length), calls, signed));
        proposalId = ask(session, data);
        session.send("propose", governor(), 0, data);
    }

    function requireVotes(Chain.Session memory session) private {
        uint256 needed = ask(session, abi.encodeCall(IGovernor.proposalThreshold, ()));
        uint256 found = ask(session, abi.encodeCall(IGovernor.getVotes, (session.sender, now_(session) - 1)));
        if (found < needed) revert TooFewVotes(session.sender, found, needed);
    }

    function ask(Chain.Session memory session, bytes memory data) private returns (uint256) {
        return abi.decode(session.call("ask the governor", governor(), 0, data), (uint256));
    }

    function governor() private view returns (address) {
        return addressOf(".governor");
    }

    function addressOf(string memory name) private view returns (address) {
        return json.parseJsonAddress(cheats.readFile(cheats.envOr("GOVERNANCE_FILE", "out/governance.json")), name);
    }

    function open() private returns (Chain.Session memory) {
        uint256 key = cheats.envOr("PRIVATE_KEY", DEVELOPMENT_KEY);
        return Chain.open(cheats.envOr("RPC_URL", "http://127.0.0.1:8547"), key);
    }
}
