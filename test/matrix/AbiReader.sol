// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {vm} from "../support/Vm.sol";

/// What functions a contract has, from what the compiler wrote of it.
abstract contract AbiReader {
    mapping(string contractName => mapping(string functionName => bool)) private readOnly;

    /// Signatures of every function of the contract or interface `name`.
    function functionsOf(string memory name) internal returns (string[] memory functions) {
        string memory json = vm.readFile(string.concat("out/forge/", name, ".sol/", name, ".json"));
        functions = vm.parseJsonKeys(json, ".methodIdentifiers");
        vm.assertGt(functions.length, 2);
        string[] memory described = vm.split(vm.split(json, '"bytecode"')[0], '{"type":"function","name":"');
        vm.assertEq(described.length, functions.length + 1); // the first is what stands before them
        for (uint256 k = 1; k < described.length; k++) {
            readOnly[name][vm.split(described[k], '"')[0]] = vm.contains(described[k], '"stateMutability":"view"')
                || vm.contains(described[k], '"stateMutability":"pure"');
        }
    }

    /// Whether a function, of which `functionsOf` has read, changes nothing.
    function isView(string memory name, string memory signature) internal view returns (bool) {
        return readOnly[name][vm.split(signature, "(")[0]];
    }
}
