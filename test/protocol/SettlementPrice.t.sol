// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {vm} from "../support/Vm.sol";
import {ProtocolTest} from "./Protocol.sol";

/// The price at which instruments expire: what was trusted over half an hour, and nobody's print.
contract SettlementPriceTest is ProtocolTest {
    uint256 private constant WINDOW = 30 minutes;
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
        vm.assertApproxEqAbs(foundPrice, price, 5, when);
        vm.assertEq(foundMissing, missing, when);
        vm.assertTrue(foundFinal == isFinal, when);
    }

    function elapseTo(uint256 time) private {
        elapse(time - block.timestamp);
    }

    function test_it_is_the_mean_of_the_last_half_hour() public {
        guard.openSettlement(asset, expiry);
        assertSettlement(0, WINDOW, false, "before");
        elapseTo(expiry - 10 minutes);
        assertSettlement(200e18, 10 minutes, false, "seen without a poke");
        setPrice(230 * FEED);
        assertSettlement(200e18, 10 minutes, false, "the new price has lasted no time");
        elapseTo(expiry - 1);
        assertSettlement((200e18 * 1_200 + 230e18 * 599) / uint256(1_799), 1, false, "a second before");
        elapseTo(expiry);
        assertSettlement(210e18, 0, true, "at the expiry, as a poke would find it");
        elapse(20 minutes);
        guard.poke(asset);
        assertSettlement(210e18, 0, true, "for good");
        setPrice(500 * FEED);
        assertSettlement(210e18, 0, true, "whatever comes then");
    }

    function test_one_print_hardly_moves_it() public {
        guard.openSettlement(asset, expiry);
        elapseTo(expiry - 12);
        setPrice(400 * FEED);
        elapseTo(expiry);
        setPrice(200 * FEED);
        assertSettlement(200e18 + uint256(200e18) * 12 / 1_800, 0, true, "a double for 12 seconds is 0.67 %");
    }

    function test_untrusted_time_is_made_up_for() public {
        guard.openSettlement(asset, expiry);
        elapseTo(expiry - 15 minutes);
        setPrice(0);
        elapseTo(expiry);
        assertSettlement(200e18, 15 minutes, false, "frozen for half of the window");
        elapse(3 hours);
        assertSettlement(200e18, 15 minutes, false, "still frozen");
        setPrice(220 * FEED);
        elapse(15 minutes);
        guard.poke(asset);
        assertSettlement(210e18, 0, true, "thawed");
    }

    /// What is read as final is what an operation in that second would store. Until one has, an outage takes it back: nobody
    /// pays anything by it before it is stored.
    function test_what_is_stored_as_final_stays_final() public {
        guard.openSettlement(asset, expiry);
        elapseTo(expiry + 1 minutes);
        assertSettlement(200e18, 0, true, "read, and stored by nobody");
        sequencer.setDown(true);
        assertSettlement(0, WINDOW, false, "an outage shows without a poke");
        sequencer.setDown(false);
        assertSettlement(0, WINDOW, false, "and its end");
        setPrice(300 * FEED);
        assertSettlement(0, WINDOW, false, "nobody knows how long the price had lasted");
        elapse(WINDOW);
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
        guard.openSettlement(asset, expiry);
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

    /// Only where somebody may hold options of it, so that nobody holds up the next one by opening old ones.
    function test_opened_late_it_starts_then() public {
        setSurface(ETH, expiry, 0.8e18, 0, 0);
        elapseTo(expiry + 1 hours - 10);
        setPrice(210 * FEED);
        elapse(10);
        guard.openSettlement(asset, expiry);
        elapse(WINDOW);
        guard.poke(asset);
        assertSettlement(210e18, 0, true, "half an hour later");
    }

    /// Nobody opened the expiry in time, and somebody the next one as soon as that was allowed, to hold this one up.
    function test_a_missed_expiry_is_opened_although_the_next_one_was() public {
        setSurface(ETH, expiry, 0.8e18, 0, 0);
        uint64 next = expiry + 1 days;
        elapseTo(expiry);
        setPrice(200 * FEED);
        guard.openSettlement(asset, next);
        guard.openSettlement(asset, expiry);
        elapse(WINDOW);
        assertSettlement(200e18, 0, true, "the missed one, as a poke would find it");
        guard.openSettlement(asset, next);
        assertSettlement(200e18, 0, true, "which the opening of the next one has stored");
        vm.expectRevert(abi.encodeWithSelector(IOracleGuard.SettlementRunning.selector, next));
        guard.openSettlement(asset, next + 1 days);
        elapseTo(next - WINDOW);
        setPrice(300 * FEED);
        elapseTo(next);
        guard.poke(asset);
        (uint256 price,, bool isFinal) = guard.settlement(asset, next);
        vm.assertEq(price, 300e18);
        vm.assertTrue(isFinal);
        assertSettlement(200e18, 0, true, "and stays");
        vm.expectRevert(abi.encodeWithSelector(IOracleGuard.InvalidExpiry.selector, expiry));
        guard.openSettlement(asset, expiry);
    }

    /// What is over and has no options settles nothing, so that nobody can hold up the next expiry with it.
    function test_an_expiry_without_a_surface_is_not_opened_late() public {
        elapseTo(expiry);
        vm.expectRevert(abi.encodeWithSelector(IOracleGuard.InvalidExpiry.selector, expiry));
        guard.openSettlement(asset, expiry);
    }

    function test_one_after_the_other_and_old_ones_stay_known() public {
        guard.openSettlement(asset, expiry);
        uint64 next = expiry + 1 days;
        elapseTo(expiry - 1);
        vm.expectRevert(abi.encodeWithSelector(IOracleGuard.SettlementRunning.selector, expiry));
        guard.openSettlement(asset, next);
        elapseTo(expiry);
        guard.openSettlement(asset, next);
        assertSettlement(200e18, 0, true, "the first stays");
        (uint256 price,, bool isFinal) = guard.settlement(asset, next);
        vm.assertEq(price, 0);
        vm.assertFalse(isFinal);
        elapseTo(next - WINDOW);
        setPrice(300 * FEED);
        elapseTo(next);
        setPrice(310 * FEED);
        (price,, isFinal) = guard.settlement(asset, next);
        vm.assertEq(price, 300e18);
        vm.assertTrue(isFinal);
        assertSettlement(200e18, 0, true, "and stays");
        vm.expectRevert(abi.encodeWithSelector(IOracleGuard.InvalidExpiry.selector, expiry));
        guard.openSettlement(asset, expiry);
    }

    function test_expiries_are_at_eight_and_at_most_a_day_away() public {
        uint64[4] memory wrong = [expiry + 1, expiry - 1 hours, expiry + 1 days, expiry - 1 days];
        elapseTo(expiry);
        for (uint256 k = 0; k < 4; k++) {
            if (k == 2) wrong[k] += 1 days;
            vm.expectRevert(abi.encodeWithSelector(IOracleGuard.InvalidExpiry.selector, wrong[k]));
            guard.openSettlement(asset, wrong[k]);
        }
        for (uint64 unopened = 0; unopened <= expiry; unopened += expiry) {
            (uint256 price, uint256 missing, bool isFinal) = guard.settlement(asset, unopened);
            vm.assertEq(price + missing, 0);
            vm.assertFalse(isFinal);
        }
    }

    function test_a_new_window_does_not_change_a_running_one() public {
        guard.openSettlement(asset, expiry);
        IOracleGuard.Parameters memory parameters = guard.parameters();
        parameters.settlementWindow = 5 minutes;
        vm.prank(owner);
        guard.setParameters(parameters, 0);
        assertSettlement(0, WINDOW, false, "as it was opened");
    }

    function test_only_known_assets_settle() public {
        bytes memory unknown = abi.encodeWithSelector(IOracleGuard.UnknownAsset.selector, bytes32("nobody"));
        vm.expectRevert(unknown);
        guard.openSettlement("nobody", expiry);
        vm.expectRevert(unknown);
        guard.settlement("nobody", expiry);
    }
}
