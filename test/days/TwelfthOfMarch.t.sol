// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {Trader} from "../protocol/Protocol.sol";
import {Bar, MarketData} from "../support/MarketData.sol";
import {vm} from "../support/Vm.sol";
import {DayTest} from "./Day.sol";

/// 12 March 2020: ETH fell from 194 to 86 in a day while transactions did not get through, and elsewhere collateral was sold for
/// nothing.
abstract contract TwelfthOfMarchTest is DayTest {
    Trader internal maker;
    Trader internal holder;
    Trader internal keeper;

    function setUpNode() internal virtual override {
        install();
        list(ETH, SYMBOL, 194 * FEED);
        openMarket("march");
        insure(INSURANCE);
        maker = person("maker", 4_000_000);
        holder = person("holder", 2_600_000);
        keeper = person("keeper", 5_000_000);
        trade(holder, maker, 20_000e18, 194e18);
    }

    function fallTo(uint256 cents) internal {
        elapse(1 minutes);
        setPrice(int256(cents) * 1e6);
    }

    function assertNoBadDebt() internal view {
        vm.assertEq(missing(), 0, "bad debt");
        vm.assertEq(coverage(), WAD, "coverage");
        vm.assertLe(vault.shortfall(), 0);
        assertCapitalIsBacked();
    }
}

/// The stages of a crisis, in order, at prices chosen to show each.
contract TwelfthOfMarchStagesTest is TwelfthOfMarchTest {
    Trader internal eager; // ten times
    Trader internal slow; // eight times
    Trader internal late; // six and a half times

    function setUpNode() internal override {
        super.setUpNode();
        eager = person("eager", 19_400);
        slow = person("slow", 24_000);
        late = person("late", 30_000);
        trade(eager, maker, 1_000e18, 194e18);
        trade(slow, maker, 1_000e18, 194e18);
        trade(late, maker, 1_000e18, 194e18);
        elapse(1 minutes);
        refreshPrices();
    }

    function test_every_stage_in_order_and_no_bad_debt() public {
        tightens();
        liquidatesCheaply();
        waitsWhileThePenaltyRises();
        deleveragesBeforeThereIsDebt();
        insurancePaysForDebt();
        fallsToTheEnd();
    }

    /// A fall of more than 5 % against the mean: whoever opens needs a quarter more, nobody is liquidated for it.
    function tightens() private {
        fallTo(184_00);
        vm.assertEq(uint256(guard.read(asset).tier), 1);
        vm.assertGe(initialOf(eager), 23_000e18); // 184,000 * 10 % * 1.25
        vm.assertEq(maintenanceOf(eager), 9_200e18);
        vm.assertEq(equityOf(eager), 9_400e18);
        vm.expectRevert(IMarginVault.Healthy.selector);
        liquidate(eager, keeper, WAD);
    }

    /// Equity 8,400 under maintenance of 9,150: a share of 27.7 % for a penalty of 5 %, and five quarters are restored.
    function liquidatesCheaply() private {
        fallTo(183_00);
        vm.assertEq(equityOf(eager), 8_400e18);
        (uint256 share, uint256 penalty) = liquidate(eager, keeper, WAD);
        vm.assertApproxEqAbs(share, 0.276639344262295081e18, 10);
        vm.assertApproxEqAbs(penalty, 126.5625e18, 1e6);
        vm.assertApproxEqAbs(uint256(equityOf(eager)), maintenanceOf(eager) * 5 / 4, 1e6);
        vm.assertApproxEqAbs(sizeOf(eager), 723.360655737704918e18, 1e6);
    }

    /// Congestion: for five minutes only touches get through. The clock and with it the reward of liquidating rise, to half of the
    /// way between 5 % and 100 %.
    function waitsWhileThePenaltyRises() private {
        fallTo(178_00);
        for (uint256 minute = 0; minute <= 5; minute++) {
            if (minute > 0) fallTo(178_00);
            vault.touch(eager.account);
            vault.touch(slow.account);
        }
        vm.assertEq(clockOf(eager), 300);
        uint256 equity = uint256(equityOf(eager));
        uint256 maintenance = maintenanceOf(eager);
        (uint256 share, uint256 penalty) = liquidate(eager, keeper, WAD);
        uint256 rate = 0.525e18;
        uint256 expected = (maintenance * 5 / 4 - equity) * WAD / (maintenance * (1.25e18 - rate) / WAD);
        vm.assertApproxEqAbs(share, expected, 1e3);
        vm.assertApproxEqAbs(penalty, share * maintenance / WAD * rate / WAD, 1e6);
        vm.assertGt(equityOf(eager), 0); // it is never everything
        vm.assertApproxEqAbs(uint256(equityOf(eager)), maintenanceOf(eager) * 5 / 4, 1e6);
    }

    /// The slow one has 1,200 left at 171.20, less than a fifth of 8,560, and five minutes on the clock: it is cut by the share
    /// that a liquidation would take, against the opposite side, at the mark, with no debt.
    function deleveragesBeforeThereIsDebt() private {
        fallTo(171_20);
        vm.assertEq(equityOf(slow), 1_200e18);
        int256 makersEquity = equityOf(maker);
        (, uint256 deficit, uint256 insured) = vault.deleverage(slow.account, 16);
        vm.assertEq(deficit + insured, 0);
        vm.assertLt(sizeOf(slow), 1_000e18);
        vm.assertGe(equityOf(slow), 0);
        vm.assertApproxEqAbs(equityOf(maker), makersEquity, 1e9);
        assertNoBadDebt();
    }

    /// To 147 in one step, as the market did: the late one owes 17,000 and insurance pays them.
    function insurancePaysForDebt() private {
        uint256 before = token.balanceOf(address(pool));
        fallTo(147_00);
        vm.assertEq(uint256(guard.read(asset).tier), 2);
        (bool done, uint256 deficit, uint256 insured) = vault.deleverage(late.account, 16);
        vm.assertTrue(done);
        vm.assertEq(deficit, 17_000e18);
        vm.assertEq(insured, 17_000e18);
        vm.assertEq(before - token.balanceOf(address(pool)), 17_000 * USD);
        assertNoBadDebt();
    }

    /// The rest of the way; whoever is left in debt is closed, and whoever kept two dollars for each borrowed keeps everything.
    function fallsToTheEnd() private {
        for (uint256 cents = 142_00; cents >= 86_00; cents -= 8_00) {
            fallTo(cents);
            closeWhoeverOwes();
        }
        vm.assertEq(sizeOf(holder), 20_000e18);
        vm.assertEq(equityOf(holder), 440_000e18); // 2,600,000 - 20,000 * 108
        (uint256 long, uint256 short) = vault.openInterest(ETH);
        vm.assertApproxEqAbs(long, short, 1e9);
        assertNoBadDebt();
    }

    function closeWhoeverOwes() private {
        for (uint256 k = 0; k < people.length; k++) {
            vault.touch(people[k].account);
            if (pnlOf(people[k]) < 0) vault.deleverage(people[k].account, 16);
        }
    }
}

/// The day itself, from five-minute closes: the feed is updated whenever the price has moved by 1 %, at most 2 % at a time, and
/// every hour. Of the keepers' transactions only every second update's gets through. Every two hours somebody goes long
/// with hardly more than the initial margin that is asked then.
contract TwelfthOfMarchReplayTest is TwelfthOfMarchTest {
    /// Midnight of 12 March 2020 UTC, and 27 hours later.
    uint256 private constant FROM = 1_583_971_200;
    uint256 private constant TO = FROM + 27 hours;
    string private constant FILE = "2020-03-12_blackthursday_ETHUSDT_binance_spot_5m.csv";

    int256 private price = 194 * FEED;
    int256 private lowest = 194 * FEED;
    uint256 private updates;
    uint256 private liquidations;
    Trader[] private traders;

    function test_at_ten_percent_initial_margin_there_is_no_bad_debt() public {
        string memory path = MarketData.find(FILE);
        if (bytes(path).length == 0) return;
        Bar[] memory bars = MarketData.readBars(path, FROM, TO);
        uint256 opened = FROM;
        for (uint256 k = 0; k < bars.length; k++) {
            replay(bars[k].close);
            if (bars[k].time >= opened) opened = open(bars[k].time) + 2 hours;
        }
        vm.assertLt(lowest, 90 * FEED);
        vm.assertGt(traders.length, leastTraders());
        vm.assertGt(liquidations, traders.length);
        touchEverybody();
        for (uint256 k = 0; k < people.length; k++) {
            vm.assertGe(equityOf(people[k]), 0, "closed for less than nothing");
        }
        assertNoBadDebt();
        vm.assertGe(pool.totalAssets(), INSURANCE);
    }

    function leastTraders() internal pure virtual returns (uint256) {
        return 10;
    }

    function replay(int256 close) private {
        uint256 left = 5 minutes;
        if (distance(close, price) * 100 >= price || updates % 12 == 0) {
            while (distance(close, price) * 50 > price && left > 30) {
                elapse(30);
                left -= 30;
                update(close > price ? price * 102 / 100 : price * 98 / 100);
            }
            elapse(left);
            update(close);
        } else {
            elapse(left);
            updates++;
        }
    }

    function update(int256 next) private {
        price = next;
        if (next < lowest) lowest = next;
        setPrice(next);
        if (++updates % 2 == 0) liquidateAll();
    }

    function liquidateAll() private {
        vm.prank(keeper.owner);
        liquidations += vault.liquidateBatch(accountsOf(traders), keeper.account, WAD);
    }

    /// Somebody with 10.1 % of a thousand units goes long in as many as initial margin allows, if any; returns when.
    function open(uint256 time) private returns (uint256) {
        setPrice(price);
        if (guard.read(asset).blocked & 1 != 0) return time;
        Trader memory trader = person(string.concat("long ", vm.toString(time)), 0);
        deposit(trader, 101 * uint256(price) / 100);
        for (uint256 units = 1_000; units >= 500; units -= 50) {
            (IMarginVault.Order memory sell, IMarginVault.Order memory buy) =
                crossing(trader, maker, units * 1e18, uint256(price) * 1e10);
            try vault.settle(sell, sign(maker, sell), buy, sign(trader, buy), units * 1e18) {
                traders.push(trader);
                break;
            } catch (bytes memory reason) {
                vm.assertEq(reason, abi.encodePacked(IMarginVault.InsufficientMargin.selector));
            }
        }
        return time;
    }

    function distance(int256 one, int256 two) private pure returns (int256) {
        return one > two ? one - two : two - one;
    }
}

/// The same with ranges that follow the day's volatility: maintenance margin by a point an hour, initial margin at once, so that
/// fewer can open with so little.
contract TwelfthOfMarchRangesTest is TwelfthOfMarchReplayTest {
    function followsVolatility() internal pure override returns (bool) {
        return true;
    }

    function leastTraders() internal pure override returns (uint256) {
        return 5;
    }
}
