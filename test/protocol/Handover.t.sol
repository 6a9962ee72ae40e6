// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {IOwnable} from "../../contracts/interfaces/IOwnable.sol";
import {ChainlinkUptimeFeed} from "../feeds/ChainlinkUptimeFeed.sol";
import {vm} from "../support/Vm.sol";
import {ProtocolTest} from "./Protocol.sol";

/// Feeds that end: the owner replaces them, and sets no price by it.
contract HandoverTest is ProtocolTest {
    uint8 private constant RESTRICTED = 2;
    uint8 private constant HALTED = 3;

    function sources(int256 first, int256 second) private returns (IOracleGuard.Feed memory configured) {
        configured = guard.feed(asset);
        configured.primary = proxyOf[createFeed("new primary", first)];
        configured.secondary = proxyOf[createFeed("new secondary", second)];
    }

    function replace(int256 first, int256 second) private {
        IOracleGuard.Feed memory configured = sources(first, second);
        vm.prank(owner);
        guard.setFeed(asset, configured, 0);
    }

    function refuse(int256 first, int256 second, bytes memory reason) private {
        IOracleGuard.Feed memory configured = sources(first, second);
        vm.expectRevert(reason);
        vm.prank(owner);
        guard.setFeed(asset, configured, 0);
    }

    function tooFar(uint256 price) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IOracleGuard.FeedTooFar.selector, price);
    }

    function test_a_live_asset_takes_sources_that_say_what_is_known_once_a_day() public {
        setPrice(200 * FEED);
        refuse(206.01e8, 200e8, tooFar(206.01e18));
        refuse(200e8, 193.99e8, tooFar(193.99e18));
        replace(206e8, 205e8);
        uint256 changed = block.timestamp;
        guard.poke(asset);
        vm.assertEq(guard.read(asset).mark, 206e18);
        bytes memory tooSoon = abi.encodeWithSelector(IOracleGuard.FeedTooSoon.selector, changed + 1 days);
        refuse(206e8, 206e8, tooSoon);
    }

    /// The mark is what the sources say in that very call, not what was stored.
    function test_new_sources_are_measured_by_the_mark_of_the_moment() public {
        setPrice(200 * FEED);
        elapse(1 minutes);
        pushPrice(ETH, 190 * FEED);
        refuse(200e8, 200e8, tooFar(200e18));
    }

    function test_a_source_that_says_nothing_is_not_taken() public {
        setPrice(200 * FEED);
        refuse(200e8, 0, abi.encodeWithSelector(IOracleGuard.FeedUntrusted.selector));
    }

    function freeze(uint256 hours_) private {
        setPrice(200 * FEED);
        setPrice(0);
        elapse(guard.feed(asset).heartbeat + hours_ * 1 hours);
        guard.poke(asset);
        vm.assertEq(uint256(guard.read(asset).tier), HALTED);
    }

    /// 6 % after four hours.
    function test_a_frozen_asset_takes_two_sources_that_agree_and_returns_restricted() public {
        freeze(4);
        uint256 stable = guard.read(asset).stablePrice;
        IOracleGuard.Feed memory single = sources(200e8, 200e8);
        (single.secondary, single.secondaryHeartbeat) = (address(0), 0);
        vm.expectRevert(IOracleGuard.FeedUntrusted.selector);
        vm.prank(owner);
        guard.setFeed(asset, single, 0);
        refuse(190e8, 191.9e8, tooFar(191.9e18));
        refuse(212.1e8, 212e8, tooFar(212.1e18));
        replace(188.1e8, 188.5e8);
        guard.poke(asset);
        vm.assertEq(uint256(guard.read(asset).tier), RESTRICTED);
        vm.assertEq(guard.read(asset).mark, 188.1e18);
        vm.assertEq(guard.read(asset).stablePrice, stable, "it stood still");
    }

    /// Half of the price, and no more, however long.
    function test_after_weeks_the_price_may_have_halved() public {
        freeze(40 days / 1 hours);
        refuse(99.9e8, 99.9e8, tooFar(99.9e18));
        replace(100.1e8, 100.1e8);
        guard.poke(asset);
        vm.assertEq(uint256(guard.read(asset).tier), RESTRICTED);
    }

    function test_the_stable_price_stands_still_while_frozen() public {
        setPrice(200 * FEED);
        setPrice(198 * FEED);
        elapse(1 minutes);
        setPrice(0);
        uint256 stable = guard.read(asset).stablePrice;
        vm.assertEq(stable, 199.64e18);
        elapse(3 days);
        guard.poke(asset);
        vm.assertEq(guard.read(asset).stablePrice, stable);
    }

    function test_an_uptime_feed_that_broke_is_replaced_by_one_that_has_been_up() public {
        setPrice(200 * FEED);
        sequencer.setDown(true); // and says so for ever
        vm.assertEq(uint256(guard.read(asset).tier), HALTED);
        ChainlinkUptimeFeed next = createUptimeFeed("another sequencer");
        address proxy = next.proxy();
        uint256 since = block.timestamp;
        vm.expectRevert(abi.encodeWithSelector(IOwnable.NotOwner.selector, alice.owner));
        vm.prank(alice.owner);
        guard.setUptimeFeed(proxy);
        vm.expectRevert(abi.encodeWithSelector(IOracleGuard.SequencerNotUp.selector, since));
        vm.prank(owner);
        guard.setUptimeFeed(proxy);
        address nothing = address(token);
        vm.expectRevert(abi.encodeWithSelector(IOracleGuard.FeedUnavailable.selector, nothing));
        vm.prank(owner);
        guard.setUptimeFeed(nothing);
        elapse(guard.parameters().gracePeriod);
        vm.prank(owner);
        guard.setUptimeFeed(proxy);
        vm.assertEq(guard.sequencerUptimeFeed(), proxy);
        setPrice(200 * FEED);
        vm.assertEq(uint256(guard.read(asset).blocked) & 64, 0, "no outage, and no grace");
        next.setDown(true);
        vm.assertEq(uint256(guard.read(asset).tier), HALTED);
        vm.expectRevert(abi.encodeWithSelector(IOracleGuard.SequencerNotUp.selector, block.timestamp));
        vm.prank(owner);
        guard.setUptimeFeed(proxy);
    }
}
