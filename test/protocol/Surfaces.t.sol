// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {IOwnable} from "../../contracts/interfaces/IOwnable.sol";
import {vm} from "../support/Vm.sol";
import {ProtocolTest} from "./Protocol.sol";

/// Implied volatility, and the marks that options have by it. ETH is at 200, the expiry 30 days ahead.
contract SurfacesTest is ProtocolTest {
    uint16 private constant OPENING = 1;
    uint16 private constant REDUCING = 2;
    uint16 private constant ALL = 63;
    /// What a millionth of volatility is worth in any option here; volatilities are kept in millionths.
    uint256 private constant VALUE_OF_A_MILLIONTH = 25e12;

    uint64 private expiry;

    function setUpNode() internal override {
        setUpWithOneSource();
        expiry = expiryAfter(30 days);
        elapse(expiry - 30 days - block.timestamp);
        setPrice(200 * FEED);
        setSurface(ETH, expiry, 0.8e18, -0.2e18, 0.5e18);
    }

    function quote(bool isCall, uint128 strike) private view returns (IOracleGuard.OptionMark memory) {
        return quoteAt(expiry, isCall, strike);
    }

    function quoteAt(uint64 time, bool isCall, uint128 strike) private view returns (IOracleGuard.OptionMark memory) {
        bytes32[] memory assets = new bytes32[](1);
        assets[0] = asset;
        IOracleGuard.OptionId[] memory options = new IOracleGuard.OptionId[](1);
        options[0] = IOracleGuard.OptionId(0, time, strike, isCall, 0);
        (, IOracleGuard.OptionMark[] memory marks) = guard.marksWithOptions(assets, options);
        return marks[0];
    }

    /// Black-76 at forty digits, by another program.
    struct Expected {
        bool isCall;
        uint128 strike;
        uint256 volatility;
        uint256 value;
        int256 delta;
        uint256 gamma;
        uint256 vega;
    }

    function test_marks_and_greeks_are_those_of_black_76_at_the_volatility_of_the_strike() public view {
        Expected[5] memory expected = [
            Expected(
                true,
                200e18,
                0.8e18,
                18.25968156369258709e18,
                0.545649203909231467e18,
                0.0086401295251297e18,
                22.72472423047813069e18
            ),
            Expected(
                false,
                200e18,
                0.8e18,
                18.25968156369258709e18,
                -0.454350796090768532e18,
                0.0086401295251297e18,
                22.72472423047813069e18
            ),
            Expected(
                true,
                240e18,
                0.780156263677094685e18,
                5.713439853731249114e18,
                0.240925932730679427e18,
                0.0069641542516979e18,
                17.862334436342895803e18
            ),
            Expected(
                false,
                160e18,
                0.869525232509400632e18,
                4.497227839412176227e18,
                -0.15391721782889035e18,
                0.004757324489078308e18,
                13.599822168873915732e18
            ),
            Expected(
                true,
                160e18,
                0.869525232509400632e18,
                44.497227839412176227e18,
                0.846082782171109649e18,
                0.004757324489078308e18,
                13.599822168873915732e18
            )
        ];
        for (uint256 k = 0; k < expected.length; k++) {
            IOracleGuard.OptionMark memory found = quote(expected[k].isCall, expected[k].strike);
            vm.assertApproxEqAbs(uint256(found.volatility), expected[k].volatility, 1e12, "volatility");
            vm.assertApproxEqAbs(uint256(found.mark), expected[k].value, VALUE_OF_A_MILLIONTH, "value");
            vm.assertApproxEqAbs(int256(found.delta), expected[k].delta, 1e13, "delta");
            vm.assertApproxEqRel(uint256(found.gamma), expected[k].gamma, 2e13);
            vm.assertApproxEqRel(uint256(found.vega), expected[k].vega, 2e13);
            vm.assertEq(uint256(found.blocked), 0);
            vm.assertFalse(found.isFinal);
        }
    }

    /// A billionth of the forward at a volatility that is known exactly.
    function test_a_mark_at_the_money_is_exact_to_a_billionth_of_the_forward() public view {
        vm.assertApproxEqAbs(uint256(quote(true, 200e18).mark), 18.25968156369258709e18, 200e9);
    }

    function test_put_call_parity_holds_at_every_strike() public view {
        for (uint128 strike = 20e18; strike <= 2_000e18; strike += 90e18) {
            IOracleGuard.OptionMark memory call = quote(true, strike);
            IOracleGuard.OptionMark memory put = quote(false, strike);
            vm.assertApproxEqAbs(
                int256(uint256(call.mark)) - int256(uint256(put.mark)), 200e18 - int256(uint256(strike)), 2
            );
            vm.assertEq(uint256(call.volatility), uint256(put.volatility));
            vm.assertEq(uint256(call.gamma), uint256(put.gamma));
        }
    }

    /// k counts as at least -1 and at most 1, and what comes out is held to the limits.
    function test_far_strikes_have_the_volatility_of_the_ends() public {
        vm.assertApproxEqAbs(uint256(quote(true, 2_000e18).volatility), 1.1e18, 1e12);
        vm.assertApproxEqAbs(uint256(quote(false, 20e18).volatility), 1.5e18, 1e12);
        elapse(1 days);
        setPrice(200 * FEED);
        uint64 next = expiry + 1 days;
        setSurface(ETH, next, 0.8e18, 4e18, -4e18);
        vm.assertApproxEqAbs(uint256(quoteAt(next, true, 2_000e18).volatility), 0.8e18, 1e12);
        vm.assertEq(uint256(quoteAt(next, false, 20e18).volatility), 0.1e18, "held to the least");
        next += 1 days;
        setSurface(ETH, next, 4e18, 4e18, 4e18);
        vm.assertEq(uint256(quoteAt(next, true, 2_000e18).volatility), 5e18, "held to the greatest");
    }

    function test_a_stale_surface_keeps_its_volatility_and_stops_opening() public {
        uint256 before = quote(true, 200e18).mark;
        uint32 staleAfter = guard.surfaceLimits().staleAfter;
        elapse(staleAfter - 1);
        setPrice(200 * FEED);
        vm.assertEq(uint256(quote(true, 200e18).blocked), 0);
        elapse(1);
        IOracleGuard.OptionMark memory stale = quote(true, 200e18);
        vm.assertEq(uint256(stale.blocked), OPENING);
        vm.assertEq(uint256(stale.volatility), 0.8e18);
        vm.assertLt(uint256(stale.mark), before);
        (,, bool isFresh) = guard.surface(asset, expiry);
        vm.assertFalse(isFresh);
        setSurface(ETH, expiry, 0.8e18, -0.2e18, 0.5e18);
        vm.assertEq(uint256(quote(true, 200e18).blocked), 0);
    }

    function test_without_a_surface_everything_is_blocked() public view {
        vm.assertEq(uint256(quoteAt(expiry + 1 days, true, 200e18).blocked), ALL);
    }

    function test_what_blocks_the_asset_blocks_its_options() public {
        setPrice(0);
        vm.assertEq(uint256(quote(true, 200e18).blocked), ALL);
        vm.assertEq(uint256(quote(true, 200e18).tier), 3);
        setPrice(200 * FEED);
        elapse(1 minutes);
        setPrice(170 * FEED);
        vm.assertEq(uint256(quote(true, 200e18).tier), uint256(guard.read(asset).tier));
        vm.assertEq(uint256(quote(true, 200e18).blocked), uint256(guard.read(asset).blocked));
    }

    function expectSurface(bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(provider);
    }

    function test_a_surface_moves_in_bounded_steps() public {
        IOracleGuard.Surface memory next = IOracleGuard.Surface(0.82e18, -0.18e18, 0.51e18);
        expectSurface(abi.encodeWithSelector(IOracleGuard.SurfaceTooSoon.selector, block.timestamp + 5 minutes));
        guard.setSurface(asset, expiry, next);
        elapse(5 minutes);
        vm.prank(provider);
        guard.setSurface(asset, expiry, next);
        elapse(5 minutes);
        // 0.02 and 0.02 and 0.01, and a millionth more.
        next = IOracleGuard.Surface(0.84e18, -0.2e18, 0.520001e18);
        expectSurface(
            abi.encodeWithSelector(IOracleGuard.SurfaceStepTooLarge.selector, uint64(0.050001e18), uint64(0.05e18))
        );
        guard.setSurface(asset, expiry, next);
    }

    function test_surfaces_have_bounds() public {
        IOracleGuard.Surface[6] memory wrong = [
            IOracleGuard.Surface(0.099999e18, 0, 0),
            IOracleGuard.Surface(5.000001e18, 0, 0),
            IOracleGuard.Surface(1e18, 4.000001e18, 0),
            IOracleGuard.Surface(1e18, -4.000001e18, 0),
            IOracleGuard.Surface(1e18, 0, 4.000001e18),
            IOracleGuard.Surface(1e18 + 1, 0, 0)
        ];
        for (uint256 k = 0; k < wrong.length; k++) {
            expectSurface(abi.encodePacked(IOracleGuard.SurfaceOutOfBounds.selector));
            guard.setSurface(asset, expiry + 1 days, wrong[k]);
        }
        uint64[4] memory expiries = [expiry + 1, expiry - 30 days, expiry - 1 hours, expiry + 371 days];
        for (uint256 k = 0; k < expiries.length; k++) {
            expectSurface(abi.encodeWithSelector(IOracleGuard.InvalidExpiry.selector, expiries[k]));
            guard.setSurface(asset, expiries[k], IOracleGuard.Surface(1e18, 0, 0));
        }
    }

    function test_only_the_provider_sets_surfaces_and_only_the_owner_the_provider() public {
        IOracleGuard.Surface memory next = IOracleGuard.Surface(0.8e18, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IOracleGuard.NotSurfaceProvider.selector, owner));
        vm.prank(owner);
        guard.setSurface(asset, expiry, next);
        vm.expectRevert(abi.encodeWithSelector(IOwnable.NotOwner.selector, provider));
        vm.prank(provider);
        guard.setSurfaceProvider(alice.owner);
        vm.expectRevert(abi.encodeWithSelector(IOwnable.NotOwner.selector, guardian));
        vm.prank(guardian);
        guard.setSurfaceProvider(guardian);
        vm.prank(guardian);
        guard.setSurfaceProvider(address(0)); // a stolen key is stopped at once
        elapse(5 minutes);
        vm.expectRevert(abi.encodeWithSelector(IOracleGuard.NotSurfaceProvider.selector, provider));
        vm.prank(provider);
        guard.setSurface(asset, expiry, next);
        vm.expectRevert(abi.encodeWithSelector(IOracleGuard.UnknownAsset.selector, bytes32("nobody")));
        guard.surface("nobody", expiry);
    }

    function test_after_the_expiry_an_option_is_worth_what_it_pays() public {
        guardSettles(expiry);
        elapse(expiry - 1 hours - block.timestamp);
        setPrice(210 * FEED);
        elapse(1 hours - 15 minutes);
        setPrice(230 * FEED);
        elapse(15 minutes - 1);
        // Half of the window is counted at 210, the rest will be at 230: the forward is 220.
        vm.assertApproxEqAbs(uint256(quote(true, 200e18).mark), 20e18, 0.02e18);
        vm.assertFalse(quote(true, 200e18).isFinal);
        elapse(1);
        IOracleGuard.OptionMark memory call = quote(true, 200e18);
        guard.poke(asset);
        bytes memory poked = abi.encode(quote(true, 200e18));
        vm.assertEq(keccak256(abi.encode(call)), keccak256(poked), "a reader is told what a poke finds");
        vm.assertApproxEqAbs(uint256(call.mark), 20e18, 10);
        vm.assertTrue(call.isFinal);
        vm.assertEq(uint256(call.blocked), OPENING | REDUCING);
        vm.assertEq(int256(call.delta), 0);
        vm.assertEq(uint256(call.gamma) + call.vega, 0);
        vm.assertEq(uint256(quote(false, 200e18).mark), 0);
        vm.assertApproxEqAbs(uint256(quote(false, 250e18).mark), 30e18, 10);
        elapse(10 days);
        setPrice(500 * FEED);
        vm.assertApproxEqAbs(uint256(quote(true, 200e18).mark), 20e18, 10);
        setPrice(0);
        vm.assertEq(uint256(quote(true, 200e18).blocked), OPENING | REDUCING, "whatever became of the asset");
    }

    function test_until_the_price_is_final_an_expired_option_neither_opens_nor_reduces() public {
        guardSettles(expiry);
        elapse(expiry - 10 minutes - block.timestamp);
        setPrice(0);
        elapse(10 minutes);
        vm.assertEq(uint256(quote(true, 190e18).blocked), ALL, "the asset is frozen");
        vm.assertFalse(quote(true, 190e18).isFinal);
        setPrice(200 * FEED);
        IOracleGuard.OptionMark memory waiting = quote(true, 190e18);
        vm.assertFalse(waiting.isFinal);
        vm.assertEq(uint256(waiting.blocked & (OPENING | REDUCING)), OPENING | REDUCING);
        vm.assertApproxEqAbs(uint256(waiting.mark), 10e18, 10);
        elapse(30 minutes);
        guard.poke(asset);
        vm.assertTrue(quote(true, 190e18).isFinal);
    }

    function test_an_expiry_without_a_price_is_worth_its_intrinsic_value_at_the_mark() public {
        elapse(expiry - 1 hours - block.timestamp);
        setPrice(0);
        elapse(expiry + 3 hours - block.timestamp);
        setPrice(230 * FEED);
        IOracleGuard.OptionMark memory call = quote(true, 200e18);
        vm.assertEq(uint256(call.mark), 30e18);
        vm.assertFalse(call.isFinal);
        elapse(15 minutes);
        guard.poke(asset);
        vm.assertTrue(quote(true, 200e18).isFinal);
        vm.assertApproxEqAbs(uint256(quote(true, 200e18).mark), 30e18, 10);
    }

    function test_an_option_on_no_asset_of_the_call_reverts() public {
        bytes32[] memory assets = new bytes32[](1);
        assets[0] = asset;
        IOracleGuard.OptionId[] memory options = new IOracleGuard.OptionId[](1);
        options[0] = IOracleGuard.OptionId(1, expiry, 200e18, true, 0);
        vm.expectRevert(abi.encodeWithSelector(IOracleGuard.AssetIndexOutOfRange.selector, 1));
        guard.marksWithOptions(assets, options);
    }

    function guardSettles(uint64 time) private {
        elapse(time - 1 days - block.timestamp);
        setPrice(200 * FEED);
    }
}
