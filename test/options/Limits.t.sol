// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";
import {OptionsTest} from "./OptionsTest.sol";

/// What all series of an underlying may add up to.
contract OptionLimitsTest is OptionsTest {
    /// Vega, and gamma x spot^2, of the call at the money in 14 days; what is counted is rounded up to a millionth.
    uint256 private constant VEGA = 155.784777178e18;
    uint256 private constant CASH_GAMMA = 5_076.914613382e18;
    uint256 private constant COUNTED = 2e12;

    uint32 private call;

    function setUpNode() internal override {
        super.setUpNode();
        call = series(14, 2_000, CALL);
    }

    function setLimits(uint256 vega, uint256 gamma) private {
        IMarginVault.OptionRules memory next = optionRules();
        (next.vegaLimit, next.gammaLimit) = (uint128(vega), uint128(gamma));
        setRules(next);
    }

    function refuseAtMark(uint32 number, Trader memory buyer, Trader memory seller, uint256 size, bytes4 reason)
        private
    {
        uint256 mark = markOf(number);
        refuse(number, buyer, seller, size, mark, reason);
    }

    function test_totals_are_open_interest_times_vega_and_gamma() public {
        buy(call, alice, bob, 10e18);
        (uint256 openInterest, uint256 vega, uint256 gamma, uint256 live,) = vault.optionTotals(ETH);
        vm.assertEq(openInterest, 10e18);
        vm.assertApproxEqAbs(vega, 10 * VEGA, COUNTED);
        vm.assertApproxEqAbs(gamma, 10 * CASH_GAMMA, 1e13);
        vm.assertEq(live, 1);
        uint32 put = series(14, 2_000, PUT); // its vega and gamma are the call's
        buy(put, bob, alice, 5e18);
        (openInterest, vega, gamma,,) = vault.optionTotals(ETH);
        vm.assertEq(openInterest, 15e18);
        vm.assertApproxEqAbs(vega, 15 * VEGA, 2 * COUNTED);
        vm.assertApproxEqAbs(gamma, 15 * CASH_GAMMA, 2e13);
        buy(call, bob, alice, 10e18);
        buy(put, alice, bob, 5e18);
        (openInterest, vega, gamma,,) = vault.optionTotals(ETH);
        vm.assertEq(openInterest + vega + gamma, 0);
    }

    function test_vega_is_limited_and_may_always_fall() public {
        setLimits(1_600e18, optionRules().gammaLimit);
        buy(call, alice, bob, 10e18);
        refuseAtMark(call, alice, bob, 1e18, IMarginVault.ExposureLimit.selector);
        refuseAtMark(series(56, 2_000, PUT), alice, bob, 1e18, IMarginVault.ExposureLimit.selector);
        setLimits(1e12, optionRules().gammaLimit);
        buy(call, bob, alice, 1e18);
        buy(call, bob, alice, 9e18);
    }

    function test_gamma_is_limited() public {
        setLimits(optionRules().vegaLimit, 51_000e18);
        buy(call, alice, bob, 10e18);
        refuseAtMark(call, alice, bob, 1e18, IMarginVault.ExposureLimit.selector);
    }

    /// The leg changes hands: nobody's vega is new.
    function test_what_passes_from_one_to_another_counts_once() public {
        setLimits(1_600e18, optionRules().gammaLimit);
        buy(call, alice, bob, 10e18);
        deposit(carol, 100_000 * USD);
        buy(call, carol, alice, 10e18);
        vm.assertEq(vault.position(carol.account, call), 10e18);
    }

    /// Time takes vega away; whoever counts again makes room.
    function test_refresh_counts_at_what_the_guard_says_now() public {
        setLimits(1_600e18, optionRules().gammaLimit);
        buy(call, alice, bob, 10e18);
        pass(7 days);
        uint32 put = series(14, 2_100, PUT);
        refuseAtMark(put, alice, bob, 2e18, IMarginVault.ExposureLimit.selector);
        uint32[] memory all = new uint32[](1);
        all[0] = call;
        vm.prank(carol.owner);
        vault.refresh(all);
        (, uint256 vega,,,) = vault.optionTotals(ETH);
        vm.assertApproxEqAbs(vega, 10 * uint256(quote(call).vega), COUNTED);
        buy(put, alice, bob, 2e18);
        all[0] = ETH;
        vm.expectRevert(IMarginVault.UnknownInstrument.selector);
        vault.refresh(all);
    }

    function setOpenInterestLimit(uint256 limit) private {
        IMarginVault.Instrument memory parameters = vault.instrument(ETH);
        parameters.openInterestLimit = uint128(limit);
        setInstrument(ETH, parameters);
    }

    function test_open_interest_is_that_of_the_underlying_as_a_whole() public {
        setOpenInterestLimit(20e18);
        trade(ETH, alice, bob, 8e18, SPOT);
        buy(call, alice, bob, 8e18);
        refuseAtMark(call, alice, bob, 5e18, IMarginVault.OpenInterestLimit.selector);
        refuse(ETH, alice, bob, 5e18, SPOT, IMarginVault.OpenInterestLimit.selector);
        refuseAtMark(series(28, 2_000, PUT), alice, bob, 5e18, IMarginVault.OpenInterestLimit.selector);
        buy(series(28, 2_000, PUT), alice, bob, 4e18);
        buy(call, bob, alice, 8e18);
    }

    /// (15 % - 5 %) of 2,000 for each: a cover of 2,000 pays for ten.
    function test_cover_bounds_perpetual_and_options_together() public {
        setCover(ETH, 2_000e18);
        trade(ETH, alice, bob, 5e18, SPOT);
        buy(call, alice, bob, 5e18);
        refuseAtMark(call, alice, bob, 1e18, IMarginVault.CoverExceeded.selector);
        refuse(ETH, alice, bob, 1e18, SPOT, IMarginVault.CoverExceeded.selector);
        buy(call, bob, alice, 1e18);
    }

    /// Up to half of the limit none, at three quarters one and a half times, at the limit twice.
    function test_concentration_of_the_whole_side_multiplies_the_initial_range() public {
        Trader memory small = subAccount(carol, 1);
        deposit(small, 10_000 * USD);
        setOpenInterestLimit(1_600e18);
        trade(ETH, small, alice, 1e18, SPOT);
        vm.assertEq(initialOf(small), 200e18);
        trade(ETH, alice, bob, 600e18, SPOT);
        buy(call, alice, bob, 199e18);
        vm.assertEq(initialOf(small), 200e18);
        vm.assertEq(concentration(), WAD);
        buy(call, alice, bob, 400e18);
        vm.assertEq(concentration(), 1.5e18);
        vm.assertEq(initialOf(small), 300e18);
        vm.assertEq(maintenanceOf(small), 100e18); // nobody is liquidated by somebody else's trade
        buy(call, alice, bob, 400e18);
        vm.assertEq(concentration(), 2e18);
        vm.assertEq(initialOf(small), 400e18);
        buy(call, bob, alice, 999e18);
        vm.assertEq(concentration(), WAD);
        vm.assertEq(initialOf(small), 200e18);
    }

    function concentration() private view returns (uint256 multiplier) {
        (,,,, multiplier) = vault.optionTotals(ETH);
    }
}
