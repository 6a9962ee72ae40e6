// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {Chain} from "../../script/lib/Chain.sol";
import {Deployment} from "../../script/lib/Deployment.sol";
import {Node} from "../support/Node.sol";
import {vm} from "../support/Vm.sol";
import {GuardLogs, TierChange} from "./GuardLogs.sol";
import {ProtocolTest, Trader} from "./Protocol.sol";

/// How a call of `marks` ends with as much gas as it is given.
contract MarksCaller {
    function attempt(IOracleGuard guard, bytes32[] calldata assets, uint256 gas)
        external
        view
        returns (bool ok, bytes memory data)
    {
        return address(guard).staticcall{gas: gas}(abi.encodeCall(IOracleGuard.marks, (assets)));
    }
}

/// Uptime feeds that break in one way each, to be put in the place of the true one.
contract RevertingUptimeFeed {
    fallback() external {
        revert("no");
    }
}

contract BurningUptimeFeed {
    fallback() external {
        while (true) {}
    }
}

contract ShortUptimeFeed {
    fallback() external {
        assembly {
            return(0, 128)
        }
    }
}

contract HugeUptimeFeed {
    fallback() external {
        assembly {
            return(0, 0x100000)
        }
    }
}

contract FutureUptimeFeed {
    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        return (1, 0, block.timestamp + 1, block.timestamp + 1, 1);
    }
}

/// While the sequencer is down nobody pokes, and the first transaction after an outage may come before any poke: on a mark that is
/// younger than its heartbeat, and from before the outage. ETH has been 200 until then and is 176 afterwards.
contract OutagesTest is ProtocolTest {
    uint8 private constant NORMAL = 0;
    uint8 private constant HALTED = 3;
    uint8 private constant CALM = 0;
    uint8 private constant SEQUENCER_DOWN = 4;
    uint8 private constant FROZEN = 5;
    uint16 private constant OPENING = 1;
    uint16 private constant GRACE = 64;
    uint16 private constant ALL = 63;
    uint256 private constant MEAN_WINDOW = 5 minutes;
    uint256 private constant OUTAGE = 45 minutes; // less than the heartbeat
    MarksCaller private caller;
    /// 94 % of its maintenance margin is left at 176.
    Trader private deep = newTrader("deep");
    Trader private keeper = newTrader("keeper");

    function setUpNode() internal override {
        super.setUpNode();
        caller = MarksCaller(create("caller", type(MarksCaller).creationCode));
        deposit(alice, 10_000 * USD);
        deposit(bob, 100_000 * USD);
        deposit(keeper, 100_000 * USD);
        deposit(deep, 1_452_240_000);
        trade(alice, bob, 10e18, 200e18);
        trade(deep, bob, 45e18, 200e18);
        refreshPrices();
    }

    /// The sequencer comes up again after an outage. Nobody has poked in it, or since.
    function passOutage() private {
        sequencer.setDown(true);
        elapse(OUTAGE);
        sequencer.setDown(false);
    }

    /// An outage of no time.
    function interrupt() private {
        sequencer.setDown(true);
        sequencer.setDown(false);
    }

    function only(bytes32 one) private pure returns (bytes32[] memory assets) {
        assets = new bytes32[](1);
        assets[0] = one;
    }

    /// Every way to read ETH says the same of tier and actions.
    function assertReads(uint8 tier, uint16 blocked, string memory why) private view {
        IOracleGuard.OptionId[] memory none;
        (IOracleGuard.Mark[] memory marks,) = guard.marksWithOptions(only(asset), none);
        IOracleGuard.Mark memory mark = guard.marks(only(asset))[0];
        vm.assertEq(abi.encode(marks[0]), abi.encode(mark));
        IOracleGuard.Reading memory reading = guard.read(asset);
        vm.assertEq(abi.encode(guard.readMany(only(asset))[0]), abi.encode(reading));
        vm.assertEq(uint256(mark.tier), tier, why);
        vm.assertEq(uint256(reading.tier), tier, why);
        vm.assertEq(uint256(mark.blocked), blocked, why);
        vm.assertEq(uint256(reading.blocked), blocked, why);
        vm.assertEq(uint256(mark.mark), reading.mark, why);
        vm.assertEq(uint256(mark.stablePrice), reading.stablePrice, why);
    }

    /// Nobody trades ETH or withdraws beside it.
    function assertHalted(uint256 mark) private {
        bytes memory blocked = abi.encodeWithSelector(IMarginVault.ActionBlocked.selector);
        vm.expectRevert(blocked);
        vm.prank(alice.owner);
        vault.withdraw(alice.account, USD, alice.owner);
        for (int256 size = -1e18; size <= 1e18; size += 2e18) {
            IMarginVault.Order memory maker = order(bob, -size, mark, true);
            IMarginVault.Order memory taker = order(alice, size, mark, false);
            bytes memory makerSignature = sign(bob, maker);
            bytes memory takerSignature = sign(alice, taker);
            vm.expectRevert(blocked);
            vault.settle(maker, makerSignature, taker, takerSignature, 1e18);
        }
    }

    function test_the_first_transaction_after_an_outage_meets_the_mark_of_after_it() public {
        passOutage();
        pushPrice(ETH, 176 * FEED);
        assertReads(NORMAL, OPENING | GRACE, "before anybody pokes");
        vm.assertEq(guard.read(asset).mark, 176e18);
        vm.prank(keeper.owner);
        vm.expectRevert(IMarginVault.Healthy.selector);
        vault.liquidate(alice.account, keeper.account, WAD);
        (uint256 share,) = liquidate(deep, keeper, WAD);
        vm.assertGt(share, 0, "below 95 % of maintenance");
        IMarginVault.Order memory maker = order(bob, -1e18, 200e18, true);
        IMarginVault.Order memory taker = order(keeper, 1e18, 200e18, false);
        bytes memory makerSignature = sign(bob, maker);
        bytes memory takerSignature = sign(keeper, taker);
        vm.expectRevert(IMarginVault.PriceOutsideBand.selector);
        vault.settle(maker, makerSignature, taker, takerSignature, 1e18);
    }

    function test_after_a_poke_everything_goes_on_as_after_any_outage() public {
        passOutage();
        pushPrice(ETH, 176 * FEED);
        vm.prank(address(0xb0b)); // anyone
        guard.poke(asset);
        assertReads(NORMAL, OPENING | GRACE, "after the poke");
        (uint256 share,) = liquidate(deep, keeper, WAD);
        vm.assertGt(share, 0, "below 95 % of maintenance");
        trade(bob, alice, 1e18, 176e18); // reduces both
        vm.assertEq(withdraw(alice, USD), USD);
        IMarginVault.Order memory maker = order(bob, -1e18, 176e18, true);
        IMarginVault.Order memory taker = order(keeper, 1e18, 176e18, false);
        bytes memory makerSignature = sign(bob, maker);
        bytes memory takerSignature = sign(keeper, taker);
        vm.expectRevert(IMarginVault.ActionBlocked.selector);
        vault.settle(maker, makerSignature, taker, takerSignature, 1e18);
    }

    function test_while_the_outage_goes_on_nobody_trades_or_withdraws() public {
        sequencer.setDown(true);
        elapse(OUTAGE);
        assertReads(HALTED, 7 | GRACE, "down");
        assertHalted(200e18);
        elapse(HEARTBEAT - OUTAGE + 1);
        assertReads(HALTED, ALL | GRACE, "and the feeds are silent");
    }

    /// What is observed in the outage is Halted, and liquidation continues on it.
    function test_liquidation_continues_in_the_outage_on_what_the_feeds_say() public {
        sequencer.setDown(true);
        elapse(1 minutes);
        pushPrice(ETH, 176 * FEED);
        assertReads(HALTED, 7 | GRACE, "observed in the outage");
        elapse(MEAN_WINDOW + 1);
        (uint256 share,) = liquidate(deep, keeper, WAD / 1_000);
        vm.assertGt(share, 0);
        sequencer.setDown(false);
        assertReads(HALTED, 7 | GRACE, "up again, but not calm yet");
        assertHalted(176e18);
    }

    function test_an_outage_of_no_time_is_seen_by_whoever_looks_first() public {
        interrupt();
        elapse(1);
        assertReads(NORMAL, OPENING | GRACE, "before a poke");
        guard.poke(assetOf(BTC));
        assertReads(NORMAL, OPENING | GRACE, "of another asset");
        guard.poke(asset);
        assertReads(NORMAL, OPENING | GRACE, "poked");
    }

    /// The feed of ETH has died in the outage.
    function test_other_legs_of_the_account_are_not_held_up() public {
        deposit(carol, 10_000 * USD);
        trade(BTC, carol, bob, 0.1e18, 5_000e18);
        passOutage();
        elapse(HEARTBEAT - OUTAGE + 1);
        pushPrice(BTC, 4_900 * FEED);
        vm.assertEq(withdraw(carol, USD), USD, "not exposed to ETH");
        vm.expectRevert(IMarginVault.ActionBlocked.selector);
        vm.prank(alice.owner);
        vault.withdraw(alice.account, USD, alice.owner);
    }

    function test_without_an_outage_an_unpoked_mark_serves_until_it_is_too_old() public {
        elapse(HEARTBEAT);
        assertReads(NORMAL, 0, "as old as the heartbeat");
        elapse(1);
        assertReads(HALTED, ALL, "older");
    }

    /// A caller that keeps gas back cannot make a true feed look dead, and so an asset frozen.
    function test_a_starved_read_reverts() public {
        elapse(MEAN_WINDOW + 1);
        bool succeeded;
        for (uint256 gas = 20_000; gas <= 800_000; gas += 20_000) {
            (bool ok, bytes memory data) = caller.attempt(guard, only(asset), gas);
            if (ok) {
                IOracleGuard.Mark[] memory marks = abi.decode(data, (IOracleGuard.Mark[]));
                vm.assertEq(uint256(marks[0].blocked), 0, vm.toString(gas));
            }
            vm.assertTrue(ok || !succeeded, "more gas never hurts");
            succeeded = ok;
        }
        vm.assertTrue(succeeded);
        (, bytes memory reason) = caller.attempt(guard, only(asset), 200_000);
        vm.assertEq(bytes32(bytes4(reason)), bytes32(IOracleGuard.InsufficientGas.selector));
    }

    /// A broken uptime feed counts as an outage for readers as for pokes, and blocks no more: what is poked is liquidated.
    function test_a_broken_uptime_feed_halts_and_liquidations_go_on() public {
        bytes[5] memory broken = [
            type(RevertingUptimeFeed).runtimeCode,
            type(BurningUptimeFeed).runtimeCode,
            type(ShortUptimeFeed).runtimeCode,
            type(HugeUptimeFeed).runtimeCode,
            type(FutureUptimeFeed).runtimeCode
        ];
        setPriceCalmly(176 * FEED);
        bytes memory whole = Node.codeAt(installation.sequencerFeed);
        for (uint256 k = 0; k < broken.length; k++) {
            string memory which = vm.toString(k);
            replaceUptimeFeed(broken[k]);
            assertReads(HALTED, 7 | GRACE, string.concat("asked ", which));
            setPrice(176 * FEED);
            assertReads(HALTED, 7 | GRACE, string.concat("poked ", which));
            elapse(MEAN_WINDOW);
            (uint256 share,) = liquidate(deep, keeper, WAD / 1_000);
            vm.assertGt(share, 0, which);
            replaceUptimeFeed(whole);
            recover();
        }
    }

    function replaceUptimeFeed(bytes memory code) private {
        string memory target = vm.toString(installation.sequencerFeed);
        Node.request("anvil_setCode", string.concat('["', target, '","', vm.toString(code), '"]'));
    }

    /// The feed says what it said before it broke. Three calm periods take the breaker back to Normal.
    function recover() private {
        for (uint256 minute = 0; minute < 44; minute += 4) {
            elapse(4 minutes);
            setPrice(176 * FEED);
        }
    }

    function test_a_settlement_counts_no_price_from_before_an_outage() public {
        uint64 expiry = expiryAfter(1 days);
        elapse(expiry - block.timestamp - 31 minutes);
        setPrice(200 * FEED);
        elapse(31 minutes);
        (, uint32 missing, bool isFinal) = guard.settlement(asset, expiry);
        vm.assertEq(uint256(missing), 0, "all of it is counted");
        vm.assertTrue(isFinal, "if somebody acts now");
        interrupt();
        (, missing, isFinal) = guard.settlement(asset, expiry);
        vm.assertEq(uint256(missing), 15 minutes);
        vm.assertFalse(isFinal);
        setPrice(176 * FEED);
        (, missing, isFinal) = guard.settlement(asset, expiry);
        vm.assertEq(uint256(missing), 15 minutes, "nor does the poke count it");
        elapse(15 minutes);
        guard.poke(asset);
        uint256 price;
        (price, missing, isFinal) = guard.settlement(asset, expiry);
        vm.assertTrue(isFinal);
        vm.assertEq(price, 176e18);
    }

    /// How often the tier of ETH has changed; the node is in step with this test from here on.
    function countChanges() private returns (uint256) {
        guard.poke(asset);
        return GuardLogs.tierChanges(guard, asset).length;
    }

    function assertChange(TierChange memory change, uint8 from, uint8 to, uint8 cause) private pure {
        vm.assertEq(uint256(change.from), from, "from");
        vm.assertEq(uint256(change.to), to, "to");
        vm.assertEq(uint256(change.cause), cause, "cause");
    }

    function test_the_next_poke_reports_the_outage_and_its_end() public {
        uint256 before = countChanges();
        passOutage();
        setPrice(200 * FEED);
        TierChange[] memory changes = GuardLogs.tierChanges(guard, asset);
        vm.assertEq(changes.length, before + 2);
        assertChange(changes[before], NORMAL, HALTED, SEQUENCER_DOWN);
        assertChange(changes[before + 1], HALTED, NORMAL, CALM);
    }

    function test_the_next_poke_reports_that_the_mark_was_too_old() public {
        uint256 before = countChanges();
        elapse(HEARTBEAT + 1);
        setPrice(200 * FEED);
        TierChange[] memory changes = GuardLogs.tierChanges(guard, asset);
        vm.assertEq(changes.length, before + 2);
        assertChange(changes[before], NORMAL, HALTED, FROZEN);
        assertChange(changes[before + 1], HALTED, NORMAL, CALM);
    }

    function test_the_guardian_raises_what_it_finds_after_an_outage() public {
        passOutage();
        vm.expectRevert(IOracleGuard.SourcesAgree.selector);
        vm.prank(guardian);
        guard.trip(asset, HALTED, 1 hours, "outage");
        vm.prank(guardian);
        guard.trip(asset, 2, 1 hours, "outage");
        assertReads(2, OPENING | GRACE, "tripped");
    }

    function test_a_chain_without_an_uptime_feed_has_no_outages() public {
        guard.poke(asset); // brings the node in step with this test
        Chain.Session memory session = Chain.open(Node.url(), OWNER_KEY);
        address free = Deployment.createGuard(session, owner, guardian, address(0));
        attach("guard without an uptime feed", free);
        IOracleGuard.Feed memory configured = guard.feed(asset);
        guard = IOracleGuard(free);
        vm.prank(owner);
        guard.setFeed(asset, configured, 0);
        setPrice(200 * FEED);
        elapse(OUTAGE);
        assertReads(NORMAL, 0, "old");
        setPrice(176 * FEED);
        assertReads(NORMAL, 0, "poked");
    }
}
