// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {Flags} from "@chainlink/contracts/src/v0.8/dev/Flags.sol";
import {
    ArbitrumSequencerUptimeFeed
} from "@chainlink/contracts/src/v0.8/l2ep/dev/arbitrum/ArbitrumSequencerUptimeFeed.sol";
import {
    AddressAliasHelper
} from "@chainlink/contracts/src/v0.8/vendor/arb-bridge-eth/v0.8.0-custom/contracts/libraries/AddressAliasHelper.sol";

/// The sequencer's uptime feed as Chainlink builds it on Arbitrum: a contract on L1 reports through the bridge, the feed keeps what
/// has changed and raises a flag, and consumers read it through a proxy. Owns all of it and is the alias of the contract on L1.
contract ChainlinkUptimeFeed {
    /// What consumers read.
    address public immutable proxy;
    ArbitrumSequencerUptimeFeed private immutable feed;

    error CreationFailed();

    /// Up since now.
    constructor(bytes memory proxyCode) {
        Flags flags = new Flags(address(0), address(0));
        flags.setRaisingAccessController(address(flags));
        flags.setLoweringAccessController(address(flags));
        feed = new ArbitrumSequencerUptimeFeed(address(flags), AddressAliasHelper.undoL1ToL2Alias(address(this)));
        flags.addAccess(address(feed));
        feed.initialize();
        proxy = create(bytes.concat(proxyCode, abi.encode(feed, address(0))));
        feed.addAccess(proxy);
    }

    /// L1 says that the sequencer went down, or came up, this second.
    function setDown(bool down) external {
        feed.updateStatus(down, uint64(block.timestamp));
    }

    function create(bytes memory initcode) private returns (address created) {
        assembly ("memory-safe") {
            created := create(0, add(initcode, 32), mload(initcode))
        }
        if (created == address(0)) revert CreationFailed();
    }
}
