// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {Node} from "../support/Node.sol";
import {vm} from "../support/Vm.sol";
import {Field, Layout} from "./Layout.sol";
import {MatrixTest} from "./Matrix.sol";

/// What fits no function of an ABI is refused with the error for it, whatever the function: ether, a selector that nobody serves,
/// calldata that ends too early, and words that are no value of their type. All programs name these errors alike.
abstract contract EntranceTest is MatrixTest {
    bytes4 private valueSent = IMarginVault.ValueSent.selector;
    bytes4 private unknown = IMarginVault.UnknownFunction.selector;
    bytes4 private invalid = IMarginVault.InvalidCalldata.selector;

    /// Dirty words tried: without any, a table would say nothing of them.
    uint256 internal dirtied;
    /// How many of the targets tried know a function, by its signature.
    mapping(string signature => uint256 targets) internal serving;

    /// Every function of the interface `name` at `target`, by the table: called as somebody who may. Where the target `isSetUp` those
    /// calls succeed that the table says do, so that a refusal has no other reason.
    function checkEntrance(string memory name, address target, bool isSetUp) internal {
        string[] memory functions = functionsOf(name);
        mustHaveCode(target);
        refuseUnknown(functions, target);
        for (uint256 k = 0; k < functions.length; k++) {
            checkEntranceOf(functions[k], target, isSetUp);
        }
        mustHaveCode(target);
        report();
    }

    /// As above, of one function.
    function checkEntranceOf(string memory signature, address target, bool isSetUp) internal {
        (address caller, bytes memory data, bool succeeds) = callOf(signature);
        if (data.length == 0) return mistake(string.concat(signature, " is not in the matrix"));
        bytes4 clean = answer(caller, target, 0, data);
        if (isSetUp && succeeds && clean != 0) differs(signature, clean, 0);
        refuseValue(signature, caller, target, data);
        if (clean == unknown) return; // it looks at no argument
        serving[signature]++;
        refuseShort(signature, caller, target, data, clean);
        refuseDirty(signature, caller, target, data, clean);
    }

    /// Where nothing is deployed, every call succeeds; and what was created past the session goes with its first step.
    function mustHaveCode(address target) private {
        vm.assertGt(Node.codeAt(target).length, 0, "nothing is deployed there");
    }

    /// Selectors of no function, and too few bytes for any.
    function refuseUnknown(string[] memory functions, address target) private {
        for (uint256 k = 0; k < 8; k++) {
            bytes4 selector = bytes4(keccak256(abi.encode("no function", k)));
            for (uint256 j = 0; j < functions.length; j++) {
                vm.assertTrue(selector != bytes4(keccak256(bytes(functions[j]))));
            }
            expect("an unknown selector", target, abi.encodePacked(selector), unknown);
            expect("an unknown selector with words", target, bytes.concat(selector, new bytes(256)), unknown);
        }
        for (uint256 length = 0; length < 3; length++) {
            expect("part of a selector", target, new bytes(length), unknown);
        }
        for (uint256 k = 0; k < functions.length; k++) {
            bytes memory selector = abi.encodePacked(bytes4(keccak256(bytes(functions[k]))));
            expect(string.concat("most of the selector of ", functions[k]), target, cut(selector, 3), unknown);
        }
        // What constructs a program is no function of it.
        expect("the constructor", target, bytes.concat(hex"5585258d", new bytes(256)), unknown);
    }

    function expect(string memory what, address target, bytes memory data, bytes4 expected) private {
        bytes4 found = answer(people_[0], target, 0, data);
        if (found != expected) differs(what, found, expected);
    }

    function refuseValue(string memory signature, address caller, address target, bytes memory data) private {
        fund(caller, 1 ether);
        bytes4 found = answer(caller, target, 1, data);
        if (found != valueSent) differs(string.concat(signature, " with ether"), found, valueSent);
    }

    /// Without the last byte of its head, without half of it, and without any. A call that is refused anyway may be refused for that.
    function refuseShort(string memory signature, address caller, address target, bytes memory data, bytes4 clean)
        private
    {
        uint256 size = Layout.headSize(signature);
        if (size == 4) return;
        uint256[3] memory lengths = [size - 1, 4 + (size - 4) / 2, 4];
        for (uint256 k = 0; k < lengths.length; k++) {
            bytes4 found = answer(caller, target, 0, cut(data, lengths[k]));
            if (found == invalid || (clean != 0 && found == clean)) continue;
            differs(string.concat(signature, " cut to ", vm.toString(lengths[k])), found, invalid);
        }
    }

    /// Each word that has more bits than its type, with one bit that is not its type's.
    function refuseDirty(string memory signature, address caller, address target, bytes memory data, bytes4 clean)
        private
    {
        Field[] memory fields = Layout.fieldsOf(signature, data);
        for (uint256 k = 0; k < fields.length; k++) {
            if (fields[k].forbidden == 0) continue;
            dirtied++;
            bytes4 found = answer(caller, target, 0, flipped(data, fields[k]));
            bool refused = found == invalid || (clean != 0 && found == clean)
                || (fields[k].isQuantity && found == IMarginVault.Overflow.selector);
            if (refused) continue;
            differs(string.concat(signature, " with a dirty word at ", vm.toString(fields[k].place)), found, invalid);
        }
    }

    function flipped(bytes memory data, Field memory field) private pure returns (bytes memory dirty) {
        dirty = bytes.concat(data);
        (uint256 place, uint256 bit) = (field.place, field.forbidden);
        assembly ("memory-safe") {
            let at := add(dirty, add(32, place))
            mstore(at, xor(mload(at), bit))
        }
    }

    function cut(bytes memory data, uint256 length) private pure returns (bytes memory part) {
        part = new bytes(length);
        for (uint256 k = 0; k < length; k++) {
            part[k] = data[k];
        }
    }

    function answer(address caller, address target, uint256 value, bytes memory data) private returns (bytes4) {
        (bool success, bytes memory reason) = Node.call(caller, target, value, data);
        if (success) return 0;
        return reason.length < 4 ? NO_ERROR : bytes4(reason);
    }

    function differs(string memory what, bytes4 found, bytes4 expected) private {
        string memory answers = string.concat(
            vm.toString(abi.encodePacked(found)), " instead of ", vm.toString(abi.encodePacked(expected))
        );
        mistake(string.concat(what, ": ", answers));
    }
}
