// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {Node} from "../support/Node.sol";
import {vm} from "../support/Vm.sol";

/// A tier that changed, as the guard reported it.
struct TierChange {
    uint8 from;
    uint8 to;
    uint8 cause;
}

/// A log as forge decodes it from the node: fields in the alphabetical order of their JSON names, quantities as bytes.
struct NodeLog {
    address emitter;
    bytes32 blockHash;
    bytes blockNumber;
    bytes blockTimestamp;
    bytes data;
    bytes logIndex;
    bool removed;
    bytes32[] topics;
    bytes32 transactionHash;
    bytes transactionIndex;
}

/// What a guard on the node has reported.
library GuardLogs {
    /// Every `TierChanged` of `asset` since the guard was deployed, the oldest first.
    function tierChanges(IOracleGuard guard, bytes32 asset) internal returns (TierChange[] memory changes) {
        string memory topics =
            string.concat('["', vm.toString(IOracleGuard.TierChanged.selector), '","', vm.toString(asset), '"]');
        string memory filter = string.concat(
            '[{"fromBlock":"0x0","toBlock":"latest","address":"',
            vm.toString(address(guard)),
            '","topics":',
            topics,
            "}]"
        );
        NodeLog[] memory logs = abi.decode(Node.request("eth_getLogs", filter), (NodeLog[]));
        changes = new TierChange[](logs.length);
        for (uint256 k = 0; k < logs.length; k++) {
            changes[k] = abi.decode(logs[k].data, (TierChange));
        }
    }
}
