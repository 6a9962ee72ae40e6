// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";
import {OptionsTest} from "./OptionsTest.sol";

/// Options bought and sold: no premium changes hands, positions gain and lose by their marks.
contract OptionTradingTest is OptionsTest {
    /// Black-76 of the call at 2,000 in 14 days, at forty digits: at 2,000 and 80 %, at 85 %, and at 2,050 and 80 %.
    uint256 private constant AT_THE_MONEY = 124.883081348859756209e18;
    uint256 private constant NERVOUS = 132.670795459765328078e18;
    uint256 private constant RISEN = 153.007893130848550738e18;
    /// Its delta.
    uint256 private constant DELTA = 0.531220770337214939e18;
    uint256 private constant BAND = 0.02e18;

    uint32 private call;

    function setUpNode() internal override {
        super.setUpNode();
        call = series(14, 2_000, CALL);
    }

    function setFees(uint64 makerFee, uint64 takerFee) private {
        IMarginVault.OptionRules memory next = optionRules();
        (next.makerFee, next.takerFee) = (makerFee, takerFee);
        setRules(next);
    }

    function test_a_trade_at_the_mark_costs_nobody_anything() public {
        vm.assertApproxEqAbs(markOf(call), AT_THE_MONEY, MARK_ERROR);
        buy(call, alice, bob, 3e18);
        vm.assertEq(vault.position(alice.account, call), 3e18);
        vm.assertEq(vault.position(bob.account, call), -3e18);
        vm.assertEq(capitalOf(alice), 1_000_000e18);
        vm.assertEq(capitalOf(bob), 1_000_000e18);
        vm.assertEq(equityOf(alice), 1_000_000e18);
        (uint256 long, uint256 short) = vault.openInterest(call);
        vm.assertEq(long, 3e18);
        vm.assertEq(short, 3e18);
    }

    function test_volatility_moves_what_positions_are_worth() public {
        buy(call, alice, bob, 3e18);
        elapse(5 minutes);
        setVolatility(14, 0.85e18);
        uint256 decay = NERVOUS - markOf(call); // five minutes of time value
        vm.assertLt(decay, 0.03e18);
        vault.touch(alice.account);
        vault.touch(bob.account);
        int256 gain = int256(3 * (markOf(call) - AT_THE_MONEY));
        vm.assertApproxEqAbs(pnlOf(alice), gain, 3 * MARK_ERROR);
        vm.assertApproxEqAbs(equityOf(bob), 1_000_000e18 - gain, 3 * MARK_ERROR);
    }

    function test_spot_moves_what_positions_are_worth() public {
        buy(call, alice, bob, 1e18);
        elapse(1);
        setPrice(2_050 * FEED);
        vault.touch(alice.account);
        vm.assertApproxEqAbs(pnlOf(alice), int256(RISEN - AT_THE_MONEY), 0.0002e18); // a second of time value
    }

    function test_whoever_pays_more_than_the_mark_loses_the_difference() public {
        uint256 mark = markOf(call);
        trade(call, alice, bob, 2e18, mark + 10e18);
        vm.assertEq(equityOf(alice), 999_980e18);
        vm.assertEq(equityOf(bob), 1_000_020e18);
        vm.assertEq(capitalOf(alice), 999_980e18);
    }

    /// 2 % of spot times delta either way.
    function test_prices_are_within_the_underlyings_band_times_delta() public {
        uint256 mark = markOf(call);
        uint256 reach = SPOT * BAND / WAD * DELTA / WAD;
        bytes4 outside = IMarginVault.PriceOutsideBand.selector;
        refuse(call, alice, bob, 1e18, mark + reach + 1e9, outside);
        refuse(call, alice, bob, 1e18, mark - reach - 1e9, outside);
        trade(call, alice, bob, 1e18, mark + reach - 1e9);
        trade(call, bob, alice, 1e18, mark - reach + 1e9);
        // Far out of the money, a twentieth: two dollars.
        uint32 far = series(14, 4_000, CALL);
        vm.assertApproxEqAbs(markOf(far), 0.000443744745413664e18, MARK_ERROR);
        refuse(far, alice, bob, 1e18, markOf(far) + 2e18 + 1, outside);
        trade(far, alice, bob, 1e18, markOf(far) + 2e18);
    }

    /// 3 and 5 hundredths of a percent of 2,000 for each of two.
    function test_fees_are_of_the_underlyings_notional() public {
        setFees(0.0003e18, 0.0005e18);
        buy(call, alice, bob, 2e18);
        vm.assertEq(equityOf(bob), 999_998.8e18); // the maker
        vm.assertEq(equityOf(alice), 999_998e18);
    }

    function test_fees_are_at_most_an_eighth_of_the_price() public {
        setFees(0.0003e18, 0.0005e18);
        uint32 far = series(14, 4_000, CALL);
        uint256 eighth = markOf(far) / 8;
        buy(far, alice, bob, 1e18);
        vm.assertApproxEqAbs(1_000_000e18 - uint256(equityOf(alice)), eighth, 1);
        vm.assertApproxEqAbs(1_000_000e18 - uint256(equityOf(bob)), eighth, 1);
    }

    function test_positions_close_and_turn() public {
        buy(call, alice, bob, 2e18);
        buy(call, bob, alice, 5e18);
        vm.assertEq(vault.position(alice.account, call), -3e18);
        vm.assertEq(vault.position(bob.account, call), 3e18);
        buy(call, alice, bob, 3e18);
        (uint32[] memory held,) = vault.legs(alice.account);
        vm.assertEq(held.length, 0);
        (uint256 long, uint256 short) = vault.openInterest(call);
        vm.assertEq(long + short, 0);
    }

    function test_a_reduce_only_order_takes_what_there_is() public {
        buy(call, alice, bob, 2e18);
        uint256 mark = markOf(call);
        IMarginVault.Order memory maker = order(call, bob, 5e18, mark, true);
        IMarginVault.Order memory taker = order(call, alice, -5e18, mark, false);
        taker.reduceOnly = true;
        vault.settle(maker, sign(bob, maker), taker, sign(alice, taker), 5e18);
        vm.assertEq(vault.position(alice.account, call), 0);
        vm.assertEq(vault.position(bob.account, call), 0);
    }

    function test_options_and_perpetuals_together_are_at_most_sixteen_legs() public {
        trade(BTC, alice, bob, 1e18, 50_000e18);
        for (uint256 k = 0; k < 15; k++) {
            buy(series(terms[k % 4], 1_700 + 100 * (k / 4), k % 2 == 0), alice, bob, 1e18);
        }
        (uint32[] memory held,) = vault.legs(alice.account);
        vm.assertEq(held.length, 16);
        uint32 last = series(84, 3_000, CALL);
        uint256 mark = markOf(last);
        refuse(last, alice, bob, 1e18, mark, IMarginVault.TooManyLegs.selector);
        buy(series(14, 1_700, CALL), bob, alice, 1e18);
        buy(last, alice, bob, 1e18);
    }

    function test_a_stale_surface_stops_opening_and_nothing_else() public {
        buy(call, alice, bob, 2e18);
        elapse(guard.surfaceLimits().staleAfter);
        refreshPrices();
        uint256 mark = markOf(call);
        refuse(call, alice, bob, 1e18, mark, IMarginVault.ActionBlocked.selector);
        buy(call, bob, alice, 1e18);
        vm.assertEq(vault.position(alice.account, call), 1e18);
        vm.assertEq(withdraw(alice, 1_000 * USD), 1_000 * USD);
        trade(ETH, alice, bob, 1e18, SPOT); // who holds it may still open others
        setVolatility(14, VOLATILITY);
        buy(call, alice, bob, 1e18);
    }

    /// Frozen, its options are worth what is left of their time at the last trusted price, and an account that holds one may only
    /// reduce elsewhere.
    function test_options_freeze_with_their_underlying() public {
        buy(call, alice, bob, 2e18);
        uint256 mark = markOf(call);
        setPrice(0);
        elapse(1 hours);
        vault.touch(alice.account);
        vm.assertLt(markOf(call), mark);
        vm.assertApproxEqAbs(equityOf(alice), 1_000_000e18 - 2 * int256(mark - markOf(call)), MARK_ERROR);
        refuse(call, bob, alice, 1e18, mark, IMarginVault.ActionBlocked.selector);
        setPrice(BTC, 50_000 * FEED);
        refuse(BTC, alice, bob, 1e18, 50_000e18, IMarginVault.ActionBlocked.selector);
        vm.expectRevert(IMarginVault.ActionBlocked.selector);
        withdraw(alice, 1 * USD);
    }

    function test_a_signature_for_one_series_is_none_for_another() public {
        uint32 put = series(14, 2_000, PUT);
        (IMarginVault.Order memory maker, IMarginVault.Order memory taker) =
            orders(call, alice, bob, 1e18, markOf(call));
        bytes memory makerSignature = sign(bob, maker);
        bytes memory takerSignature = sign(alice, taker);
        (maker.instrument, taker.instrument) = (put, put);
        vm.expectRevert(IMarginVault.InvalidSignature.selector);
        vault.settle(maker, makerSignature, taker, takerSignature, 1e18);
    }

    function test_a_series_that_is_gone_does_not_trade() public {
        uint256 mark = markOf(call);
        vm.prank(owner);
        vault.delist(call);
        refuse(call, alice, bob, 1e18, mark, IMarginVault.UnknownInstrument.selector);
        uint32 again = series(14, 2_000, CALL);
        vm.assertNotEq(uint256(again), call);
        refuse(call, alice, bob, 1e18, mark, IMarginVault.UnknownInstrument.selector);
        buy(again, alice, bob, 1e18);
    }
}
