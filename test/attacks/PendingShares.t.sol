// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {ProtocolTest} from "../protocol/Protocol.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {Stakes} from "../support/Stakes.sol";
import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {vm} from "../support/Vm.sol";

/// Shares that were bought a moment ago are not in what the day began with, but are taken off it once they are requested.
contract PendingSharesAttackTest is ProtocolTest {
    using Stakes for IInsurancePool;

    address private fast = address(0xfa57);

    function prepare() private {
        elapse(1 days);
        refreshPrices();
        setFees(ETH, 0.01e18, 0.01e18);
        deposit(alice, 10_000_000 * USD);
        deposit(bob, 10_000_000 * USD);
        trade(alice, bob, 200_000e18, 200e18);
        elapse(700);
        refreshPrices();
    }

    function test_fees_of_the_treasury_go_to_the_pool() public {
        prepare();
        string memory id = checkpoint();
        (uint256 toPool, uint256 toTreasury) = vault.distributeFees();
        emit log_named_uint("pool", toPool);
        emit log_named_uint("treasury", toTreasury);
        restore(id);
        uint256 shares = pool.join(token, fast, INSURANCE);
        pool.request(fast, shares);
        (toPool, toTreasury) = vault.distributeFees();
        emit log_named_uint("pool", toPool);
        emit log_named_uint("treasury", toTreasury);
        vm.assertEq(toTreasury, 0);
    }

    function test_nobody_opens_for_the_rest_of_the_day() public {
        prepare();
        string memory id = checkpoint();
        trade(alice, bob, 1e18, 200e18);
        restore(id);
        uint256 shares = pool.join(token, fast, INSURANCE);
        pool.request(fast, shares);
        (, uint256 measured, uint256 lasting,) = pool.available(address(vault));
        emit log_named_uint("measured", measured);
        emit log_named_uint("lasting", lasting);
        IMarginVault.Order memory maker = order(ETH, bob, -1e18, 200e18, true);
        IMarginVault.Order memory taker = order(ETH, alice, 1e18, 200e18, false);
        bytes memory a = sign(bob, maker);
        bytes memory b = sign(alice, taker);
        vm.expectRevert(IMarginVault.CoverExceeded.selector);
        vault.settle(maker, a, taker, b, 1e18);
    }

    event log_named_uint(string key, uint256 val);
}
