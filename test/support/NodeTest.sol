// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {Node} from "./Node.sol";
import {vm} from "./Vm.sol";
import {NodeForwarder} from "./NodeForwarder.sol";
import {NodeSession} from "./NodeSession.sol";

/// Base of tests against the node at `RPC_URL`. A contract on the node is used like any other: `prank`, `expectRevert`
/// with data, `warp`, fuzz and invariant runs work; its events stay on the node, so `expectEmit` does not see them. The
/// tests share the node, so forge must run them one after another: `forge test -j 1`.
abstract contract NodeTest {
    /// Forge calls no test of a contract without it.
    bool public constant IS_TEST = true;

    address private constant CREATOR = address(uint160(uint256(keccak256("bulkhead test creator"))));

    NodeSession private session;
    NodeForwarder private forwarder;

    function setUp() public {
        session = new NodeSession();
        forwarder = new NodeForwarder(session);
        vm.allowCheatcodes(address(session));
        session.open();
        setUpNode();
        session.commit();
    }

    /// Deploys what the suite tests; every test, fuzz run and invariant run starts from the state this leaves.
    function setUpNode() internal virtual;

    /// Creates a contract on the node. Its creator is an account that is used for nothing else: what this test created
    /// there would get the addresses of what it creates in forge's EVM.
    function createOnNode(string memory name, bytes memory initcode) internal returns (address created) {
        session.sync(true);
        session.prepare(CREATOR);
        created = Node.create(CREATOR, initcode);
        attach(name, created);
    }

    /// Makes a contract that is on the node already usable here.
    function attach(string memory name, address target) internal {
        require(Node.codeAt(target).length != 0, string.concat(name, " has no code on the node"));
        vm.etch(target, address(forwarder).code);
        vm.allowCheatcodes(target);
        vm.label(target, name);
        session.adoptTime();
    }

    /// Sends `data` from `from` without asking for its result first, in half the time of a call. Reverts if it fails.
    function transact(address from, address to, bytes memory data) internal {
        session.transact(from, to, data);
    }

    /// Remembers the node's state and time within a test, to come back to it with `restore`.
    function checkpoint() internal returns (string memory) {
        session.sync(true);
        return Node.snapshot();
    }

    /// Takes the node, and this clock, back to `id`; returns what takes it there again.
    function restore(string memory id) internal returns (string memory) {
        return session.restore(id);
    }

    /// Sets the balance of `account` on the node.
    function fund(address account, uint256 balance) internal {
        session.sync(true);
        Node.setBalance(account, balance);
    }

    /// Moves time forward, here and, before anything else happens there, on the node.
    function elapse(uint256 secs) internal {
        vm.warp(block.timestamp + secs);
    }

    /// Folds a fuzzed `value` into `min` to `max`, both included.
    function bound(uint256 value, uint256 min, uint256 max) internal pure returns (uint256) {
        if (value >= min && value <= max) return value;
        uint256 size = max - min;
        return size == type(uint256).max ? value : min + value % (size + 1);
    }
}
