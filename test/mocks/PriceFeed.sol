// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/interfaces/AggregatorV3Interface.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

/// A feed behind Chainlink's interface whose owner writes the rounds, broken ones included. It keeps a round as Chainlink's
/// aggregators do, in one slot beside that of its number.
contract PriceFeed is AggregatorV3Interface, Ownable {
    struct Round {
        int184 answer;
        uint64 updatedAt;
        bool isOdd; // it was not begun when it was answered, or answered in another
    }

    struct Odd {
        uint128 startedAt;
        uint80 answeredInRound;
    }

    uint8 public immutable decimals;
    uint256 public constant version = 4;
    string public description;
    uint80 public latestRound;
    mapping(uint80 => Round) private rounds;
    mapping(uint80 => Odd) private oddities;

    error NoDataPresent(uint80 round);
    error AnswerTooLarge(int256 answer);

    constructor(address owner, uint8 decimals_, string memory description_, int256 answer) Ownable(owner) {
        decimals = decimals_;
        description = description_;
        write(answer, block.timestamp);
    }

    /// A complete round of this second.
    function push(int256 answer) external onlyOwner {
        write(answer, block.timestamp);
    }

    /// A round with every field chosen: stale, from the future, incomplete.
    function pushRound(int256 answer, uint128 startedAt, uint64 updatedAt, uint80 answeredInRound) external onlyOwner {
        write(answer, updatedAt);
        rounds[latestRound].isOdd = true;
        oddities[latestRound] = Odd(startedAt, answeredInRound);
    }

    function getRoundData(uint80 round) public view returns (uint80, int256, uint256, uint256, uint80) {
        if (round == 0 || round > latestRound) revert NoDataPresent(round);
        Round memory r = rounds[round];
        if (!r.isOdd) return (round, r.answer, r.updatedAt, r.updatedAt, round);
        Odd memory odd = oddities[round];
        return (round, r.answer, odd.startedAt, r.updatedAt, odd.answeredInRound);
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        return getRoundData(latestRound);
    }

    function write(int256 answer, uint256 updatedAt) private {
        if (answer != int184(answer)) revert AnswerTooLarge(answer);
        rounds[++latestRound] = Round(int184(answer), uint64(updatedAt), false);
    }
}
