// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {ChainlinkFeed} from "../feeds/ChainlinkFeed.sol";

/// Writes many feeds, and surfaces of volatility, on the node in one transaction.
contract Tape {
    /// Feed `k` says `answers[k]`, and the guard has seen all of it.
    function write(
        ChainlinkFeed[] calldata feeds,
        int256[] calldata answers,
        IOracleGuard guard,
        bytes32[] calldata assets
    ) external {
        for (uint256 k = 0; k < feeds.length; k++) {
            feeds[k].push(answers[k]);
        }
        guard.pokeMany(assets);
    }

    /// The volatility of each expiry of `asset` is `volatilities[k]`, where the guard takes it.
    function quote(IOracleGuard guard, bytes32 asset, uint64[] calldata expiries, uint64[] calldata volatilities)
        external
    {
        for (uint256 k = 0; k < expiries.length; k++) {
            try guard.setSurface(asset, expiries[k], IOracleGuard.Surface(volatilities[k], 0, 0)) {} catch {}
        }
    }
}
