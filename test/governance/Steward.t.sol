// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {IOwnable} from "../../contracts/interfaces/IOwnable.sol";
import {IRiskSteward} from "../../contracts/interfaces/IRiskSteward.sol";
import {Parameters} from "../../script/governance/Parameters.sol";
import {vm} from "../support/Vm.sol";
import {GovernedTest} from "./Governed.sol";
import {Stepper} from "./Stepper.sol";

/// Risk agents move a parameter by a step in each delay, inside its corridor, and touch nothing else.
contract StewardTest is GovernedTest {
    uint8 private constant MAKER_FEE = 4;
    uint256 private constant UNIT_OF_RATES = 1e9;

    IRiskSteward.Subject internal eth;

    function setUpNode() internal override {
        super.setUpNode();
        openCorridors();
        eth = instrumentOf(ETH);
    }

    function refuse(IRiskSteward.Subject memory subject, IRiskSteward.Change[] memory wanted, bytes memory reason)
        private
    {
        vm.expectRevert(reason);
        adjust(subject, wanted);
    }

    function outOfRange(uint8 field, uint256 lowest, uint256 highest) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IRiskSteward.OutOfRange.selector, field, lowest, highest);
    }

    function tooEarly(uint8 field, uint256 from) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IRiskSteward.TooEarly.selector, field, uint64(from));
    }

    // ---- steps and delays

    function test_a_step_ends_where_the_view_says() public {
        IRiskSteward.Window memory window = windowOf(eth, INITIAL);
        vm.assertEq(window.current, 0.1e18);
        vm.assertEq(window.lowest, 0.09e18);
        vm.assertEq(window.highest, 0.11e18);
        vm.assertLe(window.openFrom, block.timestamp);
        bytes memory outside = outOfRange(INITIAL, 0.09e18, 0.11e18);
        refuse(eth, change(INITIAL, 0.11e18 + UNIT_OF_RATES), outside);
        refuse(eth, change(INITIAL, 0.09e18 - UNIT_OF_RATES), outside);
        refuse(eth, change(INITIAL, 0.11e18 - 1), outside); // no multiple of a billionth
        adjust(eth, change(INITIAL, 0.11e18));
        vm.assertEq(initialRate(), 0.11e18);
    }

    function test_there_is_one_step_in_a_delay_to_the_second() public {
        adjust(eth, change(INITIAL, 0.11e18));
        uint256 from = block.timestamp + 1 days;
        vm.assertEq(windowOf(eth, INITIAL).openFrom, from);
        refuse(eth, change(INITIAL, 0.12e18), tooEarly(INITIAL, from));
        refuse(eth, change(INITIAL, 0.1e18), tooEarly(INITIAL, from));
        elapse(1 days - 1);
        refuse(eth, change(INITIAL, 0.12e18), tooEarly(INITIAL, from));
        elapse(1);
        refuse(eth, change(INITIAL, 0.122e18), outOfRange(INITIAL, 0.099e18, 0.121e18));
        adjust(eth, change(INITIAL, 0.121e18));
        vm.assertEq(initialRate(), 0.121e18);
    }

    function test_two_steps_in_one_transaction_are_refused() public {
        Stepper stepper = Stepper(createOnNode("stepper", type(Stepper).creationCode));
        vm.prank(address(timelock));
        steward.setAgent(address(stepper), true, 0);
        vm.expectRevert(tooEarly(INITIAL, block.timestamp + 1 days));
        stepper.stepTwice(steward, eth, change(INITIAL, 0.11e18), change(INITIAL, 0.12e18));
        vm.assertEq(initialRate(), 0.1e18);
    }

    function test_two_agents_share_one_delay() public {
        vm.prank(address(timelock));
        steward.setAgent(stranger, true, 0);
        adjust(eth, change(INITIAL, 0.11e18));
        vm.expectRevert(tooEarly(INITIAL, block.timestamp + 1 days));
        vm.prank(stranger);
        steward.adjust(eth, change(INITIAL, 0.12e18));
    }

    function test_parameters_have_delays_of_their_own() public {
        adjust(eth, change(INITIAL, 0.11e18));
        adjust(eth, change(BAND, 0.018e18));
        vm.assertEq(vault.instrument(ETH).priceBand, 0.018e18);
    }

    function test_a_new_corridor_does_not_end_a_delay() public {
        adjust(eth, change(INITIAL, 0.11e18));
        uint256 from = block.timestamp + 1 days;
        vm.prank(address(timelock));
        steward.setCorridor(eth, INITIAL, IRiskSteward.Corridor(0.05e18, 0.5e18, 0.5e18, 1 days), 0);
        refuse(eth, change(INITIAL, 0.15e18), tooEarly(INITIAL, from));
        elapse(1 days);
        adjust(eth, change(INITIAL, 0.15e18));
    }

    /// Fourteen days of steps, as far up as they go: at most 10 % a day, and never beyond the corridor.
    function test_the_corridor_ends_the_steps() public {
        uint256 started = block.timestamp;
        for (uint256 day = 0; day < 14; day++) {
            uint256 before = initialRate();
            uint256 highest = windowOf(eth, INITIAL).highest;
            vm.assertLe(highest, before + before / 10);
            vm.assertLe(highest, 0.2e18);
            if (highest > before) adjust(eth, change(INITIAL, highest));
            elapse(1 days);
        }
        vm.assertEq(initialRate(), 0.2e18);
        vm.assertEq(block.timestamp - started, 14 days);
        refuse(eth, change(INITIAL, 0.2e18 + UNIT_OF_RATES), outOfRange(INITIAL, 0.18e18, 0.2e18));
    }

    function testFuzz_what_the_view_allows_is_what_is_accepted(uint256 value, uint8 place) public {
        uint8[4] memory fields = [MAINTENANCE, INITIAL, BAND, OPEN_INTEREST];
        uint8 field = fields[place % 4];
        IRiskSteward.Window memory window = windowOf(eth, field);
        value = bound(value, window.current / 2, window.current * 3 / 2);
        if (field != OPEN_INTEREST) value -= value % UNIT_OF_RATES;
        bool allowed = value >= window.lowest && value <= window.highest && value != window.current;
        vm.prank(agent);
        try steward.adjust(eth, change(field, value)) {
            vm.assertTrue(allowed);
            vm.assertEq(windowOf(eth, field).current, value);
        } catch {
            vm.assertFalse(allowed);
        }
    }

    // ---- structs are set whole

    function test_coupled_values_change_together() public {
        IMarginVault.Instrument memory before = vault.instrument(ETH);
        adjust(eth, changes(MAINTENANCE, 0.055e18, INITIAL, 0.11e18));
        IMarginVault.Instrument memory now_ = vault.instrument(ETH);
        (before.maintenanceRate, before.initialRate) = (0.055e18, 0.11e18);
        vm.assertEq(abi.encode(now_), abi.encode(before));
    }

    function test_all_changes_are_made_or_none() public {
        refuse(eth, changes(MAINTENANCE, 0.055e18, INITIAL, 0.12e18), outOfRange(INITIAL, 0.09e18, 0.11e18));
        vm.assertEq(vault.instrument(ETH).maintenanceRate, 0.05e18);
        // Nor did a delay begin.
        adjust(eth, change(MAINTENANCE, 0.055e18));
    }

    function test_what_the_vault_refuses_is_not_set() public {
        uint256[4] memory initials = [uint256(0.09e18), 0.081e18, 0.0729e18, 0.06561e18];
        uint256[3] memory maintenances = [uint256(0.055e18), 0.0605e18, 0.06655e18];
        for (uint256 k = 0; k < 4; k++) {
            adjust(eth, change(INITIAL, initials[k]));
            if (k < 2) adjust(eth, change(MAINTENANCE, maintenances[k]));
            elapse(1 days);
        }
        // Each is within its own step and corridor; together they are not what a vault accepts.
        refuse(eth, change(MAINTENANCE, maintenances[2]), abi.encodePacked(IMarginVault.InvalidParameters.selector));
        vm.assertEq(vault.instrument(ETH).maintenanceRate, maintenances[1]);
    }

    function test_every_kind_of_struct_can_be_changed() public {
        vm.prank(address(timelock));
        vault.setOptionRules(ETH, optionRules(), 0);
        IRiskSteward.Subject[6] memory subjects = [
            IRiskSteward.Subject(address(vault), Parameters.VAULT, 0),
            IRiskSteward.Subject(address(guard), Parameters.GUARD, 0),
            IRiskSteward.Subject(address(guard), Parameters.RANGE_LIMITS, asset),
            IRiskSteward.Subject(address(pool), Parameters.POOL, 0),
            IRiskSteward.Subject(address(vault), Parameters.OPTION_RULES, bytes32(uint256(ETH))),
            IRiskSteward.Subject(address(guard), Parameters.SURFACE_LIMITS, 0)
        ];
        uint8[6] memory fields = [5, 3, 0, 0, 9, 4]; // dailyOutflow, calmPeriod, stressed, cooldown, vegaLimit, staleAfter
        for (uint256 k = 0; k < 6; k++) {
            vm.prank(address(timelock));
            steward.setCorridor(subjects[k], fields[k], IRiskSteward.Corridor(1, type(uint128).max, 0.1e18, 1 days), 0);
            uint256 highest = windowOf(subjects[k], fields[k]).highest;
            adjust(subjects[k], change(fields[k], highest));
            vm.assertEq(windowOf(subjects[k], fields[k]).current, highest);
        }
        vm.assertEq(vault.parameters().dailyOutflow, 0.11e18);
        vm.assertEq(guard.parameters().calmPeriod, 660);
        vm.assertEq(pool.parameters().cooldown, 7 days * 11 / 10);
        vm.assertEq(vault.optionRules(ETH).vegaLimit, 11_000_000e18);
    }

    /// What options there are is the owner's to decide, not the steward's.
    function test_the_role_makes_no_options() public {
        bytes memory notOwner = abi.encodeWithSelector(IOwnable.NotOwner.selector, address(steward));
        vm.expectRevert(notOwner);
        vm.prank(address(steward));
        vault.setOptionRules(ETH, optionRules(), 0);
    }

    /// It has the steward from its first block; a decision about its corridors is all that it takes.
    function test_a_new_market_is_steered_after_one_decision() public {
        (IMarginVault newVault, IInsurancePool newPool) = createMarket(address(token), "new");
        vm.assertEq(newVault.steward(), address(steward));
        vm.assertEq(newPool.steward(), address(steward));
        vm.assertEq(newVault.owner(), address(timelock));
        vm.assertEq(newPool.owner(), address(timelock));
        bytes memory notRegistrar = abi.encodeWithSelector(IOracleGuard.NotRegistrar.selector, address(this));
        bytes32 newAsset = newVault.instrument(ETH).asset;
        IOracleGuard.Feed memory sources = guard.feed(newAsset);
        vm.expectRevert(notRegistrar);
        guard.setFeed(newAsset, sources, 0);
        IRiskSteward.Subject memory subject = instrumentOf(ETH);
        subject.target = address(newVault);
        refuse(subject, change(INITIAL, 0.11e18), abi.encodeWithSelector(IRiskSteward.NotSteered.selector, INITIAL));
        IRiskSteward.Corridor memory corridor = IRiskSteward.Corridor(0.06e18, 0.2e18, 0.1e18, 1 days);
        decide(address(steward), abi.encodeCall(IRiskSteward.setCorridor, (subject, INITIAL, corridor, 0)));
        adjust(subject, change(INITIAL, 0.11e18));
        vm.assertEq(newVault.instrument(ETH).initialRate, 0.11e18);
        vm.assertEq(initialRate(), 0.1e18);
    }

    // ---- who may, and what

    function test_nobody_but_agents_adjusts() public {
        address[5] memory others = [stranger, owner, address(safe), address(timelock), address(governor)];
        for (uint256 k = 0; k < others.length; k++) {
            vm.expectRevert(abi.encodeWithSelector(IRiskSteward.NotAgent.selector, others[k]));
            vm.prank(others[k]);
            steward.adjust(eth, change(INITIAL, 0.11e18));
        }
    }

    function test_nobody_but_the_owner_changes_the_rules() public {
        address[4] memory others = [stranger, agent, address(safe), owner];
        for (uint256 k = 0; k < others.length; k++) {
            bytes memory notOwner = abi.encodeWithSelector(IOwnable.NotOwner.selector, others[k]);
            vm.startPrank(others[k]);
            vm.expectRevert(notOwner);
            steward.setAgent(others[k], true, 0);
            vm.expectRevert(notOwner);
            steward.setEmergency(others[k], 0);
            vm.expectRevert(notOwner);
            steward.setCorridor(eth, INITIAL, IRiskSteward.Corridor(0, 1e18, 0.5e18, 1 hours), 0);
            vm.expectRevert(notOwner);
            steward.confirm(eth, change(INITIAL, 0.11e18));
            vm.stopPrank();
        }
    }

    function test_a_dismissed_agent_moves_nothing() public {
        vm.prank(address(timelock));
        steward.setAgent(agent, false, 0);
        refuse(eth, change(INITIAL, 0.11e18), abi.encodeWithSelector(IRiskSteward.NotAgent.selector, agent));
    }

    function test_without_a_corridor_nothing_moves() public {
        refuse(eth, change(MAKER_FEE, 1e9), abi.encodeWithSelector(IRiskSteward.NotSteered.selector, MAKER_FEE));
        refuse(eth, change(ASSET, 1), abi.encodeWithSelector(IRiskSteward.NotSteered.selector, ASSET));
        IRiskSteward.Subject memory btc = instrumentOf(BTC);
        refuse(btc, change(INITIAL, 0.11e18), abi.encodeWithSelector(IRiskSteward.NotSteered.selector, INITIAL));
        vm.prank(address(timelock));
        steward.setCorridor(eth, INITIAL, IRiskSteward.Corridor(0, 0, 0, 0), 0);
        refuse(eth, change(INITIAL, 0.11e18), abi.encodeWithSelector(IRiskSteward.NotSteered.selector, INITIAL));
    }

    function test_corridors_have_hard_bounds() public {
        IRiskSteward.Corridor[5] memory outside = [
            IRiskSteward.Corridor(2, 1, 0.1e18, 1 days),
            IRiskSteward.Corridor(1, 2, 0, 1 days),
            IRiskSteward.Corridor(1, 2, 0.5e18 + 1, 1 days),
            IRiskSteward.Corridor(1, 2, 0.1e18, 1 hours - 1),
            IRiskSteward.Corridor(1, 2, 0.1e18, 365 days + 1)
        ];
        for (uint256 k = 0; k < outside.length; k++) {
            vm.expectRevert(abi.encodeWithSelector(IRiskSteward.CorridorOutOfBounds.selector, INITIAL));
            vm.prank(address(timelock));
            steward.setCorridor(eth, INITIAL, outside[k], 0);
        }
        vm.expectRevert(abi.encodeWithSelector(IRiskSteward.NotSteered.selector, ASSET));
        vm.prank(address(timelock));
        steward.setCorridor(eth, ASSET, IRiskSteward.Corridor(1, 2, 0.1e18, 1 days), 0);
        IRiskSteward.Corridor memory kept = steward.corridor(eth, INITIAL);
        vm.assertEq(abi.encode(kept), abi.encode(IRiskSteward.Corridor(0.06e18, 0.2e18, 0.1e18, 1 days)));
    }

    /// A second name of the same struct would be a second delay.
    function test_a_struct_has_one_name() public {
        bytes32 high = bytes32(uint256(1 << 32) | ETH);
        IRiskSteward.Subject memory alias_ = IRiskSteward.Subject(address(vault), Parameters.INSTRUMENT, high);
        refuse(alias_, change(INITIAL, 0.11e18), abi.encodeWithSelector(IRiskSteward.InvalidKey.selector, high));
        for (uint8 kind = 0; kind < 7; kind++) {
            if (kind == Parameters.INSTRUMENT || kind == Parameters.RANGE_LIMITS) continue;
            alias_ = IRiskSteward.Subject(address(vault), kind, high);
            refuse(alias_, change(0, 1), abi.encodeWithSelector(IRiskSteward.InvalidKey.selector, high));
        }
        alias_ = IRiskSteward.Subject(address(vault), 7, 0);
        refuse(alias_, change(0, 1), abi.encodeWithSelector(IRiskSteward.UnknownKind.selector, 7));
    }

    function test_malformed_changes_are_refused() public {
        refuse(eth, new IRiskSteward.Change[](0), abi.encodePacked(IRiskSteward.NoChanges.selector));
        refuse(eth, change(9, 1), abi.encodeWithSelector(IRiskSteward.UnknownField.selector, 9));
        refuse(
            eth,
            changes(INITIAL, 0.11e18, INITIAL, 0.12e18),
            abi.encodeWithSelector(IRiskSteward.DuplicateField.selector, INITIAL)
        );
        refuse(eth, change(INITIAL, 0.1e18), abi.encodeWithSelector(IRiskSteward.Unchanged.selector, INITIAL));
        refuse(eth, change(INITIAL, type(uint256).max), outOfRange(INITIAL, 0.09e18, 0.11e18));
    }

    function test_a_target_has_to_hold_such_a_struct() public {
        IRiskSteward.Subject memory subject = IRiskSteward.Subject(stranger, Parameters.POOL, 0);
        vm.expectRevert(abi.encodeWithSelector(IRiskSteward.NoCode.selector, stranger));
        steward.windows(subject);
        subject.target = address(guard);
        vm.expectRevert(abi.encodeWithSelector(IRiskSteward.ShortReturnData.selector, address(guard)));
        steward.windows(subject);
        subject = instrumentOf(77);
        vm.expectRevert(IMarginVault.UnknownInstrument.selector);
        steward.windows(subject);
    }

    // ---- what the role is worth at the targets

    function test_the_role_sets_parameters_and_nothing_else() public {
        IMarginVault.Instrument memory instrument = vault.instrument(ETH);
        IMarginVault.Parameters memory parameters = vault.parameters();
        IOracleGuard.Feed memory sources = guard.feed(asset);
        bytes memory notOwner = abi.encodeWithSelector(IOwnable.NotOwner.selector, address(steward));
        vm.startPrank(address(steward));
        vm.expectRevert(IMarginVault.UnknownInstrument.selector);
        vault.setInstrument(77, instrument, 0);
        instrument.asset = assetOf(BTC);
        vm.expectRevert(notOwner);
        vault.setInstrument(ETH, instrument, 0);
        parameters.treasury = address(steward);
        vm.expectRevert(notOwner);
        vault.setParameters(parameters, 0);
        vm.expectRevert(notOwner);
        vault.setSteward(stranger, 0);
        vm.expectRevert(notOwner);
        guard.setGuardian(stranger);
        vm.expectRevert(notOwner);
        guard.setSteward(stranger, 0);
        vm.expectRevert(abi.encodeWithSelector(IOracleGuard.NotRegistrar.selector, address(steward)));
        guard.setFeed(asset, sources, 0);
        vm.expectRevert(notOwner);
        pool.setVault(stranger, true);
        vm.expectRevert(notOwner);
        pool.setSteward(stranger, 0);
        vm.expectRevert(notOwner);
        factory.setQuoteToken(stranger, true);
        vm.stopPrank();
    }

    function test_strangers_set_no_parameters() public {
        IMarginVault.Instrument memory instrument = vault.instrument(ETH);
        IMarginVault.Parameters memory parameters = vault.parameters();
        IOracleGuard.Parameters memory guardParameters = guard.parameters();
        IOracleGuard.RangeLimits memory limits = guard.rangeLimits(asset);
        IInsurancePool.Parameters memory poolParameters = pool.parameters();
        address[4] memory others = [stranger, agent, address(safe), owner];
        for (uint256 k = 0; k < others.length; k++) {
            bytes memory notSteward = abi.encodeWithSelector(IMarginVault.NotSteward.selector, others[k]);
            vm.startPrank(others[k]);
            vm.expectRevert(notSteward);
            vault.setInstrument(ETH, instrument, 0);
            vm.expectRevert(notSteward);
            vault.setParameters(parameters, 0);
            vm.expectRevert(notSteward);
            guard.setParameters(guardParameters, 0);
            vm.expectRevert(notSteward);
            guard.setRangeLimits(asset, limits, 0);
            vm.expectRevert(notSteward);
            pool.setParameters(poolParameters, 0);
            vm.stopPrank();
        }
    }
}
