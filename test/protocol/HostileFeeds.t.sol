// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {PriceFeed} from "../mocks/PriceFeed.sol";
import {vm} from "../support/Vm.sol";
import {ProtocolTest} from "./Protocol.sol";

/// A feed that answers 200 dollars, until it is told to misbehave.
contract HostileFeed {
    enum Mode {
        Honest,
        Reverts,
        BurnsItsGas,
        ReturnsNothing,
        ReturnsOneWordLess,
        ReturnsTwoWordsMore,
        ReturnsAMegabyte,
        ChangesItsDecimals,
        HasNoDecimals,
        CallsBack
    }

    Mode public mode;
    IOracleGuard private guard;
    bytes32 private asset;

    function setMode(Mode newMode) external {
        mode = newMode;
    }

    function setTarget(IOracleGuard newGuard, bytes32 newAsset) external {
        (guard, asset) = (newGuard, newAsset);
    }

    function decimals() external view returns (uint8) {
        if (mode == Mode.HasNoDecimals) revert();
        return mode == Mode.ChangesItsDecimals ? 18 : 8;
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        if (mode == Mode.Reverts) revert("no");
        if (mode == Mode.BurnsItsGas) {
            while (true) {}
        }
        if (mode == Mode.ReturnsNothing) returnBytes(0);
        if (mode == Mode.ReturnsOneWordLess) returnBytes(128);
        if (mode == Mode.ReturnsTwoWordsMore) returnBytes(224);
        if (mode == Mode.ReturnsAMegabyte) returnBytes(1 << 20);
        if (mode == Mode.CallsBack) guard.read(asset);
        return (1, 200e8, block.timestamp, block.timestamp, 1);
    }

    /// A good round in as many bytes.
    function returnBytes(uint256 length) private view {
        assembly {
            mstore(0x00, 1)
            mstore(0x20, 20000000000)
            mstore(0x40, timestamp())
            mstore(0x60, timestamp())
            mstore(0x80, 1)
            return(0, length)
        }
    }
}

/// Pokes with less gas than its caller has.
contract Starver {
    function poke(IOracleGuard guard, bytes32 asset, uint256 gas) external returns (bool ok, bytes memory data) {
        (ok, data) = address(guard).call{gas: gas}(abi.encodeCall(IOracleGuard.poke, (asset)));
    }
}

/// Feeds that lie, break or attack: each freezes its own asset at the last trusted mark, and no other.
contract HostileFeedsTest is ProtocolTest {
    bytes32 private constant HOSTILE = "hostile";
    bytes32 private constant SCRIPTED = "scripted";
    uint16 private constant ALL = 63;
    int256 private constant DOLLARS = 200e8;
    HostileFeed private hostile;
    PriceFeed private scripted;

    function setUpNode() internal override {
        setUpWithOneSource();
        hostile = HostileFeed(create("hostile feed", type(HostileFeed).creationCode));
        IOracleGuard.Feed memory configured = guard.feed(asset);
        configured.primary = address(hostile);
        vm.prank(owner);
        guard.setFeed(HOSTILE, configured);
        configureScriptedFeed(configured);
        elapse(1 minutes);
        setPrice(DOLLARS);
        guard.poke(HOSTILE);
    }

    /// A third asset, whose feed writes whatever rounds it is told to.
    function configureScriptedFeed(IOracleGuard.Feed memory configured) private {
        bytes memory arguments = abi.encode(owner, DECIMALS, "scripted", DOLLARS);
        scripted = PriceFeed(create("scripted feed", bytes.concat(type(PriceFeed).creationCode, arguments)));
        configured.primary = address(scripted);
        vm.prank(owner);
        guard.setFeed(SCRIPTED, configured);
        guard.poke(SCRIPTED);
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

    function pokeBoth() private {
        bytes32[] memory assets = new bytes32[](2);
        (assets[0], assets[1]) = (HOSTILE, asset);
        guard.pokeMany(assets);
    }

    function test_each_way_to_break_freezes_one_asset_only() public {
        assertTrusted(HOSTILE, "at first");
        HostileFeed.Mode[8] memory modes = [
            HostileFeed.Mode.Reverts,
            HostileFeed.Mode.BurnsItsGas,
            HostileFeed.Mode.ReturnsNothing,
            HostileFeed.Mode.ReturnsOneWordLess,
            HostileFeed.Mode.ReturnsAMegabyte,
            HostileFeed.Mode.ChangesItsDecimals,
            HostileFeed.Mode.HasNoDecimals,
            HostileFeed.Mode.CallsBack
        ];
        hostile.setTarget(guard, asset);
        for (uint256 k = 0; k < modes.length; k++) {
            string memory mode = vm.toString(uint256(modes[k]));
            hostile.setMode(modes[k]);
            elapse(1 minutes);
            pokeBoth();
            assertFrozen(HOSTILE, mode);
            assertTrusted(asset, mode);
        }
    }

    function test_more_words_than_the_interface_has_do_no_harm() public {
        hostile.setMode(HostileFeed.Mode.ReturnsTwoWordsMore);
        elapse(1 minutes);
        pokeBoth();
        assertTrusted(HOSTILE, "two words more");
    }

    function test_a_broken_feed_is_not_configured() public {
        IOracleGuard.Feed memory configured = guard.feed(HOSTILE);
        hostile.setMode(HostileFeed.Mode.HasNoDecimals);
        bytes memory unavailable = abi.encodeWithSelector(IOracleGuard.FeedUnavailable.selector, address(hostile));
        vm.expectRevert(unavailable);
        vm.prank(owner);
        guard.setFeed("again", configured);
        configured.primary = address(0xdead);
        vm.expectRevert(abi.encodeWithSelector(IOracleGuard.FeedUnavailable.selector, address(0xdead)));
        vm.prank(owner);
        guard.setFeed("again", configured);
    }

    /// A caller that keeps gas back cannot make a good feed look dead.
    function test_a_starved_poke_reverts() public {
        Starver starver = Starver(create("starver", type(Starver).creationCode));
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
        if (shape & 2 == 0) answeredInRound = type(uint80).max;
        if (shape & 4 == 0) age = age % int32(2 * HEARTBEAT);
        if (shape & 12 == 0 && age < 0) age = -age;
        uint256 updatedAt = uint256(int256(block.timestamp) - age);
        if (shape & 0x70 == 0x70) updatedAt = 0;
        vm.prank(owner);
        scripted.pushRound(answer, startedAt, updatedAt, answeredInRound);
        uint80 round = scripted.latestRound();
        guard.poke(SCRIPTED);
        bool trusted = answer > 10e8 && answer < 10_000e8 && updatedAt != 0 && age >= 0 && uint32(age) <= HEARTBEAT
            && answeredInRound >= round;
        IOracleGuard.Reading memory reading = guard.read(SCRIPTED);
        vm.assertEq(reading.mark, trusted ? uint256(answer) * 1e10 : 200e18);
        vm.assertTrue(trusted == (reading.blocked & 32 == 0));
        if (trusted) vm.assertEq(uint256(reading.updatedAt), updatedAt);
    }
}
