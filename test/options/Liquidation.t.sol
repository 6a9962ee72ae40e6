// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";
import {OptionsTest} from "./OptionsTest.sol";

/// Portfolios with options in trouble.
contract OptionLiquidationTest is OptionsTest {
    Trader private hedged;

    function setUpNode() internal override {
        super.setUpNode();
        hedged = subAccount(carol, 1);
        deposit(dave, 1_000_000 * USD);
    }

    /// A collar of ten, with this much behind it: perpetuals, puts below, and calls sold above.
    function openCollar(uint256 dollars) private returns (uint32 put, uint32 call) {
        deposit(hedged, 5_000 * USD);
        (put, call) = (series(28, 1_800, PUT), series(28, 2_200, CALL));
        buy(put, hedged, alice, 10e18);
        trade(ETH, hedged, alice, 10e18, SPOT);
        buy(call, alice, hedged, 10e18);
        withdraw(hedged, (5_000 - dollars) * USD);
    }

    /// The same share of every leg moves, at the marks: what is left is the same portfolio, only smaller.
    function test_a_liquidated_portfolio_keeps_its_hedge() public {
        (uint32 put, uint32 call) = openCollar(1_500);
        moveTo(1_700 * FEED);
        vault.touch(hedged.account);
        uint256 equity = uint256(equityOf(hedged));
        uint256 maintenance = maintenanceOf(hedged);
        vm.assertLt(equity, maintenance);
        (,,, int256 delta, int256 gamma, int256 vega,) = vault.portfolio(hedged.account, ETH);
        (uint256 share, uint256 penalty) = liquidate(hedged, dave, WAD);
        vm.assertApproxEqAbs(share, (maintenance * 5 / 4 - equity) * WAD / (maintenance * 6 / 5), 1e9);
        vm.assertApproxEqAbs(penalty, maintenance * share / WAD / 20, 1e10);
        int256 kept = int256(WAD - share);
        vm.assertApproxEqAbs(vault.position(hedged.account, ETH), 10 * kept, 100);
        vm.assertApproxEqAbs(vault.position(hedged.account, put), 10 * kept, 100);
        vm.assertApproxEqAbs(vault.position(hedged.account, call), -10 * kept, 100);
        vm.assertApproxEqAbs(vault.position(dave.account, put), int256(10 * share), 100);
        vm.assertApproxEqAbs(vault.position(dave.account, call), -int256(10 * share), 100);
        (,,, int256 deltaAfter, int256 gammaAfter, int256 vegaAfter,) = vault.portfolio(hedged.account, ETH);
        vm.assertApproxEqAbs(deltaAfter, delta * kept / 1e18, 1e6);
        vm.assertApproxEqAbs(gammaAfter, gamma * kept / 1e18, 1e6);
        vm.assertApproxEqAbs(vegaAfter, vega * kept / 1e18, 1e9);
        vm.assertApproxEqAbs(uint256(equityOf(hedged)), maintenanceOf(hedged) * 5 / 4, 1e13);
    }

    /// Where the market moves against one leg its hedge pays: no liquidation that the parts alone would have needed.
    function test_a_hedge_keeps_an_account_alive() public {
        deposit(hedged, 2_000 * USD);
        Trader memory bare = subAccount(carol, 2);
        deposit(bare, 2_000 * USD);
        uint32 put = series(28, 2_000, PUT);
        buy(put, hedged, alice, 5e18);
        trade(ETH, hedged, alice, 5e18, SPOT);
        trade(ETH, bare, alice, 5e18, SPOT);
        moveTo(1_660 * FEED);
        vault.touch(hedged.account);
        vault.touch(bare.account);
        vm.assertEq(equityOf(bare), 300e18);
        vm.assertLt(uint256(equityOf(bare)), maintenanceOf(bare));
        liquidate(bare, dave, WAD);
        vm.assertGt(uint256(equityOf(hedged)), 5 * maintenanceOf(hedged));
        vm.expectRevert(IMarginVault.Healthy.selector);
        liquidate(hedged, dave, WAD);
    }

    function test_the_liquidator_meets_the_portfolios_initial_margin() public {
        openCollar(1_500);
        moveTo(1_700 * FEED);
        Trader memory poor = subAccount(bob, 7);
        deposit(poor, 1 * USD);
        vm.expectRevert(IMarginVault.InsufficientMargin.selector);
        liquidate(hedged, poor, WAD);
    }

    /// Ten calls sold with 3,000 behind them; ETH rises by a quarter in a minute.
    function openShortCalls(uint32 call) private returns (Trader memory seller) {
        seller = subAccount(carol, 3);
        deposit(seller, 3_000 * USD);
        buy(call, alice, seller, 10e18);
    }

    function test_a_bankrupt_seller_is_closed_against_the_buyers_and_insurance_pays() public {
        uint32 call = series(14, 2_000, CALL);
        Trader memory seller = openShortCalls(call);
        buy(call, dave, bob, 20e18); // two of three that are bought are somebody else's
        uint256 before = token.balanceOf(address(pool));
        moveTo(2_500 * FEED);
        vault.touch(seller.account);
        vault.touch(alice.account);
        vault.touch(dave.account);
        int256 alices = equityOf(alice);
        int256 daves = equityOf(dave);
        int256 debt = -pnlOf(seller);
        vm.assertGt(debt, 500e18);
        vm.assertEq(equityOf(seller), -debt);
        (bool done, uint256 deficit, uint256 insured) = vault.deleverage(seller.account, 16);
        vm.assertTrue(done);
        vm.assertEq(int256(deficit), debt);
        vm.assertApproxEqAbs(insured, deficit, UNIT); // tokens are paid up to their unit
        vm.assertApproxEqAbs((before - token.balanceOf(address(pool))) * UNIT, deficit, UNIT);
        vm.assertEq(vault.position(seller.account, call), 0);
        (uint256 long, uint256 short) = vault.openInterest(call);
        vm.assertEq(short, 20e18);
        vm.assertApproxEqAbs(long, 20e18, 1e6);
        // At the mark: nothing is taken from those who are cut.
        vm.assertApproxEqAbs(equityOf(alice), alices, 1e9);
        vm.assertApproxEqAbs(equityOf(dave), daves, 1e9);
        vm.assertEq(coverage(), WAD);
        (uint256 counted,,,,) = vault.optionTotals(ETH);
        vm.assertLe(counted, 30e18);
    }

    function test_uninsured_the_profits_lose_the_deficit_to_the_unit() public {
        uint32 call = series(14, 2_000, CALL);
        Trader memory seller = openShortCalls(call);
        withdrawCover();
        moveTo(2_500 * FEED);
        vault.touch(alice.account);
        int256 profit = pnlOf(alice);
        (, uint256 deficit, uint256 insured) = vault.deleverage(seller.account, 16);
        vm.assertGt(deficit, 500e18);
        vm.assertEq(insured, 0);
        vm.assertEq(missing(), deficit);
        vault.touch(alice.account);
        vm.assertApproxEqAbs(equityOf(alice), 1_000_000e18 + profit - int256(deficit), UNIT);
        vm.assertEq(capitalOf(alice), 1_000_000e18);
    }

    /// Equity below a fifth of maintenance and two minutes on the clock: the share that a liquidation would take, with no debt.
    function test_a_portfolio_is_deleveraged_before_it_owes() public {
        uint32 call = series(14, 2_000, CALL);
        Trader memory seller = openShortCalls(call);
        int256 price = 2_000;
        while (equityOf(seller) > 150e18) {
            price += 5;
            elapse(61);
            setPrice(price * FEED);
            vault.touch(seller.account);
        }
        vm.assertGt(equityOf(seller), 0);
        vm.assertLt(uint256(equityOf(seller)) * 5, maintenanceOf(seller));
        vm.assertGe(clockOf(seller), 120);
        (, uint256 deficit,) = vault.deleverage(seller.account, 16);
        vm.assertEq(deficit, 0);
        vm.assertGe(equityOf(seller), 0);
        vm.assertGt(vault.position(seller.account, call), -10e18);
        vm.assertEq(coverage(), WAD);
    }

    /// A debt counts against the legs by the underlying's notional: one cover for perpetual and options.
    function test_cover_pays_for_an_underlying_once() public {
        uint32 call = series(14, 2_000, CALL);
        Trader memory seller = openShortCalls(call);
        setCover(ETH, 300e18);
        moveTo(2_500 * FEED);
        (, uint256 deficit, uint256 insured) = vault.deleverage(seller.account, 16);
        vm.assertGt(deficit, 500e18);
        vm.assertApproxEqAbs(insured, 270e18, UNIT);
        (uint256 left,) = vault.cover(call);
        vm.assertApproxEqAbs(left, 30e18, UNIT); // for rewards
        (left,) = vault.cover(ETH);
        vm.assertApproxEqAbs(left, 30e18, UNIT);
    }

    function test_a_frozen_underlying_sets_its_options_aside() public {
        (uint32 put, uint32 call) = openCollar(4_000);
        trade(BTC, hedged, alice, 0.4e18, 50_000e18);
        setPrice(ETH, 0);
        restartMean();
        setPrice(BTC, 46_000 * FEED);
        setPrice(ETH, 0);
        vm.assertEq(uint256(guard.read(asset).blocked), 63);
        vault.touch(hedged.account);
        vm.assertLt(uint256(equityOf(hedged)), maintenanceOf(hedged) + 3_000e18);
        restartMean();
        setPrice(BTC, 42_400 * FEED);
        vm.assertLt(equityOf(hedged), int256(maintenanceOf(hedged)));
        (uint256 share,) = liquidate(hedged, dave, WAD);
        vm.assertGt(share, 0);
        vm.assertEq(vault.position(hedged.account, put), 10e18);
        vm.assertEq(vault.position(hedged.account, call), -10e18);
        vm.assertEq(vault.position(hedged.account, ETH), 10e18);
        vm.assertLt(vault.position(hedged.account, BTC), 0.4e18);
    }
}
