// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";
import {DayTest} from "./Day.sol";

/// Two accounts of one person, who wants the profit of one and to leave the debt of the other behind: closes between them at
/// the far edge of the band.
contract BandClosingTest is DayTest {
    uint256 private constant EDGE = 178.36e18; // 2 % below 182

    Trader internal loser;
    Trader internal winner;

    /// Fifty units at 200 with 1,000 of capital; at 182 the loser has 100 left, less than maintenance margin of 455.
    function setUpNode() internal override {
        super.setUpNode();
        loser = person("person", 1_000);
        winner = subAccount(loser, 1);
        deposit(winner, 10_000 * USD);
        trade(loser, winner, 50e18, 200e18);
        setPriceCalmly(182 * FEED);
        vm.assertEq(equityOf(loser), int256(usd(100)));
    }

    /// Closing everything at the edge would leave 100 - 50 * 3.64 = -82 of equity.
    function test_closing_at_the_edge_into_bankruptcy_is_refused() public {
        (IMarginVault.Order memory maker, IMarginVault.Order memory taker) = crossing(winner, loser, 50e18, EDGE);
        vm.expectRevert(IMarginVault.NoEquity.selector);
        vault.settle(maker, sign(loser, maker), taker, sign(winner, taker), 50e18);
    }

    /// Ten units would leave equity of 63.6 against maintenance of 364: less of it than 100 of 455.
    function test_closing_a_part_that_worsens_the_ratio_is_refused() public {
        (IMarginVault.Order memory maker, IMarginVault.Order memory taker) = crossing(winner, loser, 10e18, EDGE);
        vm.expectRevert(IMarginVault.InsufficientMargin.selector);
        vault.settle(maker, sign(loser, maker), taker, sign(winner, taker), 10e18);
    }

    /// At 181.6 every unit costs 0.4 of equity and frees 9.1 of maintenance: the ratio of 100 to 455 rises.
    function test_closing_nearer_the_mark_reduces_risk_and_is_allowed() public {
        trade(winner, loser, 10e18, 181.6e18);
        vm.assertEq(equityOf(loser), int256(usd(96)));
        vm.assertEq(maintenanceOf(loser), usd(364));
    }
}
