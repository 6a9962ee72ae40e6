// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {ChainlinkFeed} from "../feeds/ChainlinkFeed.sol";
import {Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";
import {DayTest} from "./Day.sol";

/// A feed said 1.12 instead of 2,200, and another stuck at its floor.
contract BrokenFeedTest is DayTest {
    uint32 private constant STAKED = 3;
    int256 private constant FLOOR = 110e8;

    Trader internal trader;
    Trader internal maker;
    Trader internal keeper;

    function setUpNode() internal override {
        install();
        list(ETH, SYMBOL, 200 * FEED);
        list(BTC, "BTC", 5_000 * FEED);
        list(STAKED, "STAKED", 2_200 * FEED);
        // Its aggregator accepts nothing below a twentieth of the price, the floor that the market is listed with.
        perpetuals[STAKED].primary = createFeed("bounded", 2_200 * FEED, FLOOR, 1e30);
        openMarket("broken feed");
        insure(INSURANCE);
        trader = person("trader", 2_000);
        maker = person("maker", 100_000);
        keeper = person("keeper", 100_000);
        trade(STAKED, trader, maker, 5e18, 2_200e18);
        trade(BTC, trader, maker, 0.5e18, 5_000e18);
    }

    function reading() private view returns (IOracleGuard.Reading memory) {
        return guard.read(assetOf(STAKED));
    }

    /// A loss of 4,400 for the other side, had the price been believed.
    function assertNobodyIsHurt() private {
        vm.assertEq(equityOf(trader), int256(usd(2_000)));
        vm.expectRevert(IMarginVault.Healthy.selector);
        liquidate(trader, keeper, WAD);
        vm.expectRevert(IMarginVault.NotDeleverageable.selector);
        vault.deleverage(trader.account, 16);
        trade(BTC, trader, maker, 0.01e18, 5_000e18); // other assets go on, for somebody with both as well
        trade(BTC, maker, trader, 0.01e18, 5_000e18);
    }

    /// 1.12 instead of 2,200. Where the aggregator accepts that, it is below the guard's floor.
    function test_a_primary_at_a_thousandth_of_the_price_is_outvoted_in_the_same_block() public {
        ChainlinkFeed unbounded = createFeed("unbounded", 2_200 * FEED);
        IOracleGuard.Feed memory configured = guard.feed(assetOf(STAKED));
        configured.primary = proxyOf[unbounded];
        vm.prank(owner);
        guard.setFeed(assetOf(STAKED), configured, 0);
        perpetuals[STAKED].primary = unbounded;
        setSources(STAKED, 2_200e8, 2_200e8);
        setSources(STAKED, 1.12e8, 2_200e8);
        vm.assertEq(reading().mark, 2_200e18);
        vm.assertEq(uint256(reading().tier), 1);
        assertNobodyIsHurt();
    }

    /// Within its bounds a wrong answer is trusted, and outvoted: 1,120 instead of 2,200.
    function test_a_primary_at_half_of_the_price_is_outvoted_in_the_same_block() public {
        setSources(STAKED, 1_120e8, 2_200e8);
        vm.assertEq(reading().mark, 2_200e18);
        vm.assertEq(uint256(reading().tier), 3);
        vm.assertEq(uint256(reading().blocked & 8), 0);
        vm.assertEq(equityOf(trader), int256(usd(2_000)));
        vm.expectRevert(IMarginVault.Healthy.selector);
        liquidate(trader, keeper, WAD);
    }

    /// The oracles see 22 dollars and may report no less than 110.
    function test_a_primary_stuck_at_its_floor_is_untrusted() public {
        ChainlinkFeed primary = perpetuals[STAKED].primary;
        vm.expectRevert("value below minSubmissionValue");
        primary.push(22e8);
        setSources(STAKED, FLOOR, 2_200e8);
        vm.assertEq(reading().mark, 2_200e18);
        vm.assertEq(uint256(reading().tier), 1);
        assertNobodyIsHurt();
    }

    function test_with_both_sources_broken_the_asset_is_frozen_and_blocks_nothing_else() public {
        setSources(STAKED, FLOOR, 0);
        vm.assertEq(uint256(reading().tier), 3);
        vm.assertEq(reading().mark, 2_200e18);
        vm.assertEq(equityOf(trader), int256(usd(2_000)));
        vm.expectRevert(IMarginVault.Healthy.selector);
        liquidate(trader, keeper, WAD);
        // An account that holds the frozen asset may reduce its other legs, and no more.
        IMarginVault.Order memory sell = order(BTC, maker, -0.01e18, 5_000e18, true);
        IMarginVault.Order memory buy = order(BTC, trader, 0.01e18, 5_000e18, false);
        bytes memory makerSignature = sign(maker, sell);
        bytes memory takerSignature = sign(trader, buy);
        vm.expectRevert(IMarginVault.ActionBlocked.selector);
        vault.settle(sell, makerSignature, buy, takerSignature, 0.01e18);
        trade(BTC, maker, trader, 0.5e18, 5_000e18);
        vm.assertEq(vault.position(trader.account, BTC), 0);
        vm.assertEq(vault.position(trader.account, STAKED), 5e18);
        vault.touch(trader.account);
        // Those who do not hold it notice nothing.
        Trader memory newcomer = person("newcomer", 10_000);
        Trader memory counterpart = person("counterpart", 10_000);
        trade(BTC, newcomer, counterpart, 1e18, 5_000e18);
        vm.assertEq(withdraw(newcomer, 1_000 * USD), 1_000 * USD);
    }

    /// The frozen leg stays; what moves brings the account back.
    function test_a_frozen_leg_is_set_aside_by_a_liquidation() public {
        Trader memory mixed = person("mixed", 1_500);
        trade(STAKED, mixed, maker, 1e18, 2_200e18);
        trade(BTC, mixed, maker, 2e18, 5_000e18);
        setSources(STAKED, FLOOR, 0);
        setPriceCalmly(BTC, 4_530e8); // 940 lost: 560 against 110 + 453 of maintenance
        setSources(STAKED, FLOOR, 0);
        vm.assertEq(equityOf(mixed), int256(usd(560)));
        vm.assertEq(maintenanceOf(mixed), usd(563));
        (uint256 share,) = liquidate(mixed, keeper, WAD);
        vm.assertGt(share, 0);
        vm.assertEq(vault.position(mixed.account, STAKED), 1e18);
        vm.assertEq(vault.position(keeper.account, STAKED), 0);
        vm.assertApproxEqAbs(vault.position(mixed.account, BTC), int256(2e18 - 2e18 * share / WAD), 1e3);
        vm.assertApproxEqAbs(equityOf(mixed), int256(maintenanceOf(mixed) * 5 / 4), UNIT);
    }
}

/// A thin venue is pumped by 11 % while the primary is true.
contract ManipulatedSecondaryTest is DayTest {
    Trader internal trader;
    Trader internal pumper;
    Trader internal maker;
    Trader internal keeper;

    /// The trader has 1,000 behind 45 units from 200; the pumper has plenty behind 100 units.
    function setUpNode() internal override {
        super.setUpNode();
        trader = person("trader", 1_000);
        pumper = person("pumper", 100_000);
        maker = person("maker", 100_000);
        keeper = person("keeper", 100_000);
        trade(trader, maker, 45e18, 200e18);
        trade(pumper, maker, 100e18, 200e18);
    }

    function test_while_the_stable_price_is_true_the_mark_does_not_move() public {
        setSources(ETH, 200e8, 222e8);
        IOracleGuard.Reading memory reading = guard.read(asset);
        vm.assertEq(uint256(reading.tier), 3);
        vm.assertEq(reading.mark, 200e18);
        vault.touch(pumper.account);
        vm.assertEq(pnlOf(pumper), 0);
    }

    /// The primary falls to 186 in truth, the venue is held at 222: the mark stays between 186 and the stable price.
    function test_the_mark_stays_between_the_primary_and_the_stable_price() public {
        for (uint256 minute = 0; minute < 10; minute++) {
            elapse(1 minutes);
            setSources(ETH, 186e8, 222e8);
            IOracleGuard.Reading memory reading = guard.read(asset);
            vm.assertGe(reading.mark, 186e18);
            vm.assertLe(reading.mark, 200e18);
            vm.assertLe(reading.mark, reading.stablePrice > 186e18 ? reading.stablePrice : 186e18);
        }
    }

    /// At 187 the trader has 415 against 420.75 of maintenance.
    function test_liquidations_continue() public {
        setPriceCalmly(187 * FEED);
        elapse(30 minutes);
        setPriceCalmly(187 * FEED); // by now the stable price has followed by 7.2 %
        setSources(ETH, 187e8, 207.57e8);
        IOracleGuard.Reading memory reading = guard.read(asset);
        vm.assertEq(uint256(reading.tier), 3);
        vm.assertEq(reading.mark, 187e18);
        (uint256 share,) = liquidate(trader, keeper, WAD);
        vm.assertApproxEqAbs(share, 0.219721727074668251e18, 10);
    }

    /// The primary falls by 11 % in truth, and the secondary has gone. The mark is as low as the stable price lets it be, which
    /// liquidates at once, and true within forty minutes.
    function test_a_sole_source_liquidates_in_a_true_fall() public {
        setSources(ETH, 178e8, 0);
        vm.assertEq(guard.read(asset).mark, 180e18);
        string memory before = checkpoint();
        (uint256 share,) = liquidate(trader, keeper, WAD);
        vm.assertGt(share, 0);
        restore(before);
        elapse(40 minutes);
        setSources(ETH, 178e8, 0);
        vm.assertEq(guard.read(asset).mark, 178e18);
        (uint256 later,) = liquidate(trader, keeper, WAD);
        vm.assertGt(later, 0);
    }

    /// A fall by 15 % beside a secondary that stands still, but is young enough to be believed: the median is the stable price, and
    /// falls by 2.16 % an hour. That is what it costs that a venue which lies for an hour is outvoted: what is due at 187 is
    /// liquidated three hours late, if nobody takes the secondary away.
    function test_beside_a_secondary_that_stands_still_liquidations_wait_for_the_stable_price() public {
        for (uint256 hour = 0; hour < 3; hour++) {
            setSources(ETH, 170e8, 200e8);
            vm.assertEq(uint256(guard.read(asset).blocked & 8), 0);
            vm.expectRevert(IMarginVault.Healthy.selector);
            liquidate(trader, keeper, WAD);
            elapse(1 hours);
        }
        setSources(ETH, 170e8, 200e8);
        elapse(10 minutes);
        setSources(ETH, 170e8, 200e8);
        vm.assertApproxEqAbs(guard.read(asset).mark, 186.3e18, 0.5e18);
        (uint256 share,) = liquidate(trader, keeper, WAD);
        vm.assertGt(share, 0);
    }

    /// The stable price lags a true fall; with the pumped venue it outvotes the primary, and the mark rises again. Whoever
    /// bought at the bottom gains by that, on paper.
    function test_no_profit_from_it_converts() public {
        elapse(1 minutes);
        setPrice(187 * FEED);
        Trader memory bottom = person("bottom", 100_000);
        trade(bottom, maker, 100e18, 187e18);
        elapse(1);
        setSources(ETH, 187e8, 222e8);
        IOracleGuard.Reading memory reading = guard.read(asset);
        vm.assertEq(uint256(reading.tier), 3);
        vm.assertGt(reading.mark, 187e18);
        vault.touch(bottom.account);
        int256 gain = pnlOf(bottom);
        vm.assertApproxEqAbs(gain, int256(100 * (reading.mark - 187e18)), 1e6);
        vault.touch(maker.account); // has paid for it
        vm.assertEq(convert(bottom), 0);
        elapse(10 minutes);
        setSources(ETH, 187e8, 222e8);
        vm.assertLe(convert(bottom), uint256(gain) / 100); // 600 of 86,400 seconds
    }
}

/// 10 October 2025: a stablecoin traded at 0.65 on one venue only.
contract StablecoinTest is DayTest {
    uint32 private constant COIN = 3;

    Trader internal holder;
    Trader internal maker;
    Trader internal keeper;

    /// 100,000 coins with 13,510 behind them: at 0.90 equity would be 4,510 against 4,500 of maintenance.
    function setUpNode() internal override {
        install();
        list(ETH, SYMBOL, 200 * FEED);
        list(COIN, "COIN", 0.99e8);
        openMarket("stablecoin");
        insure(INSURANCE);
        holder = person("holder", 13_510);
        maker = person("maker", 100_000);
        keeper = person("keeper", 100_000);
        trade(COIN, holder, maker, 100_000e18, 0.99e18);
    }

    function test_the_mark_is_the_median_and_nobody_healthy_at_90_cents_is_liquidated() public {
        setSources(COIN, 0.65e8, 0.92e8);
        vm.assertEq(guard.read(assetOf(COIN)).mark, 0.92e18);
        vm.assertEq(equityOf(holder), int256(usd(6_510)));
        vm.expectRevert(IMarginVault.Healthy.selector);
        liquidate(holder, keeper, WAD);
        vm.expectRevert(IMarginVault.NotDeleverageable.selector);
        vault.deleverage(holder.account, 16);
    }

    function test_it_does_not_matter_which_of_the_venues_broke() public {
        setSources(COIN, 0.92e8, 0.65e8);
        vm.assertEq(guard.read(assetOf(COIN)).mark, 0.92e18);
        vm.expectRevert(IMarginVault.Healthy.selector);
        liquidate(holder, keeper, WAD);
    }

    /// The stable price falls towards the primary by 0.0006 % a second, a fifth of its rate: in nine minutes to 0.9868, still above
    /// the honest venue, which stays the mark.
    function test_ten_minutes_of_it_liquidate_nobody_who_is_healthy_at_90_cents() public {
        for (uint256 minute = 0; minute < 10; minute++) {
            elapse(1 minutes);
            setSources(COIN, 0.65e8, 0.92e8);
            vm.assertEq(guard.read(assetOf(COIN)).mark, 0.92e18);
        }
        vm.assertApproxEqAbs(guard.read(assetOf(COIN)).stablePrice, 0.9868e18, 0.0001e18);
        vm.expectRevert(IMarginVault.Healthy.selector);
        liquidate(holder, keeper, WAD);
    }
}
