// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";
import {DayTest} from "./Day.sol";

/// The sequencer is down for 45 minutes, in which ETH falls from 200 to 176. At 176 the maintenance margin of 45 units is 396: one
/// account has 94 % of it left, one 97 %, one is well.
contract OutageTest is DayTest {
    uint16 private constant OPENING = 1;
    uint16 private constant GRACE = 64;
    uint32 private constant GRACE_PERIOD = 1 hours;

    Trader internal deep;
    Trader internal shallow;
    Trader internal well;
    Trader internal maker;
    Trader internal keeper;

    function setUpNode() internal override {
        super.setUpNode();
        deep = person("deep", 0);
        deposit(deep, 1_452_240_000); // 372.24 after a loss of 1,080
        shallow = person("shallow", 0);
        deposit(shallow, 1_464_120_000); // 384.12
        well = person("well", 10_000);
        maker = person("maker", 100_000);
        keeper = person("keeper", 100_000);
        trade(deep, maker, 45e18, 200e18);
        trade(shallow, maker, 45e18, 200e18);
        trade(well, maker, 45e18, 200e18);
        vm.prank(owner);
        sequencer.setDown(true);
        guard.poke(asset);
        elapse(45 minutes);
        vm.prank(owner);
        sequencer.setDown(false);
        setPrice(176 * FEED);
    }

    function blocked(uint16 bit) private view returns (bool) {
        return guard.read(asset).blocked & bit != 0;
    }

    function test_accounts_below_95_percent_are_liquidated_at_once_and_others_after_the_grace_period() public {
        vm.assertTrue(blocked(GRACE));
        vm.assertApproxEqAbs(equityOf(deep), 372.24e18, 1);
        vm.assertApproxEqAbs(equityOf(shallow), 384.12e18, 1);
        vm.expectRevert(IMarginVault.Healthy.selector);
        liquidate(shallow, keeper, WAD);
        (uint256 share,) = liquidate(deep, keeper, WAD);
        vm.assertGt(share, 0);
        for (uint256 minute = 0; minute < GRACE_PERIOD / 10 minutes; minute++) {
            elapse(10 minutes);
            setPrice(176 * FEED);
        }
        elapse(1);
        setPrice(176 * FEED);
        vm.assertFalse(blocked(GRACE));
        (share,) = liquidate(shallow, keeper, WAD);
        vm.assertGt(share, 0);
    }

    function test_in_the_grace_period_nobody_opens_and_everybody_may_reduce_and_deposit() public {
        IMarginVault.Order memory sell = order(maker, -1e18, 176e18, true);
        IMarginVault.Order memory buy = order(well, 1e18, 176e18, false);
        bytes memory makerSignature = sign(maker, sell);
        bytes memory takerSignature = sign(well, buy);
        vm.expectRevert(IMarginVault.ActionBlocked.selector);
        vault.settle(sell, makerSignature, buy, takerSignature, 1e18);
        for (uint256 minute = 0; minute < 12; minute += 4) {
            elapse(4 minutes); // until it is no longer halted
            setPrice(176 * FEED);
        }
        vm.assertTrue(blocked(GRACE));
        vm.expectRevert(IMarginVault.ActionBlocked.selector);
        vault.settle(sell, makerSignature, buy, takerSignature, 1e18);
        trade(maker, well, 10e18, 176e18);
        vm.assertEq(sizeOf(well), 35e18);
        deposit(shallow, 100 * USD);
        vm.assertApproxEqAbs(equityOf(shallow), 484.12e18, 1);
    }

    function test_after_the_grace_period_opening_is_allowed_again() public {
        for (uint256 minute = 0; minute < 80; minute += 4) {
            elapse(4 minutes);
            setPrice(176 * FEED);
            if (minute < 56) vm.assertTrue(blocked(OPENING), "opened in the grace period");
        }
        vm.assertFalse(blocked(OPENING));
        trade(well, maker, 1e18, 176e18);
        vm.assertEq(sizeOf(well), 46e18);
    }
}
