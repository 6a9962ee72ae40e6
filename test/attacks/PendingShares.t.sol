// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {ProtocolTest} from "../protocol/Protocol.sol";
import {Stakes} from "../support/Stakes.sol";
import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {vm} from "../support/Vm.sol";

/// Shares that were bought a moment ago are not in what the day began with, and once they are requested leave it as it is.
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

    function test_requesting_new_shares_moves_no_fees_from_the_treasury() public {
        prepare();
        string memory id = checkpoint();
        (uint256 toPool, uint256 toTreasury) = vault.distributeFees();
        vm.assertGt(toTreasury, 0);
        restore(id);
        uint256 shares = pool.join(token, fast, INSURANCE);
        pool.request(fast, shares);
        (uint256 then, uint256 thenToTreasury) = vault.distributeFees();
        vm.assertEq(abi.encode(then, thenToTreasury), abi.encode(toPool, toTreasury));
    }

    function test_requesting_new_shares_stops_nobody_from_opening() public {
        prepare();
        uint256 shares = pool.join(token, fast, INSURANCE);
        pool.request(fast, shares);
        (, uint256 measured, uint256 lasting,) = pool.available(address(vault));
        vm.assertEq(measured, INSURANCE);
        vm.assertEq(lasting, INSURANCE);
        trade(alice, bob, 1e18, 200e18);
        // Shares that were in the opening lower it.
        pool.request(address(this), pool.balanceOf(address(this)) / 4);
        (, measured, lasting,) = pool.available(address(vault));
        vm.assertEq(measured, INSURANCE);
        vm.assertApproxEqAbs(lasting, INSURANCE / 4 * 3, 1);
    }
}
