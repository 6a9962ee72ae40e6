// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {Trader} from "../protocol/Protocol.sol";
import {OptionsTest} from "../options/OptionsTest.sol";
import {vm} from "../support/Vm.sol";

/// In the window of a series that settles early, an option moves as its Black-76 value at the average does; it is margined as (1 - c)
/// options on what is left, which hedge more. Who sells perpetuals against them is margined for nothing, and owes after a move of a
/// few per cent.
contract ClosingWindowAttackTest is OptionsTest {
    uint32 internal call;
    Trader internal holder = newTrader("holder");

    function test_a_hedge_that_is_none_owes() public {
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
        emit log_named_uint("counted", quote(call).counted);
        emit log_named_int("delta", quote(call).delta);
        // 700 perpetuals short were the hedge; now 290 are, says the margin. They are bought back.
        trade(ETH, holder, bob, 410e18, SPOT);
        vault.touch(holder.account);
        vault.touch(bob.account);
        emit log_named_uint("maintenance", maintenanceOf(holder));
        emit log_named_uint("initial", initialOf(holder));
        emit log_named_int("equity", equityOf(holder));
        emit log_named_uint("initial of the other side", initialOf(bob));
        // All but initial margin goes to another account.
        Trader memory safe = subAccount(holder, 1);
        uint256 spare = uint256(equityOf(holder)) - initialOf(holder) - 1e18;
        vm.prank(holder.owner);
        vault.transfer(holder.account, safe.account, spare);
        vm.assertGe(equityOf(holder), int256(initialOf(holder)));
        uint256 insurance = pool.totalAssets();
        int256 other = equityOf(bob);

        // 4 % in the nine minutes that are left: well within the 5 % that maintenance covers.
        setPrice(ETH, 2_080 * FEED);
        vm.assertEq(uint256(guard.read(assetOf(ETH)).tier), 0);
        emit log_named_int("equity after 4 per cent", equityOf(holder));
        vm.assertLt(equityOf(holder), -2_000e18);
        vault.touch(holder.account);
        (, uint256 deficit, uint256 insured) = vault.deleverage(holder.account, 16);
        emit log_named_uint("deficit", deficit);
        emit log_named_uint("insured", insured);
        emit log_named_int("gain of the other side", equityOf(bob) - other);
        vm.assertGt(insurance - pool.totalAssets(), 2_000 * USD);
    }

    event log_named_int(string key, int256 val);
    event log_named_uint(string key, uint256 val);
}
