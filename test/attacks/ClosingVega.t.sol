// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {Trader} from "../protocol/Protocol.sol";
import {OptionsTest} from "../options/OptionsTest.sol";
import {vm} from "../support/Vm.sol";

/// From 24 hours before it settles early an option has no volatility left to move, and its margin knows: it hedges the volatility of
/// none that lives on.
contract ClosingVegaTest is OptionsTest {
    uint32 internal call;
    uint32 internal put;
    Trader internal holder = newTrader("holder");

    /// In a series of nine months one step of the provider's costs more than short options count for.
    function test_the_margin_covers_a_step_of_volatility_that_a_closing_series_does_not_hedge() public {
        IMarginVault.OptionRules memory rules = optionRules();
        rules.longestExpiry = 300 days;
        setRules(rules);
        terms[3] = 280;
        setVolatility(280, VOLATILITY);
        isHeldFor(280, 1, 137_995.096659e18, 32_373.864603e18);
    }

    function test_a_volatility_that_is_fixed_hedges_none_that_moves() public {
        isHeldFor(84, 3, 97_473.970319e18, 53_863.491902e18);
    }

    function isHeldFor(uint256 term, uint64 steps, uint256 needed, uint256 lost) private {
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
        elapse(closes - 24 hours - 1 - block.timestamp);
        pass(0);
        // Every short option counts for 20 dollars, until the volatility of the other leg is fixed.
        uint256 before = maintenanceOf(holder);
        vm.assertApproxEqRel(before, 20_000e18, 0.02e18);
        elapse(1);
        vm.assertEq(uint256(quote(call).vega), 0);
        // From then on for what the puts lose where theirs moves.
        vm.assertApproxEqAbs(maintenanceOf(holder), needed, 1e15);
        elapse(10 minutes);
        pass(0);
        vault.touch(holder.account);
        vault.touch(bob.account);
        Trader memory safe = subAccount(holder, 1);
        uint256 spare = uint256(equityOf(holder)) - initialOf(holder) - 1e18;
        vm.prank(holder.owner);
        vault.transfer(holder.account, safe.account, spare);
        int256 equity = equityOf(holder);
        uint256 insurance = pool.totalAssets();

        // Volatility rises by the provider's steps of five points; the price stays.
        for (uint64 k = 1; k <= steps; k++) {
            elapse(5 minutes);
            refreshPrices();
            setVolatility(term, VOLATILITY + k * 0.05e18);
        }
        vm.assertApproxEqAbs(uint256(equity - equityOf(holder)), lost, 1e15);
        vm.assertGt(equityOf(holder), int256(needed) * 2 / 3);
        vault.touch(holder.account);
        vm.expectRevert(IMarginVault.NotDeleverageable.selector);
        vault.deleverage(holder.account, 16);
        vm.assertEq(pool.totalAssets(), insurance);
        vm.assertEq(missing(), 0);
    }
}
