// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IEscape} from "../../contracts/interfaces/IEscape.sol";
import {Node} from "../support/Node.sol";
import {vm} from "../support/Vm.sol";
import {ProtocolTest} from "./Protocol.sol";

/// What these tests ask of ArbWasm themselves.
interface IActivation {
    function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
}

/// A market whose programs die: of age, or because the chain's own state says so.
abstract contract DyingTest is ProtocolTest {
    /// The ways in which ArbWasm says that a program is dead.
    enum Cause {
        NotActivated,
        NeedsUpgrade,
        Expired
    }

    address internal constant ARB_WASM = address(0x71);
    address internal constant ARBOS_STATE = 0xA4b05FffffFffFFFFfFFfffFfffFFfffFfFfFFFf;
    uint256 internal constant REPORTS = 30;
    /// More than any program's fee.
    uint256 internal constant FEE = 0.01 ether;
    uint256 internal constant ACCOUNTS_PROGRAM = 2;
    uint256 internal constant REGISTRY_PROGRAM = 7;
    address internal stranger = address(0x57);

    function hatch() internal view returns (IEscape) {
        return IEscape(address(vault));
    }

    /// The nine of the vault, its guard and its engine.
    function programs() internal view returns (address[] memory all) {
        (, all,) = hatch().expiry();
    }

    function attachArbWasm() internal {
        attach("ArbWasm", ARB_WASM);
        vm.deal(stranger, 10 ether);
        fund(stranger, 1e24);
    }

    /// Every program expires.
    function expire() internal {
        elapse(366 days);
    }

    function activate(address program) internal {
        vm.prank(stranger);
        IActivation(ARB_WASM).activateProgram{value: FEE}(program);
    }

    /// Kills one program, in the state in which the chain keeps what it knows of it.
    function kill(address program, Cause cause) internal {
        bytes32 slot = entryOf(program);
        uint256 entry = uint256(wordOf(ARBOS_STATE, slot));
        vm.assertNotEq(bytes32(entry), 0); // where it would be, is nothing
        if (cause == Cause.NotActivated) entry = 0;
        if (cause == Cause.NeedsUpgrade) entry -= 1 << 240;
        if (cause == Cause.Expired) entry = entry & ~(uint256(0xffffff) << 168) | 1 << 168;
        setWord(ARBOS_STATE, slot, bytes32(entry));
    }

    function entryOf(address program) private returns (bytes32) {
        bytes32 space = keccak256(abi.encodePacked(keccak256(hex"08"), hex"01"));
        // Of the code on the node: here stands what forwards to it.
        bytes32 codehash = keccak256(Node.codeAt(program));
        bytes32 page = keccak256(abi.encodePacked(space, bytes31(codehash)));
        return page & ~bytes32(uint256(0xff)) | bytes32(uint256(codehash) & 0xff);
    }

    function wordOf(address account, bytes32 slot) internal returns (bytes32) {
        string memory params = string.concat('["', vm.toString(account), '","', vm.toString(slot), '","latest"]');
        return bytes32(Node.request("eth_getStorageAt", params));
    }

    function setWord(address account, bytes32 slot, bytes32 word) internal {
        checkpoint(); // the node is where the test is
        string memory place = string.concat('["', vm.toString(account), '","', vm.toString(slot));
        Node.request("anvil_setStorageAt", string.concat(place, '","', vm.toString(word), '"]'));
    }

    /// Reports death on so many days, the first of them today.
    function reportDays(uint256 count) internal {
        for (uint256 k = 0; k < count; k++) {
            if (k > 0) elapse(1 days);
            vm.prank(stranger);
            (bool dead,) = hatch().report();
            vm.assertTrue(dead);
        }
    }

    function escape(bytes32 account) internal returns (uint256) {
        vm.prank(stranger);
        return hatch().escape(account);
    }

    /// Makes a call of the vault as the stranger; returns the gas that its transaction was charged, refunds taken off.
    function gasOf(bytes memory data) internal returns (uint256) {
        fund(stranger, 1e24);
        transact(stranger, address(vault), data);
        uint256 price = numberOf(Node.request("eth_gasPrice", "[]"));
        uint256 paid = 1e24 - Node.balanceOf(stranger);
        vm.assertEq(paid % price, 0);
        return paid / price;
    }

    function numberOf(bytes memory answer) private pure returns (uint256 number) {
        for (uint256 k = 0; k < answer.length; k++) {
            number = number << 8 | uint8(answer[k]);
        }
    }
}
