// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {ProtocolTest, Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";

/// A small debt of an account with a leg in a frozen asset: others convert all the same.
contract DebtOpenTest is ProtocolTest {
    Trader internal attacker = newTrader("attacker");
    Trader internal winner = newTrader("winner");

    function setUpNode() internal override {
        super.setUpNode();
        deposit(alice, 1_000_000 * USD);
        deposit(bob, 1_000_000 * USD);
        deposit(winner, 100_000 * USD);
        deposit(attacker, 45 * USD);
        trade(ETH, winner, bob, 1_000e18, 200e18);
        trade(ETH, alice, attacker, 1e18, 200e18);
        trade(BTC, attacker, alice, 0.01e18, 5_000e18);
    }

    /// Both feeds of BTC break, and ETH rises.
    function freeze() private {
        setPrice(BTC, 0);
        vm.assertEq(uint256(guard.read(assetOf(BTC)).blocked) & 16, 16);
        restartMean();
        setPrice(ETH, 250 * FEED);
    }

    function waitHalfADay() private {
        vault.touch(winner.account);
        vault.touch(bob.account);
        for (uint256 k = 0; k < 24; k++) {
            elapse(30 minutes);
            pushPrice(ETH, 250 * FEED);
            guard.poke(assetOf(ETH));
        }
    }

    /// What ETH has lost is written off with the leg in ETH; what is frozen owes nothing.
    function test_a_debt_that_a_frozen_leg_did_not_cause_is_written_off_with_the_leg_that_did() public {
        freeze();
        vault.touch(attacker.account);
        int256 debt = pnlOf(attacker);
        vm.assertLt(debt, 0);
        (bool done, uint256 deficit,) = vault.deleverage(attacker.account, 16);
        vm.assertFalse(done);
        vm.assertEq(deficit, uint256(-debt));
        vm.assertEq(pnlOf(attacker), 0);
        waitHalfADay();
        vm.assertApproxEqAbs(convert(winner), 50_000e18, UNIT);
    }

    /// A part of the debt is BTC's: it is stuck, counts as uninsured for who converts, and for nothing else.
    function test_a_debt_in_a_frozen_leg_stops_no_conversions() public {
        setPriceCalmly(BTC, 4_500 * FEED);
        vault.touch(alice.account); // takes the mark down
        freeze();
        vault.touch(attacker.account);
        vm.assertLt(pnlOf(attacker), -5e18); // 55 of 45 lost, 5 of them with BTC
        (bool done,,) = vault.deleverage(attacker.account, 16);
        vm.assertFalse(done);
        uint256 stuck = vault.stuckDebt();
        vm.assertApproxEqAbs(stuck, uint256(-pnlOf(attacker)), 0);
        vm.assertGt(stuck, 0);
        vm.assertEq(coverage(), WAD); // insurance has it covered
        vm.expectRevert(IMarginVault.ActionBlocked.selector);
        vault.deleverage(attacker.account, 16);
        waitHalfADay();
        uint256 received = convert(winner);
        vm.assertLt(received, 50_000e18);
        vm.assertGt(received, 50_000e18 - stuck);
        // BTC is quoted again: the debt can be closed, and nobody converts before it is.
        setPriceCalmly(BTC, 4_500 * FEED);
        elapse(1 days);
        refreshPrices();
        vault.touch(attacker.account);
        vm.assertEq(vault.stuckDebt(), 0);
        (done,,) = vault.deleverage(attacker.account, 16);
        vm.assertTrue(done);
        vm.assertEq(missing(), 0);
    }

    /// BTC owes a part, both feeds break, and the closing has stopped there.
    function getStuck() private {
        setPriceCalmly(BTC, 4_500 * FEED);
        vault.touch(alice.account);
        freeze();
        vault.touch(attacker.account);
    }

    /// Whom a known debt is closed against is fixed; once it is stuck, nobody waits for it with that either.
    function test_a_stuck_debt_stops_nobody_from_being_moved_up() public {
        getStuck();
        vm.expectRevert(IMarginVault.DebtOpen.selector);
        vault.rebucket(bob.account);
        vault.deleverage(attacker.account, 16);
        vm.assertGt(vault.stuckDebt(), 0);
        vm.prank(dave.owner);
        vault.rebucket(bob.account); // 50,000 lost: from 1 % of utilisation to 1.3 %
        vm.expectRevert(IMarginVault.NotDue.selector);
        vault.rebucket(bob.account);
    }

    /// Ten more accounts like that: each is stuck, and nobody waits for any of them.
    function test_a_crowd_of_stuck_debts_stops_nobody() public {
        Trader[] memory crowd = new Trader[](5);
        for (uint256 k = 0; k < crowd.length; k++) {
            crowd[k] = subAccount(attacker, uint96(k + 1));
            deposit(crowd[k], 45 * USD);
            trade(ETH, alice, crowd[k], 1e18, 200e18);
            trade(BTC, crowd[k], alice, 0.01e18, 5_000e18);
        }
        getStuck();
        for (uint256 k = 0; k < crowd.length; k++) {
            vault.touch(crowd[k].account);
            vault.deleverage(crowd[k].account, 16);
        }
        vault.deleverage(attacker.account, 16);
        (,,, uint256 debt) = vault.totals();
        vm.assertEq(vault.stuckDebt(), debt);
        vm.assertGt(debt, 5e18); // 5 of 55 lost with BTC, of 10 owed, six times
        waitHalfADay();
        uint256 received = convert(winner);
        vm.assertGt(received, 50_000e18 - debt);
        vm.prank(winner.owner);
        vault.withdraw(winner.account, 1_000 * USD, winner.owner);
        // Who pays a stuck debt, or a part of it, unsticks just that.
        deposit(crowd[0], USD / 2);
        vm.assertEq(vault.stuckDebt(), debt - 0.5e18);
        deposit(crowd[0], 100 * USD);
        vm.assertEq(pnlOf(crowd[0]), 0);
        (,,, debt) = vault.totals();
        vm.assertEq(vault.stuckDebt(), debt);
    }

    /// A debt beyond the stuck ones stops conversions, and only until anybody closes it.
    function test_a_debt_that_can_be_closed_beside_a_stuck_one_stops_conversions_until_anybody_closes_it() public {
        Trader memory second = subAccount(attacker, 1);
        deposit(second, 40 * USD);
        trade(ETH, alice, second, 1e18, 200e18);
        getStuck();
        vault.deleverage(attacker.account, 16);
        waitHalfADay();
        vault.touch(second.account);
        vm.expectRevert(IMarginVault.DebtOpen.selector);
        vm.prank(winner.owner);
        vault.convert(winner.account, 1e18);
        vm.prank(dave.owner);
        (bool done,,) = vault.deleverage(second.account, 1);
        vm.assertTrue(done);
        vm.assertGt(convert(winner), 49_000e18);
    }
}
