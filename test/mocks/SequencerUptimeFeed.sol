// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/interfaces/AggregatorV3Interface.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

/// Chainlink's L2 sequencer feed: answer 0 while the sequencer is up, 1 while it is down; `startedAt` is when that began.
contract SequencerUptimeFeed is AggregatorV3Interface, Ownable {
    uint8 public constant decimals = 0;
    uint256 public constant version = 1;
    string public constant description = "L2 Sequencer Uptime Status Feed";

    /// In one slot, as Chainlink's feed keeps it.
    struct Status {
        uint80 round;
        bool isDown;
        uint64 since;
    }

    Status private status;

    /// Up since the beginning of time, so that no grace period holds a new chain back.
    constructor(address owner) Ownable(owner) {
        status = Status(1, false, 1);
    }

    function setDown(bool isDown) external onlyOwner {
        status = Status(status.round + 1, isDown, uint64(block.timestamp));
    }

    function getRoundData(uint80) external view returns (uint80, int256, uint256, uint256, uint80) {
        return latest();
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        return latest();
    }

    function latest() private view returns (uint80, int256, uint256, uint256, uint80) {
        Status memory now_ = status;
        return (now_.round, now_.isDown ? int256(1) : int256(0), now_.since, now_.since, now_.round);
    }
}
