// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {IRiskEngine} from "../../contracts/interfaces/IRiskEngine.sol";
import {OptionsTest} from "../options/OptionsTest.sol";
import {vm} from "../support/Vm.sol";

/// A closing series settles at the volatility of the last 08:00, at least a day before, at which nobody distrusted it; nothing jumps
/// where that begins; and what it gains matures as whatever its underlying does.
contract ClosingVolatilityTest is OptionsTest {
    uint32 internal call;
    uint64 internal closes;

    /// Alice has bought 100 calls at 2,000; two hours later the owner closes their series.
    function hold(uint256 term) private {
        call = series(term, 2_000, CALL);
        buy(call, alice, bob, 100e18);
        elapse(1 hours);
        pass(1 hours);
        vm.prank(owner);
        vault.closeOption(call);
        (,,,, closes) = vault.option(call);
    }

    function distrust(uint32 secs) private {
        vm.prank(guardian);
        guard.distrustSurface(assetOf(ETH), expiryIn(28), secs, "provider");
    }

    /// The price stays what it is until so many seconds before the series closes.
    function waitUntil(uint256 before) private {
        elapse(closes - before - block.timestamp);
        refreshPrices();
    }

    /// The value at 2,000 with so many days left.
    function value(uint256 term, uint256 volatility) private returns (uint256 worth) {
        attach("engine", vault.engine());
        (worth,,,) = IRiskEngine(vault.engine()).price(CALL, SPOT, SPOT, term * 1 days, volatility);
    }

    function test_a_series_settles_at_a_volatility_that_the_guardian_does_not_distrust() public {
        uint256 bought = markOf(series(28, 2_000, CALL));
        hold(28);
        // Two and a half hours before the volatility is fixed, the provider begins to walk.
        waitUntil(24 hours + 150 minutes);
        uint64 volatility = VOLATILITY;
        setSurface(ETH, expiryIn(28), volatility, 0, 0);
        for (uint256 k = 0; k < 24; k++) {
            elapse(5 minutes);
            volatility += 0.05e18;
            setSurface(ETH, expiryIn(28), volatility, 0, 0);
        }
        refreshPrices();
        // The guardian is there in time: half an hour before.
        distrust(72 hours);
        waitUntil(12 hours);
        for (uint256 k = 0; k <= 24; k++) {
            refreshPrices();
            if (k < 24) elapse(30 minutes);
        }
        vm.assertEq(block.timestamp, uint256(closes));
        vm.assertEq(uint256(quote(call).volatility), VOLATILITY);
        vault.settleOption(call);
        vault.touch(alice.account);
        vault.touch(bob.account);
        uint256 settled = value(20, VOLATILITY);
        vm.assertApproxEqAbs(uint256(equityOf(alice)), 1_000_000e18 + 100 * settled - 100 * bought, 100 * MARK_ERROR);
        vm.assertApproxEqAbs(uint256(equityOf(bob)), 1_000_000e18 + 100 * bought - 100 * settled, 100 * MARK_ERROR);
    }

    /// Every day the surface rises by five points. Distrust that has ended by 08:00, or begins a second later, changes nothing.
    function test_the_volatility_is_that_of_the_last_day_that_nobody_distrusted() public {
        hold(28);
        uint64 volatility = VOLATILITY;
        for (uint256 left = 5; left >= 2; left--) {
            waitUntil(left * 1 days - 1 hours);
            volatility += 0.05e18;
            setSurface(ETH, expiryIn(28), volatility, 0, 0);
        }
        waitUntil(24 hours + 2 hours);
        distrust(2 hours);
        waitUntil(24 hours);
        vm.assertEq(uint256(quote(call).volatility), VOLATILITY + 0.2e18);
        elapse(1);
        refreshPrices();
        distrust(1 hours);
        vm.assertEq(uint256(quote(call).volatility), VOLATILITY + 0.2e18);
        vm.assertEq(uint256(quote(call).blocked), 1);
    }

    function test_of_days_that_were_distrusted_the_one_before_counts() public {
        hold(28);
        uint64 volatility = VOLATILITY;
        for (uint256 left = 6; left >= 4; left--) {
            waitUntil(left * 1 days - 1 hours);
            volatility += 0.05e18;
            setSurface(ETH, expiryIn(28), volatility, 0, 0);
        }
        // In force 72 hours before. Two hours later it is set again, and distrusted over 48 and, anew, over 24 hours before.
        waitUntil(70 hours);
        setSurface(ETH, expiryIn(28), volatility + 0.05e18, 0, 0);
        waitUntil(49 hours);
        distrust(2 hours);
        waitUntil(46 hours);
        setSurface(ETH, expiryIn(28), volatility + 0.1e18, 0, 0);
        waitUntil(24 hours);
        distrust(1);
        vm.assertEq(uint256(quote(call).volatility), volatility);
        elapse(1);
        vm.assertEq(uint256(quote(call).volatility), volatility);
        waitUntil(1);
        vm.assertEq(uint256(quote(call).volatility), volatility);
    }

    /// All of it arose in Normal, and takes ten minutes, booked or not.
    function test_what_a_closing_series_gained_in_normal_matures_in_ten_minutes() public {
        gain(0);
    }

    /// As what arises in a market that is Restricted, it takes a day.
    function test_what_a_closing_series_gained_in_restricted_matures_in_a_day() public {
        gain(2);
    }

    function gain(uint8 tier) private {
        hold(28);
        waitUntil(12 hours);
        vault.touch(alice.account);
        vault.touch(bob.account);
        if (tier > 0) {
            vm.prank(guardian);
            guard.trip(assetOf(ETH), tier, 1 hours, "test");
        }
        for (uint256 k = 0; k < 24; k++) {
            elapse(30 minutes);
            setPrice(ETH, int256(2_000 + 4 * k) * FEED);
        }
        vm.assertEq(block.timestamp, uint256(closes));
        elapse(1 hours);
        refreshPrices();
        vm.assertEq(uint256(guard.read(assetOf(ETH)).tier), 0);
        vault.touch(alice.account);
        vault.settleOption(call);
        vault.touch(bob.account);
        uint256 profit = uint256(pnlOf(alice));
        vm.assertGt(profit, 4_000e18);
        elapse(2 hours);
        refreshPrices();
        vault.touch(alice.account);
        // exp(-12), or exp(-1/12).
        uint256 left = tier == 0 ? 6_144_212_353_328 : 920_044_414_629_323_247;
        vm.assertApproxEqRel(vault.immature(alice.account), profit * left / WAD, 0.001e18);
    }

    /// While a surface is distrusted its options keep the volatility that they had; in their last day they have that of a day before.
    function test_nothing_jumps_where_a_distrusted_series_enters_its_last_day() public {
        setSurface(ETH, expiryIn(21), VOLATILITY, -1e18, 0);
        terms[3] = 21;
        volatilityOf[21] = VOLATILITY;
        call = vault.listOption(ETH, expiryIn(21), 2_000e18, CALL, accountOf(address(this)));
        buy(call, alice, bob, 100e18);
        elapse(1 hours);
        refreshPrices();
        vm.prank(owner);
        vault.closeOption(call);
        (,,,, closes) = vault.option(call);
        waitUntil(30 hours);
        vm.prank(guardian);
        guard.distrustSurface(assetOf(ETH), expiryIn(21), 71 hours, "provider");
        perpetuals[ETH].price = 1_600 * FEED;
        setMoves(0.49e18, 0.5e18);
        waitUntil(24 hours + 1);
        IOracleGuard.OptionMark memory before = quote(call);
        int256 worth = equityOf(bob);
        uint256 needed = maintenanceOf(bob);
        vm.assertEq(uint256(before.blocked), 1 + 8 + 16 + 128);
        vm.assertEq(uint256(before.volatility), VOLATILITY);
        elapse(1);
        IOracleGuard.OptionMark memory last = quote(call);
        // A second's decay, and no more.
        vm.assertEq(uint256(last.volatility), VOLATILITY);
        vm.assertApproxEqAbs(uint256(last.mark), uint256(before.mark), 1e14);
        vm.assertApproxEqAbs(equityOf(bob), worth, 1e16);
        // Nobody distrusts that volatility, and nothing moves it.
        vm.assertEq(uint256(last.blocked), 1);
        vm.assertEq(uint256(last.vega), 0);
        vm.assertApproxEqAbs(needed, 8_618.630398e18, 1e15);
        vm.assertApproxEqAbs(maintenanceOf(bob), 2_545.44603e18, 1e15);
    }
}
