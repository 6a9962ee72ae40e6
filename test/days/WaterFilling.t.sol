// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";
import {DayTest} from "./Day.sol";

/// The published case: three shorts of 1.0m, 0.5m and 0.2m with 100k of equity each, 600k of the side is closed. Margin
/// utilisations are 50 %, 25 % and 10 %, the edges of their buckets 1/2, 1/4 and 1/8.
contract WaterFillingTest is DayTest {
    Trader internal large;
    Trader internal medium;
    Trader internal small;
    Trader internal bankrupt;
    Trader internal rest;

    function setUpNode() internal override {
        super.setUpNode();
        large = person("large", 100_000);
        medium = person("medium", 100_000);
        small = person("small", 100_000);
        bankrupt = person("bankrupt", 60_000);
        rest = person("rest", 1_000_000);
        trade(bankrupt, large, 3_000e18, 200e18);
        trade(rest, large, 2_000e18, 200e18);
        trade(rest, medium, 2_500e18, 200e18);
        trade(rest, small, 1_000e18, 200e18);
        withdrawCover();
    }

    function test_the_published_case_closes_550k_50k_and_nothing() public {
        setPriceCalmly(175 * FEED);
        (bool done, uint256 deficit, uint256 insured) = vault.deleverage(bankrupt.account, 16);
        vm.assertTrue(done);
        vm.assertEq(deficit, usd(15_000)); // 3,000 * 25 lost, 60,000 paid
        vm.assertEq(insured, 0);
        // At 200 dollars of entry 550k are 2,750 units and 50k are 250.
        vm.assertApproxEqAbs(sizeOf(large), -2_250e18, 1e9);
        vm.assertApproxEqAbs(sizeOf(medium), -2_250e18, 1e9);
        vm.assertEq(sizeOf(small), -1_000e18);
        vm.assertEq(sizeOf(bankrupt), 0);
        (uint256 long, uint256 short) = vault.openInterest(ETH);
        vm.assertEq(long, 5_500e18);
        vm.assertEq(short, 5_500e18);
    }

    function test_a_cut_takes_nothing_from_those_it_cuts() public {
        setCover(ETH, usd(1_000_000));
        setPriceCalmly(175 * FEED);
        int256 largesEquity = equityOf(large);
        int256 mediumsEquity = equityOf(medium);
        vault.deleverage(bankrupt.account, 16);
        vm.assertEq(coverage(), WAD);
        vm.assertApproxEqAbs(equityOf(large), largesEquity, 1e6);
        vm.assertApproxEqAbs(equityOf(medium), mediumsEquity, 1e6);
    }

    function test_the_same_position_in_ten_accounts_is_cut_as_much() public {
        openMarket("ten accounts");
        insure(INSURANCE);
        Trader[10] memory tenths;
        for (uint96 k = 0; k < 10; k++) {
            tenths[k] = subAccount(large, k);
            deposit(tenths[k], 10_000 * USD);
        }
        deposit(medium, 100_000 * USD);
        deposit(small, 100_000 * USD);
        deposit(bankrupt, 60_000 * USD);
        deposit(rest, 1_000_000 * USD);
        for (uint256 k = 0; k < 10; k++) {
            trade(bankrupt, tenths[k], 300e18, 200e18);
            trade(rest, tenths[k], 200e18, 200e18);
        }
        trade(rest, medium, 2_500e18, 200e18);
        trade(rest, small, 1_000e18, 200e18);
        setPriceCalmly(175 * FEED);
        vault.deleverage(bankrupt.account, 16);
        for (uint256 k = 0; k < 10; k++) {
            vm.assertApproxEqAbs(sizeOf(tenths[k]), -225e18, 1e9);
        }
        vm.assertApproxEqAbs(sizeOf(medium), -2_250e18, 1e9);
        vm.assertEq(sizeOf(small), -1_000e18);
    }
}
