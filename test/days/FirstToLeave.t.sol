// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";
import {DayTest} from "./Day.sol";

/// A winner who is first to leave takes what the loser had, and no capital of somebody who only deposited.
///
/// Long and short of 5,000 at 200 with 100,000 each; at 260 the winner is 300,000 ahead, the loser can pay 100,000, nobody is
/// insured: h = 1 - 200,000 / 300,000.
contract FirstToLeaveTest is DayTest {
    Trader internal winner;
    Trader internal loser;
    Trader internal idle;

    function setUpNode() internal override {
        super.setUpNode();
        winner = person("winner", 100_000);
        loser = person("loser", 100_000);
        idle = person("idle", 200_000);
        trade(winner, loser, 5_000e18, 200e18);
        withdrawCover();
        setPriceCalmly(260 * FEED);
        vault.touch(winner.account);
        elapse(1 days); // the profit matures
        refreshPrices();
    }

    function test_before_the_loser_is_settled_there_is_nothing_to_take() public {
        vm.assertEq(pnlOf(winner), int256(usd(300_000)));
        vm.assertEq(convert(winner), 0);
        vm.assertEq(withdraw(idle, 200_000 * USD), 200_000 * USD);
    }

    /// While insurance may pay for the debt nobody knows how much, so nobody converts at a ratio that it may not stand for.
    function test_nobody_converts_while_insurance_may_pay_for_an_open_debt() public {
        setCover(ETH, 1_000e18);
        vault.touch(loser.account);
        vm.expectRevert(IMarginVault.DebtOpen.selector);
        vm.prank(winner.owner);
        vault.convert(winner.account, type(uint256).max);
        vm.assertEq(withdraw(idle, 200_000 * USD), 200_000 * USD);
    }

    function test_the_winner_leaves_with_what_the_loser_paid() public {
        vault.deleverage(loser.account, 16);
        vm.assertApproxEqAbs(coverage(), WAD / 3, 1);
        vm.assertApproxEqAbs(convert(winner), usd(100_000), 1e6);
        vm.assertLe(capitalOf(winner), usd(200_000));
        uint256 paid = withdraw(winner, capitalOf(winner) / UNIT);
        vm.assertApproxEqAbs(paid, 200_000 * USD, 1);
        assertCapitalIsBacked();
        vm.assertEq(withdraw(idle, 200_000 * USD), 200_000 * USD);
        vm.assertEq(token.balanceOf(idle.owner), 200_000 * USD);
    }

    function test_whoever_is_first_the_winner_gets_the_same() public {
        vault.deleverage(loser.account, 16);
        vm.assertEq(withdraw(idle, 200_000 * USD), 200_000 * USD);
        vm.assertApproxEqAbs(convert(winner), usd(100_000), 1e6);
        vm.assertApproxEqAbs(withdraw(winner, capitalOf(winner) / UNIT), 200_000 * USD, 1);
        assertCapitalIsBacked();
    }
}

/// Two winners of one loser: 150,000 each, 100,000 to share.
contract TwoWinnersTest is DayTest {
    Trader internal one;
    Trader internal two;
    Trader internal loser;

    function setUpNode() internal override {
        super.setUpNode();
        one = person("one", 100_000);
        two = person("two", 100_000);
        loser = person("loser", 100_000);
        trade(one, loser, 2_500e18, 200e18);
        trade(two, loser, 2_500e18, 200e18);
        withdrawCover();
        setPriceCalmly(260 * FEED);
        vault.touch(one.account);
        vault.touch(two.account);
        elapse(1 days);
        refreshPrices();
        vault.deleverage(loser.account, 16);
    }

    function test_both_get_half_whoever_comes_first() public {
        string memory before = checkpoint();
        vm.assertApproxEqAbs(convert(one), usd(50_000), 1e6);
        vm.assertApproxEqAbs(coverage(), WAD / 3, 1e6);
        vm.assertApproxEqAbs(convert(two), usd(50_000), 1e6);
        assertCapitalIsBacked();
        restore(before);
        vm.assertApproxEqAbs(convert(two), usd(50_000), 1e6);
        vm.assertApproxEqAbs(convert(one), usd(50_000), 1e6);
        assertCapitalIsBacked();
    }
}
