// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {Log, NodeLogs} from "../support/NodeLogs.sol";

/// A tier that changed, as the guard reported it.
struct TierChange {
    uint8 from;
    uint8 to;
    uint8 cause;
}

/// What a guard on the node has reported.
library GuardLogs {
    /// Every `TierChanged` of `asset` since the guard was deployed, the oldest first.
    function tierChanges(IOracleGuard guard, bytes32 asset) internal returns (TierChange[] memory changes) {
        Log[] memory logs = NodeLogs.from(address(guard), IOracleGuard.TierChanged.selector, asset);
        changes = new TierChange[](logs.length);
        for (uint256 k = 0; k < logs.length; k++) {
            changes[k] = abi.decode(logs[k].data, (TierChange));
        }
    }

    /// How often an observation of `asset` was stored since the guard was deployed.
    function pokes(IOracleGuard guard, bytes32 asset) internal returns (uint256) {
        return NodeLogs.from(address(guard), IOracleGuard.Poked.selector, asset).length;
    }
}
