// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IEscape} from "../../contracts/interfaces/IEscape.sol";
import {Node} from "../support/Node.sol";
import {vm} from "../support/Vm.sol";
import {Trader} from "./Protocol.sol";
import {DyingTest} from "./Dying.sol";

/// How a vault's programs are kept alive, and what becomes of it where nobody does.
contract KeepaliveTest is DyingTest {
    bytes4 private constant INSUFFICIENT = bytes4(keccak256("ProgramInsufficientValue(uint256,uint256)"));
    bytes4 private constant EXPIRED = bytes4(keccak256("ProgramExpired(uint64)"));

    function setUpNode() internal override {
        super.setUpNode();
        attachArbWasm();
        deposit(alice, 1_000 * USD);
        deposit(bob, 1_000 * USD);
        trade(alice, bob, 3e18, 200e18);
    }

    function keepalive(uint256 value) private returns (uint256 extended) {
        vm.prank(stranger);
        return hatch().keepalive{value: value}();
    }

    function test_one_call_extends_the_lives_of_eleven_programs_and_returns_what_it_does_not_take() public {
        (uint64 before,,) = hatch().expiry();
        elapse(40 days);
        refreshPrices();
        vault.touch(alice.account);
        string memory id = checkpoint();
        vm.assertEq(keepalive(1 ether), 11);
        (uint64 earliest, address[] memory all, uint64[] memory times) = hatch().expiry();
        vm.assertEq(all.length, 11);
        vm.assertGe(earliest, block.timestamp + 365 days - 1 hours);
        vm.assertGe(earliest, before + 39 days);
        for (uint256 k = 0; k < all.length; k++) {
            vm.assertGe(times[k], earliest);
            vm.assertLe(times[k], block.timestamp + 365 days);
        }
        vm.assertEq(Node.balanceOf(address(vault)), 0);
        // What it took is what the stranger is short of; a tenth of an ether is ten times any program's fee.
        restore(id);
        fund(stranger, 2e24);
        keepalive(1 ether);
        uint256 left = Node.balanceOf(stranger);
        vm.assertGt(left, 2e24 - 0.1 ether);
        vm.assertLt(left, 2e24);
    }

    function test_nobody_pays_before_a_programs_time_has_come() public {
        elapse(30 days);
        vm.assertEq(keepalive(1 ether), 0);
        elapse(1 days + 1 hours);
        vm.assertEq(keepalive(1 ether), 11);
        vm.assertEq(keepalive(1 ether), 0);
    }

    function test_too_little_ether_is_refused_with_arbwasms_reason_and_takes_nothing() public {
        elapse(40 days);
        fund(address(vault), 5 ether); // forced upon it: pays for nobody
        vm.prank(stranger);
        try hatch().keepalive{value: 1}() {
            vm.assertTrue(false, "a wei paid for eleven programs");
        } catch (bytes memory reason) {
            vm.assertTrue(bytes4(reason) == IEscape.KeepaliveFailed.selector);
            (address program, bytes4 cause) = partsOf(reason);
            vm.assertEq(program, programs()[0]);
            vm.assertTrue(cause == INSUFFICIENT);
        }
        keepalive(1 ether);
        vm.assertEq(Node.balanceOf(address(vault)), 5 ether);
    }

    function test_a_dead_program_has_to_be_activated_first() public {
        elapse(40 days);
        kill(programs()[4], Cause.Expired);
        (uint64 earliest,, uint64[] memory times) = hatch().expiry();
        vm.assertEq(earliest, 0);
        vm.assertEq(times[4], 0);
        vm.prank(stranger);
        try hatch().keepalive{value: 1 ether}() {
            vm.assertTrue(false, "a dead program was kept alive");
        } catch (bytes memory reason) {
            (address program, bytes4 cause) = partsOf(reason);
            vm.assertEq(program, programs()[4]);
            vm.assertTrue(cause == EXPIRED);
        }
        activate(programs()[4]);
        vm.assertEq(keepalive(1 ether), 10);
    }

    /// Program, and the selector of the reason, of `KeepaliveFailed`.
    function partsOf(bytes memory reason) private pure returns (address program, bytes4 cause) {
        assembly ("memory-safe") {
            program := mload(add(reason, 36))
            cause := and(mload(add(reason, 132)), shl(224, 0xffffffff))
        }
    }

    /// Nothing happens for 366 days: nobody is served, anybody wakes the vault, and everything is where it was.
    function test_a_vault_that_nobody_kept_alive_stops_and_anyone_wakes_it_unchanged() public {
        setPrice(201 * FEED);
        vault.touch(alice.account);
        bytes memory before = state();
        (uint64 earliest,,) = hatch().expiry();
        vm.warp(earliest);
        vm.assertEq(state(), before); // the last second
        vm.warp(earliest + 1 hours);
        expire();
        bytes[3] memory calls = [
            abi.encodeCall(vault.totals, ()),
            abi.encodeCall(vault.withdraw, (alice.account, 1, alice.owner)),
            abi.encodeCall(vault.deposit, (alice.account, 1))
        ];
        for (uint256 k = 0; k < calls.length; k++) {
            vm.prank(alice.owner);
            (bool success,) = address(vault).call(calls[k]);
            vm.assertFalse(success);
        }
        address[] memory all = programs();
        for (uint256 k = 0; k < all.length; k++) {
            activate(all[k]);
        }
        vm.assertEq(state(), before);
        deposit(alice, 1);
        vm.assertEq(withdraw(carolWithMoney(), 5 * USD), 5 * USD);
    }

    function carolWithMoney() private returns (Trader memory) {
        deposit(carol, 5 * USD);
        return carol;
    }

    function state() private view returns (bytes memory) {
        (uint256 tokens, uint256 capital, uint256 profit, uint256 debt) = vault.totals();
        bytes memory people =
            abi.encode(capitalOf(alice), pnlOf(alice), sizeOf(alice), capitalOf(bob), pnlOf(bob), sizeOf(bob));
        return bytes.concat(abi.encode(tokens, capital, profit, debt), people);
    }
}
