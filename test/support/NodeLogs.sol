// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {Node} from "./Node.sol";
import {vm} from "./Vm.sol";

/// A log as forge decodes it from the node: fields in the alphabetical order of their JSON names, quantities as bytes.
struct Log {
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

/// As `Log`, of an event with one word of data, which forge decodes as a word.
struct WordLog {
    address emitter;
    bytes32 blockHash;
    bytes blockNumber;
    bytes blockTimestamp;
    bytes32 data;
    bytes logIndex;
    bool removed;
    bytes32[] topics;
    bytes32 transactionHash;
    bytes transactionIndex;
}

/// What a contract on the node has reported.
library NodeLogs {
    /// Every event of `emitter` with this topic, the oldest first.
    function from(address emitter, bytes32 topic) internal returns (Log[] memory) {
        return abi.decode(request(emitter, quoted(topic)), (Log[]));
    }

    /// As `from`, of those whose first indexed field is `field`.
    function from(address emitter, bytes32 topic, bytes32 field) internal returns (Log[] memory) {
        return abi.decode(request(emitter, string.concat(quoted(topic), ",", quoted(field))), (Log[]));
    }

    /// As `from`, of events with one word of data.
    function wordsFrom(address emitter, bytes32 topic) internal returns (WordLog[] memory) {
        return abi.decode(request(emitter, quoted(topic)), (WordLog[]));
    }

    function quoted(bytes32 topic) private pure returns (string memory) {
        return string.concat('"', vm.toString(topic), '"');
    }

    function request(address emitter, string memory topics) private returns (bytes memory) {
        string memory where = string.concat('"address":"', vm.toString(emitter), '","topics":[', topics);
        return Node.request("eth_getLogs", string.concat('[{"fromBlock":"0x0","toBlock":"latest",', where, "]}]"));
    }
}
