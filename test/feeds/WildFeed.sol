// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";

/// What a feed does when it is asked.
enum Way {
    Answers,
    CallsBack, // and answers, or says nothing good if the guard lets it in
    Reverts,
    BurnsItsGas,
    ReturnsAMegabyte,
    HasNoDecimals,
    BurnsItsGasForDecimals // after nearly all that it is given for the round
}

/// What a feed says: five words of a round, as many bytes of them as `length`, and a word of decimals.
struct Behaviour {
    Way way;
    uint256[5] words;
    uint256 length;
    uint256 decimals;
}

/// A feed that does whatever anybody tells it to, as no aggregator of Chainlink's can.
contract WildFeed {
    uint256 private constant ROUND_BYTES = 160;
    /// For each attempt to get in, so that all of them leave enough for an answer.
    uint256 private constant ATTEMPT_GAS = 25_000;
    /// Enough to return a round.
    uint256 private constant LEFT_GAS = 10_000;

    Behaviour private behaviour;
    IOracleGuard private guard;
    bytes32 private asset;
    IMarginVault private vault;
    bytes32 private account;

    function set(Behaviour calldata newBehaviour) external {
        behaviour = newBehaviour;
    }

    /// What it calls back.
    function aim(IOracleGuard newGuard, bytes32 newAsset, IMarginVault newVault, bytes32 newAccount) external {
        (guard, asset, vault, account) = (newGuard, newAsset, newVault, newAccount);
    }

    function decimals() external view returns (uint256) {
        if (behaviour.way == Way.HasNoDecimals) revert();
        if (behaviour.way == Way.BurnsItsGasForDecimals) burn();
        return behaviour.decimals;
    }

    function latestRoundData() external view {
        Way way = behaviour.way;
        if (way == Way.Reverts) revert("no");
        if (way == Way.BurnsItsGas) burn();
        uint256[5] memory words = behaviour.words;
        if (way == Way.CallsBack && calledBack()) words[1] = 0;
        uint256 length = way == Way.ReturnsAMegabyte ? 1 << 20 : behaviour.length;
        if (way == Way.BurnsItsGasForDecimals) burnTo(LEFT_GAS);
        assembly ("memory-safe") {
            let answer := mload(0x40)
            mcopy(answer, words, ROUND_BYTES)
            return(answer, length)
        }
    }

    function burn() private pure {
        while (true) {}
    }

    function burnTo(uint256 left) private view {
        while (gasleft() > left) {}
    }

    /// Whether the guard serves anybody while it asks, or anything can be changed from here.
    function calledBack() private view returns (bool) {
        return attempt(address(guard), abi.encodeCall(IOracleGuard.poke, (asset)))
            || attempt(address(guard), abi.encodeCall(IOracleGuard.read, (asset)))
            || attempt(address(vault), abi.encodeCall(IMarginVault.touch, (account)));
    }

    function attempt(address target, bytes memory data) private view returns (bool success) {
        (success,) = target.staticcall{gas: ATTEMPT_GAS}(data);
    }
}
