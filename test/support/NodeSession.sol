// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {Node} from "./Node.sol";
import {vm} from "./Vm.sol";

/// Keeps the node in step with forge's own EVM. Forge puts back its state before each test, fuzz run and invariant
/// run to what it was after `setUp`; the flag `running` goes back with it, and that is when the node is put back too.
/// Forge's clock rules: where `block.timestamp` has moved, the node mines a block at that time.
contract NodeSession {
    /// Enough for any number of transactions.
    uint256 private constant SENDER_BALANCE = 1e24;
    /// Snapshot identifiers change with every use, so they are kept where forge does not roll them back.
    string private constant PRISTINE = "BULKHEAD_NODE_PRISTINE";
    string private constant AFTER_SETUP = "BULKHEAD_NODE_AFTER_SETUP";

    bool private running;
    uint256 private nodeTime;
    /// Grows when the node goes back to a state in which senders that are ready here may not be.
    uint256 private generation = 1;
    mapping(address sender => uint256 inGeneration) private ready;

    /// Starts a suite on the state in which the first suite found the node.
    function open() external {
        if (bytes(vm.envOr(PRISTINE, string(""))).length != 0) Node.revertTo(vm.envString(PRISTINE));
        vm.setEnv(PRISTINE, Node.snapshot());
        Node.mine();
        adoptTime();
        running = true;
    }

    /// Sets forge's clock to the node's, which transactions sent by other ways than this session have moved.
    function adoptTime() public {
        nodeTime = Node.timestamp();
        vm.warp(nodeTime);
    }

    /// Ends `setUp`: what follows begins from here, every time.
    function commit() external {
        if (block.timestamp > Node.timestamp()) Node.mineAt(block.timestamp);
        adoptTime();
        vm.setEnv(AFTER_SETUP, Node.snapshot());
        running = false;
    }

    /// Takes the node back to `id`, within a test; returns what takes it there again.
    function restore(string calldata id) external returns (string memory) {
        Node.revertTo(id);
        generation++;
        adoptTime();
        return Node.snapshot();
    }

    /// Called before anything reaches the node; `writable` is false inside a static call, where nothing can be
    /// remembered and the same steps are taken again.
    function sync(bool writable) public {
        if (!running) {
            Node.revertTo(vm.envString(AFTER_SETUP));
            vm.setEnv(AFTER_SETUP, Node.snapshot());
            if (writable) running = true;
        }
        if (nodeTime != block.timestamp) {
            Node.mineAt(block.timestamp);
            if (writable) nodeTime = block.timestamp;
        }
    }

    /// Lets `sender` send transactions from the node, with gas to pay for them.
    function prepare(address sender) public {
        if (ready[sender] == generation) return;
        Node.impersonate(sender);
        if (Node.balanceOf(sender) < SENDER_BALANCE) Node.setBalance(sender, SENDER_BALANCE);
        ready[sender] = generation;
    }

    /// Sends `data` from `from`. What that takes of memory is given back when it returns, so that there is no limit to how
    /// many a test may send.
    function transact(address from, address to, bytes calldata data) external {
        sync(true);
        prepare(from);
        Node.send(from, to, 0, data);
    }
}
