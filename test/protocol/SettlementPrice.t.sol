// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {vm} from "../support/Vm.sol";
import {ProtocolTest} from "./Protocol.sol";

/// The price at which instruments expire: what was trusted over half an hour, nobody's print, and nobody's to open.
contract SettlementPriceTest is ProtocolTest {
    uint256 private constant WINDOW = 30 minutes;
    uint256 private constant HALF = 15 minutes;
    uint64 private expiry;

    function setUpNode() internal override {
        setUpWithOneSource();
        uint256 today = block.timestamp / 1 days * 1 days;
        expiry = uint64(today + 2 days + 8 hours);
        elapse(expiry - block.timestamp - WINDOW - 10 minutes);
        setPrice(200 * FEED);
    }

    function settlement() private view returns (uint256 price, uint256 missing, bool isFinal) {
        (uint256 mean, uint32 secs, bool done) = guard.settlement(asset, expiry);
        return (mean, secs, done);
    }

    function assertSettlement(uint256 price, uint256 missing, bool isFinal, string memory when) private view {
        (uint256 foundPrice, uint256 foundMissing, bool foundFinal) = settlement();
        vm.assertEq(foundPrice, price, when);
        vm.assertEq(foundMissing, missing, when);
        vm.assertTrue(foundFinal == isFinal, when);
    }

    function assertFinal(uint64 day, uint256 price, string memory when) private view {
        (uint256 found, uint32 missing, bool isFinal) = guard.settlement(asset, day);
        vm.assertEq(found, price, when);
        vm.assertEq(uint256(missing), 0, when);
        vm.assertTrue(isFinal, when);
    }

    function assertOpen(uint64 day, string memory when) private view {
        (,, bool isFinal) = guard.settlement(asset, day);
        vm.assertFalse(isFinal, when);
    }

    function elapseTo(uint256 time) private {
        elapse(time - block.timestamp);
    }

    function test_it_is_the_mean_of_the_last_half_hour() public {
        assertSettlement(0, HALF, false, "before the window");
        elapseTo(expiry - 10 minutes);
        assertSettlement(200e18, 0, false, "seen without a poke");
        setPrice(230 * FEED);
        assertSettlement(200e18, 0, false, "the new price has lasted no time");
        elapseTo(expiry - 1);
        assertSettlement((200e18 * 1_200 + 230e18 * 599) / uint256(1_799), 0, false, "a second before");
        elapseTo(expiry);
        assertSettlement(210e18, 0, true, "at the expiry, as a poke would find it");
        elapse(20 minutes);
        guard.poke(asset);
        assertSettlement(210e18, 0, true, "for good");
        setPrice(500 * FEED);
        assertSettlement(210e18, 0, true, "whatever comes then");
    }

    function test_one_print_hardly_moves_it() public {
        elapseTo(expiry - 12);
        setPrice(400 * FEED);
        elapseTo(expiry);
        setPrice(200 * FEED);
        assertSettlement(200e18 + uint256(200e18) * 12 / 1_800, 0, true, "a double for 12 seconds is 0.67 %");
    }

    /// Somebody pokes in every minute, or nobody does in the window.
    function test_it_depends_on_prices_and_not_on_who_looks() public {
        string memory before = checkpoint();
        elapseTo(expiry - 20 minutes);
        setPrice(215 * FEED);
        elapseTo(expiry + 7 minutes);
        setPrice(190 * FEED);
        assertFinal(expiry, 210e18, "looked at twice");
        before = restore(before);
        elapseTo(expiry - 20 minutes);
        setPrice(215 * FEED);
        for (uint256 k = 0; k < 27; k++) {
            elapse(1 minutes);
            guard.poke(asset);
        }
        setPrice(190 * FEED);
        assertFinal(expiry, 210e18, "looked at in every minute");
    }

    function test_a_half_of_the_window_is_enough() public {
        elapseTo(expiry - HALF);
        setPrice(0);
        elapseTo(expiry - 1);
        assertSettlement(200e18, 0, false, "a second before");
        elapseTo(expiry);
        assertSettlement(200e18, 0, true, "frozen for half of the window");
    }

    function test_untrusted_time_is_made_up_for() public {
        elapseTo(expiry - 20 minutes);
        setPrice(0);
        elapseTo(expiry);
        assertSettlement(200e18, 5 minutes, false, "frozen for two thirds of the window");
        elapse(3 hours);
        assertSettlement(200e18, 5 minutes, false, "still frozen");
        setPrice(230 * FEED);
        elapse(5 minutes - 1);
        assertOpen(expiry, "a second before");
        elapse(1);
        assertSettlement(210e18, 0, true, "thawed, as a poke would find it");
        elapse(30 minutes);
        guard.poke(asset);
        assertSettlement(210e18, 0, true, "what comes later does not count");
    }

    /// One day is pending, and the others join it, so that whoever comes first has little to do.
    function test_days_without_a_price_take_that_of_the_first_of_them() public {
        elapseTo(expiry - 20 minutes);
        setPrice(0);
        elapse(300 days); // a program of the chain lives for a year
        uint64 last = expiryAfter(0) - 1 days;
        assertOpen(last, "nobody came");
        setPrice(230 * FEED);
        elapse(5 minutes);
        guard.poke(asset);
        assertFinal(expiry, 210e18, "the first");
        assertFinal(expiry + 150 days, 210e18, "one that joined it");
        assertFinal(last, 210e18, "the last");
        assertOpen(last + 1 days, "the day under way");
        elapseTo(last + 1 days);
        assertFinal(last + 1 days, 230e18, "which has a price of its own");
        assertFinal(last, 210e18, "and changes none");
    }

    /// What is read as final is what an operation in that second would store. Until one has, an outage takes it back: nobody
    /// pays anything by it before it is stored.
    function test_what_is_stored_as_final_stays_final() public {
        elapseTo(expiry + 1 minutes);
        assertSettlement(200e18, 0, true, "read, and stored by nobody");
        sequencer.setDown(true);
        assertSettlement(0, HALF, false, "an outage shows without a poke");
        sequencer.setDown(false);
        assertSettlement(0, HALF, false, "and its end");
        setPrice(300 * FEED);
        assertSettlement(0, HALF, false, "nobody knows how long the price had lasted");
        elapse(HALF);
        guard.poke(asset);
        assertSettlement(300e18, 0, true, "final");
        elapse(1 minutes);
        sequencer.setDown(true);
        sequencer.setDown(false);
        setPrice(200 * FEED);
        assertSettlement(300e18, 0, true, "whatever comes then");
    }

    /// Whoever acts on a price that is final stores it in the same call.
    function test_what_an_operation_found_final_stays_final() public {
        elapseTo(expiry + 1 minutes);
        bytes32[] memory assets = new bytes32[](1);
        assets[0] = asset;
        guard.freshMarks(assets);
        sequencer.setDown(true);
        assertSettlement(200e18, 0, true, "in an outage");
        sequencer.setDown(false);
        setPrice(300 * FEED);
        assertSettlement(200e18, 0, true, "and after it");
    }

    function test_day_after_day_and_old_ones_stay_known() public {
        elapseTo(expiry);
        guard.poke(asset);
        uint64 next = expiry + 1 days;
        elapseTo(next - WINDOW);
        setPrice(300 * FEED);
        elapseTo(next);
        setPrice(310 * FEED);
        assertFinal(expiry, 200e18, "the first stays");
        assertFinal(next, 300e18, "the second");
        for (uint256 k = 0; k < 5; k++) {
            elapse(1 days);
            refreshPrices();
        }
        assertFinal(expiry, 200e18, "the first stays for good");
    }

    function test_only_days_that_end_at_eight_have_a_price() public {
        elapseTo(expiry);
        guard.poke(asset);
        uint64[4] memory wrong = [expiry + 1, expiry - 1 hours, expiry - 10 days, expiry + 1 days];
        for (uint256 k = 0; k < 4; k++) {
            (uint256 price,, bool isFinal) = guard.settlement(asset, wrong[k]);
            vm.assertEq(price, 0);
            vm.assertFalse(isFinal);
        }
    }

    function test_a_new_window_holds_from_the_next_day() public {
        IOracleGuard.Parameters memory parameters = guard.parameters();
        parameters.settlementWindow = 10 minutes;
        vm.prank(owner);
        guard.setParameters(parameters, 0);
        elapseTo(expiry - 10 minutes);
        setPrice(230 * FEED);
        elapseTo(expiry);
        assertFinal(expiry, 210e18, "half an hour");
        guard.poke(asset);
        uint64 next = expiry + 1 days;
        elapseTo(next - 12 minutes);
        setPrice(300 * FEED);
        elapseTo(next - 5 minutes);
        setPrice(320 * FEED);
        elapseTo(next);
        assertFinal(next, 310e18, "ten minutes");
    }

    function test_only_known_assets_settle() public {
        bytes memory unknown = abi.encodeWithSelector(IOracleGuard.UnknownAsset.selector, bytes32("nobody"));
        vm.expectRevert(unknown);
        guard.settlement("nobody", expiry);
    }
}
