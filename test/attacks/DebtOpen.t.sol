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
}
