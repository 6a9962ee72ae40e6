// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {ChainlinkFeed} from "../feeds/ChainlinkFeed.sol";
import {vm} from "../support/Vm.sol";
import {ProtocolTest} from "./Protocol.sol";

/// What vaults read: the same truth as `read`, in fewer words.
contract MarksTest is ProtocolTest {
    bytes32 private constant PAIR = "two sources";
    uint8 private constant NORMAL = 0;
    uint8 private constant CAUTION = 1;
    uint8 private constant RESTRICTED = 2;
    uint8 private constant HALTED = 3;
    uint16 private constant OPENING = 1;
    uint16 private constant ALL = 63;
    uint16 private constant GRACE = 64;
    ChainlinkFeed private second;

    function setUpNode() internal override {
        setUpWithOneSource();
        second = createFeed("second", 200 * FEED);
        IOracleGuard.Feed memory configured = guard.feed(asset);
        configured.secondary = proxyOf[second];
        configured.secondaryHeartbeat = HEARTBEAT;
        vm.prank(owner);
        guard.setFeed(PAIR, configured, 0);
        IOracleGuard.RangeLimits memory limits = guard.rangeLimits(PAIR);
        limits.stablePriceRate = 0.00003e18;
        vm.prank(owner);
        guard.setRangeLimits(PAIR, limits, 0);
        elapse(1 minutes);
        setPrices(200e8, 200e8);
    }

    function setPrices(int256 primary, int256 secondary) private {
        feed.push(primary);
        second.push(secondary);
        guard.pokeMany(both());
    }

    function both() private view returns (bytes32[] memory assets) {
        assets = new bytes32[](2);
        (assets[0], assets[1]) = (asset, PAIR);
    }

    /// The mark of the asset with two sources, after a comparison of all marks with what `read` says.
    function pairMark(string memory state) private view returns (IOracleGuard.Mark memory) {
        IOracleGuard.Mark[] memory marks = guard.marks(both());
        IOracleGuard.Reading[] memory readings = guard.readMany(both());
        vm.assertEq(marks.length, 2, state);
        for (uint256 k = 0; k < 2; k++) {
            vm.assertEq(uint256(marks[k].mark), readings[k].mark, state);
            vm.assertEq(uint256(marks[k].stablePrice), readings[k].stablePrice, state);
            vm.assertEq(uint256(marks[k].tier), uint256(readings[k].tier), state);
            vm.assertEq(uint256(marks[k].blocked), uint256(readings[k].blocked), state);
        }
        return marks[1];
    }

    function assertMark(string memory state, uint256 mark, uint256 stablePrice, uint8 tier, uint16 blocked)
        private
        view
    {
        IOracleGuard.Mark memory found = pairMark(state);
        vm.assertEq(uint256(found.mark), mark, state);
        vm.assertEq(uint256(found.stablePrice), stablePrice, state);
        vm.assertEq(uint256(found.tier), uint256(tier), state);
        vm.assertEq(uint256(found.blocked), uint256(blocked), state);
    }

    function test_marks_are_what_read_says_in_every_state_of_the_sources() public {
        assertMark("agreeing", 200e18, 200e18, NORMAL, 0);
        elapse(100);
        setPrices(204e8, 204e8);
        assertMark("risen", 204e18, 200e18, NORMAL, 0);
        elapse(10);
        assertMark("the stable price follows by 0.003 % a second", 204e18, 200.06e18, NORMAL, 0);
        elapse(660);
        assertMark("and arrives", 204e18, 204e18, NORMAL, 0);
        setPrices(150e8, 190e8);
        assertMark("diverged: the median", 190e18, 204e18, HALTED, 7);
        elapse(100);
        // A fifth of 0.003 % a second towards the primary, although the mark is the secondary.
        assertMark("diverged: the stable price", 190e18, 204e18 - uint256(204e18) * 6 * 100 / 1_000_000, HALTED, 7);
        setPrices(0, 204e8);
        vm.assertEq(uint256(pairMark("sole").mark), 204e18);
        setPrices(0, 0);
        vm.assertEq(uint256(pairMark("frozen").blocked), ALL);
        vm.assertEq(uint256(pairMark("frozen").mark), 204e18);
        setPrices(204e8, 204e8);
        elapse(HEARTBEAT + 1);
        assertMark("old without a poke", 204e18, 204e18, HALTED, ALL);
    }

    function test_a_sole_source_is_kept_apart_from_the_mark_that_it_bounds() public {
        setPrices(0, 300e8);
        IOracleGuard.Reading memory reading = guard.read(PAIR);
        vm.assertEq(reading.mark, 220e18);
        vm.assertEq(reading.high, 300e18);
        vm.assertEq(reading.low, 220e18);
        vm.assertEq(reading.updatedAt, block.timestamp);
        pairMark("clamped");
    }

    /// A secondary near the mark is stored as its distance from it, rounded up by at most a part in 2^36 of the mark.
    function test_low_and_high_hold_both_sources() public {
        setPrices(200e8, 203.33333333e8);
        IOracleGuard.Reading memory reading = guard.read(PAIR);
        vm.assertEq(reading.low, 200e18);
        vm.assertGe(reading.high, 203.33333333e18);
        vm.assertLe(reading.high, uint256(203.33333333e18) + (200e18 >> 36) + 1);
        setPrices(200e8, 196.66666667e8);
        reading = guard.read(PAIR);
        vm.assertEq(reading.high, 200e18);
        vm.assertLe(reading.low, 196.66666667e18);
        vm.assertGe(reading.low, uint256(196.66666667e18) - (200e18 >> 36) - 1);
        setPrices(200e8, 209.12345678e8);
        reading = guard.read(PAIR);
        vm.assertEq(reading.low, 200e18);
        vm.assertEq(reading.high, 209.12345678e18, "exact where the sources differ");
    }

    function test_a_trip_shows_until_it_ends() public {
        vm.prank(guardian);
        guard.trip(PAIR, RESTRICTED, 10 minutes, "exploit");
        assertMark("tripped", 200e18, 200e18, RESTRICTED, OPENING);
        elapse(10 minutes - 1);
        assertMark("in its last second", 200e18, 200e18, RESTRICTED, OPENING);
        elapse(1);
        assertMark("over", 200e18, 200e18, NORMAL, 0);
    }

    function test_a_trip_survives_pokes_and_a_new_configuration() public {
        vm.prank(guardian);
        guard.trip(PAIR, CAUTION, 1 hours, "exploit");
        IOracleGuard.Feed memory configured = guard.feed(PAIR);
        vm.prank(owner);
        guard.setFeed(PAIR, configured, 0);
        elapse(10 minutes);
        setPrices(200e8, 200e8);
        assertMark("still", 200e18, 200e18, CAUTION, 0);
    }

    function test_the_grace_period_has_a_bit_of_its_own() public {
        vm.prank(owner);
        sequencer.setDown(true);
        setPrices(200e8, 200e8);
        assertMark("down", 200e18, 200e18, HALTED, 7 | GRACE);
        elapse(45 minutes);
        vm.prank(owner);
        sequencer.setDown(false);
        setPrices(200e8, 200e8);
        vm.assertEq(uint256(pairMark("up again").blocked & (OPENING | GRACE)), OPENING | GRACE);
        vm.assertEq(uint256(pairMark("up again").blocked & 8), 0, "liquidation goes on");
        elapse(1 hours - 1);
        vm.assertEq(uint256(pairMark("last second").blocked & GRACE), GRACE);
        elapse(1);
        setPrices(200e8, 200e8);
        vm.assertEq(uint256(pairMark("over").blocked & GRACE), 0);
    }

    function test_one_unknown_asset_reverts_all() public {
        bytes32[] memory assets = both();
        assets[1] = "nobody";
        vm.expectRevert(abi.encodeWithSelector(IOracleGuard.UnknownAsset.selector, bytes32("nobody")));
        guard.marks(assets);
        vm.assertEq(guard.marks(new bytes32[](0)).length, 0);
    }

    /// A reader stores nothing: before the first poke there is no mark to freeze at.
    function test_an_asset_that_was_never_poked_has_the_mark_that_a_poke_would_find() public {
        IOracleGuard.Feed memory configured = guard.feed(PAIR);
        vm.prank(owner);
        guard.setFeed("new", configured, 0);
        assertNew("read", 200e18, NORMAL, 0);
        (int256[2] memory broken, int256[2] memory sound) = ([int256(0), 0], [int256(210e8), 210e8]);
        pushBoth(broken);
        assertNew("frozen at nothing", 0, HALTED, ALL);
        guard.poke("new");
        assertNew("poked while frozen", 0, HALTED, ALL);
        pushBoth(sound);
        assertNew("read again: that poke has halted it", 210e18, HALTED, 7);
        guard.poke("new");
        assertNew("poked", 210e18, HALTED, 7);
        pushBoth(broken);
        assertNew("frozen at the mark that was stored", 210e18, HALTED, ALL);
    }

    function pushBoth(int256[2] memory prices) private {
        feed.push(prices[0]);
        second.push(prices[1]);
    }

    function assertNew(string memory state, uint256 mark, uint8 tier, uint16 blocked) private view {
        bytes32[] memory assets = new bytes32[](1);
        assets[0] = "new";
        IOracleGuard.Mark memory found = guard.marks(assets)[0];
        vm.assertEq(uint256(found.mark), mark, state);
        vm.assertEq(uint256(found.stablePrice), mark, state);
        vm.assertEq(uint256(found.tier), uint256(tier), state);
        vm.assertEq(uint256(found.blocked), uint256(blocked), state);
    }

    /// Between two pokes a reader is told what the next one would find, and again the mark that was stored where that would freeze.
    function test_marks_are_those_of_a_poke_in_the_same_second() public {
        elapse(100);
        feed.push(204e8);
        second.push(204e8);
        assertMark("a price that nobody poked", 204e18, 200e18, NORMAL, 0);
        elapse(10);
        assertMark("whose stable price follows only once it is stored", 204e18, 200e18, NORMAL, 0);
        feed.push(0);
        second.push(0);
        assertMark("nobody stored it", 200e18, 200e18, HALTED, ALL);
        feed.push(204e8);
        second.push(204e8);
        guard.freshMarks(both());
        assertMark("an operation stored it", 204e18, 200e18, NORMAL, 0);
        feed.push(0);
        second.push(0);
        assertMark("so that it is where the asset freezes", 204e18, 200e18, HALTED, ALL);
    }

    function assertRangeRefused(IOracleGuard.Feed memory configured) private {
        vm.expectRevert(
            abi.encodeWithSelector(IOracleGuard.InvalidPriceRange.selector, configured.floor, configured.ceiling)
        );
        vm.prank(owner);
        guard.setFeed("refused", configured, 0);
    }

    function test_no_price_needs_more_than_96_bits() public {
        ChainlinkFeed dear = createFeed("dear", 200 * FEED);
        IOracleGuard.Feed memory configured = guard.feed(asset);
        (configured.primary, configured.secondary) = (proxyOf[dear], address(0));
        configured.ceiling = 7.9228162514e28; // the highest of eleven digits below 2^96
        int256 highest = 7.9228162514e18 - 1; // in the feed's eight decimals
        vm.prank(owner);
        guard.setFeed("dear", configured, 0);
        dear.push(highest);
        guard.poke("dear");
        vm.assertEq(guard.read("dear").mark, uint256(highest) * 1e10);
        vm.assertEq(guard.read("dear").stablePrice, uint256(highest) * 1e10);
        configured.ceiling = 7.9228162515e28;
        assertRangeRefused(configured);
    }

    function test_bounds_have_at_most_19_digits() public {
        IOracleGuard.Feed memory configured = guard.feed(asset);
        configured.floor = 1.234567890123456789e19;
        configured.ceiling = 1.234567890123456789e25;
        vm.prank(owner);
        guard.setFeed("exact", configured, 0);
        vm.assertEq(uint256(guard.feed("exact").floor), configured.floor);
        vm.assertEq(uint256(guard.feed("exact").ceiling), configured.ceiling);
        configured.ceiling += 1;
        assertRangeRefused(configured);
        (configured.floor, configured.ceiling) = (configured.ceiling, configured.floor);
        assertRangeRefused(configured);
    }

    function test_rates_finer_than_1e9_are_refused() public {
        IOracleGuard.Parameters memory parameters = guard.parameters();
        parameters.cautionMove += 1e9;
        vm.prank(owner);
        guard.setParameters(parameters, 0);
        vm.assertEq(uint256(guard.parameters().cautionMove), uint256(parameters.cautionMove));
        parameters.cautionMove += 1;
        vm.expectRevert(IOracleGuard.ParametersOutOfBounds.selector);
        vm.prank(owner);
        guard.setParameters(parameters, 0);
    }
}
