// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IArbWasm, Life, Programs} from "../../contracts/vault/Programs.sol";
import {vm} from "../support/Vm.sol";

/// Stands where ArbWasm is, and answers as it is told to.
contract Answering {
    bool private success;
    bytes private answer;

    function say(bool success_, bytes calldata answer_) external {
        (success, answer) = (success_, answer_);
    }

    fallback(bytes calldata) external returns (bytes memory) {
        bytes memory said = answer;
        if (success) return said;
        assembly ("memory-safe") {
            revert(add(said, 32), mload(said))
        }
    }
}

/// What is made of each answer that ArbWasm could give: in forge's own EVM, where somebody else stands at its address.
contract LivesTest {
    bool public constant IS_TEST = true;

    address private constant PROGRAM = address(0x9a);
    Answering private constant ARB_WASM = Answering(address(0x71));

    function setUp() public {
        vm.etch(address(ARB_WASM), type(Answering).runtimeCode);
        vm.etch(PROGRAM, hex"eff00000");
    }

    function check(bool success, bytes memory answer, Life expected) private {
        ARB_WASM.say(success, answer);
        (Life life, uint64 left) = Programs.lifeOf(PROGRAM);
        vm.assertEq(uint256(life), uint256(expected));
        vm.assertEq(left, life == Life.Lives ? 77 : 0);
    }

    function test_only_a_time_is_life() public {
        check(true, abi.encode(77), Life.Lives);
        check(true, "", Life.Unknown);
        check(true, hex"4d", Life.Unknown);
        check(true, abi.encode(77, 77), Life.Unknown);
        check(true, abi.encodeWithSelector(IArbWasm.ProgramExpired.selector, 1), Life.Unknown);
    }

    function test_only_three_errors_are_death() public {
        check(false, abi.encodeWithSelector(IArbWasm.ProgramExpired.selector, 1), Life.Dead);
        check(false, abi.encodeWithSelector(IArbWasm.ProgramNeedsUpgrade.selector, 1, 2), Life.Dead);
        check(false, abi.encodeWithSelector(IArbWasm.ProgramNotActivated.selector), Life.Dead);
        check(false, "", Life.Unknown);
        check(false, abi.encode(77), Life.Unknown);
        check(false, abi.encodeWithSelector(IArbWasm.ProgramKeepaliveTooSoon.selector, 1), Life.Unknown);
        check(false, abi.encodeWithSignature("Error(string)", "no"), Life.Unknown);
        check(false, hex"6f809c", Life.Unknown); // most of a selector
    }

    function test_code_that_is_no_program_was_never_activated_and_lives_for_ever() public {
        bytes memory never = abi.encodeWithSelector(IArbWasm.ProgramNotActivated.selector);
        vm.etch(PROGRAM, hex"6080");
        check(false, never, Life.Forever);
        vm.etch(PROGRAM, "");
        check(false, never, Life.Unknown);
        vm.etch(PROGRAM, hex"eff001"); // a version of tomorrow
        check(false, never, Life.Dead);
    }

    function test_where_there_is_no_arbwasm_nothing_is_known() public {
        vm.etch(address(ARB_WASM), "");
        (Life life,) = Programs.lifeOf(PROGRAM);
        vm.assertEq(uint256(life), uint256(Life.Unknown));
    }
}
