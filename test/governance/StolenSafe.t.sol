// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {IOwnable} from "../../contracts/interfaces/IOwnable.sol";
import {IRiskSteward} from "../../contracts/interfaces/IRiskSteward.sol";
import {Parameters} from "../../script/governance/Parameters.sol";
import {Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";
import {GovernedTest} from "./Governed.sol";

/// 550 million dollars are in the vault, and somebody has the keys of two guardians, which is all that the Safe asks for. He
/// can make the market tighter for three days, within what governance allowed, and nothing else.
contract StolenSafeTest is GovernedTest {
    uint256 private constant HOURLY = 5_500_000;
    uint256 private constant DAILY = 55_000_000;
    uint8 private constant DAILY_OUTFLOW = 5;
    uint8 private constant HOURLY_OUTFLOW = 6;

    Trader internal thief = newTrader("thief");
    Trader internal honest = newTrader("honest");
    IRiskSteward.Subject internal eth;
    IRiskSteward.Subject internal limits;

    function setUpNode() internal override {
        super.setUpNode();
        openCorridors();
        eth = instrumentOf(ETH);
        limits = IRiskSteward.Subject(address(vault), Parameters.VAULT, 0);
        vm.startPrank(address(timelock));
        steward.setCorridor(limits, DAILY_OUTFLOW, IRiskSteward.Corridor(0.05e18, 0.2e18, 0.1e18, 1 days), 0);
        steward.setCorridor(limits, HOURLY_OUTFLOW, IRiskSteward.Corridor(0.005e18, 0.02e18, 0.1e18, 1 days), 0);
        vm.stopPrank();
        deposit(thief, 300_000_000 * USD);
        deposit(honest, 250_000_000 * USD);
        elapse(14 days); // until the mean of the holdings knows of them
        refreshPrices();
    }

    function takeOut(Trader memory who) private returns (uint256 paid) {
        vm.prank(who.owner);
        try vault.withdraw(who.account, 500_000_000 * USD, who.owner) returns (uint256 paid_) {
            paid = paid_;
        } catch (bytes memory reason) {
            vm.assertEq(reason, abi.encodePacked(IMarginVault.OutflowLimited.selector));
        }
    }

    /// Everything that the keys can do is done: the breakers tripped, every field as tight as it goes.
    function abuse() private {
        guardians(address(guard), abi.encodeCall(IOracleGuard.trip, (asset, 2, 72 hours, "stolen")));
        guardians(address(guard), abi.encodeCall(IOracleGuard.trip, (assetOf(BTC), 2, 72 hours, "stolen")));
        tightenAll(eth);
        tightenAll(limits);
    }

    function tightenAll(IRiskSteward.Subject memory subject) private {
        IRiskSteward.Window[] memory windows = steward.windows(subject);
        uint256 count;
        for (uint256 k = 0; k < windows.length; k++) {
            if (windows[k].tightest != windows[k].current) count++;
        }
        IRiskSteward.Change[] memory all = new IRiskSteward.Change[](count);
        for (uint256 k = windows.length; k > 0; k--) {
            if (windows[k - 1].tightest == windows[k - 1].current) continue;
            all[--count] = IRiskSteward.Change(uint8(k - 1), windows[k - 1].tightest);
        }
        tighten(subject, all);
    }

    function test_no_hour_pays_more_than_one_percent_and_no_day_more_than_ten() public {
        uint256 total = takeOut(thief);
        abuse();
        for (uint256 hour = 1; hour <= 24; hour++) {
            elapse(1 hours);
            uint256 paid = takeOut(thief);
            vm.assertLe(paid, HOURLY * USD, "an hour");
            total += paid;
            if (hour < 24) vm.assertLe(total, DAILY * USD, "a day");
        }
        vm.assertGt(total, 0);
    }

    function test_nothing_is_looser_afterwards() public {
        IMarginVault.Instrument memory before = vault.instrument(ETH);
        IMarginVault.Parameters memory rates = vault.parameters();
        abuse();
        IMarginVault.Instrument memory now_ = vault.instrument(ETH);
        IMarginVault.Parameters memory tight = vault.parameters();
        vm.assertEq(now_.maintenanceRate, before.maintenanceRate); // nobody is liquidated by it
        vm.assertEq(now_.initialRate, 0.2e18);
        vm.assertEq(now_.priceBand, 0.005e18);
        vm.assertEq(now_.shock, 0.4e18);
        vm.assertEq(now_.openInterestLimit, 1_000e18);
        vm.assertEq(now_.coverAllowance, before.coverAllowance);
        vm.assertEq(now_.makerFee, before.makerFee);
        vm.assertEq(tight.dailyOutflow, 0.05e18);
        vm.assertEq(tight.hourlyOutflow, 0.005e18);
        (rates.dailyOutflow, rates.hourlyOutflow) = (tight.dailyOutflow, tight.hourlyOutflow);
        vm.assertEq(abi.encode(tight), abi.encode(rates));
    }

    function test_the_keys_open_nothing_else() public {
        IMarginVault.Instrument memory instrument = vault.instrument(ETH);
        IMarginVault.Parameters memory rates = vault.parameters();
        bytes memory notOwner = abi.encodeWithSelector(IOwnable.NotOwner.selector, address(safe));
        bytes memory notSteward = abi.encodeWithSelector(IMarginVault.NotSteward.selector, address(safe));
        refuseGuardians(address(vault), abi.encodeCall(IMarginVault.setParameters, (rates, 0)), notSteward);
        refuseGuardians(address(vault), abi.encodeCall(IMarginVault.setInstrument, (ETH, instrument, 0)), notSteward);
        refuseGuardians(address(vault), abi.encodeCall(IMarginVault.setSteward, (address(safe), 0)), notOwner);
        refuseGuardians(address(pool), abi.encodeCall(IInsurancePool.setVault, (address(safe), true)), notOwner);
        refuseGuardians(address(guard), abi.encodeCall(IOracleGuard.setGuardian, (address(safe))), notOwner);
        refuseGuardians(address(guard), abi.encodeCall(IOracleGuard.setRegistrar, (address(safe))), notOwner);
        refuseGuardians(address(steward), abi.encodeCall(IRiskSteward.setAgent, (thief.owner, true, 0)), notOwner);
        refuseGuardians(
            address(steward),
            abi.encodeCall(IRiskSteward.adjust, (eth, change(INITIAL, 0.09e18))),
            abi.encodeWithSelector(IRiskSteward.NotAgent.selector, address(safe))
        );
        refuseGuardians(
            address(pool),
            abi.encodeCall(IInsurancePool.cover, (1)),
            abi.encodeWithSelector(IInsurancePool.NotVault.selector, address(safe))
        );
        refuseGuardians(
            address(guard),
            abi.encodeCall(IOracleGuard.trip, (asset, 3, 72 hours, "halt")),
            abi.encodePacked(IOracleGuard.SourcesAgree.selector)
        );
    }

    function test_whoever_has_no_position_still_leaves_at_the_vaults_pace() public {
        abuse();
        uint256 paid = takeOut(honest);
        // Half of an hour's half per cent of 550 million at once, the other half within the hour, less rounding of the mean.
        vm.assertGe(paid, 1_374_000 * USD);
        elapse(1 hours);
        vm.assertGe(takeOut(honest), 1_300_000 * USD);
    }

    function test_three_days_later_anyone_undoes_it_and_it_cannot_be_repeated() public {
        IMarginVault.Instrument memory before = vault.instrument(ETH);
        IMarginVault.Parameters memory rates = vault.parameters();
        abuse();
        uint64 nextFrom = uint64(block.timestamp + EMERGENCY_PERIOD);
        elapse(72 hours);
        vm.startPrank(stranger);
        steward.restore(eth);
        steward.restore(limits);
        vm.stopPrank();
        vm.assertEq(abi.encode(vault.instrument(ETH)), abi.encode(before));
        vm.assertEq(abi.encode(vault.parameters()), abi.encode(rates));
        bytes memory spent = abi.encodeWithSelector(IRiskSteward.EmergencySpent.selector, nextFrom);
        refuseTighten(eth, change(INITIAL, 0.2e18), spent);
        refuseTighten(limits, change(DAILY_OUTFLOW, 0.05e18), spent);
        refreshPrices();
        refuseGuardians(
            address(guard),
            abi.encodeCall(IOracleGuard.trip, (asset, 2, 1 hours, "again")),
            abi.encodeWithSelector(IOracleGuard.TripAllowanceExceeded.selector, uint32(0))
        );
    }

    function test_governance_takes_the_keys_away() public {
        abuse();
        (address[] memory targets, bytes[] memory calls) = (new address[](2), new bytes[](2));
        uint32 counted = steward.emergencies();
        (targets[0], calls[0]) = (address(steward), abi.encodeCall(IRiskSteward.setEmergency, (alice.owner, counted)));
        (targets[1], calls[1]) = (address(guard), abi.encodeCall(IOracleGuard.setGuardian, (alice.owner)));
        carry(propose(targets, calls));
        refuseTighten(
            eth, change(INITIAL, 0.2e18), abi.encodeWithSelector(IRiskSteward.NotEmergency.selector, address(safe))
        );
        elapse(72 hours);
        steward.restore(eth);
        vm.assertEq(initialRate(), 0.1e18);
    }
}
