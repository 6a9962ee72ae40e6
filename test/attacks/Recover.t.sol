// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {DayTest} from "../days/Day.sol";
import {Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";

/// A straddle of a thin market moves by twice its shock, and somebody asks the pool for what its cover has not paid.
contract RecoverBeyondCoverTest is DayTest {
    uint32 private constant THIN = 3;
    uint256 private constant UNITS = 8_000_000e18;
    uint256 private constant COVER = 11_600_000e18;

    Trader internal long;
    Trader internal short;

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
        Trader memory honest = person("honest", 100_000);
        trade(honest, person("other", 100_000), 1_000e18, 200e18);
        setPriceCalmly(ETH, 220 * FEED);
        vault.touch(honest.account);
        refreshPrices();
    }

    function lost(uint256 before) private view returns (uint256) {
        return (before - token.balanceOf(address(pool))) * UNIT;
    }

    function test_nobody_recovers_beyond_the_cover() public {
        trade(THIN, long, short, UNITS, 1e18);
        uint256 before = token.balanceOf(address(pool));
        setPriceCalmly(THIN, 4e8);
        vault.deleverage(short.account, 16);
        vm.assertApproxEqAbs(lost(before), COVER * 9 / 10, UNIT);
        uint256 hole = missing();
        for (uint32 instrument = ETH; instrument <= THIN; instrument += THIN - ETH) {
            vm.expectRevert(IMarginVault.NothingToRecover.selector);
            vm.prank(long.owner);
            vault.recover(instrument);
        }
        vm.assertApproxEqAbs(lost(before), COVER * 9 / 10, UNIT);
        vm.assertEq(missing(), hole);
        (uint256 known, uint256 unpaid, uint256 room, uint256 rewardRoom) = vault.debts(THIN);
        vm.assertEq(known, 0);
        vm.assertApproxEqAbs(unpaid, hole, UNIT);
        vm.assertLt(room, UNIT);
        vm.assertEq(rewardRoom, COVER / 10);
        // In any 90 days at most a second cover.
        for (uint256 month = 1; month <= 3; month++) {
            elapse(30 days);
            vault.recover(THIN);
            vm.assertApproxEqAbs(lost(before), COVER * 9 / 10 * (3 + month) / 3, COVER / 1e5);
        }
        vm.assertLe(lost(before), 2 * COVER);
    }
}
