// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {ProtocolTest} from "../protocol/Protocol.sol";
import {Stakes} from "../support/Stakes.sol";
import {vm} from "../support/Vm.sol";

/// A debt that was booked as stuck while its feeds were silent can be closed, and is insured, as soon as they answer; the pool goes by
/// what it was booked as, until somebody touches it. Who leaves before does not pay for it, who joins before does.
contract StuckExitAttackTest is ProtocolTest {
    using Stakes for IInsurancePool;

    address private fast = address(0xfa57);
    address private victim = address(0x71c);

    /// Alice owes 7.5 million, and her feeds are silent from ten minutes before to midnight on.
    function prepare() private {
        uint256 shares = pool.join(token, fast, 100_000_000 * USD);
        pool.request(fast, shares);
        deposit(alice, 10_000_000 * USD);
        deposit(bob, 1_000_000_000 * USD);
        elapse(8 days - block.timestamp % 1 days - 70 minutes - MEAN_RESTARTS);
        refreshPrices();
        trade(alice, bob, 500_000e18, 200e18);
        setPriceCalmly(165 * FEED);
        elapse(65 minutes);
        vm.assertEq(uint256(guard.read(assetOf(ETH)).tier), 3);
        vault.touch(alice.account);
        vault.deleverage(alice.account, 16);
        vm.assertEq(vault.stuckDebt(), 7_500_000e18);
        elapse(5 minutes);
        vm.assertEq(block.timestamp % 1 days, 0);
        // The feeds answer again: it can be closed, and is insured in full.
        refreshPrices();
        string memory id = checkpoint();
        (, uint256 deficit, uint256 insured) = vault.deleverage(alice.account, 16);
        vm.assertEq(deficit, 7_500_000e18);
        vm.assertEq(insured, deficit);
        restore(id);
    }

    function test_who_is_fulfilled_first_does_not_pay() public {
        prepare();
        uint256 out = pool.fulfil(fast);
        (, uint256 deficit, uint256 insured) = vault.deleverage(alice.account, 16);
        emit log_named_uint("deficit", deficit);
        emit log_named_uint("insured", insured);
        emit log_named_uint("leaver", out);
        emit log_named_uint("stayers", pool.totalAssets());
        vm.assertEq(out, 100_000_000 * USD);
        vm.assertLe(pool.totalAssets(), 92_500_000 * USD);
    }

    function test_who_joins_before_it_is_touched_pays() public {
        prepare();
        uint256 shares = pool.join(token, victim, 100_000_000 * USD);
        vault.deleverage(alice.account, 16);
        uint256 left = pool.convertToAssets(shares);
        emit log_named_uint("joiner", left);
        vm.assertLt(left, 98_000_000 * USD);
    }

    event log_named_uint(string key, uint256 val);
}
