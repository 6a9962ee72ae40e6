// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {VaultState} from "../protocol/Lens.sol";
import {Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";
import {DayTest} from "./Day.sol";

/// One account is short 398 million of a thin token at 0.0095, with a million of collateral; the token goes to 0.0376. The loss
/// is 398m * 0.0281 = 11,183,800: a million from the collateral, nine tenths of this instrument's cover of two millions, and the rest from
/// the profits of that side, in proportion. Capital pays nothing, and everything closes at the mark.
contract ShortSqueezeTest is DayTest {
    uint32 private constant THIN = 3;
    uint256 private constant UNITS = 398_000_000e18;
    uint256 private constant PROFITS = 11_183_800e18;
    uint256 private constant COVER = 2_000_000e18;
    uint256 private constant LEFT = 8_383_800e18;

    Trader internal short;
    Trader internal eager;
    Trader internal calm;
    Trader internal idle;

    function setUpNode() internal override {
        install();
        list(ETH, SYMBOL, 200 * FEED);
        list(THIN, "THIN", 0.0095e8);
        openMarket("squeeze");
        insure(INSURANCE);
        setCover(THIN, COVER);
        short = person("short", 1_000_000);
        eager = person("eager", 500_000);
        calm = person("calm", 1_000_000);
        idle = person("idle", 300_000);
        trade(THIN, eager, short, 200_000_000e18, 0.0095e18);
        trade(THIN, calm, short, 198_000_000e18, 0.0095e18);
    }

    function test_the_loss_stops_at_collateral_then_cover_then_profits() public {
        elapse(1 minutes);
        setPrice(THIN, 0.0376e8);
        (bool done, uint256 deficit, uint256 insured) = vault.deleverage(short.account, 16);
        vm.assertTrue(done);
        vm.assertEq(deficit, PROFITS - usd(1_000_000));
        vm.assertApproxEqAbs(insured, COVER / 10 * 9, UNIT);
        vm.assertLe(insured, COVER / 10 * 9);
        vm.assertApproxEqAbs(missing(), LEFT, UNIT);
        vm.assertApproxEqAbs(coverage(), WAD - LEFT * WAD / PROFITS, 1e6);

        touchEverybody();
        VaultState memory state = look();
        vm.assertApproxEqAbs(haircut(state), LEFT, 1e12);
        vm.assertEq(state.accounts[0].capital, 0);
        vm.assertEq(state.accounts[0].pnl, 0); // what is lost is not owed
        vm.assertEq(state.accounts[1].capital, usd(500_000));
        vm.assertEq(state.accounts[2].capital, usd(1_000_000));
        // Both were closed at 0.0376, a price that nobody chose.
        vm.assertApproxEqAbs(uint256(state.accounts[1].pnl), 200_000_000 * 0.0281e18, UNIT);
        vm.assertApproxEqAbs(uint256(state.accounts[2].pnl), 198_000_000 * 0.0281e18, UNIT);
        vm.assertEq(state.instruments[1].long, 0);
        vm.assertEq(withdraw(idle, 300_000 * USD), 300_000 * USD);
        assertCapitalIsBacked();
    }

    function test_the_pool_loses_no_more_than_this_instruments_cover() public {
        setPriceCalmly(THIN, 0.0376e8);
        uint256 before = token.balanceOf(address(pool));
        vault.deleverage(short.account, 16);
        vm.assertApproxEqAbs(before - token.balanceOf(address(pool)), 1_800_000 * USD, 1);
        (uint256 left,) = vault.cover(THIN);
        vm.assertApproxEqAbs(left, COVER / 10, UNIT); // for rewards
        (left,) = vault.cover(ETH);
        vm.assertGt(left, 0);
    }
}
