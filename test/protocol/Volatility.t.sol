// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {vm} from "../support/Vm.sol";
import {ProtocolTest} from "./Protocol.sol";

/// How far prices move: what the guard tells of it, and what margins may see of it at once.
contract VolatilityTest is ProtocolTest {
    uint256 private constant STRESSED = 1.5e18;
    /// What is computed in millionths and rounded down.
    uint256 private constant ROUNDING = 5e12;
    /// What is left of the start after 360 days: 1.5 x exp(-360 / (2 x 21)), three quarters of it in the blend.
    uint256 private constant REST = 0.0003e18;
    uint256 private constant HOURLY_RISE = 0.01e18;
    /// sqrt(1 day / 365 days).
    uint256 private constant DAY_ROOT = 0.052342e18;

    function setUpNode() internal override {
        install();
        IOracleGuard.Parameters memory parameters = guard.parameters();
        parameters.horizon = 1 days;
        vm.prank(owner);
        guard.setParameters(parameters, 0);
        listWithOneSource(ETH, SYMBOL, 200 * FEED);
        openMarket("market");
        setPriceCalmly(200 * FEED);
    }

    function followsVolatility() internal pure override returns (bool) {
        return true;
    }

    function read() private view returns (IOracleGuard.Reading memory) {
        return guard.read(asset);
    }

    /// The range of a volatility: three of them over a day.
    function rangeOf(uint256 volatility) private pure returns (uint256) {
        return volatility * 3 * DAY_ROOT / WAD;
    }

    /// The same price after so long that only the floor is left.
    function calm() private {
        elapse(360 days);
        setPrice(200 * FEED);
    }

    function test_a_new_asset_is_as_volatile_as_in_a_crisis() public view {
        IOracleGuard.Reading memory reading = read();
        vm.assertApproxEqAbs(reading.volatility, STRESSED, 0.001e18);
        vm.assertApproxEqAbs(reading.spotRange, rangeOf(STRESSED), 0.001e18);
        vm.assertEq(reading.initialSpotRange, reading.spotRange);
    }

    /// The blend has a quarter of the stressed value for ever: 37.5 %.
    function test_calm_lowers_it_to_its_floor() public {
        calm();
        IOracleGuard.Reading memory reading = read();
        vm.assertApproxEqAbs(reading.volatility, STRESSED / 4, REST);
        vm.assertApproxEqAbs(reading.spotRange, rangeOf(STRESSED / 4), rangeOf(REST));
        vm.assertEq(reading.initialSpotRange, reading.spotRange);
    }

    function test_a_jump_moves_initial_margin_at_once_and_maintenance_by_a_point_an_hour() public {
        calm();
        uint256 before = read().spotRange;
        elapse(1 minutes);
        setPrice(170e8);
        vm.assertGt(read().initialSpotRange, 3 * before);
        vm.assertGe(read().spotRange, before);
        vm.assertLe(read().spotRange, before + HOURLY_RISE / 60 + ROUNDING);
        elapse(30 minutes);
        vm.assertLe(read().spotRange, before + HOURLY_RISE * 31 / 60 + ROUNDING, "while nobody pokes");
        vm.assertGt(read().spotRange, before + 0.003e18);
    }

    /// -15 % in a minute is sqrt(ln(0.85)^2 / period x year): 67.8 % over the slow period of 21 days, in a blend with the
    /// stressed value 88.3 %, and 878 % over the fast period of 3 hours, of which no more than the stressed value counts.
    function test_a_return_counts_as_its_square_by_time() public {
        calm();
        elapse(1 minutes);
        setPrice(170e8);
        vm.assertApproxEqAbs(read().volatility, 0.8832e18, 0.0002e18);
        vm.assertApproxEqAbs(read().initialSpotRange, rangeOf(STRESSED), 0.001e18);
    }

    function test_pokes_within_a_minute_add_nothing() public {
        elapse(1 minutes);
        setPrice(201e8);
        uint256 volatility = read().volatility;
        for (uint256 k = 0; k < 5; k++) {
            elapse(10);
            setPrice(k % 2 == 0 ? int256(180e8) : int256(201e8));
            vm.assertEq(read().volatility, volatility);
        }
    }

    function test_an_untrusted_price_does_not_count() public {
        calm();
        uint256 volatility = read().volatility;
        elapse(1 minutes);
        setPrice(9e8); // below the floor
        vm.assertEq(read().volatility, volatility);
        vm.assertEq(uint256(read().tier), 3);
        elapse(1 minutes);
        setPrice(200 * FEED);
        vm.assertLe(read().volatility, volatility);
    }

    function test_no_return_is_measured_from_one_source_to_another() public {
        calm();
        uint256 volatility = read().volatility;
        IOracleGuard.Feed memory configured = guard.feed(asset);
        vm.prank(owner);
        guard.setFeed(asset, configured, 0);
        elapse(1 minutes);
        setPrice(100 * FEED);
        vm.assertEq(read().volatility, volatility);
        elapse(1 minutes);
        setPrice(90 * FEED);
        vm.assertGt(read().volatility, volatility);
    }

    function test_limits_apply_at_once_and_have_bounds() public {
        IOracleGuard.RangeLimits memory limits = guard.rangeLimits(asset);
        vm.assertEq(uint256(limits.stressed), STRESSED);
        (limits.stressed, limits.min, limits.max) = (2e18, 0.1e18, 0.2e18);
        vm.prank(owner);
        guard.setRangeLimits(asset, limits, 0);
        vm.assertEq(uint256(guard.rangeLimits(asset).max), 0.2e18);
        vm.assertEq(read().initialSpotRange, 0.2e18);
        vm.assertEq(read().spotRange, 0.2e18);
        vm.assertEq(guard.marks(single())[0].mark, 200e18, "the rest of the asset stays");
        IOracleGuard.RangeLimits[8] memory wrong;
        for (uint256 k = 0; k < 8; k++) {
            wrong[k] = IOracleGuard.RangeLimits(
                limits.stressed, limits.min, limits.max, limits.confidence, limits.stablePriceRate
            );
        }
        wrong[0].stressed = 0.099e18;
        wrong[1].min = 0.201e18;
        wrong[2].max = 0.601e18;
        wrong[3].min += 1;
        wrong[4].confidence = 0.101e18;
        wrong[5].stablePriceRate = 0.000000999e18;
        wrong[6].stablePriceRate = 0.010000001e18;
        wrong[7].stablePriceRate += 1;
        for (uint256 k = 0; k < 8; k++) {
            vm.expectRevert(IOracleGuard.RangeLimitsOutOfBounds.selector);
            vm.prank(owner);
            guard.setRangeLimits(asset, wrong[k], 0);
        }
    }

    function test_confidence_widens_low_and_high() public {
        vm.assertEq(read().low, 200e18);
        vm.assertEq(read().high, 200e18);
        IOracleGuard.RangeLimits memory limits = guard.rangeLimits(asset);
        limits.confidence = 0.005e18;
        vm.prank(owner);
        guard.setRangeLimits(asset, limits, 0);
        vm.assertEq(abi.encode(guard.rangeLimits(asset)), abi.encode(limits));
        vm.assertEq(read().low, 199e18);
        vm.assertEq(read().high, 201e18);
        vm.assertEq(read().mark, 200e18);
    }

    function single() private view returns (bytes32[] memory assets) {
        assets = new bytes32[](1);
        assets[0] = asset;
    }

    function test_only_the_owner_sets_limits_and_of_known_assets() public {
        IOracleGuard.RangeLimits memory limits = guard.rangeLimits(asset);
        vm.expectRevert(abi.encodeWithSelector(IOracleGuard.NotSteward.selector, alice.owner));
        vm.prank(alice.owner);
        guard.setRangeLimits(asset, limits, 0);
        bytes memory unknown = abi.encodeWithSelector(IOracleGuard.UnknownAsset.selector, bytes32("nobody"));
        vm.expectRevert(unknown);
        vm.prank(owner);
        guard.setRangeLimits("nobody", limits, 0);
        vm.expectRevert(unknown);
        guard.rangeLimits("nobody");
    }

    function assertParametersRefused(IOracleGuard.Parameters memory parameters) private {
        vm.expectRevert(IOracleGuard.ParametersOutOfBounds.selector);
        vm.prank(owner);
        guard.setParameters(parameters, 0);
    }

    function test_parameters_keep_their_values_and_bounds() public {
        IOracleGuard.Parameters memory parameters = IOracleGuard.Parameters({
            cautionMove: 0.123456789e18,
            restrictedMove: 0.5e18,
            meanWindow: 3_600,
            calmPeriod: 86_400,
            gracePeriod: 86_399,
            slowPeriod: 90 days,
            fastPeriod: 7 days,
            stressedWeight: 1e18,
            hourlyRise: 0.1e18,
            rangeMultiplier: 10e18,
            horizon: 14 days,
            settlementWindow: 4 hours
        });
        vm.prank(owner);
        guard.setParameters(parameters, 0);
        vm.assertEq(abi.encode(guard.parameters()), abi.encode(parameters));
        parameters.stressedWeight = 0.24e18;
        assertParametersRefused(parameters);
        parameters.stressedWeight = 0.255e18;
        assertParametersRefused(parameters);
        parameters.stressedWeight = 0.25e18;
        parameters.slowPeriod = 7 days;
        assertParametersRefused(parameters);
        parameters.slowPeriod = 8 days + 1 minutes;
        assertParametersRefused(parameters);
    }
}
