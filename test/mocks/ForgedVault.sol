// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";

/// Pretends to be a vault with whatever a pool may want to hear.
contract ForgedVault {
    IInsurancePool private immutable pool;

    constructor(IInsurancePool pool_) {
        pool = pool_;
    }

    function draw(uint256 amount) external returns (uint256) {
        return pool.cover(amount);
    }

    /// Of this pool, with a large deficit and much profit to harvest.
    function coverage() external pure returns (uint256, uint256) {
        return (0, 1e30);
    }

    function balances(bytes32) external pure returns (uint256, int256) {
        return (1e30, 1e30);
    }

    function withdraw(bytes32, uint256 amount, address) external pure returns (uint256) {
        return amount;
    }

    function convert(bytes32, uint256 amount) external pure returns (uint256) {
        return amount;
    }
}
