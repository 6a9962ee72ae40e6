// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {vm} from "../support/Vm.sol";
import {OptionsTest} from "./OptionsTest.sol";

/// Which options there are.
contract ListingTest is OptionsTest {
    function refuseListing(uint64 expiry, uint256 strike, bytes4 reason) private {
        vm.expectRevert(reason);
        vault.listOption(ETH, expiry, strike, CALL, accountOf(address(this)));
    }

    function test_anyone_lists_and_finds_an_option() public {
        vm.prank(carol.owner);
        uint32 number = vault.listOption(ETH, expiryIn(28), 1_900e18, PUT, carol.account);
        vm.assertGe(uint256(number), 1 << 31);
        (uint32 underlying, uint64 expiry, uint256 strike, bool isCall, uint64 closes) = vault.option(number);
        vm.assertEq(uint256(underlying), ETH);
        vm.assertEq(uint256(expiry), expiryIn(28));
        vm.assertEq(strike, 1_900e18);
        vm.assertFalse(isCall);
        vm.assertEq(uint256(closes), 0);
        vm.assertEq(uint256(vault.seriesOf(ETH, expiryIn(28), 1_900e18, PUT)), number);
        vm.assertEq(uint256(vault.seriesOf(ETH, expiryIn(28), 1_900e18, CALL)), 0);
        vm.assertEq(uint256(vault.seriesOf(ETH, expiryIn(56), 1_900e18, PUT)), 0);
        (,,, uint256 live,) = vault.optionTotals(ETH);
        vm.assertEq(live, 1);
        uint32[] memory all = vault.instruments();
        vm.assertEq(all.length, 3);
        vm.assertEq(uint256(all[2]), number);
        vm.expectRevert(IMarginVault.SeriesExists.selector);
        vault.listOption(ETH, expiryIn(28), 1_900e18, PUT, accountOf(address(this)));
    }

    function test_expiries_are_at_eight_and_beyond_a_week_on_fridays() public {
        refuseListing(expiryIn(28) + 1, SPOT, IMarginVault.InvalidExpiry.selector);
        refuseListing(expiryIn(28) - 1 hours, SPOT, IMarginVault.InvalidExpiry.selector);
        refuseListing(expiryIn(8), SPOT, IMarginVault.InvalidExpiry.selector);
        refuseListing(expiryIn(27), SPOT, IMarginVault.InvalidExpiry.selector);
        refuseListing(expiryIn(0), SPOT, IMarginVault.InvalidExpiry.selector);
        refuseListing(0, SPOT, IMarginVault.InvalidExpiry.selector);
        refuseListing(type(uint64).max, SPOT, IMarginVault.InvalidExpiry.selector);
        setVolatility(98, VOLATILITY);
        vault.listOption(ETH, expiryIn(98), SPOT, CALL, accountOf(address(this)));
        refuseListing(expiryIn(105), SPOT, IMarginVault.InvalidExpiry.selector); // beyond the longest of 100 days
        setVolatility(6, VOLATILITY);
        vault.listOption(ETH, expiryIn(6), SPOT, CALL, accountOf(address(this)));
    }

    function test_a_series_lives_at_least_an_hour() public {
        setVolatility(1, VOLATILITY);
        elapse(1 days - 1 hours + 1);
        refreshPrices();
        setVolatility(1, VOLATILITY);
        refuseListing(expiryIn(1), SPOT, IMarginVault.InvalidExpiry.selector);
    }

    /// Steps of 100 dollars, between a quarter and four times the mark.
    function test_strikes_are_on_the_grid_and_near() public {
        refuseListing(expiryIn(28), 0, IMarginVault.InvalidStrike.selector);
        refuseListing(expiryIn(28), 1_950e18, IMarginVault.InvalidStrike.selector);
        refuseListing(expiryIn(28), 2_000e18 + 1, IMarginVault.InvalidStrike.selector);
        refuseListing(expiryIn(28), 400e18, IMarginVault.InvalidStrike.selector);
        refuseListing(expiryIn(28), 8_100e18, IMarginVault.InvalidStrike.selector);
        vault.listOption(ETH, expiryIn(28), 500e18, CALL, accountOf(address(this)));
        vault.listOption(ETH, expiryIn(28), 8_000e18, CALL, accountOf(address(this)));
    }

    function test_without_a_fresh_surface_nothing_is_listed() public {
        refuseListing(expiryIn(21), SPOT, IMarginVault.ActionBlocked.selector);
        elapse(guard.surfaceLimits().staleAfter);
        refreshPrices();
        refuseListing(expiryIn(28), SPOT, IMarginVault.ActionBlocked.selector);
        setVolatility(28, VOLATILITY);
        vault.listOption(ETH, expiryIn(28), SPOT, CALL, accountOf(address(this)));
    }

    function test_nothing_is_listed_while_the_underlying_may_not_be_opened() public {
        elapse(1 minutes);
        setPrice(1_780 * FEED);
        vm.assertEq(uint256(guard.read(asset).tier), 2);
        refuseListing(expiryIn(28), SPOT, IMarginVault.ActionBlocked.selector);
        setPrice(0);
        refuseListing(expiryIn(28), SPOT, IMarginVault.ActionBlocked.selector);
    }

    function test_the_number_of_series_is_limited_and_a_delisted_one_makes_room() public {
        IMarginVault.OptionRules memory few = optionRules();
        few.maxSeries = 2;
        setRules(few);
        uint32 first = series(28, 2_000, CALL);
        uint32 second = series(28, 2_000, PUT);
        refuseListing(expiryIn(28), 2_100e18, IMarginVault.TooManySeries.selector);
        vm.prank(owner);
        vault.delist(first);
        uint32 third = series(28, 2_100, CALL);
        vm.assertGt(uint256(third), second);
        vm.assertNotEq(uint256(third), first); // a number is never used again
        vm.expectRevert(IMarginVault.UnknownInstrument.selector);
        vault.option(first);
    }

    function test_only_perpetuals_with_rules_have_options() public {
        vm.expectRevert(IMarginVault.InvalidStrike.selector); // there is no grid
        vault.listOption(BTC, expiryIn(28), 50_000e18, CALL, accountOf(address(this)));
        vm.expectRevert(IMarginVault.UnknownInstrument.selector);
        vault.listOption(99, expiryIn(28), SPOT, CALL, accountOf(address(this)));
        uint32 number = series(28, 2_000, CALL);
        vm.expectRevert(IMarginVault.UnknownInstrument.selector);
        vault.listOption(number, expiryIn(28), SPOT, CALL, accountOf(address(this)));
        vm.expectRevert(IMarginVault.InvalidParameters.selector);
        vm.prank(owner);
        vault.setOptionRules(number, optionRules(), 0);
        vm.expectRevert(IMarginVault.UnknownInstrument.selector);
        vault.option(ETH);
        vm.expectRevert(IMarginVault.UnknownInstrument.selector);
        vault.optionTotals(number);
    }

    function test_rules_have_hard_bounds() public {
        IMarginVault.OptionRules[16] memory wrong;
        for (uint256 k = 0; k < wrong.length; k++) {
            wrong[k] = optionRules();
        }
        wrong[0].tick = 0;
        wrong[1].tick = 1e9 + 1;
        wrong[2].strikeStep = 0;
        wrong[3].strikeRange = 0.099e18;
        wrong[4].strikeRange = 4.001e18;
        wrong[5].longestExpiry = 1 days - 1 hours;
        wrong[6].longestExpiry = 1 days + 1;
        wrong[7].volRange = 0.099e18;
        wrong[8].volRange = 0.601e18;
        wrong[9].shortOptionRate = 0.0049e18;
        wrong[10].shortOptionRate = 0.201e18;
        wrong[11].makerFee = 0.0101e18;
        wrong[12].takerFee = 0.0101e18;
        wrong[13].vegaLimit = 1e12 - 1;
        wrong[14].gammaLimit = type(uint128).max;
        wrong[15].maxSeries = 193;
        for (uint256 k = 0; k < wrong.length; k++) {
            vm.expectRevert(IMarginVault.InvalidParameters.selector);
            setRules(wrong[k]);
        }
        IMarginVault.OptionRules memory right = optionRules();
        (right.strikeRange, right.makerFee, right.maxSeries) = (4e18, 0.01e18, 192);
        setRules(right);
        vm.assertEq(abi.encode(vault.optionRules(ETH)), abi.encode(right));
        vm.assertEq(uint256(vault.optionRules(BTC).tick), 0);
    }

    function test_strikes_are_counted_in_the_same_ticks_while_there_are_series() public {
        uint32 number = series(28, 2_000, CALL);
        IMarginVault.OptionRules memory finer = optionRules();
        finer.tick /= 10;
        vm.expectRevert(IMarginVault.InvalidParameters.selector);
        setRules(finer);
        vm.prank(owner);
        vault.delist(number);
        setRules(finer);
    }

    function test_only_owner_and_steward_set_optionRules() public {
        IMarginVault.OptionRules memory next = optionRules();
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.NotSteward.selector, alice.owner));
        vm.prank(alice.owner);
        vault.setOptionRules(ETH, next, 0);
    }

    function test_what_is_held_or_has_not_expired_stays_listed() public {
        uint32 number = series(14, 2_000, CALL);
        vm.expectRevert(); // the owner alone may before it expires
        vm.prank(alice.owner);
        vault.delist(number);
        buy(number, alice, bob, 1e18);
        vm.expectRevert(IMarginVault.SeriesOpen.selector);
        vm.prank(owner);
        vault.delist(number);
        buy(number, bob, alice, 1e18);
        vm.prank(owner);
        vault.delist(number);
        vm.expectRevert(IMarginVault.UnknownInstrument.selector);
        vault.delist(ETH);
    }
}
