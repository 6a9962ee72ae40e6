// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {Trader} from "../protocol/Protocol.sol";
import {OptionsTest} from "../options/OptionsTest.sol";
import {vm} from "../support/Vm.sol";

/// As `SlowIntoFast`, in one block, without a swing, and with next to no margin: one account holds ETH long, and short as a call sold and
/// a put bought at one strike. Whatever ETH has done since, one of both has lost what the other has gained. A trade of a millionth
/// of the leg that has lost settles that leg alone, out of slow profit; a touch then settles the rest, and gives back slow profit.
contract SlowIntoFastAtOnceTest is OptionsTest {
    uint256 private constant GAIN = 600_000e18;
    uint256 private constant SIZE = 15_000e18;

    Trader private other = subAccount(alice, 1);

    function setUpNode() internal override {
        super.setUpNode();
        deposit(alice, 2_500_000 * USD);
        deposit(other, 20_000_000 * USD);
        deposit(bob, 20_000_000 * USD);
        // 600,000 gained as BTC rises by 12 % and is Restricted for it; the position is closed at the mark.
        uint256 size = GAIN / 6_000;
        trade(BTC, alice, bob, size, 50_000e18);
        setPrice(BTC, 56_000 * FEED);
        trade(BTC, bob, alice, size, 56_000e18);
        vm.assertEq(guard.read(assetOf(BTC)).tier, 2);
    }

    function test_oneBlockLeavesADaysProfitAsSlowAsItWas() public {
        vm.assertApproxEqAbs(vault.immature(alice.account), GAIN, 1e15);
        uint32 call = series(28, 2_000, CALL);
        uint32 put = series(28, 2_000, PUT);
        // In parts, so that each leaves the account with initial margin.
        for (uint256 k = 0; k < 5; k++) {
            trade(ETH, alice, other, SIZE / 5, SPOT);
            trade(call, other, alice, SIZE / 5, markOf(call));
            trade(put, alice, other, SIZE / 5, markOf(put));
        }
        uint256 margin = initialOf(alice);
        vm.assertLt(margin, 420_000e18);
        // ETH falls by 2 %: the perpetual has lost 600,000, the options have gained it.
        elapse(5 minutes);
        refreshPrices();
        perpetuals[ETH].price = 1_960 * FEED;
        refreshPrices();
        vm.assertEq(guard.read(assetOf(ETH)).tier, 0);
        vm.assertApproxEqAbs(vault.immature(alice.account), GAIN, 5_000e18);
        int256 before = equityOf(alice);

        // One block.
        trade(ETH, other, alice, 1e12, 1_960e18);
        vm.assertLt(uint256(pnlOf(alice)), 1_000e18);
        vm.prank(alice.owner);
        vault.touch(alice.account);
        vm.assertApproxEqAbs(equityOf(alice), before, 1e12);

        vault.touch(bob.account);
        vault.touch(other.account);
        elapse(30 minutes);
        refreshPrices();
        vm.assertLt(convert(alice), 20_000e18);
    }
}
