// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";
import {DayTest} from "./Day.sol";

/// October 2022: a thin token goes from 0.038 to 0.91 in ten minutes while somebody is long 483 million of it. The rise credits
/// 483m * 0.872 = $421m of profit; that venue lent on all of it. Here profit from a restricted market matures in 24 hours: after
/// ten minutes at most 1 - exp(-600/86,400) = 0.692 % of it can be used, $2.91m.
contract ThinTokenPumpTest is DayTest {
    uint32 private constant THIN = 3;
    uint256 private constant UNITS = 483_000_000e18;
    uint256 private constant PROFIT = 421_176_000e18;
    uint256 private constant USABLE = 3_100_000e18;

    Trader internal pumper;
    Trader internal straw;
    Trader internal idle;

    function setUpNode() internal override {
        install();
        list(ETH, SYMBOL, 200 * FEED);
        list(THIN, "THIN", 0.038e8);
        openMarket("pump");
        insure(INSURANCE);
        pumper = person("pumper", 5_000_000);
        straw = person("straw", 5_000_000);
        idle = person("idle", 50_000_000);
        trade(THIN, pumper, straw, UNITS, 0.038e18);
        withdrawCover();
        elapse(1 minutes);
        refreshPrices();
    }

    /// What the pumper's settled profit may be used for now: to convert, and as initial margin.
    function usable() private view returns (uint256) {
        int256 pnl = pnlOf(pumper);
        return pnl <= 0 ? 0 : uint256(pnl) - vault.immature(pumper.account);
    }

    function test_a_jump_credits_at_most_three_million_within_ten_minutes() public {
        setPrice(THIN, 0.91e8);
        vault.touch(pumper.account);
        vm.assertApproxEqAbs(uint256(pnlOf(pumper)), PROFIT, UNIT);
        vm.assertEq(usable(), 0);
        elapse(10 minutes);
        refreshPrices();
        vault.touch(pumper.account);
        vm.assertLe(usable(), USABLE);
        vm.assertGt(usable(), usd(2_900_000));
        assertNothingLeaves();
    }

    function test_a_climb_minute_by_minute_credits_less() public {
        int256 price = 0.038e8;
        for (uint256 minute = 0; minute < 10; minute++) {
            elapse(1 minutes);
            price = minute == 9 ? int256(0.91e8) : price * 1374 / 1000;
            setPrice(THIN, price);
            vault.touch(pumper.account);
            vm.assertLe(usable(), USABLE);
        }
        vm.assertApproxEqAbs(uint256(pnlOf(pumper)), PROFIT, usd(1));
        vm.assertLe(usable(), USABLE);
        assertNothingLeaves();
    }

    /// The straw account is bankrupt: once it is closed, conversion finds no more than its 5m.
    function assertNothingLeaves() private {
        vault.deleverage(straw.account, 16);
        uint256 converted = convert(pumper);
        vm.assertLe(converted, USABLE);
        vm.assertLe(capitalOf(pumper), usd(5_000_000) + USABLE);
        assertCapitalIsBacked();
        vm.assertEq(capitalOf(idle), usd(50_000_000));
    }
}
