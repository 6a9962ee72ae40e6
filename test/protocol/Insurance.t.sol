// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {vm} from "../support/Vm.sol";
import {ProtocolTest, Trader} from "./Protocol.sol";

/// What insurance pays for instruments whose covers are short: closing a known debt moves no h, and no order changes what is missing.
/// Alice, carol and dave hold ETH and BTC against bob, and owe when both fall by 20 %.
contract InsuranceTest is ProtocolTest {
    Trader[3] private debtors;

    function setUpNode() internal override {
        super.setUpNode();
        debtors[0] = alice;
        debtors[1] = carol;
        debtors[2] = dave;
        deposit(bob, 10_000_000 * USD);
        for (uint256 k = 0; k < debtors.length; k++) {
            deposit(debtors[k], (k * 7_000 + 15_000) * USD);
            trade(ETH, debtors[k], bob, (k + 1) * 350e18, 200e18);
            trade(BTC, debtors[k], bob, (3 - k) * 3e18, 5_000e18);
        }
        restartMean();
        setPrice(ETH, 160 * FEED);
        setPrice(BTC, 4_000 * FEED);
        for (uint256 k = 0; k < debtors.length; k++) {
            vault.touch(debtors[k].account);
            vm.assertLt(pnlOf(debtors[k]), 0);
        }
        vault.touch(bob.account);
    }

    /// Closes the debts in an order, so many legs a call; nothing is missing more or less after each call.
    function closeAll(uint256[3] memory order_, uint256 legs) private returns (uint256 hole) {
        hole = missing();
        uint256 h = coverage();
        vm.assertGt(hole, 0);
        for (uint256 k = 0; k < 3; k++) {
            for (bool done = false; !done;) {
                (done,,) = vault.deleverage(debtors[order_[k]].account, legs);
                vm.assertApproxEqAbs(missing(), hole, 10 * UNIT);
                vm.assertApproxEqAbs(coverage(), h, 1e9);
            }
        }
        (,,, uint256 debt) = vault.totals();
        vm.assertEq(debt, 0);
    }

    function check() private {
        string memory before = checkpoint();
        uint256 hole = closeAll([uint256(0), 1, 2], 16);
        uint256 drawn = INSURANCE - pool.totalAssets();
        restore(before);
        before = checkpoint();
        vm.assertApproxEqAbs(closeAll([uint256(2), 0, 1], 1), hole, 10 * UNIT);
        vm.assertApproxEqAbs(INSURANCE - pool.totalAssets(), drawn, 10);
        restore(before);
        vm.assertApproxEqAbs(closeAll([uint256(1), 2, 0], 1), hole, 10 * UNIT);
        vm.assertApproxEqAbs(INSURANCE - pool.totalAssets(), drawn, 10);
    }

    function test_closing_moves_no_h_where_covers_are_short() public {
        setCover(ETH, 7_000e18);
        setCover(BTC, 1_000e18);
        check();
    }

    function test_closing_moves_no_h_where_the_pool_is_short() public {
        setCover(ETH, 100_000e18);
        setCover(BTC, 10_000e18);
        vm.prank(address(vault));
        pool.cover(INSURANCE / 4 - 9_000 * USD); // a quarter is what it pays in a day
        uint256 drawn = INSURANCE - pool.totalAssets();
        string memory before = checkpoint();
        uint256 hole = closeAll([uint256(0), 1, 2], 1);
        vm.assertApproxEqAbs(INSURANCE - pool.totalAssets(), drawn + 9_000 * USD, 10);
        restore(before);
        vm.assertApproxEqAbs(closeAll([uint256(2), 1, 0], 16), hole, 10 * UNIT);
    }

    /// The known debts, by instrument, add up to what accounts owe, and to nothing once they are closed.
    function test_known_debts_are_known_by_instrument() public {
        (,,, uint256 debt) = vault.totals();
        (uint256 eth,,,) = vault.debts(ETH);
        (uint256 btc,,,) = vault.debts(BTC);
        vm.assertEq(eth + btc, debt);
        vm.assertGt(eth, btc);
        withdrawCover();
        closeAll([uint256(0), 1, 2], 2);
        (uint256 known, uint256 unpaid,,) = vault.debts(ETH);
        vm.assertEq(known, 0);
        vm.assertApproxEqAbs(unpaid, eth, UNIT);
        (known, unpaid,,) = vault.debts(BTC);
        vm.assertEq(known, 0);
        vm.assertApproxEqAbs(unpaid, btc, UNIT);
    }
}
