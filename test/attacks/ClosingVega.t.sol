// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {Trader} from "../protocol/Protocol.sol";
import {OptionsTest} from "../options/OptionsTest.sol";
import {vm} from "../support/Vm.sol";

/// From 24 hours before it settles early an option has no volatility left to move, and its margin says that it has: it hedges the
/// volatility of one that lives on, for nothing.
contract ClosingVegaAttackTest is OptionsTest {
    uint32 internal call;
    uint32 internal put;
    Trader internal holder = newTrader("holder");

    /// In a series of nine months one step of the provider's is more than initial margin: nobody can liquidate in between.
    function test_one_step_of_volatility_is_more_than_the_margin() public {
        IMarginVault.OptionRules memory rules = optionRules();
        rules.longestExpiry = 300 days;
        setRules(rules);
        terms[3] = 280;
        setVolatility(280, VOLATILITY);
        owe(280, 1);
    }

    function test_a_volatility_that_is_fixed_hedges_one_that_moves() public {
        owe(84, 3);
    }

    function owe(uint256 term, uint64 steps) private {
        call = series(term, 2_000, CALL);
        put = series(term, 2_000, PUT);
        deposit(holder, 1_000_000 * USD);
        deposit(bob, 5_000_000 * USD);
        // Long calls, short puts, short perpetuals: nothing moves it, as long as all have one volatility.
        buy(call, holder, bob, 1_000e18);
        buy(put, bob, holder, 1_000e18);
        trade(ETH, bob, holder, 1_000e18, SPOT);
        elapse(1 hours);
        pass(1 hours);
        vm.prank(owner);
        vault.closeOption(call);
        (,,,, uint64 closes) = vault.option(call);
        elapse(closes - 24 hours - block.timestamp);
        pass(0);
        elapse(10 minutes);
        pass(0);
        vm.assertEq(uint256(quote(call).vega), 0);
        vault.touch(holder.account);
        vault.touch(bob.account);
        uint256 initial = initialOf(holder);
        emit log_named_uint("maintenance", maintenanceOf(holder));
        emit log_named_uint("initial", initial);
        emit log_named_uint("initial of the other side", initialOf(bob));
        Trader memory safe = subAccount(holder, 1);
        uint256 spare = uint256(equityOf(holder)) - initial - 1e18;
        vm.prank(holder.owner);
        vault.transfer(holder.account, safe.account, spare);
        int256 before = equityOf(holder);
        vm.assertGe(before, int256(initial));
        int256 other = equityOf(bob);
        uint256 insurance = pool.totalAssets();

        // Volatility rises by the provider's steps of five points; the price stays.
        for (uint64 k = 1; k <= steps; k++) {
            elapse(5 minutes);
            refreshPrices();
            setVolatility(term, VOLATILITY + k * 0.05e18);
            emit log_named_int("loss", before - equityOf(holder));
        }
        emit log_named_int("equity", equityOf(holder));
        vault.touch(holder.account);
        (, uint256 deficit, uint256 insured) = vault.deleverage(holder.account, 16);
        emit log_named_uint("deficit", deficit);
        emit log_named_uint("insured", insured);
        emit log_named_int("gain of the other side", equityOf(bob) - other);
        vm.assertGt(insurance - pool.totalAssets(), 5_000 * USD);
    }

    event log_named_int(string key, int256 val);
    event log_named_uint(string key, uint256 val);
}
