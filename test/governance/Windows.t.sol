// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IRiskSteward} from "../../contracts/interfaces/IRiskSteward.sol";
import {Parameters} from "../../script/governance/Parameters.sol";
import {Node} from "../support/Node.sol";
import {vm} from "../support/Vm.sol";
import {GovernedTest} from "./Governed.sol";

/// "What may I set right now" is answered exactly: whatever the view names is accepted and what is a unit beyond is refused, of
/// every field of every struct, for agents and the emergency multisig, at every moment of any history.
contract WindowsTest is GovernedTest {
    uint256 private constant STEP = 0.1e18;
    uint32 private constant DELAY = 1 days;

    IRiskSteward.Subject[] private subjects;
    /// How many values were accepted, and how many refused.
    uint256 private accepted;
    uint256 private refused;
    /// Values that the steward let pass, and their contract did not.
    uint256 private unfit;
    mapping(bytes4 selector => bool) private isStewards;

    function setUpNode() internal override {
        super.setUpNode();
        vm.startPrank(address(timelock));
        vault.setOptionRules(ETH, optionRules(), 0);
        steward.setAgent(agent, true, 0);
        vm.stopPrank();
        subjects.push(IRiskSteward.Subject(address(vault), Parameters.VAULT, 0));
        subjects.push(instrumentOf(ETH));
        subjects.push(IRiskSteward.Subject(address(guard), Parameters.GUARD, 0));
        subjects.push(IRiskSteward.Subject(address(guard), Parameters.RANGE_LIMITS, asset));
        subjects.push(IRiskSteward.Subject(address(pool), Parameters.POOL, 0));
        subjects.push(IRiskSteward.Subject(address(vault), Parameters.OPTION_RULES, bytes32(uint256(ETH))));
        subjects.push(IRiskSteward.Subject(address(guard), Parameters.SURFACE_LIMITS, 0));
        for (uint256 k = 0; k < subjects.length; k++) {
            openAround(subjects[k]);
        }
        nameErrors();
    }

    /// Governance opens a corridor from half to twice the present value of every field that it may.
    function openAround(IRiskSteward.Subject memory subject) private {
        IRiskSteward.Window[] memory windows = steward.windows(subject);
        for (uint8 field = 0; field < windows.length; field++) {
            uint256 current = windows[field].current;
            if (current == 0 || current > type(uint120).max) continue;
            IRiskSteward.Corridor memory corridor =
                IRiskSteward.Corridor(uint128(current / 2), uint128(2 * current), uint64(STEP), DELAY);
            vm.prank(address(timelock));
            (bool success, bytes memory reason) =
                address(steward).call(abi.encodeCall(IRiskSteward.setCorridor, (subject, field, corridor, 0)));
            if (!success) vm.assertEq(bytes32(bytes4(reason)), bytes32(IRiskSteward.NotSteered.selector));
        }
    }

    function nameErrors() private {
        bytes4[9] memory errors = [
            IRiskSteward.NotAgent.selector,
            IRiskSteward.NotEmergency.selector,
            IRiskSteward.NotSteered.selector,
            IRiskSteward.Unchanged.selector,
            IRiskSteward.TooEarly.selector,
            IRiskSteward.OutOfRange.selector,
            IRiskSteward.NotTighter.selector,
            IRiskSteward.EmergencyOpen.selector,
            IRiskSteward.EmergencySpent.selector
        ];
        for (uint256 k = 0; k < errors.length; k++) {
            isStewards[errors[k]] = true;
        }
        isStewards[IRiskSteward.EmergencyExpired.selector] = true;
    }

    // ---- what is accepted, without doing it

    function tryTo(address by, bytes memory data, bool expected) private {
        (bool success, bytes memory reason) = Node.call(by, address(steward), 0, data);
        bool passed = success || !isStewards[bytes4(reason)];
        vm.assertEq(passed, expected);
        if (success) accepted++;
        else if (passed) unfit++;
        else refused++;
    }

    function tryAdjust(IRiskSteward.Subject memory subject, uint8 field, uint256 value, bool expected) private {
        tryTo(agent, abi.encodeCall(IRiskSteward.adjust, (subject, change(field, value))), expected);
    }

    function tryTighten(IRiskSteward.Subject memory subject, uint8 field, uint256 value, bool expected) private {
        tryTo(address(safe), abi.encodeCall(IRiskSteward.tighten, (subject, change(field, value))), expected);
    }

    /// Every edge of every window of a struct, from both sides.
    function check(IRiskSteward.Subject memory subject) private {
        IRiskSteward.Window[] memory windows = steward.windows(subject);
        for (uint8 field = 0; field < windows.length; field++) {
            checkAgent(subject, field, windows[field]);
            checkEmergency(subject, field, windows[field]);
        }
    }

    function checkAgent(IRiskSteward.Subject memory subject, uint8 field, IRiskSteward.Window memory window) private {
        bool isOpen = window.openFrom <= block.timestamp;
        (uint256 lowest, uint256 highest, uint256 unit) = (window.lowest, window.highest, window.unit);
        tryAdjust(subject, field, highest, isOpen && highest != window.current);
        tryAdjust(subject, field, lowest, isOpen && lowest != window.current);
        tryAdjust(subject, field, window.current, false);
        tryAdjust(subject, field, highest + unit, false);
        if (lowest >= unit) tryAdjust(subject, field, lowest - unit, false);
        if (unit > 1 && highest > 0) tryAdjust(subject, field, highest - 1, false);
    }

    function checkEmergency(IRiskSteward.Subject memory subject, uint8 field, IRiskSteward.Window memory window)
        private
    {
        (uint256 current, uint256 tightest, uint256 unit) = (window.current, window.tightest, window.unit);
        bool moves = tightest != current;
        bool up = tightest > current;
        tryTighten(subject, field, tightest, moves);
        if (moves) tryTighten(subject, field, up ? current + unit : current - unit, true);
        if (!up && tightest < unit) return;
        tryTighten(subject, field, up ? tightest + unit : tightest - unit, false);
        // The other direction is never open.
        if (up && current >= unit) tryTighten(subject, field, current - unit, false);
        if (!up) tryTighten(subject, field, current + unit, false);
    }

    // ---- histories

    function test_every_field_of_every_struct_moves_as_far_as_the_view_says() public {
        for (uint256 k = 0; k < subjects.length; k++) {
            check(subjects[k]);
        }
        // 54 fields in all, of which governance keeps some to itself and some are zero.
        vm.assertGt(accepted, 80);
        vm.assertGt(refused, 200);
    }

    /// Steps, emergencies, confirmations, governance's own changes and time, in any order.
    /// forge-config: default.fuzz.runs = 4
    function testFuzz_at_any_moment_the_view_says_exactly_what_is_accepted(uint256 seed) public {
        for (uint256 k = 0; k < 8; k++) {
            seed = uint256(keccak256(abi.encode(seed)));
            IRiskSteward.Subject memory subject = subjects[seed % subjects.length];
            act(subject, seed >> 8);
            check(subject);
        }
        vm.assertGt(refused, 0);
    }

    function act(IRiskSteward.Subject memory subject, uint256 seed) private {
        IRiskSteward.Window[] memory windows = steward.windows(subject);
        uint8 field = uint8((seed >> 16) % windows.length);
        IRiskSteward.Window memory window = windows[field];
        uint256 action = seed % 6;
        elapse((seed >> 32) % 3 days);
        if (action == 0) attempt(agent, abi.encodeCall(IRiskSteward.adjust, (subject, change(field, window.highest))));
        if (action == 1) attempt(agent, abi.encodeCall(IRiskSteward.adjust, (subject, change(field, window.lowest))));
        if (action == 2) {
            attempt(address(safe), abi.encodeCall(IRiskSteward.tighten, (subject, change(field, window.tightest))));
        }
        if (action == 3) attempt(stranger, abi.encodeCall(IRiskSteward.restore, (subject)));
        if (action == 4) {
            attempt(address(timelock), abi.encodeCall(IRiskSteward.confirm, (subject, change(field, window.current))));
        }
        if (action == 5) {
            // Governance moves a corridor, so that the value may be outside of it.
            IRiskSteward.Corridor memory corridor = steward.corridor(subject, field);
            if (corridor.delay == 0) return;
            (corridor.min, corridor.max) = (corridor.min / 2 + 1, uint128(uint256(corridor.max) * 3 / 4));
            if (corridor.min > corridor.max) return;
            uint32 counted = steward.emergencies();
            attempt(address(timelock), abi.encodeCall(IRiskSteward.setCorridor, (subject, field, corridor, counted)));
        }
    }

    /// Does what may be refused.
    function attempt(address by, bytes memory data) private {
        checkpoint(); // so that the node is asked at the time at which it is told
        (bool success,) = Node.call(by, address(steward), 0, data);
        if (success) transact(by, address(steward), data);
    }
}
