// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {Node} from "./Node.sol";
import {NodeSession} from "./NodeSession.sol";

/// Stands in forge's EVM at the address of a contract that lives on the node. A static call becomes `eth_call`, any
/// other call a transaction from its sender; what comes back is returned, or reverted with, unchanged.
contract NodeForwarder {
    NodeSession private immutable session;

    constructor(NodeSession session_) {
        session = session_;
    }

    fallback(bytes calldata data) external payable returns (bytes memory answer) {
        if (msg.sender == address(this)) return probe();
        bool writable = isWritable();
        session.sync(writable);
        bool success;
        (success, answer) = Node.call(msg.sender, address(this), msg.value, data);
        if (!success) {
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
        if (writable) {
            session.prepare(msg.sender);
            Node.send(msg.sender, address(this), msg.value, data);
        }
    }

    /// Whether the current call may change state: a call to itself that tries to. A refused write burns the gas given.
    function isWritable() private returns (bool success) {
        (success,) = address(this).call{gas: 5_000}("");
    }

    function probe() private returns (bytes memory) {
        assembly ("memory-safe") {
            tstore(0, 0)
        }
        return "";
    }
}
