// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {vm} from "../support/Vm.sol";
import {OptionsTest} from "./OptionsTest.sol";

/// Whoever makes a market crowded, or joins one that is, pays for it at once; and what options pay counts for their underlying.
contract ConcentrationTest is OptionsTest {
    uint32 private call;

    function setUpNode() internal override {
        super.setUpNode();
        call = series(14, 2_000, CALL);
    }

    function setOpenInterestLimit(uint256 limit) private {
        IMarginVault.Instrument memory parameters = vault.instrument(ETH);
        parameters.openInterestLimit = uint128(limit);
        setInstrument(ETH, parameters);
    }

    function concentration() private view returns (uint256 multiplier) {
        (,,,, multiplier) = vault.optionTotals(ETH);
    }

    function counted() private view returns (uint256 openInterest) {
        (openInterest,,,,) = vault.optionTotals(ETH);
    }

    function only(uint32 number) private pure returns (uint32[] memory numbers) {
        numbers = new uint32[](1);
        numbers[0] = number;
    }

    /// 20 % of 3.2 million dollars at the limit, not the 10 % of the empty market before.
    function test_a_trade_is_margined_at_the_concentration_that_it_leaves() public {
        setOpenInterestLimit(1_600e18);
        deposit(carol, 639_999 * USD);
        refuse(ETH, carol, alice, 1_600e18, SPOT, IMarginVault.InsufficientMargin.selector);
        vm.assertEq(concentration(), WAD);
        deposit(carol, 1 * USD);
        trade(ETH, carol, alice, 1_600e18, SPOT);
        vm.assertEq(concentration(), 2e18);
        vm.assertEq(initialOf(carol), 640_000e18);
    }

    function test_leaving_a_crowd_makes_room_at_once() public {
        setOpenInterestLimit(1_600e18);
        trade(ETH, alice, bob, 1_600e18, SPOT);
        trade(ETH, bob, alice, 400e18, SPOT);
        vm.assertEq(concentration(), 1.5e18);
        vm.assertEq(initialOf(alice), 1_200 * 300e18);
    }

    function test_a_new_limit_makes_a_new_concentration() public {
        trade(ETH, alice, bob, 300e18, SPOT);
        buy(call, alice, bob, 100e18);
        vm.assertEq(concentration(), WAD);
        setOpenInterestLimit(400e18);
        vm.assertEq(concentration(), 2e18);
        setOpenInterestLimit(800e18);
        vm.assertEq(concentration(), WAD);
    }

    /// A series that has expired counts until somebody counts again, or takes it off.
    function test_what_has_expired_makes_room() public {
        setOpenInterestLimit(1_600e18);
        buy(call, alice, bob, 600e18);
        uint32 put = series(14, 2_000, PUT);
        buy(put, alice, bob, 600e18);
        vm.assertEq(concentration(), 1.5e18);
        expire(14);
        vault.touch(alice.account);
        vault.touch(bob.account);
        vm.assertEq(counted(), 1_200e18);
        vault.refresh(only(put));
        vm.assertEq(counted(), 600e18);
        vm.assertEq(concentration(), WAD);
        setOpenInterestLimit(800e18);
        vm.assertEq(concentration(), 1.5e18);
        vault.delist(call);
        vm.assertEq(counted(), 0);
        vm.assertEq(concentration(), WAD);
    }

    /// Half of what a trade paid into insurance stands behind the underlying, whichever instrument it was in.
    function test_fees_of_options_cover_their_underlying() public {
        IMarginVault.OptionRules memory next = optionRules();
        (next.makerFee, next.takerFee) = (0.0005e18, 0.001e18);
        setRules(next);
        (uint256 before,) = vault.cover(ETH);
        buy(call, alice, bob, 100e18);
        (uint256 left, uint256 room) = vault.cover(ETH);
        // 0.15 % of 200,000 dollars, half of it to insurance, half of that.
        vm.assertApproxEqAbs(left - before, 75e18, 1e13);
        (uint256 ofCall, uint256 roomOfCall) = vault.cover(call);
        vm.assertEq(ofCall, left);
        vm.assertEq(roomOfCall, room);
    }
}
