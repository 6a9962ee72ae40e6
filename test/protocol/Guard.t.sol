// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {IOwnable} from "../../contracts/interfaces/IOwnable.sol";
import {ChainlinkFeed} from "../feeds/ChainlinkFeed.sol";
import {PriceFeed} from "../mocks/PriceFeed.sol";
import {vm} from "../support/Vm.sol";
import {ProtocolTest} from "./Protocol.sol";

/// Which prices are believed, and what the breaker does. One source, so that what is wrong with it shows.
contract GuardTest is ProtocolTest {
    uint8 private constant NORMAL = 0;
    uint8 private constant CAUTION = 1;
    uint8 private constant RESTRICTED = 2;
    uint8 private constant HALTED = 3;
    uint16 private constant ALL = 63;
    bytes32 private constant SCRIPTED = "scripted";

    function setUpNode() internal override {
        setUpWithOneSource();
        elapse(1 minutes);
        setPrice(200 * FEED);
    }

    function tier() private view returns (uint8) {
        return guard.read(asset).tier;
    }

    function assertFrozen(string memory why) private view {
        assertFrozen(asset, why);
    }

    function assertFrozen(bytes32 which, string memory why) private view {
        IOracleGuard.Reading memory reading = guard.read(which);
        vm.assertEq(uint256(reading.tier), HALTED, why);
        vm.assertEq(uint256(reading.blocked), ALL, why);
        vm.assertEq(reading.mark, 200e18, why);
    }

    function push(int256 answer) private {
        feed.push(answer);
        guard.poke(asset);
    }

    function test_a_good_answer_is_the_mark_in_wad() public {
        setPriceCalmly(201.5e8);
        IOracleGuard.Reading memory reading = guard.read(asset);
        vm.assertEq(reading.mark, 201.5e18);
        vm.assertEq(uint256(reading.updatedAt), block.timestamp);
        vm.assertEq(uint256(reading.blocked), 0);
        vm.assertEq(uint256(reading.tier), NORMAL);
    }

    function test_an_answer_of_zero_or_less_is_untrusted() public {
        push(0);
        assertFrozen("zero");
        push(-200e8);
        assertFrozen("negative");
    }

    function test_an_answer_at_or_outside_floor_and_ceiling_is_untrusted() public {
        int256[4] memory answers = [int256(10e8), 9e8, 10_000e8, 10_001e8];
        for (uint256 k = 0; k < answers.length; k++) {
            push(answers[k]);
            assertFrozen("outside");
        }
    }

    function test_the_median_of_the_oracles_is_the_price() public {
        feed.pushEach([int256(1.12e8), 201e8, 202e8]);
        guard.poke(asset);
        vm.assertEq(guard.read(asset).mark, 201e18, "one oracle of three lies");
        vm.assertEq(uint256(tier()), NORMAL);
    }

    /// The last answer stays what it was and gets no younger.
    function test_a_round_that_too_few_oracles_answer_changes_nothing_until_the_answer_is_too_old() public {
        uint256 answered = block.timestamp;
        elapse(HEARTBEAT - 1);
        feed.pushIncomplete(150e8);
        elapse(1);
        guard.poke(asset);
        vm.assertEq(guard.read(asset).mark, 200e18);
        vm.assertEq(uint256(guard.read(asset).updatedAt), answered);
        vm.assertEq(uint256(guard.read(asset).blocked), 0);
        elapse(1);
        guard.poke(asset);
        assertFrozen("nobody answers");
        elapse(feed.ROUND_TIMEOUT());
        push(199e8);
        vm.assertEq(guard.read(asset).mark, 199e18, "the round timed out and the next is complete");
    }

    function test_a_new_aggregator_is_untrusted_until_it_has_answered() public {
        feed.migrate(vm.getCode(AGGREGATOR), DECIMALS);
        guard.poke(asset);
        assertFrozen("no data present");
        push(201e8);
        vm.assertEq(guard.read(asset).mark, 201e18);
        vm.assertEq(uint256(guard.read(asset).blocked & 32), 0);
    }

    function test_an_aggregator_with_other_decimals_is_untrusted() public {
        feed.migrate(vm.getCode(AGGREGATOR), 18);
        push(200e18);
        assertFrozen("two hundred with eighteen decimals");
        push(200e8);
        assertFrozen("next to nothing");
        feed.migrate(vm.getCode(AGGREGATOR), DECIMALS);
        push(202e8);
        vm.assertEq(guard.read(asset).mark, 202e18);
    }

    function test_a_feed_that_the_guard_may_not_read_is_untrusted() public {
        feed.setClosed(true);
        guard.poke(asset);
        assertFrozen("no access");
        feed.setClosed(false);
        guard.poke(asset);
        vm.assertEq(uint256(guard.read(asset).blocked & 32), 0);
    }

    /// What no aggregator of Chainlink's writes.
    function test_a_round_from_the_future_or_incomplete_is_untrusted() public {
        PriceFeed scripted = configureScriptedFeed();
        pushRound(scripted, block.timestamp, block.timestamp + 1 hours, type(uint80).max);
        assertFrozen(SCRIPTED, "future");
        pushRound(scripted, block.timestamp, 0, type(uint80).max);
        assertFrozen(SCRIPTED, "not updated");
        pushRound(scripted, block.timestamp, block.timestamp, 0);
        assertFrozen(SCRIPTED, "answered in an earlier round");
        pushRound(scripted, block.timestamp, block.timestamp, type(uint80).max);
        vm.assertEq(uint256(guard.read(SCRIPTED).blocked & 32), 0);
    }

    /// Another asset, whose only feed writes whatever rounds it is told to.
    function configureScriptedFeed() private returns (PriceFeed scripted) {
        bytes memory arguments = abi.encode(owner, DECIMALS, "scripted", 200 * FEED);
        scripted = PriceFeed(create("scripted feed", bytes.concat(type(PriceFeed).creationCode, arguments)));
        IOracleGuard.Feed memory configured = guard.feed(asset);
        configured.primary = address(scripted);
        vm.prank(owner);
        guard.setFeed(SCRIPTED, configured, 0);
        guard.poke(SCRIPTED);
    }

    function pushRound(PriceFeed scripted, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound) private {
        vm.prank(owner);
        scripted.pushRound(200e8, uint128(startedAt), uint64(updatedAt), answeredInRound);
        guard.poke(SCRIPTED);
    }

    function test_an_answer_older_than_the_heartbeat_is_untrusted() public {
        elapse(HEARTBEAT);
        guard.poke(asset);
        vm.assertEq(uint256(guard.read(asset).tier), NORMAL);
        elapse(1);
        assertFrozen("old without a poke");
        guard.poke(asset);
        assertFrozen("old with a poke");
    }

    function test_a_frozen_asset_thaws_with_the_next_good_answer() public {
        push(0);
        assertFrozen("zero");
        setPriceCalmly(199e8);
        vm.assertEq(guard.read(asset).mark, 199e18);
        vm.assertEq(uint256(guard.read(asset).blocked & 8), 0);
    }

    function test_a_move_of_five_percent_is_caution_and_of_ten_restricted() public {
        elapse(1 minutes);
        setPrice(190.1e8);
        vm.assertEq(uint256(tier()), NORMAL);
        elapse(1 minutes);
        setPrice(185e8);
        vm.assertEq(uint256(tier()), CAUTION);
        vm.assertEq(uint256(guard.read(asset).blocked), 0);
        elapse(1 minutes);
        setPrice(170e8);
        vm.assertEq(uint256(tier()), RESTRICTED);
        vm.assertEq(uint256(guard.read(asset).blocked), 1);
    }

    function test_a_rise_counts_like_a_fall() public {
        elapse(1 minutes);
        setPrice(221e8);
        vm.assertEq(uint256(tier()), RESTRICTED);
    }

    function test_tiers_fall_one_by_one_after_ten_calm_minutes_each() public {
        elapse(1 minutes);
        setPrice(178e8);
        vm.assertEq(uint256(tier()), RESTRICTED);
        uint256[3] memory minutesIn;
        for (uint256 minute = 0; minute < 30; minute++) {
            elapse(1 minutes);
            setPrice(178e8);
            vm.assertLe(uint256(tier()), RESTRICTED);
            minutesIn[tier()]++;
        }
        vm.assertGe(minutesIn[RESTRICTED], 10);
        vm.assertApproxEqAbs(minutesIn[CAUTION], 10, 1);
        vm.assertEq(uint256(tier()), NORMAL);
    }

    function test_without_a_poke_in_the_window_the_mean_restarts() public {
        setPriceCalmly(100e8);
        vm.assertEq(uint256(tier()), NORMAL);
        vm.assertEq(guard.read(asset).mark, 100e18);
    }

    function test_the_guardian_raises_a_tier_for_a_time() public {
        vm.prank(guardian);
        guard.trip(asset, RESTRICTED, 1 hours, "exploit");
        vm.assertEq(uint256(tier()), RESTRICTED);
        elapse(30 minutes);
        setPrice(200e8);
        vm.assertEq(uint256(tier()), RESTRICTED);
        elapse(31 minutes);
        setPrice(200e8);
        vm.assertEq(uint256(tier()), NORMAL);
    }

    function test_the_guardian_never_lowers_a_tier() public {
        elapse(1 minutes);
        setPrice(178e8);
        vm.expectRevert(abi.encodeWithSelector(IOracleGuard.TierNotRaised.selector, RESTRICTED, CAUTION));
        vm.prank(guardian);
        guard.trip(asset, CAUTION, 1 hours, "calm down");
    }

    function test_the_guardian_does_not_halt_while_the_sources_agree() public {
        vm.expectRevert(IOracleGuard.SourcesAgree.selector);
        vm.prank(guardian);
        guard.trip(asset, HALTED, 1 hours, "stolen key");
    }

    function test_the_guardian_has_72_hours_in_30_days() public {
        vm.prank(guardian);
        guard.trip(asset, CAUTION, 72 hours, "use it all");
        elapse(72 hours + 1);
        setPrice(200e8);
        vm.expectRevert(abi.encodeWithSelector(IOracleGuard.TripAllowanceExceeded.selector, 0));
        vm.prank(guardian);
        guard.trip(asset, CAUTION, 1, "once more");
    }

    function test_only_the_guardian_trips() public {
        vm.expectRevert(abi.encodeWithSelector(IOracleGuard.NotGuardian.selector, alice.owner));
        vm.prank(alice.owner);
        guard.trip(asset, CAUTION, 1 hours, "mine");
    }

    function test_only_the_owner_configures() public {
        IOracleGuard.Parameters memory parameters = guard.parameters();
        IOracleGuard.Feed memory configured = guard.feed(asset);
        bytes memory notOwner = abi.encodeWithSelector(IOwnable.NotOwner.selector, alice.owner);
        bytes memory notSteward = abi.encodeWithSelector(IOracleGuard.NotSteward.selector, alice.owner);
        vm.startPrank(alice.owner);
        vm.expectRevert(notSteward);
        guard.setParameters(parameters, 0);
        vm.expectRevert(notOwner);
        guard.setGuardian(alice.owner);
        vm.expectRevert(notOwner);
        guard.setRegistrar(alice.owner);
        vm.expectRevert(notOwner);
        guard.transferOwnership(alice.owner);
        vm.expectRevert(abi.encodeWithSelector(IOracleGuard.NotRegistrar.selector, alice.owner));
        guard.setFeed("new", configured, 0);
        vm.stopPrank();
    }

    function test_ownership_passes_in_two_steps() public {
        vm.prank(owner);
        guard.transferOwnership(alice.owner);
        vm.assertEq(guard.owner(), owner);
        vm.expectRevert(abi.encodeWithSelector(IOwnable.NotPendingOwner.selector, bob.owner));
        vm.prank(bob.owner);
        guard.acceptOwnership();
        vm.prank(alice.owner);
        guard.acceptOwnership();
        vm.assertEq(guard.owner(), alice.owner);
    }

    function test_parameters_outside_their_bounds_are_refused() public {
        IOracleGuard.Parameters memory parameters = guard.parameters();
        parameters.cautionMove = 0;
        vm.expectRevert(IOracleGuard.ParametersOutOfBounds.selector);
        vm.prank(owner);
        guard.setParameters(parameters, 0);
    }

    function test_after_an_outage_opening_waits_for_the_grace_period() public {
        vm.prank(owner);
        sequencer.setDown(true);
        guard.poke(asset);
        vm.assertEq(uint256(tier()), HALTED);
        vm.assertEq(uint256(guard.read(asset).blocked & 8), 0, "liquidation goes on");
        elapse(45 minutes);
        vm.prank(owner);
        sequencer.setDown(false);
        setPrice(200e8);
        vm.assertEq(uint256(guard.read(asset).blocked & 1), 1);
        elapse(30 minutes);
        setPrice(200e8);
        vm.assertEq(uint256(guard.read(asset).blocked & 1), 1);
        for (uint256 minute = 0; minute < 40; minute++) {
            elapse(1 minutes);
            setPrice(200e8);
        }
        vm.assertEq(uint256(guard.read(asset).blocked & 1), 0);
    }

    /// Primary 1.12 instead of 2200, a real day: nobody else is hurt, nobody is liquidated on it.
    function test_a_broken_feed_freezes_its_own_asset_only() public {
        ChainlinkFeed other = createFeed("BTC / USD", 5_000e8);
        IOracleGuard.Feed memory configured = guard.feed(asset);
        configured.primary = proxyOf[other];
        vm.prank(owner);
        guard.setFeed("BTC", configured, 0);
        deposit(alice, 1_000 * USD);
        deposit(bob, 10_000 * USD);
        trade(alice, bob, 45e18, 200e18);
        feed.push(1.12e8);
        bytes32[] memory assets = new bytes32[](2);
        (assets[0], assets[1]) = (asset, "BTC");
        guard.pokeMany(assets);
        assertFrozen("1.12");
        vm.assertEq(guard.read("BTC").mark, 5_000e18);
        vm.assertEq(uint256(guard.read("BTC").tier), NORMAL);
        vm.assertEq(equityOf(alice), 1_000e18);
    }
}
