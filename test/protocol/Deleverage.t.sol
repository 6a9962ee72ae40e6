// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {vm} from "../support/Vm.sol";
import {ProtocolTest, Trader} from "./Protocol.sol";

/// Deleveraging in its three cases, leg by leg, and no faster than a side can bear.
contract DeleverageTest is ProtocolTest {
    Trader internal maker = newTrader("maker");
    Trader internal whale = newTrader("whale");

    function setUpNode() internal override {
        super.setUpNode();
        deposit(maker, 10_000_000 * USD);
        deposit(whale, 10_000_000 * USD);
        // So much open interest that an hour's tenth is far more than what is closed below.
        trade(ETH, whale, maker, 20_000e18, 200e18);
        trade(BTC, whale, maker, 800e18, 5_000e18);
    }

    function deleverage(Trader memory trader, uint256 legs) private returns (bool done) {
        (done,,) = vault.deleverage(trader.account, legs);
    }

    function expectNotDeleverageable(Trader memory trader) private {
        vm.expectRevert(IMarginVault.NotDeleverageable.selector);
        vault.deleverage(trader.account, 16);
    }

    /// Puts `secs` on the account's clock.
    function runClock(Trader memory trader, uint256 secs) private {
        vault.touch(trader.account);
        for (uint256 passed = 0; passed < secs; passed += 60) {
            elapse(60);
            refreshPrices();
            vault.touch(trader.account);
        }
    }

    /// So slow that after two minutes a penalty does not take all there is.
    function slowPenalty() private {
        IMarginVault.Parameters memory parameters = vault.parameters();
        parameters.penaltyRamp = 3_600;
        vm.prank(owner);
        vault.setParameters(parameters, 0);
    }

    // ---- near debt

    /// At 179: 1,000 - 45 * 21 = 55 left of a maintenance of 402.75.
    function nearDebt() private {
        deposit(alice, 1_000 * USD);
        trade(alice, maker, 45e18, 200e18);
        setPriceCalmly(179 * FEED);
    }

    function test_an_account_near_debt_is_deleveraged_after_two_minutes() public {
        slowPenalty();
        nearDebt();
        expectNotDeleverageable(alice);
        runClock(alice, 60);
        expectNotDeleverageable(alice);
        elapse(59);
        expectNotDeleverageable(alice);
        elapse(1);
        (int256 equity, uint256 maintenance,,) = vault.health(alice.account);
        // The rate has risen from 5 % by 95 % * 120 / 3,600; (1.25 * 402.75 - 55) / (402.75 * (1.25 - rate)).
        uint256 rate = 0.05e18 + uint256(0.95e18) / 30;
        uint256 share = (maintenance * 5 / 4 - uint256(equity)) * WAD / maintenance * WAD / (1.25e18 - rate);
        vm.assertLt(rate * maintenance / WAD, uint256(equity));
        vm.assertTrue(deleverage(alice, 16));
        vm.assertApproxEqAbs(sizeOf(alice), int256(45e18 * (WAD - share) / WAD), 1e6);
        uint256 penalty = maintenance * share / WAD * rate / WAD;
        vm.assertApproxEqAbs(uint256(equity - equityOf(alice)), penalty, 1e12);
        (uint256 capital, int256 pnl) = vault.balances(accountOf(address(pool)));
        vm.assertApproxEqAbs(capital + uint256(pnl), penalty, 1e12);
        (equity, maintenance,,) = vault.health(alice.account);
        vm.assertApproxEqAbs(uint256(equity), maintenance * 5 / 4, 1e12);
    }

    function test_a_penalty_that_would_take_all_equity_takes_every_leg() public {
        nearDebt();
        runClock(alice, 120);
        vm.assertTrue(deleverage(alice, 16));
        vm.assertEq(sizeOf(alice), 0);
        vm.assertLe(uint256(equityOf(alice)), 1e12);
        vm.assertGe(equityOf(alice), 0);
        vm.assertEq(missing(), 0);
    }

    function test_above_a_fifth_of_maintenance_it_is_liquidated_instead() public {
        deposit(alice, 1_000 * USD);
        trade(alice, maker, 45e18, 200e18);
        setPriceCalmly(180 * FEED); // 100 of 405
        runClock(alice, 300);
        expectNotDeleverageable(alice);
        deposit(carol, 10_000 * USD);
        (uint256 share,) = liquidate(alice, carol, WAD);
        vm.assertGt(share, 0);
    }

    function test_a_healthy_account_is_not_deleveraged() public {
        expectNotDeleverageable(maker);
        expectNotDeleverageable(dave);
    }

    function test_a_call_that_may_close_no_leg_is_refused() public {
        nearDebt();
        vm.expectRevert(IMarginVault.InvalidAmount.selector);
        vault.deleverage(alice.account, 0);
    }

    // ---- how fast

    /// A market of one short and longs of 900 and 100: a tenth of the side is 100 an hour, half of it at once.
    function test_near_debt_a_side_gives_up_a_tenth_an_hour_and_half_of_that_at_once() public {
        openMarket("slow");
        insure(INSURANCE);
        deposit(maker, 10_000_000 * USD);
        deposit(whale, 10_000_000 * USD);
        deposit(alice, 2_222 * USD); // at 178.5 72 of 892.5 are left
        trade(whale, maker, 900e18, 200e18);
        trade(alice, maker, 100e18, 200e18);
        setPriceCalmly(178.5e8);
        runClock(alice, 120);
        vm.assertFalse(deleverage(alice, 16));
        vm.assertEq(sizeOf(alice), 50e18);
        (uint256 long, uint256 short) = vault.openInterest(ETH);
        vm.assertEq(long, 950e18);
        vm.assertEq(short, 950e18);
        // Her penalty took half of her equity with half of her position: she is as near debt as before.
        vm.expectRevert(IMarginVault.RateLimited.selector);
        vault.deleverage(alice.account, 16);
        elapse(1_800 - 120);
        refreshPrices();
        runClock(alice, 120); // in half an hour nobody looked, which the clock forgets
        vm.assertFalse(deleverage(alice, 16));
        vm.assertApproxEqAbs(sizeOf(alice), 50e18 - 21.25e18, 1e6); // of 47.5 at once, 23.75 have come back, 2.5 were too many
        // In debt everything goes at once.
        setPriceCalmly(150 * FEED);
        vm.assertTrue(deleverage(alice, 16));
        vm.assertEq(sizeOf(alice), 0);
    }

    // ---- leg by leg

    /// 25 ETH and 0.9 BTC for 1,000 dollars; at 179 and 4,475 72.5 are left of a maintenance of 223.75 + 201.375.
    function nearDebtInTwo() private {
        deposit(alice, 1_070 * USD);
        trade(ETH, alice, maker, 25e18, 200e18);
        trade(BTC, alice, maker, 0.9e18, 5_000e18);
        slowPenalty();
        restartMean();
        setPrice(ETH, 179 * FEED);
        setPrice(BTC, 4_475 * FEED);
        runClock(alice, 120);
    }

    function sizes() private view returns (int256 eth, int256 btc) {
        return (vault.position(alice.account, ETH), vault.position(alice.account, BTC));
    }

    function test_a_closing_in_two_calls_is_the_closing_in_one() public {
        nearDebtInTwo();
        string memory before = checkpoint();
        vm.assertTrue(deleverage(alice, 16));
        (int256 eth, int256 btc) = sizes();
        int256 equity = equityOf(alice);
        vm.assertGt(eth, 0);
        restore(before);
        vm.assertFalse(deleverage(alice, 1));
        elapse(60);
        refreshPrices();
        vm.assertTrue(deleverage(alice, 1));
        (int256 laterEth, int256 laterBtc) = sizes();
        vm.assertEq(laterEth, eth);
        vm.assertEq(laterBtc, btc);
        vm.assertApproxEqAbs(equityOf(alice), equity, 1e12);
    }

    /// Half of what was decided is done, and what is left has more than a fifth of maintenance behind it.
    function startInTwo() private {
        nearDebtInTwo();
        vm.assertFalse(deleverage(alice, 1));
        (int256 eth, int256 btc) = sizes();
        vm.assertTrue((eth < 25e18) != (btc < 0.9e18));
        deposit(alice, 10 * USD);
        (int256 equity, uint256 maintenance,,) = vault.health(alice.account);
        vm.assertGt(uint256(equity), maintenance / 5);
    }

    function test_no_deposit_starts_anew_what_was_decided() public {
        startInTwo();
        vm.assertTrue(deleverage(alice, 1));
        (int256 eth, int256 btc) = sizes();
        vm.assertTrue(eth < 25e18 && btc < 0.9e18);
    }

    function test_what_was_decided_is_void_once_the_owner_trades() public {
        startInTwo();
        trade(ETH, maker, alice, 1e18, 179e18);
        expectNotDeleverageable(alice);
    }

    function test_what_was_decided_holds_for_an_hour() public {
        nearDebtInTwo();
        vm.assertFalse(deleverage(alice, 1));
        (int256 eth,) = sizes();
        for (uint256 minute = 0; minute < 61; minute++) {
            elapse(1 minutes);
            refreshPrices();
        }
        vault.touch(alice.account);
        // What is left is above a fifth of maintenance, so that only the old decision would close more.
        (int256 equity, uint256 maintenance,,) = vault.health(alice.account);
        vm.assertGt(uint256(equity), maintenance / 5);
        expectNotDeleverageable(alice);
        (int256 unchanged,) = sizes();
        vm.assertEq(unchanged, eth);
    }

    // ---- in debt

    /// 50 ETH and 2 BTC for 2,000 dollars: at 170 and 4,250 3,000 are lost.
    function inDebtInTwo() private {
        deposit(alice, 2_000 * USD);
        trade(ETH, alice, maker, 50e18, 200e18);
        trade(BTC, alice, maker, 2e18, 5_000e18);
        restartMean();
        setPrice(ETH, 170 * FEED);
        setPrice(BTC, 4_250 * FEED);
    }

    /// A transfer that pays off a debt is a touch, as a deposit is: what the legs have lost since is settled.
    function test_a_transfer_that_pays_off_a_debt_settles_the_account() public {
        inDebtInTwo();
        vault.touch(alice.account);
        vm.assertEq(pnlOf(alice), -1_000e18);
        Trader memory other = subAccount(alice, 1);
        deposit(other, 20_000 * USD);
        restartMean();
        setPrice(ETH, 165 * FEED);
        setPrice(BTC, 4_250 * FEED);
        vm.prank(alice.owner);
        vault.transfer(other.account, alice.account, 10_000e18);
        (uint256 capital, int256 pnl) = vault.balances(alice.account);
        vm.assertEq(int256(capital) + pnl, 10_000e18 - 1_000e18 - 50 * 5e18);
        (,,, uint256 debt) = vault.totals();
        vm.assertEq(debt, 0);
    }

    function test_a_debt_closes_everything_at_once_whoever_calls() public {
        inDebtInTwo();
        vm.prank(dave.owner);
        (bool done, uint256 deficit, uint256 insured) = vault.deleverage(alice.account, 16);
        vm.assertTrue(done);
        vm.assertEq(deficit, 1_000e18);
        vm.assertEq(insured, 1_000e18);
        (int256 eth, int256 btc) = sizes();
        vm.assertEq(eth, 0);
        vm.assertEq(btc, 0);
        vm.assertEq(equityOf(alice), 0);
        vm.assertEq(coverage(), WAD);
    }

    function test_closing_leg_by_leg_gives_what_closing_at_once_gives() public {
        inDebtInTwo();
        string memory before = checkpoint();
        vault.deleverage(alice.account, 16);
        uint256 insurance = token.balanceOf(address(pool));
        (uint256 tokens, uint256 capital, uint256 profit,) = vault.totals();
        restore(before);
        (bool done, uint256 first, uint256 paidFirst) = vault.deleverage(alice.account, 1);
        vm.assertFalse(done);
        (bool doneThen, uint256 second, uint256 paidSecond) = vault.deleverage(alice.account, 1);
        vm.assertTrue(doneThen);
        vm.assertEq(first + second, 1_000e18);
        vm.assertApproxEqAbs(paidFirst + paidSecond, 1_000e18, UNIT);
        vm.assertApproxEqAbs(token.balanceOf(address(pool)), insurance, 1);
        (uint256 laterTokens, uint256 laterCapital, uint256 laterProfit, uint256 debt) = vault.totals();
        vm.assertApproxEqAbs(laterTokens, tokens, UNIT);
        vm.assertEq(laterCapital, capital);
        vm.assertEq(laterProfit, profit);
        vm.assertEq(debt, 0);
    }

    /// As many legs as an account may have, in a market of as many instruments.
    function test_sixteen_legs_close_in_one_call_near_debt_and_in_debt() public {
        for (uint32 k = 3; k <= 16; k++) {
            list(k, bytes32(uint256(k)), 100 * FEED);
        }
        openMarket("sixteen");
        insure(INSURANCE);
        deposit(maker, 10_000_000 * USD);
        deposit(whale, 10_000_000 * USD);
        deposit(alice, 2_400 * USD);
        for (uint256 k = 0; k < listed.length; k++) {
            uint256 price = uint256(perpetuals[listed[k]].price) * 1e10;
            trade(listed[k], whale, maker, 1_000_000e18 * WAD / price, price);
            trade(listed[k], alice, maker, 1_000e18 * WAD / price, price);
        }
        slowPenalty();
        moveAll(865); // 2,400 - 16 * 135 = 240 of 16 * 43.25
        moveAll(985); // 240 - 16 * 12.975 = 32.4 of 16 * 42.60
        runClock(alice, 120);
        string memory before = checkpoint();
        vm.assertTrue(deleverage(alice, 16));
        (int256 equity, uint256 maintenance,,) = vault.health(alice.account);
        vm.assertTrue(maintenance == 0 || uint256(equity) >= maintenance);
        vm.assertGe(equity, 0);
        restore(before);
        moveAll(950);
        (bool done, uint256 deficit, uint256 insured) = vault.deleverage(alice.account, 16);
        vm.assertTrue(done);
        vm.assertGt(deficit, 0);
        vm.assertApproxEqAbs(insured, deficit, 16 * UNIT);
        (uint32[] memory held,) = vault.legs(alice.account);
        vm.assertEq(held.length, 0);
    }

    /// Every price moves to so many thousandths of itself.
    function moveAll(int256 thousandths) private {
        restartMean();
        for (uint256 k = 0; k < listed.length; k++) {
            pushPrice(listed[k], perpetuals[listed[k]].price * thousandths / 1_000);
        }
        refreshPrices();
    }

    /// ETH's margin of 425 is half of the whole: half of the debt is ETH's, of which its cover pays 120.
    function test_insurance_pays_for_each_leg_at_most_its_instruments_cover() public {
        inDebtInTwo();
        setCover(ETH, 120e18);
        (, uint256 deficit, uint256 insured) = vault.deleverage(alice.account, 16);
        vm.assertEq(deficit, 1_000e18);
        vm.assertApproxEqAbs(insured, 608e18, 10 * UNIT);
        vm.assertApproxEqAbs(missing(), 392e18, 10 * UNIT);
        (uint256 left,) = vault.cover(ETH);
        vm.assertApproxEqAbs(left, 12e18, UNIT); // for rewards
        (left,) = vault.cover(BTC);
        // A tenth of what the pool had at the day's opening, less what it paid for BTC.
        vm.assertApproxEqAbs(left, 10_000_000e18 - 500e18, 10 * UNIT);
    }

    /// Each instrument's cover pays for its own part of what is missing, once it can.
    function test_what_the_covers_did_not_pay_they_pay_when_asked_again() public {
        inDebtInTwo();
        withdrawCover();
        vault.deleverage(alice.account, 16);
        vm.assertEq(missing(), 1_000e18);
        vm.expectRevert(IMarginVault.NothingToRecover.selector);
        vault.recover(ETH);
        setCover(ETH, 10_000e18);
        uint256 paid = vault.recover(ETH);
        vm.assertApproxEqAbs(missing(), 1_000e18 - paid, UNIT);
        vm.assertGt(paid, 0);
        vm.assertLt(paid, 1_000e18);
        vm.expectRevert(IMarginVault.NothingToRecover.selector);
        vault.recover(ETH);
        setCover(BTC, 10_000e18);
        vm.assertApproxEqAbs(paid + vault.recover(BTC), 1_000e18, UNIT);
        vm.assertEq(missing(), 0);
        vm.assertApproxEqAbs(vault.shortfall(), 0, UNIT);
        vm.expectRevert(IMarginVault.NothingToRecover.selector);
        vault.recover(BTC);
    }

    // ---- after a cut

    /// Dave's hedge is cut when a bankrupt account is closed, and the next move of the price leaves him in ill health.
    function cutHedge() private {
        openMarket("hedge");
        insure(INSURANCE);
        deposit(maker, 10_000_000 * USD);
        deposit(alice, 2_000 * USD);
        deposit(dave, 2_100 * USD);
        // The only short of ETH is dave's, the other end of alice's long; his BTC is long.
        trade(ETH, alice, dave, 60e18, 200e18);
        trade(BTC, dave, maker, 1.7e18, 5_000e18);
        restartMean();
        setPrice(ETH, 164 * FEED); // alice has lost 2,160
        setPrice(BTC, 4_100 * FEED); // dave has won 2,160 and lost 1,530
        vault.deleverage(alice.account, 16);
        vm.assertEq(vault.position(dave.account, ETH), 0);
        restartMean();
        setPrice(BTC, 2_650 * FEED); // 2,730 - 1.7 * 1,450 = 265 of 225
    }

    /// Margins of underlyings add up: what was cut of one never made less of the other's, and prices alone have made him ill.
    function test_a_cut_is_no_ground_where_what_it_took_would_need_margin_too() public {
        cutHedge();
        expectNotDeleverageable(dave);
        setPriceCalmly(BTC, 2_600 * FEED); // 180 of 221
        (int256 equity, uint256 maintenance,,) = vault.health(dave.account);
        vm.assertLt(uint256(equity), maintenance);
        vm.assertGt(uint256(equity), maintenance / 5);
        expectNotDeleverageable(dave);
    }
}
