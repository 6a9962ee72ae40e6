// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {vm} from "../support/Vm.sol";
import {GuardLogs, TierChange} from "./GuardLogs.sol";
import {ProtocolTest} from "./Protocol.sol";

/// Every row of the table of tiers: what enters it, what it forbids, and the event that says why. Two sources.
contract TiersTest is ProtocolTest {
    uint8 private constant NORMAL = 0;
    uint8 private constant CAUTION = 1;
    uint8 private constant RESTRICTED = 2;
    uint8 private constant HALTED = 3;

    uint8 private constant BY_CALM = 0;
    uint8 private constant BY_MOVE = 1;
    uint8 private constant BY_DIVERGENCE = 2;
    uint8 private constant BY_LOST_SOURCE = 3;
    uint8 private constant BY_SEQUENCER = 4;
    uint8 private constant BY_FREEZING = 5;
    uint8 private constant BY_GUARDIAN = 6;

    uint16 private constant OPENING = 1;
    uint16 private constant REDUCING = 2;
    uint16 private constant WITHDRAWING = 4;
    uint16 private constant TRADING_AND_WITHDRAWING = OPENING | REDUCING | WITHDRAWING;
    uint16 private constant ALL = 63;
    uint16 private constant GRACE = 64;

    /// Changes that were reported before the test, and those of them that it has looked at.
    uint256 private seen;

    function setUpNode() internal override {
        super.setUpNode();
        elapse(1 minutes);
        setPrice(200 * FEED);
    }

    /// The node is in step with this test from here on.
    modifier counted() {
        guard.poke(asset);
        seen = GuardLogs.tierChanges(guard, asset).length;
        _;
        vm.assertEq(GuardLogs.tierChanges(guard, asset).length, seen, "reported and not looked at");
    }

    function assertTier(uint8 tier, uint16 blocked) private view {
        IOracleGuard.Reading memory reading = guard.read(asset);
        vm.assertEq(uint256(reading.tier), tier, "tier");
        vm.assertEq(uint256(reading.blocked), blocked, "blocked");
    }

    /// The next change that was reported is this one.
    function assertReported(uint8 from, uint8 to, uint8 cause) private {
        TierChange[] memory changes = GuardLogs.tierChanges(guard, asset);
        vm.assertGt(changes.length, seen, "nothing was reported");
        TierChange memory change = changes[seen++];
        vm.assertEq(uint256(change.from), from, "from");
        vm.assertEq(uint256(change.to), to, "to");
        vm.assertEq(uint256(change.cause), cause, "cause");
    }

    function assertEntered(uint8 from, uint8 to, uint8 cause, uint16 blocked) private {
        assertTier(to, blocked);
        assertReported(from, to, cause);
    }

    function trip(uint8 tier, uint32 secs) private {
        vm.prank(guardian);
        guard.trip(asset, tier, secs, "reason");
    }

    function test_a_move_of_five_percent_against_the_mean_cautions_and_of_ten_restricts() public counted {
        setPrice(190.0001e8); // the mean is kept with seven digits
        assertTier(NORMAL, 0);
        setPrice(189.9999e8);
        assertEntered(NORMAL, CAUTION, BY_MOVE, 0);
        setPrice(180.0001e8);
        assertTier(CAUTION, 0);
        setPrice(179.9999e8);
        assertEntered(CAUTION, RESTRICTED, BY_MOVE, OPENING);
        setPrice(100e8);
        assertTier(RESTRICTED, OPENING);
    }

    function test_a_divergence_of_one_percent_cautions_of_three_restricts_and_of_ten_halts() public counted {
        setSources(ETH, 200e8, 201.99999999e8);
        assertTier(NORMAL, 0);
        setSources(ETH, 202e8, 200e8);
        assertEntered(NORMAL, CAUTION, BY_DIVERGENCE, 0);
        vm.assertEq(guard.read(asset).mark, 202e18, "the primary");
        setSources(ETH, 200e8, 205.99999999e8);
        assertTier(CAUTION, 0);
        vm.assertEq(guard.read(asset).mark, 200e18, "the primary");
        setSources(ETH, 206e8, 200e8);
        assertEntered(CAUTION, RESTRICTED, BY_DIVERGENCE, OPENING);
        vm.assertEq(guard.read(asset).mark, 200e18, "the median");
        setSources(ETH, 200e8, 219.99999999e8);
        assertTier(RESTRICTED, OPENING);
        setSources(ETH, 200e8, 220e8);
        assertEntered(RESTRICTED, HALTED, BY_DIVERGENCE, TRADING_AND_WITHDRAWING);
        vm.assertEq(guard.read(asset).mark, 200e18, "the median");
    }

    function test_one_lost_source_costs_one_tier() public counted {
        setSources(ETH, 0, 200e8);
        assertEntered(NORMAL, CAUTION, BY_LOST_SOURCE, 0);
        vm.assertEq(guard.read(asset).mark, 200e18, "the secondary");
        setSources(ETH, 185e8, 0);
        assertEntered(CAUTION, RESTRICTED, BY_LOST_SOURCE, OPENING);
        vm.assertEq(guard.read(asset).mark, 185e18, "the primary");
        setSources(ETH, 300e8, 0);
        assertEntered(RESTRICTED, HALTED, BY_LOST_SOURCE, TRADING_AND_WITHDRAWING);
        vm.assertEq(guard.read(asset).mark, 220e18, "clamped to 10 % of the stable price");
    }

    function test_without_a_trusted_source_the_asset_is_frozen_and_halted() public counted {
        setSources(ETH, 0, -1);
        assertEntered(NORMAL, HALTED, BY_FREEZING, ALL);
        vm.assertEq(guard.read(asset).mark, 200e18, "the last trusted mark");
        vm.assertEq(uint256(guard.read(assetOf(BTC)).tier), NORMAL, "its own asset only");
    }

    function test_an_outage_of_the_sequencer_halts() public counted {
        sequencer.setDown(true);
        guard.poke(asset);
        assertEntered(NORMAL, HALTED, BY_SEQUENCER, TRADING_AND_WITHDRAWING | GRACE);
    }

    function test_escalation_skips_tiers_and_de_escalation_does_not() public counted {
        setSources(ETH, 200e8, 230e8);
        assertReported(NORMAL, HALTED, BY_DIVERGENCE);
        uint256 calmPeriod = guard.parameters().calmPeriod;
        uint256 calm = block.timestamp + 1 minutes;
        for (uint8 tier = HALTED; tier > NORMAL; tier--) {
            for (uint256 next = calm + calmPeriod; calm < next; calm += 1 minutes) {
                elapse(calm - block.timestamp);
                setPrice(200 * FEED);
                vm.assertEq(uint256(guard.read(asset).tier), tier);
            }
            elapse(calm - block.timestamp);
            setPrice(200 * FEED);
            assertReported(tier, tier - 1, BY_CALM);
        }
        assertTier(NORMAL, 0);
    }

    function test_a_relapse_starts_the_calm_period_anew() public counted {
        setSources(ETH, 200e8, 203e8);
        assertReported(NORMAL, CAUTION, BY_DIVERGENCE);
        for (uint256 k = 0; k < 4; k++) {
            elapse(4 minutes);
            setSources(ETH, 200e8, k == 1 ? int256(203e8) : int256(200e8));
            assertTier(CAUTION, 0);
        }
        for (uint256 k = 0; k < 2; k++) {
            elapse(4 minutes);
            setPrice(200 * FEED);
        }
        assertReported(CAUTION, NORMAL, BY_CALM);
    }

    function test_a_trip_raises_at_once_and_its_end_is_reported_by_the_next_poke() public counted {
        trip(RESTRICTED, 4 minutes);
        assertEntered(NORMAL, RESTRICTED, BY_GUARDIAN, OPENING);
        elapse(4 minutes);
        assertTier(NORMAL, 0);
        guard.poke(asset);
        assertReported(RESTRICTED, NORMAL, BY_CALM);
    }

    function test_a_trip_after_one_that_has_ended_reports_that_first() public counted {
        trip(CAUTION, 4 minutes);
        assertReported(NORMAL, CAUTION, BY_GUARDIAN);
        elapse(4 minutes);
        trip(RESTRICTED, 4 minutes);
        assertReported(CAUTION, NORMAL, BY_CALM);
        assertReported(NORMAL, RESTRICTED, BY_GUARDIAN);
    }

    function test_the_guardian_halts_only_while_the_sources_differ() public counted {
        setSources(ETH, 200e8, 207e8);
        assertReported(NORMAL, RESTRICTED, BY_DIVERGENCE);
        trip(HALTED, 1 hours);
        assertEntered(RESTRICTED, HALTED, BY_GUARDIAN, TRADING_AND_WITHDRAWING);
        setPrice(200 * FEED);
        assertEntered(HALTED, RESTRICTED, BY_CALM, OPENING);
        setSources(ETH, 200e8, 207e8);
        assertEntered(RESTRICTED, HALTED, BY_DIVERGENCE, TRADING_AND_WITHDRAWING);
    }

    /// In one piece or in several: 72 hours, and nothing more until 30 days after the last trip's end.
    function test_trips_cannot_be_chained() public counted {
        trip(CAUTION, 48 hours);
        trip(RESTRICTED, 72 hours);
        assertReported(NORMAL, CAUTION, BY_GUARDIAN);
        assertReported(CAUTION, RESTRICTED, BY_GUARDIAN);
        elapse(72 hours);
        uint256 ended = block.timestamp;
        for (uint256 day = 0; day < 30; day += 10) {
            elapse(ended + day * 1 days - block.timestamp);
            assertTripRefused();
        }
        elapse(ended + 30 days - 1 - block.timestamp);
        assertTripRefused();
        elapse(1);
        trip(CAUTION, 72 hours);
        assertTier(CAUTION, 0);
        seen = GuardLogs.tierChanges(guard, asset).length;
    }

    function assertTripRefused() private {
        setPrice(200 * FEED);
        vm.expectRevert(abi.encodeWithSelector(IOracleGuard.TripAllowanceExceeded.selector, 0));
        trip(CAUTION, 1);
    }

    function test_a_trip_of_one_asset_is_of_that_asset_alone() public {
        trip(RESTRICTED, 72 hours);
        vm.assertEq(uint256(guard.read(assetOf(BTC)).tier), NORMAL);
        vm.prank(guardian);
        guard.trip(assetOf(BTC), CAUTION, 72 hours, "its own allowance");
        vm.assertEq(uint256(guard.read(assetOf(BTC)).tier), CAUTION);
    }
}
