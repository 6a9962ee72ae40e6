// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IRiskSteward} from "../../contracts/interfaces/IRiskSteward.sol";
import {vm} from "../support/Vm.sol";
import {GovernedTest} from "./Governed.sol";

/// The guardian Safe tightens at once; 72 hours later anyone may put back what was there, unless governance confirmed it.
contract EmergencyTest is GovernedTest {
    IRiskSteward.Subject internal eth;

    function setUpNode() internal override {
        super.setUpNode();
        openCorridors();
        eth = instrumentOf(ETH);
    }

    function restore() private {
        vm.prank(stranger);
        steward.restore(eth);
    }

    function refuseRestore(bytes memory reason) private {
        vm.expectRevert(reason);
        restore();
    }

    function confirmation(uint8 field, uint256 value) private view returns (bytes memory) {
        return abi.encodeCall(IRiskSteward.confirm, (eth, change(field, value)));
    }

    // ---- tightening

    function test_it_tightens_at_once_and_as_far_as_the_corridor_goes() public {
        vm.assertEq(windowOf(eth, INITIAL).tightest, 0.2e18);
        vm.assertEq(windowOf(eth, BAND).tightest, 0.005e18);
        tighten(eth, changes(INITIAL, 0.2e18, BAND, 0.005e18));
        vm.assertEq(initialRate(), 0.2e18);
        vm.assertEq(vault.instrument(ETH).priceBand, 0.005e18);
        (uint64 started, uint64 expires, uint64 nextFrom, IRiskSteward.Held[] memory held) = steward.held(eth);
        vm.assertEq(started, block.timestamp);
        vm.assertEq(expires, block.timestamp + EMERGENCY);
        vm.assertEq(nextFrom, block.timestamp + EMERGENCY_PERIOD);
        vm.assertEq(held.length, 2);
        vm.assertEq(abi.encode(held[0]), abi.encode(IRiskSteward.Held(INITIAL, 0.1e18, 0.2e18)));
        vm.assertEq(abi.encode(held[1]), abi.encode(IRiskSteward.Held(BAND, 0.02e18, 0.005e18)));
    }

    function test_it_loosens_nothing() public {
        uint8[4] memory fields = [INITIAL, BAND, SHOCK, OPEN_INTEREST];
        for (uint256 k = 0; k < fields.length; k++) {
            IRiskSteward.Window memory window = windowOf(eth, fields[k]);
            bool tighterUp = window.tightest > window.current;
            uint256 looser = tighterUp ? window.lowest : window.highest;
            if (looser == window.current) looser = tighterUp ? window.current - 1e9 : window.current + 1e9;
            refuseTighten(
                eth, change(fields[k], looser), abi.encodeWithSelector(IRiskSteward.NotTighter.selector, fields[k])
            );
        }
    }

    function test_it_cannot_raise_maintenance_margin() public {
        bytes memory notTighter = abi.encodeWithSelector(IRiskSteward.NotTighter.selector, MAINTENANCE);
        refuseTighten(eth, change(MAINTENANCE, 0.055e18), notTighter);
        refuseTighten(eth, change(MAINTENANCE, 0.045e18), notTighter);
        refuseTighten(eth, changes(INITIAL, 0.2e18, MAINTENANCE, 0.055e18), notTighter);
        vm.assertEq(initialRate(), 0.1e18);
    }

    function test_it_stays_in_the_corridor() public {
        refuseTighten(
            eth,
            change(INITIAL, 0.2e18 + 1e9),
            abi.encodeWithSelector(IRiskSteward.OutOfRange.selector, INITIAL, 0.1e18, 0.2e18)
        );
        refuseTighten(eth, change(ASSET, 1), abi.encodeWithSelector(IRiskSteward.NotSteered.selector, ASSET));
    }

    function test_nobody_else_tightens() public {
        address[4] memory others = [stranger, agent, address(timelock), owner];
        for (uint256 k = 0; k < others.length; k++) {
            vm.expectRevert(abi.encodeWithSelector(IRiskSteward.NotEmergency.selector, others[k]));
            vm.prank(others[k]);
            steward.tighten(eth, change(INITIAL, 0.2e18));
        }
    }

    // ---- expiry

    function test_after_72_hours_anyone_puts_back_what_was_there() public {
        IMarginVault.Instrument memory before = vault.instrument(ETH);
        tighten(eth, changes(INITIAL, 0.2e18, BAND, 0.005e18));
        uint64 expires = uint64(block.timestamp + EMERGENCY);
        bytes memory running = abi.encodeWithSelector(IRiskSteward.EmergencyRunning.selector, expires);
        refuseRestore(running);
        elapse(EMERGENCY - 1);
        refuseRestore(running);
        elapse(1);
        restore();
        vm.assertEq(abi.encode(vault.instrument(ETH)), abi.encode(before));
        refuseRestore(abi.encodePacked(IRiskSteward.NoChanges.selector));
    }

    function test_tightening_further_does_not_buy_time() public {
        tighten(eth, change(INITIAL, 0.15e18));
        elapse(EMERGENCY - 1);
        tighten(eth, changes(INITIAL, 0.2e18, BAND, 0.005e18));
        elapse(1);
        refuseTighten(eth, change(BAND, 0.0005e18), abi.encodePacked(IRiskSteward.EmergencyExpired.selector));
        restore();
        vm.assertEq(initialRate(), 0.1e18);
        vm.assertEq(vault.instrument(ETH).priceBand, 0.02e18);
    }

    function test_emergencies_cannot_be_chained() public {
        tighten(eth, change(INITIAL, 0.2e18));
        uint64 nextFrom = uint64(block.timestamp + EMERGENCY_PERIOD);
        elapse(EMERGENCY);
        restore();
        bytes memory spent = abi.encodeWithSelector(IRiskSteward.EmergencySpent.selector, nextFrom);
        refuseTighten(eth, change(INITIAL, 0.2e18), spent);
        refuseTighten(eth, change(BAND, 0.01e18), spent);
        vm.assertEq(windowOf(eth, INITIAL).tightest, 0.1e18);
        elapse(EMERGENCY_PERIOD - EMERGENCY - 1);
        refuseTighten(eth, change(INITIAL, 0.2e18), spent);
        elapse(1);
        tighten(eth, change(INITIAL, 0.2e18));
    }

    function test_what_governance_has_changed_meanwhile_stays() public {
        tighten(eth, changes(INITIAL, 0.2e18, BAND, 0.005e18));
        IMarginVault.Instrument memory instrument = vault.instrument(ETH);
        instrument.initialRate = 0.15e18;
        vm.prank(address(timelock));
        vault.setInstrument(ETH, instrument, 1);
        elapse(EMERGENCY);
        restore();
        vm.assertEq(initialRate(), 0.15e18);
        vm.assertEq(vault.instrument(ETH).priceBand, 0.02e18);
    }

    function test_tightening_again_does_not_undo_what_governance_has_set_meanwhile() public {
        tighten(eth, change(INITIAL, 0.2e18));
        IMarginVault.Instrument memory instrument = vault.instrument(ETH);
        instrument.initialRate = 0.15e18;
        vm.prank(address(timelock));
        vault.setInstrument(ETH, instrument, 1);
        tighten(eth, change(INITIAL, 0.2e18));
        elapse(EMERGENCY);
        restore();
        vm.assertEq(initialRate(), 0.15e18);
    }

    /// The vault does not accept what was there before; governance then has to decide, and until it does things stay tight.
    function test_what_the_vault_no_longer_accepts_is_not_put_back() public {
        tighten(eth, change(INITIAL, 0.2e18));
        IMarginVault.Instrument memory instrument = vault.instrument(ETH);
        instrument.maintenanceRate = 0.12e18;
        vm.prank(address(timelock));
        vault.setInstrument(ETH, instrument, 1);
        elapse(EMERGENCY);
        refuseRestore(abi.encodePacked(IMarginVault.InvalidParameters.selector));
        vm.prank(address(timelock));
        steward.confirm(eth, change(INITIAL, 0.2e18));
        refuseRestore(abi.encodePacked(IRiskSteward.NoChanges.selector));
        vm.assertEq(initialRate(), 0.2e18);
    }

    function test_it_ends_even_if_its_corridor_is_gone() public {
        tighten(eth, change(INITIAL, 0.2e18));
        vm.prank(address(timelock));
        steward.setCorridor(eth, INITIAL, IRiskSteward.Corridor(0, 0, 0, 0), 1);
        elapse(EMERGENCY);
        restore();
        vm.assertEq(initialRate(), 0.1e18);
    }

    /// What keeps one field from going back does not keep the others, once governance has decided about that one.
    function test_governance_frees_what_one_field_holds_up() public {
        tighten(eth, changes(INITIAL, 0.2e18, BAND, 0.005e18));
        IMarginVault.Instrument memory instrument = vault.instrument(ETH);
        instrument.maintenanceRate = 0.12e18;
        vm.prank(address(timelock));
        vault.setInstrument(ETH, instrument, 1);
        elapse(EMERGENCY);
        refuseRestore(abi.encodePacked(IMarginVault.InvalidParameters.selector));
        vm.assertEq(vault.instrument(ETH).priceBand, 0.005e18);
        vm.prank(address(timelock));
        steward.confirm(eth, change(INITIAL, 0.2e18));
        restore();
        vm.assertEq(initialRate(), 0.2e18);
        vm.assertEq(vault.instrument(ETH).priceBand, 0.02e18);
    }

    /// Each struct has an emergency of its own: its own beginning, its own end, and its own thirty days.
    function test_emergencies_of_two_structs_end_each_by_itself() public {
        IRiskSteward.Subject memory btc = instrumentOf(BTC);
        vm.prank(address(timelock));
        steward.setCorridor(btc, INITIAL, IRiskSteward.Corridor(0.06e18, 0.2e18, 0.1e18, 1 days), 0);
        tighten(eth, change(INITIAL, 0.2e18));
        uint256 first = block.timestamp;
        elapse(24 hours);
        tighten(btc, change(INITIAL, 0.15e18));
        vm.warp(first + EMERGENCY);
        restore();
        vm.assertEq(initialRate(), 0.1e18);
        vm.assertEq(vault.instrument(BTC).initialRate, 0.15e18);
        uint64 expires = uint64(first + 24 hours + EMERGENCY);
        vm.expectRevert(abi.encodeWithSelector(IRiskSteward.EmergencyRunning.selector, expires));
        steward.restore(btc);
        bytes memory spent =
            abi.encodeWithSelector(IRiskSteward.EmergencySpent.selector, uint64(first + EMERGENCY_PERIOD));
        refuseTighten(eth, change(INITIAL, 0.2e18), spent);
        vm.warp(expires);
        steward.restore(btc);
        vm.assertEq(vault.instrument(BTC).initialRate, 0.1e18);
    }

    // ---- agents meanwhile

    function test_agents_wait_until_it_is_over() public {
        tighten(eth, change(INITIAL, 0.2e18));
        bytes memory open =
            abi.encodeWithSelector(IRiskSteward.EmergencyOpen.selector, uint64(block.timestamp + EMERGENCY));
        vm.assertEq(windowOf(eth, BAND).openFrom, type(uint64).max);
        vm.expectRevert(open);
        adjust(eth, change(BAND, 0.018e18));
        elapse(EMERGENCY);
        vm.expectRevert(open);
        adjust(eth, change(INITIAL, 0.18e18));
        restore();
        adjust(eth, change(BAND, 0.018e18));
    }

    /// An agent has taken its step of the day; neither an emergency nor its end gives it another.
    function test_an_emergency_gives_nobody_another_step() public {
        elapse(EMERGENCY_PERIOD);
        tighten(eth, change(INITIAL, 0.2e18));
        elapse(EMERGENCY);
        restore();
        uint256 from = block.timestamp + 1 days;
        vm.expectRevert(abi.encodeWithSelector(IRiskSteward.TooEarly.selector, INITIAL, uint64(from)));
        adjust(eth, change(INITIAL, 0.11e18));
        elapse(1 days);
        adjust(eth, change(INITIAL, 0.11e18));
        vm.assertEq(initialRate(), 0.11e18);
    }

    function test_an_agents_step_survives_an_emergency() public {
        adjust(eth, change(INITIAL, 0.11e18));
        tighten(eth, change(INITIAL, 0.2e18));
        elapse(EMERGENCY);
        restore();
        vm.assertEq(initialRate(), 0.11e18);
    }

    // ---- confirmation

    function test_governance_confirms_in_time() public {
        tighten(eth, change(INITIAL, 0.2e18));
        uint256 started = block.timestamp;
        decide(address(steward), confirmation(INITIAL, 0.2e18));
        vm.assertLt(block.timestamp, started + EMERGENCY);
        elapse(EMERGENCY);
        refuseRestore(abi.encodePacked(IRiskSteward.NoChanges.selector));
        vm.assertEq(initialRate(), 0.2e18);
        // From there agents go on, and what governance has seen does not count against the next emergency.
        adjust(eth, change(INITIAL, 0.18e18));
        tighten(eth, change(INITIAL, 0.2e18));
    }

    function test_a_confirmation_starts_the_delay_anew() public {
        tighten(eth, change(INITIAL, 0.2e18));
        vm.prank(address(timelock));
        steward.confirm(eth, change(INITIAL, 0.2e18));
        uint256 from = block.timestamp + 1 days;
        vm.expectRevert(abi.encodeWithSelector(IRiskSteward.TooEarly.selector, INITIAL, uint64(from)));
        adjust(eth, change(INITIAL, 0.18e18));
    }

    function test_governance_confirms_what_it_has_seen_only() public {
        tighten(eth, change(INITIAL, 0.15e18));
        uint256 proposal = propose(address(steward), confirmation(INITIAL, 0.15e18));
        pass(proposal);
        tighten(eth, change(INITIAL, 0.2e18));
        governor.queue(proposal);
        elapse(TIMELOCK_DELAY);
        vm.expectRevert(abi.encodeWithSelector(IRiskSteward.NotAsConfirmed.selector, INITIAL, 0.2e18));
        governor.execute(proposal);
        elapse(EMERGENCY);
        restore();
        vm.assertEq(initialRate(), 0.1e18);
    }

    function test_what_is_not_confirmed_expires() public {
        tighten(eth, changes(INITIAL, 0.2e18, BAND, 0.005e18));
        uint64 nextFrom = uint64(block.timestamp + EMERGENCY_PERIOD);
        vm.prank(address(timelock));
        steward.confirm(eth, change(INITIAL, 0.2e18));
        vm.expectRevert(abi.encodeWithSelector(IRiskSteward.NotHeld.selector, INITIAL));
        vm.prank(address(timelock));
        steward.confirm(eth, change(INITIAL, 0.2e18));
        elapse(EMERGENCY);
        restore();
        vm.assertEq(initialRate(), 0.2e18);
        vm.assertEq(vault.instrument(ETH).priceBand, 0.02e18);
        refuseTighten(
            eth, change(BAND, 0.01e18), abi.encodeWithSelector(IRiskSteward.EmergencySpent.selector, nextFrom)
        );
    }
}
