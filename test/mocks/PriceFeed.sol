// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/interfaces/AggregatorV3Interface.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

/// A feed behind Chainlink's interface whose owner writes the rounds, broken ones included.
contract PriceFeed is AggregatorV3Interface, Ownable {
    struct Round {
        int256 answer;
        uint256 startedAt;
        uint256 updatedAt;
        uint80 answeredInRound;
    }

    uint8 public immutable decimals;
    uint256 public constant version = 4;
    string public description;
    uint80 public latestRound;
    mapping(uint80 => Round) private rounds;

    error NoDataPresent(uint80 round);

    constructor(address owner, uint8 decimals_, string memory description_, int256 answer) Ownable(owner) {
        decimals = decimals_;
        description = description_;
        write(answer, block.timestamp, block.timestamp, 1);
    }

    /// A complete round of this second.
    function push(int256 answer) external onlyOwner {
        write(answer, block.timestamp, block.timestamp, latestRound + 1);
    }

    /// A round with every field chosen: stale, from the future, incomplete.
    function pushRound(int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound) external onlyOwner {
        write(answer, startedAt, updatedAt, answeredInRound);
    }

    function getRoundData(uint80 round) public view returns (uint80, int256, uint256, uint256, uint80) {
        if (round == 0 || round > latestRound) revert NoDataPresent(round);
        Round storage r = rounds[round];
        return (round, r.answer, r.startedAt, r.updatedAt, r.answeredInRound);
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        return getRoundData(latestRound);
    }

    function write(int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound) private {
        rounds[++latestRound] = Round(answer, startedAt, updatedAt, answeredInRound);
    }
}
