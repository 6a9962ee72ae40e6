// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";
import {DayTest} from "./Day.sol";

/// Somebody posts 2m, holds 8m of notional on both sides of one thin market in two accounts, and moves its price by its shock
/// of 150 % in one update: one side gains 12m, the other loses 12m and pays 1m of them. Of the 11m that others pay insurance pays
/// nine tenths of the cover of (150 % - 5 %) * 8m = 11.6m without which the position could not have been opened; a tenth is for rewards.
/// Of nine tenths of the position it pays everything.
contract ThinStraddleTest is DayTest {
    uint32 private constant THIN = 3;
    uint256 private constant UNITS = 8_000_000e18;
    uint256 private constant COVER = 11_600_000e18;

    Trader internal long;
    Trader internal short;
    Trader internal honest;
    Trader internal other;

    function setUpNode() internal override {
        install();
        list(ETH, SYMBOL, 200 * FEED);
        list(THIN, "THIN", 1 * FEED);
        perpetuals[THIN].shock = 1.5e18;
        perpetuals[THIN].coverAllowance = uint128(COVER);
        openMarket("straddle");
        insure(2 * INSURANCE);
        long = person("straddler", 1_000_000);
        short = subAccount(long, 1);
        deposit(short, 1_000_000 * USD);
        honest = person("honest", 100_000);
        other = person("other", 100_000);
        trade(honest, other, 1_000e18, 200e18);
        setPriceCalmly(ETH, 220 * FEED);
        vault.touch(honest.account);
        refreshPrices();
    }

    function test_no_more_can_be_held_than_the_cover_pays_for() public {
        deposit(long, 1_000_000 * USD);
        deposit(short, 1_000_000 * USD);
        IMarginVault.Order memory maker = order(THIN, short, -int256(UNITS + 1e18), 1e18, true);
        IMarginVault.Order memory taker = order(THIN, long, int256(UNITS + 1e18), 1e18, false);
        bytes memory makerSignature = sign(short, maker);
        bytes memory takerSignature = sign(long, taker);
        vm.expectRevert(IMarginVault.CoverExceeded.selector);
        vault.settle(maker, makerSignature, taker, takerSignature, UNITS + 1e18);
        vault.settle(maker, makerSignature, taker, takerSignature, UNITS);
    }

    function test_others_lose_at_most_the_cover_and_profits_elsewhere_keep_their_worth() public {
        trade(THIN, long, short, UNITS / 10 * 9, 1e18);
        uint256 before = token.balanceOf(address(pool));
        elapse(1 minutes);
        setPrice(THIN, 2.5e8);
        vm.assertEq(coverage(), WAD);
        vault.touch(short.account);
        vm.assertEq(coverage(), WAD);
        (bool done, uint256 deficit, uint256 insured) = vault.deleverage(short.account, 16);
        vm.assertTrue(done);
        vm.assertEq(deficit, usd(9_800_000));
        vm.assertEq(insured, usd(9_800_000));
        vm.assertEq(before - token.balanceOf(address(pool)), 9_800_000 * USD);
        vm.assertEq(coverage(), WAD);
        vm.assertEq(missing(), 0);
        // The honest 20,000 are worth 20,000.
        vm.assertApproxEqAbs(equityOf(honest), int256(usd(120_000)), 1);
    }

    /// Twice the shock: the cover is the end of what others pay; the vault's profits bear the rest, the other market none.
    function test_beyond_its_shock_the_cover_still_bounds_the_loss_of_others() public {
        trade(THIN, long, short, UNITS, 1e18);
        (IMarginVault otherVault, IInsurancePool otherPool) = createMarket(address(token), "elsewhere");
        uint256 before = token.balanceOf(address(pool));
        setPriceCalmly(THIN, 4e8);
        vault.deleverage(short.account, 16);
        uint256 lost = before - token.balanceOf(address(pool));
        vm.assertLe(lost * UNIT, COVER / 10 * 9);
        vm.assertApproxEqAbs(lost, COVER / 10 * 9 / UNIT, 1);
        vm.assertApproxEqAbs(missing(), usd(23_000_000) - COVER / 10 * 9, UNIT);
        (uint256 elsewhere,) = otherVault.coverage();
        vm.assertEq(elsewhere, WAD);
        vm.assertEq(token.balanceOf(address(otherPool)), LEAST_BOND);
    }
}
