// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {ProtocolTest} from "../protocol/Protocol.sol";
import {Stakes} from "../support/Stakes.sol";
import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {vm} from "../support/Vm.sol";

/// A deposit is taken over a deficit of yesterday. It enlarges the cover for new debts, and none for that.
contract OldDeficitAttackTest is ProtocolTest {
    using Stakes for IInsurancePool;

    address private victim = address(0x71c);

    function setUpNode() internal override {
        install();
        list(ETH, SYMBOL, 200 * FEED);
        list(BTC, "BTC", 5_000 * FEED);
        openMarket("market");
        insure(10_000_000 * USD);
    }

    function test_a_deposit_does_not_enlarge_the_cover_for_a_deficit_of_before() public {
        elapse(1 days);
        refreshPrices();
        deposit(alice, 1_000_000 * USD);
        deposit(bob, 100_000_000 * USD);
        trade(alice, bob, 50_000e18, 200e18);
        setPriceCalmly(120 * FEED);
        vault.touch(bob.account);
        (, uint256 deficit, uint256 insured) = vault.deleverage(alice.account, 16);
        vm.assertEq(deficit, 3_000_000e18);
        vm.assertEq(insured, 900_000e18);
        uint256 before = pool.totalAssets();
        uint256 shares = pool.join(token, victim, 90_000_000 * USD);
        uint256 worth = pool.convertToAssets(shares);
        elapse(1 days);
        refreshPrices();
        (, uint256 measured,, uint256 recorded) = pool.available(address(vault));
        vm.assertEq(measured, before + 90_000_000 * USD);
        vm.assertEq(recorded, before);
        // New debts are insured by all that the pool has.
        (,, uint256 room,) = vault.debts(ETH);
        vm.assertApproxEqAbs(room, measured * 1e12 * 9 / 100 - 890_000e18, 1e18);
        // What is on record is paid by what the cover of before has left: nothing for days.
        (,, uint256 due) = vault.claims();
        vm.assertEq(due, 0);
        vm.expectRevert(IMarginVault.NothingToRecover.selector);
        vault.recover(ETH);
        elapse(10 days);
        refreshPrices();
        uint256 cover = before * 1e12 / 10;
        uint256 paid = vault.recover(ETH);
        vm.assertApproxEqAbs(paid, cover * 9 / 10 - (900_000e18 - 11 * 10_000e18), 10e18);
        // And then what drains of that, a ninetieth a day, however often anyone asks.
        for (uint256 k = 0; k < 5; k++) {
            elapse(7 days);
            refreshPrices();
            uint256 more = vault.recover(ETH);
            vm.assertApproxEqAbs(more, 7 * cover / 100, 10e18);
            paid += more;
        }
        vm.assertApproxEqAbs(worth - pool.convertToAssets(shares), paid / 1e12 * 90_000_000e6 / measured, 10 * USD);
    }
}
