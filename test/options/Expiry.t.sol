// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";
import {OptionsTest} from "./OptionsTest.sol";

/// What becomes of options at their expiry: they are worth what they pay at the settlement price, and go.
contract ExpiryTest is OptionsTest {
    uint32 private call;
    uint32 private put;
    uint256 private paid; // the price of the call

    function setUpNode() internal override {
        super.setUpNode();
        (call, put) = (series(14, 2_000, CALL), series(14, 2_000, PUT));
    }

    function openBoth() private {
        paid = markOf(call);
        buy(call, alice, bob, 2e18);
        buy(put, alice, bob, 2e18);
    }

    function legsOf(Trader memory trader) private view returns (uint256) {
        (uint32[] memory held,) = vault.legs(trader.account);
        return held.length;
    }

    /// At 2,150 the call pays 150 and the put nothing; the price of both was paid for.
    function test_options_pay_their_intrinsic_value_at_the_settlement_price() public {
        openBoth();
        moveTo(2_150 * FEED);
        expire(14);
        vm.assertApproxEqAbs(markOf(call), 150e18, 10);
        vm.assertEq(markOf(put), 0);
        int256 gain = 2 * 150e18 - 4 * int256(paid);
        vm.assertLt(gain, 0);
        vm.assertApproxEqAbs(equityOf(alice), 1_000_000e18 + gain, 1e13);
        vault.touch(alice.account);
        vault.touch(bob.account);
        vm.assertApproxEqAbs(equityOf(alice), 1_000_000e18 + gain, 1e13);
        vm.assertApproxEqAbs(equityOf(bob), 1_000_000e18 - gain, 1e13);
        vm.assertEq(legsOf(alice) + legsOf(bob), 0);
        (uint256 long, uint256 short) = vault.openInterest(call);
        vm.assertEq(long + short, 0);
        assertBalances();
    }

    /// Capital, profit and debt are what the accounts have; tokens are there.
    function assertBalances() private view {
        (uint256 tokens, uint256 capital, uint256 profit, uint256 debt) = vault.totals();
        vm.assertLe(capital, tokens);
        vm.assertEq(debt, 0);
        vm.assertApproxEqAbs(tokens, capital + profit, 1e9);
        vm.assertEq(coverage(), WAD);
    }

    /// An account whose options have all settled needs no margin before anybody has touched it.
    function test_what_has_settled_needs_no_margin() public {
        openBoth();
        vm.assertGt(maintenanceOf(bob), 0);
        expire(14);
        vm.assertEq(maintenanceOf(bob), 0);
        vm.assertEq(initialOf(bob), 0);
        uint256 capital = capitalOf(bob) / UNIT;
        vm.assertEq(withdraw(bob, capital / 100), capital / 100);
    }

    /// Half of the window is at 2,000 and half at 2,100.
    function test_the_settlement_price_is_the_mean_of_half_an_hour() public {
        openBoth();
        elapse(expiryIn(14) - 1 hours - block.timestamp);
        refreshPrices();
        elapse(45 minutes);
        setPrice(2_100 * FEED);
        elapse(15 minutes);
        guard.poke(asset);
        (uint256 price,, bool isFinal) = guard.settlement(asset, expiryIn(14));
        vm.assertTrue(isFinal);
        vm.assertApproxEqAbs(price, 2_050e18, 10);
        vm.assertApproxEqAbs(equityOf(alice), 1_000_000e18 + 2 * 50e18 - 4 * int256(paid), 1e13);
    }

    /// One print that doubles the price for the last twelve seconds moves it by two thirds of a percent.
    function test_one_print_at_the_end_decides_nothing() public {
        openBoth();
        elapse(expiryIn(14) - 1 hours - block.timestamp);
        refreshPrices();
        elapse(1 hours - 12);
        setSources(ETH, 4_000 * FEED, 2_000 * FEED); // outvoted
        vm.assertLt(markOf(call), 0.5e18); // what twelve seconds are worth
        setSources(ETH, 4_000 * FEED, 4_000 * FEED); // both of them
        elapse(12);
        refreshPrices();
        vm.assertApproxEqAbs(markOf(call), SPOT * 12 / 1_800, 1e9);
        vm.assertApproxEqAbs(equityOf(alice), 1_000_000e18 + 2 * int256(SPOT * 12 / 1_800) - 4 * int256(paid), 1e13);
    }

    function test_between_expiry_and_settlement_nobody_trades() public {
        openBoth();
        loseTheWindow();
        refreshPrices();
        refuse(call, alice, bob, 1e18, 0, IMarginVault.ActionBlocked.selector);
        refuse(call, bob, alice, 1e18, 0, IMarginVault.ActionBlocked.selector);
        vm.assertGt(maintenanceOf(bob), 0);
        vm.expectRevert(IMarginVault.SeriesOpen.selector);
        vault.delist(call);
        elapse(15 minutes);
        refreshPrices();
        vm.assertEq(maintenanceOf(bob), 0);
        refuse(call, alice, bob, 1e18, 0, IMarginVault.ActionBlocked.selector);
    }

    /// ETH is frozen in the whole window, up to the expiry.
    function loseTheWindow() private {
        elapse(expiryIn(14) - 1 hours - block.timestamp);
        setPrice(ETH, 0);
        elapse(1 hours);
        perpetuals[ETH].price = int256(SPOT / 1e10);
    }

    /// Frozen for more than half of the window, it settles late, on what was trusted: ten minutes of it, and five after the thaw.
    function test_a_frozen_underlying_settles_late() public {
        openBoth();
        elapse(expiryIn(14) - 1 hours - block.timestamp);
        refreshPrices();
        elapse(40 minutes);
        setPrice(ETH, 0);
        elapse(1 hours);
        (,, bool isFinal) = guard.settlement(asset, expiryIn(14));
        vm.assertFalse(isFinal);
        setPrice(2_000 * FEED);
        elapse(5 minutes - 1);
        (,, isFinal) = guard.settlement(asset, expiryIn(14));
        vm.assertFalse(isFinal);
        elapse(1);
        refreshPrices();
        (,, isFinal) = guard.settlement(asset, expiryIn(14));
        vm.assertTrue(isFinal);
        vault.touch(alice.account);
        vm.assertEq(legsOf(alice), 0);
    }

    /// Once the price is final, what becomes of the asset does not matter to whoever held the option.
    function test_a_settled_option_is_free_of_a_frozen_underlying() public {
        openBoth();
        expire(14);
        setPrice(ETH, 0);
        vm.assertEq(uint256(guard.read(asset).blocked), 63);
        vault.touch(alice.account);
        vm.assertEq(legsOf(alice), 0);
        vm.assertEq(withdraw(alice, 1_000 * USD), 1_000 * USD);
    }

    function test_anyone_removes_a_series_that_nobody_holds_any_more() public {
        openBoth();
        expire(14);
        vm.expectRevert(IMarginVault.SeriesOpen.selector);
        vault.delist(call);
        vault.touch(alice.account);
        vm.expectRevert(IMarginVault.SeriesOpen.selector);
        vault.delist(call);
        vault.touch(bob.account);
        vm.prank(dave.owner);
        vault.delist(call);
        vault.delist(put);
        (uint256 openInterest, uint256 vega, uint256 gamma, uint256 live,) = vault.optionTotals(ETH);
        vm.assertEq(openInterest + vega + gamma + live, 0);
        vm.assertEq(vault.instruments().length, 2);
        vm.assertEq(uint256(vault.seriesOf(ETH, expiryIn(14), SPOT, CALL)), 0);
        pass(1 minutes);
        uint32 next = series(28, 2_000, CALL); // takes the place that was left
        vm.assertGt(uint256(next), put);
        buy(next, alice, bob, 1e18);
        vm.assertEq(vault.position(alice.account, next), 1e18);
        vm.expectRevert(IMarginVault.UnknownInstrument.selector);
        vault.position(alice.account, call);
    }

    /// A seller of ten whose 3,000 do not pay for it. The buyers' profit is what insurance makes good.
    function test_a_debt_at_the_expiry_is_paid_like_any_other() public {
        Trader memory seller = subAccount(carol, 1);
        deposit(seller, 3_000 * USD);
        uint256 mark = markOf(call);
        buy(call, alice, seller, 10e18);
        elapse(expiryIn(14) - 45 minutes - block.timestamp);
        setPrice(2_600 * FEED);
        for (uint256 k = 0; k < 3; k++) {
            elapse(15 minutes);
            refreshPrices();
        }
        vm.assertApproxEqAbs(markOf(call), 600e18, 10);
        uint256 owed = 10 * (600e18 - mark) - 3_000e18;
        uint256 before = token.balanceOf(address(pool));
        (bool done, uint256 deficit, uint256 insured) = vault.deleverage(seller.account, 16);
        vm.assertTrue(done);
        vm.assertApproxEqAbs(deficit, owed, 1e13);
        vm.assertApproxEqAbs(insured, deficit, UNIT); // tokens are paid up to their unit
        vm.assertApproxEqAbs((before - token.balanceOf(address(pool))) * UNIT, owed, UNIT + 1e13);
        vault.touch(alice.account);
        vm.assertApproxEqAbs(equityOf(alice), int256(1_000_000e18 + 10 * (600e18 - mark)), 1e13);
        vm.assertEq(legsOf(seller) + legsOf(alice), 0);
        vm.assertEq(coverage(), WAD);
        vault.delist(call);
    }

    /// Uninsured, whatever the order: the winners share what is missing.
    function test_the_order_of_settling_changes_nothing() public {
        Trader[3] memory buyers = [subAccount(alice, 1), subAccount(bob, 1), subAccount(dave, 1)];
        Trader memory seller = subAccount(carol, 1);
        deposit(seller, 2_500 * USD);
        for (uint256 k = 0; k < 3; k++) {
            deposit(buyers[k], 2_000 * USD);
            buy(call, buyers[k], seller, (k + 1) * 1e18);
        }
        withdrawCover();
        elapse(expiryIn(14) - 45 minutes - block.timestamp);
        setPrice(2_700 * FEED);
        for (uint256 k = 0; k < 3; k++) {
            elapse(15 minutes);
            refreshPrices();
        }
        string memory expired = checkpoint();
        int256[4] memory first = settleInOrder(buyers, seller, 0);
        for (uint256 turn = 1; turn < 4; turn++) {
            expired = restore(expired);
            int256[4] memory again = settleInOrder(buyers, seller, turn);
            for (uint256 k = 0; k < 4; k++) {
                vm.assertApproxEqAbs(again[k], first[k], UNIT);
            }
        }
    }

    /// Closes the debtor after `turn` of the buyers were settled.
    function settleInOrder(Trader[3] memory buyers, Trader memory seller, uint256 turn)
        private
        returns (int256[4] memory worth)
    {
        for (uint256 k = 0; k < turn; k++) {
            vault.touch(buyers[k].account);
        }
        vault.deleverage(seller.account, 16);
        for (uint256 k = 3; k > turn; k--) {
            vault.touch(buyers[k - 1].account);
        }
        for (uint256 k = 0; k < 3; k++) {
            worth[k] = equityOf(buyers[k]);
        }
        worth[3] = int256(missing());
        vm.assertGt(worth[3], 0);
    }

    /// Nobody came, and the mark was too old: the first quarter of an hour that somebody looks at makes the price, whenever that is.
    function test_an_expiry_that_nobody_came_for_settles_when_somebody_comes() public {
        openBoth();
        elapse(expiryIn(14) + 300 days + 3 hours - block.timestamp);
        setPrice(2_100 * FEED);
        vm.assertEq(markOf(call), 100e18);
        vm.expectRevert(IMarginVault.SeriesOpen.selector);
        vault.delist(call);
        elapse(15 minutes);
        refreshPrices();
        vault.touch(alice.account);
        vm.assertEq(legsOf(alice), 0);
        vm.assertApproxEqAbs(equityOf(alice), 1_000_000e18 + 2 * 100e18 - 4 * int256(paid), 1e13);
    }
}
