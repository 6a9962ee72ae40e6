// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {IRiskSteward} from "../../contracts/interfaces/IRiskSteward.sol";
import {Parameters} from "../../script/governance/Parameters.sol";
import {BurningSteward, RevertingSteward, TerseSteward, WordySteward} from "../mocks/BadStewards.sol";
import {StewardCounter} from "../mocks/StewardCounter.sol";
import {vm} from "../support/Vm.sol";
import {GovernedTest} from "./Governed.sol";

/// A call of the owner's, to the contract that it changes: the same with any number of emergencies.
struct Setter {
    address target;
    bytes4 selector;
    bytes arguments;
}

/// No vote undoes an emergency that came after it was drafted: what the owner sets carries the number of emergencies that its
/// author knew of.
contract EmergencySinceTest is GovernedTest {
    bytes private since = abi.encodePacked(IRiskSteward.EmergencySince.selector);
    bytes private failed = abi.encodePacked(IMarginVault.StewardFailed.selector);

    IRiskSteward.Subject private eth;
    /// Of parameters, which the steward may set too.
    Setter[] private parameters;
    /// Of everything else.
    Setter[] private powers;

    function setUpNode() internal override {
        super.setUpNode();
        openCorridors();
        eth = instrumentOf(ETH);
        vm.prank(address(timelock));
        vault.setOptionRules(ETH, optionRules(), 0);
        add(parameters, address(vault), IMarginVault.setParameters.selector, abi.encode(vault.parameters()));
        add(parameters, address(vault), IMarginVault.setInstrument.selector, abi.encode(ETH, vault.instrument(ETH)));
        add(parameters, address(vault), IMarginVault.setOptionRules.selector, abi.encode(ETH, optionRules()));
        add(parameters, address(guard), IOracleGuard.setParameters.selector, abi.encode(guard.parameters()));
        add(
            parameters,
            address(guard),
            IOracleGuard.setRangeLimits.selector,
            abi.encode(asset, guard.rangeLimits(asset))
        );
        add(parameters, address(guard), IOracleGuard.setSurfaceLimits.selector, abi.encode(guard.surfaceLimits()));
        add(parameters, address(pool), IInsurancePool.setParameters.selector, abi.encode(pool.parameters()));
        add(powers, address(guard), IOracleGuard.setFeed.selector, abi.encode(bytes32("another"), guard.feed(asset)));
        add(powers, address(vault), IMarginVault.setSteward.selector, abi.encode(steward));
        add(powers, address(guard), IOracleGuard.setSteward.selector, abi.encode(steward));
        add(powers, address(pool), IInsurancePool.setSteward.selector, abi.encode(steward));
        add(powers, address(steward), IRiskSteward.setAgent.selector, abi.encode(stranger, true));
        add(powers, address(steward), IRiskSteward.setEmergency.selector, abi.encode(stranger));
        add(
            powers,
            address(steward),
            IRiskSteward.setCorridor.selector,
            abi.encode(eth, SHOCK, IRiskSteward.Corridor(0.15e18, 0.3e18, 0.1e18, 1 days))
        );
    }

    function add(Setter[] storage list, address target, bytes4 selector, bytes memory arguments) private {
        list.push(Setter(target, selector, arguments));
    }

    /// What `by` meets that makes the call with so many emergencies; nothing if it succeeds.
    function outcome(Setter storage setter, address by, uint32 emergencies) private returns (bytes memory) {
        string memory id = checkpoint();
        vm.prank(by);
        (bool success, bytes memory reason) =
            setter.target.call(bytes.concat(setter.selector, setter.arguments, abi.encode(emergencies)));
        restore(id);
        return success ? bytes("") : reason;
    }

    function expectAll(Setter[] storage setters, address by, uint32 emergencies, bytes memory expected) private {
        for (uint256 k = 0; k < setters.length; k++) {
            bytes memory found = outcome(setters[k], by, emergencies);
            vm.assertEq(
                bytes32(bytes4(found)), bytes32(bytes4(expected)), vm.toString(abi.encodePacked(setters[k].selector))
            );
        }
    }

    function expectAll(uint32 emergencies, bytes memory expected) private {
        expectAll(parameters, address(timelock), emergencies, expected);
        expectAll(powers, address(timelock), emergencies, expected);
    }

    // ---- the number

    function test_every_setter_of_the_owners_refuses_another_number_than_is_counted() public {
        vm.assertEq(uint256(steward.emergencies()), 0);
        expectAll(0, "");
        expectAll(1, since);
        expectAll(type(uint32).max, since);
        tighten(eth, change(INITIAL, 0.12e18));
        vm.assertEq(uint256(steward.emergencies()), 1);
        expectAll(0, since);
        expectAll(1, "");
        expectAll(2, since);
        tighten(eth, change(INITIAL, 0.15e18)); // an emergency that goes further is one more
        expectAll(1, since);
        expectAll(2, "");
    }

    /// The vote was on its way when the guardians tightened: it would have put the margin back.
    function test_a_vote_does_not_undo_an_emergency_that_came_after_it_was_drafted() public {
        IMarginVault.Instrument memory instrument = vault.instrument(ETH);
        instrument.makerFee = 0.0001e18;
        uint32 counted = steward.emergencies();
        uint256 drafted =
            propose(address(vault), abi.encodeCall(IMarginVault.setInstrument, (ETH, instrument, counted)));
        elapse(1 hours);
        tighten(eth, change(INITIAL, 0.2e18));
        pass(drafted);
        governor.queue(drafted);
        elapse(TIMELOCK_DELAY);
        vm.expectRevert(since);
        governor.execute(drafted);
        vm.assertEq(initialRate(), 0.2e18);
        // Who knows of it may set what it likes.
        decide(address(vault), abi.encodeCall(IMarginVault.setInstrument, (ETH, instrument, counted + 1)));
        vm.assertEq(initialRate(), 0.1e18);
    }

    function test_only_the_multisigs_tightenings_count() public {
        adjust(eth, change(INITIAL, 0.11e18));
        refreshPrices(); // no tier is raised of an asset that is frozen
        guardians(address(guard), abi.encodeCall(IOracleGuard.trip, (asset, 1, 1 hours, "no parameter")));
        vm.assertEq(uint256(steward.emergencies()), 0);
        tighten(eth, changes(INITIAL, 0.15e18, BAND, 0.01e18)); // two fields, one emergency
        vm.assertEq(uint256(steward.emergencies()), 1);
        vm.prank(address(timelock));
        steward.confirm(eth, change(INITIAL, 0.15e18));
        elapse(EMERGENCY);
        vm.prank(stranger);
        steward.restore(eth);
        vm.assertEq(uint256(steward.emergencies()), 1);
        // What is refused is none.
        elapse(EMERGENCY_PERIOD);
        refuseTighten(eth, change(BAND, 0.02e18), abi.encodeWithSelector(IRiskSteward.Unchanged.selector, BAND));
        vm.assertEq(uint256(steward.emergencies()), 1);
    }

    // ---- who needs none

    function test_steward_and_registrar_are_asked_for_none() public {
        tighten(eth, change(INITIAL, 0.12e18));
        expectAll(parameters, address(steward), 0, "");
        expectAll(parameters, address(steward), 77, "");
        vm.assertEq(outcome(powers[0], address(factory), 0), "");
        vm.assertEq(outcome(powers[0], address(factory), 77), "");
        createMarket(address(token), "in an emergency");
    }

    function test_agents_multisig_and_steward_are_removed_whatever_the_emergencies() public {
        tighten(eth, change(INITIAL, 0.12e18));
        vm.startPrank(address(timelock));
        steward.setAgent(agent, false, 0);
        steward.setEmergency(address(0), 0);
        vault.setSteward(address(0), 0);
        guard.setSteward(address(0), 0);
        pool.setSteward(address(0), 0);
        vm.stopPrank();
        vm.assertFalse(steward.isAgent(agent));
        vm.assertEq(steward.emergency(), address(0));
        vm.assertEq(vault.steward(), address(0));
        vm.assertEq(guard.steward(), address(0));
        vm.assertEq(pool.steward(), address(0));
        // What it had counted stays: a vote of before undoes nothing, and naming another steward needs the number too.
        vm.assertEq(uint256(vault.emergencies()), 1);
        vm.assertEq(uint256(guard.emergencies()), 1);
        vm.assertEq(uint256(pool.emergencies()), 1);
        for (uint256 k = 0; k < parameters.length; k++) {
            vm.assertEq(outcome(parameters[k], address(timelock), 0), since);
            vm.assertEq(outcome(parameters[k], address(timelock), 1), "");
        }
        // Removing nobody changes nothing.
        vm.startPrank(address(timelock));
        vault.setSteward(address(0), 0);
        vm.expectRevert(since);
        vault.setSteward(stranger, 0);
        vm.stopPrank();
        vm.assertEq(uint256(vault.emergencies()), 1);
    }

    /// Stolen keys may tighten every day, so that no number stays right; they do not keep governance from taking them away.
    function test_no_series_of_emergencies_keeps_governance_from_removing_the_multisig() public {
        uint256 removal =
            propose(address(steward), abi.encodeCall(IRiskSteward.setEmergency, (address(0), steward.emergencies())));
        pass(removal);
        governor.queue(removal);
        tighten(eth, change(INITIAL, 0.12e18));
        elapse(TIMELOCK_DELAY);
        tighten(eth, change(INITIAL, 0.13e18));
        governor.execute(removal);
        vm.assertEq(steward.emergency(), address(0));
    }

    // ---- stewards that fail

    function test_a_steward_that_does_not_answer_is_never_read_as_none() public {
        address[4] memory stewards = [
            stranger, // no contract
            createOnNode("reverting", type(RevertingSteward).creationCode),
            createOnNode("burning", type(BurningSteward).creationCode),
            createOnNode("terse", type(TerseSteward).creationCode)
        ];
        for (uint256 k = 0; k < stewards.length; k++) {
            string memory id = checkpoint();
            nameEverywhere(stewards[k]);
            expectAll(parameters, address(timelock), 0, failed);
            for (uint256 j = 0; j < 4; j++) {
                vm.assertEq(outcome(powers[j], address(timelock), 0), failed);
            }
            // It is removed, and the contracts are governed again, by votes that were written afterwards: nobody heard how many
            // emergencies there were.
            nameEverywhere(address(0));
            expectAll(parameters, address(timelock), 0, since);
            vm.assertEq(uint256(vault.emergencies()), 65_536);
            expectAll(parameters, address(timelock), 65_536, "");
            restore(id);
        }
    }

    function test_a_long_answer_costs_no_more_than_its_first_word() public {
        nameEverywhere(createOnNode("wordy", type(WordySteward).creationCode));
        expectAll(parameters, address(timelock), 0, failed); // memory of that size is beyond its gas
    }

    /// 32 bits are counted: a word beyond them is no number that a proposal could carry.
    function test_the_number_is_that_of_the_steward_in_office() public {
        StewardCounter other = StewardCounter(createOnNode("other", type(StewardCounter).creationCode));
        other.setEmergencies(type(uint32).max);
        nameEverywhere(address(other));
        expectAll(parameters, address(timelock), 0, since);
        expectAll(parameters, address(timelock), type(uint32).max, "");
    }

    function nameEverywhere(address named) private {
        vm.startPrank(address(timelock));
        vault.setSteward(named, 0);
        guard.setSteward(named, 0);
        pool.setSteward(named, 0);
        vm.stopPrank();
    }

    // ---- the bounds of corridors

    /// A band so narrow that nobody could reduce, and a grace period in which ill accounts would wait for days or people had no time to
    /// pay in, are beyond every corridor.
    function test_no_corridor_lets_anybody_tighten_until_it_hurts() public {
        IRiskSteward.Subject memory all = IRiskSteward.Subject(address(guard), Parameters.GUARD, 0);
        uint8 grace = 4;
        refuseCorridor(eth, BAND, 0.005e18 - 1, 0.05e18);
        refuseCorridor(all, grace, 599, 4 hours);
        refuseCorridor(all, grace, 600, 4 hours + 1);
        vm.startPrank(address(timelock));
        steward.setCorridor(eth, BAND, IRiskSteward.Corridor(0.005e18, 0.05e18, 0.5e18, 1 hours), 0);
        steward.setCorridor(all, grace, IRiskSteward.Corridor(600, 4 hours, 0.5e18, 1 hours), 0);
        vm.stopPrank();
        vm.assertEq(windowOf(eth, BAND).tightest, 0.005e18);
        vm.assertEq(windowOf(all, grace).tightest, 4 hours);
        tighten(eth, change(BAND, 0.005e18));
        tighten(all, change(grace, 4 hours));
        vm.assertEq(uint256(guard.parameters().gracePeriod), 4 hours);
        // Governance itself is bound by the contracts alone.
        IMarginVault.Instrument memory instrument = vault.instrument(ETH);
        instrument.priceBand = 0;
        vm.prank(address(timelock));
        vault.setInstrument(ETH, instrument, 2);
    }

    function refuseCorridor(IRiskSteward.Subject memory subject, uint8 field, uint128 min, uint128 max) private {
        vm.expectRevert(abi.encodeWithSelector(IRiskSteward.CorridorOutOfBounds.selector, field));
        vm.prank(address(timelock));
        steward.setCorridor(subject, field, IRiskSteward.Corridor(min, max, 0.5e18, 1 hours), 0);
    }
}
