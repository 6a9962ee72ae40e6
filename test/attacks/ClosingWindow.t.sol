// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {Trader} from "../protocol/Protocol.sol";
import {OptionsTest} from "../options/OptionsTest.sol";
import {vm} from "../support/Vm.sol";

/// In the window of a series that settles early, an option moves as its Black-76 value at the average does, and is margined so: who
/// sells fewer perpetuals against it than hedge it is margined for the rest.
contract ClosingWindowTest is OptionsTest {
    uint32 internal call;
    Trader internal holder = newTrader("holder");

    function test_in_its_window_an_option_hedges_as_its_value_at_the_average_moves() public {
        call = series(84, 1_700, CALL);
        deposit(holder, 1_000_000 * USD);
        deposit(bob, 5_000_000 * USD);
        buy(call, holder, bob, 1_000e18);
        trade(ETH, bob, holder, 700e18, SPOT);
        elapse(1 hours);
        pass(1 hours);
        vm.prank(owner);
        vault.closeOption(call);
        (,,,, uint64 closes) = vault.option(call);
        elapse(closes - 12 hours - block.timestamp);
        refreshPrices();
        for (uint256 k = 0; k < 23; k++) {
            elapse(30 minutes);
            refreshPrices();
        }
        elapse(21 minutes);
        refreshPrices();
        // 300 options are left to move, with a delta of 0.73 each: 290 perpetuals short are 70 too many.
        vm.assertEq(uint256(quote(call).counted), 0.7e18);
        vm.assertApproxEqAbs(uint256(int256(quote(call).delta)), 0.220471e18, 1e12);
        trade(ETH, holder, bob, 410e18, SPOT);
        vault.touch(holder.account);
        vault.touch(bob.account);
        vm.assertApproxEqAbs(maintenanceOf(holder), 6_753.756426e18, 1e15);
        vm.assertApproxEqAbs(initialOf(holder), 13_119.969171e18, 1e15);
        isEvaluated();
        // All but initial margin goes to another account.
        Trader memory safe = subAccount(holder, 1);
        uint256 spare = uint256(equityOf(holder)) - initialOf(holder) - 1e18;
        vm.prank(holder.owner);
        vault.transfer(holder.account, safe.account, spare);
        int256 equity = equityOf(holder);
        vm.assertGe(equity, int256(initialOf(holder)));
        uint256 insurance = pool.totalAssets();

        // 4 % in the nine minutes that are left: well within the 5 % that maintenance covers.
        setPrice(ETH, 2_080 * FEED);
        vm.assertEq(uint256(guard.read(assetOf(ETH)).tier), 0);
        vm.assertApproxEqAbs(uint256(equity - equityOf(holder)), 5_434.4907e18, 1e15);
        vm.assertGt(equityOf(holder), int256(maintenanceOf(holder)));
        vault.touch(holder.account);
        vm.expectRevert(IMarginVault.NotDeleverageable.selector);
        vault.deleverage(holder.account, 16);
        vm.assertEq(pool.totalAssets(), insurance);
        vm.assertEq(missing(), 0);
    }

    /// The view of the portfolio has the vault's margins, and the guard's Greeks and value.
    function isEvaluated() private view {
        (uint256 maintenance, uint256 initial,, int256 delta, int256 gamma, int256 vega, int256 value) =
            vault.portfolio(holder.account, ETH);
        vm.assertEq(maintenance, maintenanceOf(holder));
        vm.assertEq(initial, initialOf(holder));
        IOracleGuard.OptionMark memory one = quote(call);
        vm.assertApproxEqAbs(delta, 1_000 * int256(one.delta) - 290e18, 1);
        vm.assertEq(gamma, 1_000 * int256(uint256(one.gamma)));
        vm.assertEq(vega, 0);
        vm.assertEq(value, 1_000 * int256(uint256(one.mark)));
    }
}
