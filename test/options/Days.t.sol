// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";
import {OptionsTest} from "./OptionsTest.sol";

/// Somebody posts 2m, buys calls on 8m of a thin token in one account from another one of his own, and moves its price by its
/// shock of 150 % in one update: the seller loses what he has not. Others pay less than the cover of (150 % - 5 %) * 8m = 11.6m
/// without which the calls could not have been sold, since a call moves by no more than its underlying.
contract ThinOptionStraddleTest is OptionsTest {
    uint32 private constant THIN = 3;
    uint256 private constant UNITS = 8_000_000e18;
    uint256 private constant COVER = 11_600_000e18;

    Trader private long;
    Trader private short;
    uint32 private call;

    function setUpNode() internal override {
        install();
        list(ETH, SYMBOL, 2_000 * FEED);
        list(THIN, "THIN", 1 * FEED);
        perpetuals[THIN].shock = 1.5e18;
        perpetuals[THIN].coverAllowance = uint128(COVER);
        openMarket("option straddle");
        insure(2 * INSURANCE);
        began = fridayAfter(1 hours);
        elapse(began - block.timestamp);
        refreshPrices();
        setSurface(THIN, expiryIn(28), VOLATILITY, 0, 0);
        IMarginVault.OptionRules memory thin = optionRules();
        (thin.tick, thin.strikeStep) = (0.0001e18, 1_000);
        vm.prank(owner);
        vault.setOptionRules(THIN, thin, 0);
        call = vault.listOption(THIN, expiryIn(28), 1e18, CALL, accountOf(address(this)));
        long = alice;
        short = subAccount(alice, 1);
        deposit(long, 1_000_000 * USD);
        deposit(short, 1_000_000 * USD);
        deposit(bob, 100_000 * USD);
        deposit(carol, 100_000 * USD);
        trade(ETH, bob, carol, 100e18, SPOT);
        restartMean();
        pushPrice(ETH, 2_200 * FEED);
        guard.poke(asset);
        vault.touch(bob.account);
        refreshPrices();
        setSurface(THIN, expiryIn(28), VOLATILITY, 0, 0);
    }

    function test_no_more_can_be_held_than_the_cover_pays_for() public {
        deposit(long, 1_000_000 * USD);
        deposit(short, 1_000_000 * USD);
        uint256 mark = markOf(call);
        refuse(call, long, short, UNITS + 1e18, mark, IMarginVault.CoverExceeded.selector);
        buy(call, long, short, UNITS / 2);
        trade(THIN, long, short, UNITS / 2, 1e18);
        refuse(call, long, short, 1e18, mark, IMarginVault.CoverExceeded.selector);
    }

    function test_others_lose_at_most_the_cover_and_profits_elsewhere_keep_their_worth() public {
        buy(call, long, short, UNITS);
        uint256 before = token.balanceOf(address(pool));
        uint256 sold = markOf(call);
        elapse(1 minutes);
        setPrice(THIN, 2.5e8);
        vm.assertEq(coverage(), WAD);
        vault.touch(short.account);
        vm.assertEq(coverage(), WAD);
        uint256 lost = UNITS / WAD * (markOf(call) - sold) - 1_000_000e18;
        vm.assertGt(lost, 10_000_000e18);
        (bool done, uint256 deficit, uint256 insured) = vault.deleverage(short.account, 16);
        vm.assertTrue(done);
        vm.assertApproxEqAbs(deficit, lost, UNITS / WAD * 1e6);
        vm.assertApproxEqAbs(insured, deficit, UNIT);
        vm.assertLe((before - token.balanceOf(address(pool))) * UNIT, COVER);
        vm.assertEq(coverage(), WAD);
        vm.assertEq(missing(), 0);
        // The honest 20,000 are worth 20,000.
        vm.assertApproxEqAbs(equityOf(bob), 120_000e18, 1);
    }

    /// Twice the shock: the cover is the end of what others pay.
    function test_beyond_its_shock_the_cover_still_bounds_the_loss_of_others() public {
        buy(call, long, short, UNITS);
        uint256 before = token.balanceOf(address(pool));
        restartMean();
        setPrice(THIN, 4e8);
        vault.deleverage(short.account, 16);
        uint256 lost = (before - token.balanceOf(address(pool))) * UNIT;
        vm.assertApproxEqAbs(lost, COVER / 10 * 9, 2 * UNIT);
        vm.assertGt(missing(), 10_000_000e18);
        vm.assertEq(capitalOf(bob), 100_000e18);
    }
}

/// One portfolio, in one account or split over twenty.
contract ManyOptionWalletsTest is OptionsTest {
    uint256 private constant WALLETS = 20;

    function open(Trader memory account, uint256 size) private {
        buy(series(28, 1_800, PUT), account, alice, size);
        trade(ETH, account, alice, size, SPOT);
        buy(series(28, 2_200, CALL), alice, account, size);
        buy(series(14, 2_000, PUT), alice, account, size / 2);
    }

    function test_twenty_wallets_need_the_margins_of_one() public {
        Trader memory whole = subAccount(carol, 1);
        deposit(whole, 100_000 * USD);
        open(whole, WALLETS * 1.234567890123456e18);
        uint256 initial;
        uint256 maintenance;
        for (uint256 k = 0; k < WALLETS; k++) {
            Trader memory part = subAccount(dave, uint96(k));
            deposit(part, 5_000 * USD);
            open(part, 1.234567890123456e18);
            initial += initialOf(part);
            maintenance += maintenanceOf(part);
        }
        uint256 basisPoint = 1e14;
        vm.assertApproxEqRel(initial, initialOf(whole), basisPoint);
        vm.assertApproxEqRel(maintenance, maintenanceOf(whole), basisPoint);
    }
}
