// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {vm} from "../support/Vm.sol";
import {ProtocolTest, Trader} from "./Protocol.sol";

/// Funding: what a trade's premium makes longs pay to shorts.
contract FundingTest is ProtocolTest {
    int256 private constant LIMIT = 0.005e18;
    uint256 private constant PERIOD = 8 hours;
    /// 1 - 1/e, WAD.
    uint256 private constant ALL_BUT_ONE_PART_IN_E = 632120558828557678;

    function setUpNode() internal override {
        super.setUpNode();
        setFees(ETH, 0.0004e18, 0.0006e18);
        deposit(alice, 100_000 * USD);
        deposit(bob, 100_000 * USD);
    }

    function rate() private view returns (int256 perPeriod) {
        (perPeriod,) = vault.funding(ETH);
    }

    function paid() private view returns (int256 byLongs) {
        (, byLongs) = vault.funding(ETH);
    }

    /// Lets time pass with the price as it is.
    function pass(uint256 secs) private {
        elapse(secs);
        refreshPrices();
    }

    function test_a_trade_at_the_mark_moves_no_rate() public {
        trade(alice, bob, 10e18, 200e18);
        vm.assertEq(rate(), 0);
        pass(PERIOD);
        vm.assertEq(paid(), 0);
    }

    function test_a_premium_counts_up_to_the_fees_of_both_sides() public {
        // 1 % above the mark, for fees of 0.1 % of 202 = 0.101 % of the mark; all of the open interest.
        trade(alice, bob, 10e18, 202e18);
        vm.assertEq(rate(), 0.00101e18);
        trade(bob, alice, 10e18, 200e18);
        vm.assertLt(rate(), 0.00101e18);
    }

    function test_a_discount_makes_shorts_pay() public {
        trade(alice, bob, 10e18, 199.9e18);
        vm.assertEq(rate(), -0.0005e18);
        int256 before = equityOf(bob);
        pass(PERIOD);
        vault.touch(bob.account);
        vm.assertLt(equityOf(bob), before);
    }

    function test_a_rate_pays_all_but_one_part_in_e_in_a_period_from_longs_to_shorts() public {
        trade(alice, bob, 10e18, 202e18);
        (int256 alices, int256 bobs) = (equityOf(alice), equityOf(bob));
        pass(PERIOD);
        vault.touch(alice.account);
        vault.touch(bob.account);
        // 10 units x 200 x 0.101 % x (1 - 1/e), to the rate's last digit.
        uint256 due = 2.02e18 * ALL_BUT_ONE_PART_IN_E / WAD;
        vm.assertApproxEqAbs(alices - equityOf(alice), int256(due), 2e12);
        vm.assertApproxEqAbs(equityOf(bob) - bobs, int256(due), 2e12);
        vm.assertGe(alices + bobs, equityOf(alice) + equityOf(bob));
        vm.assertApproxEqAbs(rate(), 0.00101e18 * int256(WAD - ALL_BUT_ONE_PART_IN_E) / int256(WAD), 1e9);
    }

    function test_a_rate_pays_itself_times_the_mark_in_all() public {
        trade(alice, bob, 10e18, 202e18);
        for (uint256 k = 0; k < 6; k++) {
            pass(2 days);
            vault.touch(alice.account);
        }
        vm.assertEq(rate(), 0);
        vm.assertEq(paid(), 0.202e18);
    }

    /// forge-config: default.fuzz.runs = 24
    function testFuzz_touching_in_between_changes_nothing_that_is_paid(uint256 first, uint256 second) public {
        first = bound(first, 1, 3 days);
        second = bound(second, 1, 3 days);
        trade(alice, bob, 10e18, 202e18);
        string memory start = checkpoint();
        pass(first + second);
        vault.touch(alice.account);
        (int256 rateOnce, int256 paidOnce) = vault.funding(ETH);
        restore(start);
        pass(first);
        vault.touch(bob.account);
        pass(second);
        vault.touch(alice.account);
        // A rate has nine digits, of a mark of 200.
        vm.assertApproxEqAbs(rate(), rateOnce, 1e9);
        vm.assertApproxEqAbs(paid(), paidOnce, 200e9);
    }

    function test_no_premium_takes_the_rate_beyond_half_a_per_cent() public {
        setFees(ETH, 0.01e18, 0.01e18);
        trade(alice, bob, 10e18, 204e18);
        vm.assertEq(rate(), LIMIT);
        trade(bob, alice, 20e18, 196e18);
        vm.assertGe(rate(), -LIMIT);
    }

    function test_without_fees_nothing_moves_the_rate() public {
        setFees(ETH, 0, 0);
        trade(alice, bob, 10e18, 204e18);
        vm.assertEq(rate(), 0);
    }

    function test_a_small_trade_weighs_its_share_of_open_interest() public {
        trade(alice, bob, 99e18, 200e18);
        pass(PERIOD); // the volume of a new period starts at nothing
        trade(alice, bob, 1e18, 202e18);
        vm.assertApproxEqAbs(rate(), 0.0000101e18, 1e9);
    }

    /// Carol and her other account push the rate to where it pays Carol, who holds the whole short side.
    /// forge-config: default.fuzz.runs = 24
    function testFuzz_washing_costs_at_least_what_it_ever_earns(uint256 size, uint256 premium, uint256 washes) public {
        size = bound(size, 1e15, 50e18);
        premium = bound(premium, 0, 4e18);
        washes = bound(washes, 1, 4);
        Trader memory other = subAccount(carol, 1);
        deposit(carol, 100_000 * USD);
        deposit(other, 100_000 * USD);
        trade(alice, carol, 100e18, 200e18);
        pass(PERIOD);
        int256 before = equityOf(carol) + equityOf(other);
        for (uint256 k = 0; k < washes; k++) {
            trade(k % 2 == 0 ? other : carol, k % 2 == 0 ? carol : other, size, 200e18 + premium);
        }
        pass(12 days);
        vm.assertEq(rate(), 0);
        vm.assertLe(equityOf(carol) + equityOf(other), before);
    }
}
