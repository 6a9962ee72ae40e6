// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {Behaviour, Way, WildFeed} from "../feeds/WildFeed.sol";
import {vm} from "../support/Vm.sol";
import {ProtocolTest} from "./Protocol.sol";

/// Pokes with less gas than its caller has, or counts it.
contract Starver {
    function poke(IOracleGuard guard, bytes32 asset, uint256 gas) external returns (bool ok, bytes memory data) {
        (ok, data) = address(guard).call{gas: gas}(abi.encodeCall(IOracleGuard.poke, (asset)));
    }

    /// What it costs to poke many.
    function measure(IOracleGuard guard, bytes32[] calldata assets) external returns (uint256 used) {
        used = gasleft();
        guard.pokeMany(assets);
        used -= gasleft();
    }
}

/// Feeds that lie, break or attack: each freezes its own asset at the last trusted mark, and no other.
contract HostileFeedsTest is ProtocolTest {
    bytes32 private constant HOSTILE = "hostile";
    uint16 private constant ALL = 63;
    int256 private constant DOLLARS = 200e8;
    uint256 private constant ROUND_BYTES = 160;
    /// What the guard gives a feed for one call; it asks for a round and for decimals.
    uint256 private constant FEED_GAS = 200_000;
    WildFeed private hostile;
    Starver private starver;

    function setUpNode() internal override {
        setUpWithOneSource();
        starver = Starver(create("starver", type(Starver).creationCode));
        hostile = WildFeed(create("hostile feed", type(WildFeed).creationCode));
        behave(Way.Answers);
        hostile.aim(guard, asset, vault, alice.account);
        configure(HOSTILE);
        elapse(1 minutes);
        setPrice(DOLLARS);
        behave(Way.Answers);
        guard.poke(HOSTILE);
    }

    /// An asset whose only source is the hostile feed.
    function configure(bytes32 which) private {
        IOracleGuard.Feed memory configured = guard.feed(asset);
        configured.primary = address(hostile);
        vm.prank(owner);
        guard.setFeed(which, configured, 0);
    }

    /// A good round of this second, in so many bytes, from a feed with so many decimals.
    function behave(Way way, uint256 length, uint256 decimals) private {
        uint256[5] memory words = [uint256(1), uint256(DOLLARS), block.timestamp, block.timestamp, 1];
        hostile.set(Behaviour(way, words, length, decimals));
    }

    function behave(Way way) private {
        behave(way, ROUND_BYTES, DECIMALS);
    }

    function assertTrusted(bytes32 which, string memory why) private view {
        IOracleGuard.Reading memory reading = guard.read(which);
        vm.assertEq(reading.mark, 200e18, why);
        vm.assertEq(uint256(reading.blocked), 0, why);
    }

    function assertFrozen(bytes32 which, string memory why) private view {
        IOracleGuard.Reading memory reading = guard.read(which);
        vm.assertEq(reading.mark, 200e18, why);
        vm.assertEq(uint256(reading.blocked), ALL, why);
        vm.assertEq(uint256(reading.tier), 3, why);
    }

    function both() private view returns (bytes32[] memory assets) {
        assets = new bytes32[](2);
        (assets[0], assets[1]) = (HOSTILE, asset);
    }

    /// A good round of this second does not count if its feed behaves so; the other asset's does.
    function assertFreezesAlone(Way way, uint256 length, uint256 decimals, string memory why) private {
        elapse(1 minutes);
        behave(way, length, decimals);
        setPrice(DOLLARS);
        guard.pokeMany(both());
        assertFrozen(HOSTILE, why);
        assertTrusted(asset, why);
        vm.assertEq(uint256(guard.read(asset).updatedAt), block.timestamp, why);
    }

    function test_each_way_to_break_freezes_one_asset_only() public {
        assertTrusted(HOSTILE, "at first");
        assertFreezesAlone(Way.Reverts, ROUND_BYTES, DECIMALS, "reverts");
        assertFreezesAlone(Way.BurnsItsGas, ROUND_BYTES, DECIMALS, "burns its gas");
        assertFreezesAlone(Way.BurnsItsGasForDecimals, ROUND_BYTES, DECIMALS, "burns its gas twice");
        assertFreezesAlone(Way.ReturnsAMegabyte, ROUND_BYTES, DECIMALS, "returns a megabyte");
        assertFreezesAlone(Way.HasNoDecimals, ROUND_BYTES, DECIMALS, "has no decimals");
        assertFreezesAlone(Way.Answers, ROUND_BYTES, 18, "changes its decimals");
        assertFreezesAlone(Way.Answers, ROUND_BYTES, 1 << 255 | DECIMALS, "decimals of 256 bits");
        uint256[4] memory lengths = [uint256(0), 32, 128, ROUND_BYTES - 1];
        for (uint256 k = 0; k < lengths.length; k++) {
            assertFreezesAlone(Way.Answers, lengths[k], DECIMALS, vm.toString(lengths[k]));
        }
        elapse(1 minutes);
        behave(Way.Answers);
        guard.poke(HOSTILE);
        vm.assertEq(uint256(guard.read(HOSTILE).blocked & 32), 0, "good again");
    }

    function test_more_words_than_the_interface_has_do_no_harm() public {
        elapse(1 minutes);
        behave(Way.Answers, 224, DECIMALS);
        guard.pokeMany(both());
        assertTrusted(HOSTILE, "two words more");
    }

    /// It would say nothing good if it got anything done.
    function test_a_feed_that_calls_back_is_refused() public {
        elapse(1 minutes);
        behave(Way.CallsBack);
        guard.pokeMany(both());
        assertTrusted(HOSTILE, "calls back");
        vm.assertEq(uint256(guard.read(HOSTILE).updatedAt), block.timestamp);
    }

    /// Whatever a feed does, it costs its pokers no more than what it is given twice, and the next asset gets as much as ever.
    function test_what_a_feed_can_burn_is_bounded() public {
        Way[4] memory ways = [Way.BurnsItsGas, Way.BurnsItsGasForDecimals, Way.ReturnsAMegabyte, Way.CallsBack];
        uint256 honest = starver.measure(guard, both());
        for (uint256 k = 0; k < ways.length; k++) {
            behave(ways[k]);
            uint256 used = starver.measure(guard, both());
            vm.assertLe(used, honest + 2 * FEED_GAS, vm.toString(k));
        }
        bytes32[] memory many = new bytes32[](9);
        for (uint256 k = 0; k < 8; k++) {
            many[k] = bytes32(k + 1);
            configure(many[k]);
        }
        many[8] = asset;
        behave(Way.BurnsItsGasForDecimals);
        elapse(1 minutes);
        setPrice(DOLLARS);
        vm.assertLe(starver.measure(guard, many), 8 * (honest + 2 * FEED_GAS) + honest);
        assertTrusted(asset, "after eight hostile ones");
    }

    function test_a_broken_feed_is_not_configured() public {
        IOracleGuard.Feed memory configured = guard.feed(HOSTILE);
        behave(Way.HasNoDecimals);
        bytes memory unavailable = abi.encodeWithSelector(IOracleGuard.FeedUnavailable.selector, address(hostile));
        vm.expectRevert(unavailable);
        vm.prank(owner);
        guard.setFeed("again", configured, 0);
        configured.primary = address(0xdead);
        vm.expectRevert(abi.encodeWithSelector(IOracleGuard.FeedUnavailable.selector, address(0xdead)));
        vm.prank(owner);
        guard.setFeed("again", configured, 0);
    }

    /// A caller that keeps gas back cannot make a good feed look dead.
    function test_a_starved_poke_reverts() public {
        bool succeeded;
        for (uint256 gas = 20_000; gas <= 420_000; gas += 20_000) {
            (bool ok,) = starver.poke(guard, asset, gas);
            assertTrusted(asset, vm.toString(gas));
            vm.assertTrue(ok || !succeeded, "more gas never hurts");
            succeeded = ok;
        }
        vm.assertTrue(succeeded);
        (, bytes memory data) = starver.poke(guard, asset, 200_000);
        vm.assertEq(bytes32(bytes4(data)), bytes32(IOracleGuard.InsufficientGas.selector));
    }

    /// Whatever a round says: its answer becomes the mark if every condition of the design holds, and never otherwise.
    function testFuzz_only_a_trusted_round_moves_the_mark(
        int256 answer,
        uint256 startedAt,
        int32 age,
        uint80 answeredInRound,
        uint8 shape
    ) public {
        if (shape & 1 == 0) answer = 150e8 + answer % 100e8;
        if (shape & 4 == 0) age = age % int32(2 * HEARTBEAT);
        if (shape & 12 == 0 && age < 0) age = -age;
        uint256 updatedAt = uint256(int256(block.timestamp) - age);
        if (shape & 0x70 == 0x70) updatedAt = 0;
        uint80 round = answeredInRound / 2 + shape % 2;
        uint256[5] memory words = [uint256(round), uint256(answer), startedAt, updatedAt, answeredInRound];
        if (shape & 2 != 0) words[0] = uint256(answeredInRound) + 1;
        hostile.set(Behaviour(Way.Answers, words, ROUND_BYTES, DECIMALS));
        guard.poke(HOSTILE);
        bool trusted = answer > 10e8 && answer < 10_000e8 && updatedAt != 0 && age >= 0 && uint32(age) <= HEARTBEAT
            && words[4] >= words[0];
        IOracleGuard.Reading memory reading = guard.read(HOSTILE);
        vm.assertEq(reading.mark, trusted ? uint256(answer) * 1e10 : 200e18);
        vm.assertTrue(trusted == (reading.blocked & 32 == 0));
        if (trusted) vm.assertEq(uint256(reading.updatedAt), updatedAt);
    }
}
