// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {OptionsTest} from "../options/OptionsTest.sol";
import {vm} from "../support/Vm.sol";

/// The volatility at which a closing series settles is whatever the provider has walked to 24 hours before, also where the guardian has
/// declared that surface untrusted.
contract ClosingVolatilityAttackTest is OptionsTest {
    uint32 internal call;

    function test_a_series_settles_at_a_volatility_that_the_guardian_distrusts() public {
        call = series(28, 2_000, CALL);
        uint256 bought = markOf(call);
        buy(call, alice, bob, 100e18);
        elapse(1 hours);
        pass(1 hours);
        vm.prank(owner);
        vault.closeOption(call);
        (,,,, uint64 closes) = vault.option(call);
        // Two and a half hours before the volatility is fixed, the provider begins to walk.
        elapse(closes - 24 hours - 150 minutes - block.timestamp);
        refreshPrices();
        uint64 volatility = VOLATILITY;
        setSurface(ETH, expiryIn(28), volatility, 0, 0);
        emit log_named_uint("mark before", markOf(call));
        for (uint256 k = 0; k < 24; k++) {
            elapse(5 minutes);
            volatility += 0.05e18;
            setSurface(ETH, expiryIn(28), volatility, 0, 0);
        }
        refreshPrices();
        // The guardian is there in time: half an hour before.
        vm.prank(guardian);
        guard.distrustSurface(assetOf(ETH), expiryIn(28), 72 hours, "provider");
        emit log_named_uint("mark distrusted", markOf(call));
        elapse(closes - 12 hours - block.timestamp);
        for (uint256 k = 0; k <= 24; k++) {
            refreshPrices();
            if (k < 24) elapse(30 minutes);
        }
        vm.assertEq(block.timestamp, uint256(closes));
        vault.settleOption(call);
        vault.touch(alice.account);
        vault.touch(bob.account);
        emit log_named_uint("alice", uint256(equityOf(alice)));
        emit log_named_uint("bob", uint256(equityOf(bob)));
        emit log_named_uint("bought", bought);
        vm.assertGt(equityOf(alice), 1_000_000e18 + 15_000e18);
    }

    /// All of it arose in Normal, and takes a day.
    function test_what_a_closing_series_gained_in_normal_matures_in_a_day() public {
        call = series(28, 2_000, CALL);
        buy(call, alice, bob, 100e18);
        elapse(1 hours);
        pass(1 hours);
        vm.prank(owner);
        vault.closeOption(call);
        (,,,, uint64 closes) = vault.option(call);
        elapse(closes - 12 hours - block.timestamp);
        refreshPrices();
        vault.touch(alice.account);
        vault.touch(bob.account);
        for (uint256 k = 0; k < 24; k++) {
            elapse(30 minutes);
            setPrice(ETH, int256(2_000 + 4 * k) * FEED);
            vm.assertEq(uint256(guard.read(assetOf(ETH)).tier), 0);
        }
        vm.assertEq(block.timestamp, uint256(closes));
        elapse(1 hours);
        refreshPrices();
        vault.touch(alice.account);
        vault.touch(bob.account);
        int256 profit = pnlOf(alice);
        elapse(2 hours);
        refreshPrices();
        vault.touch(alice.account);
        vm.assertGt(vault.immature(alice.account), uint256(profit) * 9 / 10);
        emit log_named_int("profit", profit);
        emit log_named_uint("immature two hours after it was settled", vault.immature(alice.account));
    }

    /// While a surface is distrusted its options keep their volatility; where its last 24 hours begin they jump.
    function test_marks_jump_where_a_distrusted_series_enters_its_last_day() public {
        setSurface(ETH, expiryIn(21), VOLATILITY, -1e18, 0);
        call = vault.listOption(ETH, expiryIn(21), 2_000e18, CALL, accountOf(address(this)));
        buy(call, alice, bob, 100e18);
        elapse(1 hours);
        pass(1 hours);
        vm.prank(owner);
        vault.closeOption(call);
        (,,,, uint64 closes) = vault.option(call);
        elapse(closes - 30 hours - block.timestamp);
        refreshPrices();
        vm.prank(guardian);
        guard.distrustSurface(assetOf(ETH), expiryIn(21), 71 hours, "provider");
        perpetuals[ETH].price = 1_600 * FEED;
        setMoves(0.49e18, 0.5e18);
        elapse(closes - 24 hours - 1 - block.timestamp);
        refreshPrices();
        uint256 before = markOf(call);
        int256 worth = equityOf(bob);
        elapse(1);
        emit log_named_uint("mark a second before", before);
        emit log_named_uint("mark", markOf(call));
        vm.assertLt(markOf(call), before / 5);
        vm.assertGt(equityOf(bob), worth + 750e18);
    }

    event log_named_int(string key, int256 val);
    event log_named_uint(string key, uint256 val);
}
