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
        NodeLog[] memory logs = logsOf(guard, IOracleGuard.TierChanged.selector, asset);
        changes = new TierChange[](logs.length);
        for (uint256 k = 0; k < logs.length; k++) {
            changes[k] = abi.decode(logs[k].data, (TierChange));
        }
    }

    /// How often an observation of `asset` was stored since the guard was deployed.
    function pokes(IOracleGuard guard, bytes32 asset) internal returns (uint256) {
        return logsOf(guard, IOracleGuard.Poked.selector, asset).length;
    }

    function logsOf(IOracleGuard guard, bytes32 selector, bytes32 asset) private returns (NodeLog[] memory) {
        string memory topics = string.concat('["', vm.toString(selector), '","', vm.toString(asset), '"]');
        string memory filter = string.concat(
            '[{"fromBlock":"0x0","toBlock":"latest","address":"',
            vm.toString(address(guard)),
            '","topics":',
            topics,
            "}]"
        );
        return abi.decode(Node.request("eth_getLogs", filter), (NodeLog[]));
    }
}
