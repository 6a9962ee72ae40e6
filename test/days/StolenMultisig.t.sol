// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {IOwnable} from "../../contracts/interfaces/IOwnable.sol";
import {Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";
import {DayTest} from "./Day.sol";

/// 550 million dollars are in the vault and somebody has every key but the owner's. Whatever he is able to claim, at most 1 % leaves
/// in any hour and 10 % in any day.
contract StolenMultisigTest is DayTest {
    uint256 private constant HOURLY = 5_500_000;
    uint256 private constant DAILY = 55_000_000;
    uint256 private constant STEP = 10 minutes;
    uint256 private constant STEPS_AN_HOUR = 6;
    uint256 private constant STEPS_A_DAY = 144;
    uint256 private constant STEPS = 180; // thirty hours

    Trader internal thief;

    function setUpNode() internal override {
        super.setUpNode();
        thief = person("thief", 300_000_000);
        person("honest", 250_000_000);
        elapse(14 days); // until the mean of the holdings knows of them
        refreshPrices();
    }

    function tryToWithdraw(uint256 amount) private returns (uint256 paid) {
        vm.prank(thief.owner);
        try vault.withdraw(thief.account, amount, thief.owner) returns (uint256 paid_) {
            paid = paid_;
        } catch (bytes memory reason) {
            vm.assertEq(reason, abi.encodePacked(IMarginVault.OutflowLimited.selector));
        }
    }

    function test_no_hour_pays_more_than_one_percent_and_no_day_more_than_ten() public {
        uint256[STEPS] memory paid;
        uint256 total;
        for (uint256 k = 0; k < STEPS; k++) {
            paid[k] = tryToWithdraw(200_000_000 * USD);
            total += paid[k];
            vm.assertLe(window(paid, k, STEPS_AN_HOUR), HOURLY * USD, "an hour");
            vm.assertLe(window(paid, k, STEPS_A_DAY), DAILY * USD, "a day");
            elapse(STEP);
        }
        // And there is no switch: what is allowed does leave.
        vm.assertGe(total, 40_000_000 * USD);
    }

    /// What was paid within `steps` that end with step `last`, both ends counted.
    function window(uint256[STEPS] memory paid, uint256 last, uint256 steps) private pure returns (uint256 sum) {
        for (uint256 k = last + 1 > steps ? last - steps : 0; k <= last; k++) {
            sum += paid[k];
        }
    }

    function test_money_that_comes_and_goes_opens_nothing() public {
        vm.assertLe(tryToWithdraw(200_000_000 * USD), HOURLY * USD);
        uint256 brought = 100_000_000 * USD;
        for (uint256 k = 0; k < 5; k++) {
            // What comes in may go out again, and no more.
            deposit(thief, brought);
            vm.assertEq(tryToWithdraw(200_000_000 * USD), brought);
            vm.assertEq(tryToWithdraw(200_000_000 * USD), 0);
        }
    }

    function test_the_guardians_keys_loosen_nothing() public {
        IMarginVault.Parameters memory parameters = vault.parameters();
        IMarginVault.Instrument memory instrument = vault.instrument(ETH);
        IOracleGuard.Parameters memory guardParameters = guard.parameters();
        IOracleGuard.Feed memory configured = guard.feed(asset);
        (uint256 available,,) = vault.outflow();
        bytes memory notOwner = abi.encodeWithSelector(IOwnable.NotOwner.selector, guardian);
        bytes memory notSteward = abi.encodeWithSelector(IMarginVault.NotSteward.selector, guardian);
        vm.startPrank(guardian);
        vm.expectRevert(notSteward);
        vault.setParameters(parameters, 0);
        vm.expectRevert(notSteward);
        vault.setInstrument(ETH, instrument, 0);
        vm.expectRevert(notSteward);
        guard.setParameters(guardParameters, 0);
        vm.expectRevert(notOwner);
        vault.setSteward(guardian, 0);
        vm.expectRevert(notOwner);
        guard.setSteward(guardian, 0);
        vm.expectRevert(abi.encodeWithSelector(IOracleGuard.NotRegistrar.selector, guardian));
        guard.setFeed("another", configured, 0);
        vm.expectRevert(notOwner);
        pool.setVault(guardian, true);
        guard.trip(asset, 2, 72 hours, "stolen");
        vm.stopPrank();
        (uint256 left,,) = vault.outflow();
        vm.assertLe(left, available);
        // Whoever has no positions can still leave, at the vault's pace.
        vm.assertGt(tryToWithdraw(200_000_000 * USD), 0);
    }

    function test_even_the_owner_cannot_take_the_limiter_away() public {
        IMarginVault.Parameters memory parameters = vault.parameters();
        uint64[4] memory daily = [uint64(0.500000001e18), 0.049999999e18, 0.1e18, 0.1e18];
        uint64[4] memory hourly = [uint64(0.01e18), 0.01e18, 0.100000001e18, 0.004999999e18];
        for (uint256 k = 0; k < daily.length; k++) {
            (parameters.dailyOutflow, parameters.hourlyOutflow) = (daily[k], hourly[k]);
            vm.expectRevert(IMarginVault.InvalidParameters.selector);
            vm.prank(owner);
            vault.setParameters(parameters, 0);
        }
    }
}
