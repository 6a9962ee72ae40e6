// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";
import {OptionsTest} from "../options/OptionsTest.sol";

/// What works: a series that the owner has closed is due, its price and its volatility are fixed, and until somebody settles it,
/// which anyone may, health counts its moving mark. Whoever liquidates or deleverages a holder chooses between the two by doing that
/// before or after the settlement. See docs/security.md, what is not prevented.
contract DueSeriesTest is OptionsTest {
    Trader internal holder = newTrader("holder");
    uint32 internal call;

    /// The holder has 100 calls at 2,000 and 2 BTC at 50,000. The series is closed; its price, 2,000, and its volatility are fixed.
    function setUpNode() internal override {
        super.setUpNode();
        call = series(28, 2_000, CALL);
        deposit(holder, 23_000 * USD);
        deposit(dave, 100_000 * USD);
        buy(call, holder, bob, 100e18);
        trade(BTC, holder, alice, 2e18, 50_000e18);
        elapse(1 hours);
        pass(1 hours);
        vm.prank(owner);
        vault.closeOption(call);
        elapse(expiryIn(8) - 24 hours - block.timestamp);
        pass(0);
        vault.fixVolatility(call);
        expire(8);
        vm.assertEq(block.timestamp, expiryIn(8));
    }

    /// In the second in which the series may settle, both fall.
    function fall(int256 eth, int256 btc) private {
        setPrice(ETH, eth * FEED);
        setPrice(BTC, btc * FEED);
        setVolatility(28, VOLATILITY);
    }

    function test_before_it_is_settled_insurance_pays_a_debt_that_the_settlement_would_have_left_nobody_with() public {
        fall(1_880, 42_000);
        string memory id = checkpoint();
        vault.settleOption(call);
        int256 settled = equityOf(holder);
        vm.assertGt(settled, int256(maintenanceOf(holder))); // 4,277 of 4,200
        restore(id);
        // At a mark that nobody may leave at, the holder owes 1,391, two thirds of it for BTC.
        vm.prank(dave.owner);
        (bool done, uint256 deficit, uint256 insured) = vault.deleverage(holder.account, 16);
        vm.assertFalse(done);
        vm.assertApproxEqAbs(deficit, 912e18, 1e18);
        vm.assertApproxEqAbs(insured, deficit, UNIT);
        vault.settleOption(call);
        vault.touch(holder.account);
        vm.assertEq(missing(), 0);
        // What insurance has paid is the holder's.
        vm.assertApproxEqAbs(equityOf(holder), settled + int256(insured), 2 * UNIT);
    }

    function test_before_it_is_settled_a_healthy_account_is_taken_over() public {
        fall(1_900, 45_000);
        string memory id = checkpoint();
        vault.settleOption(call);
        int256 settled = equityOf(holder);
        vm.assertGt(settled, int256(2 * maintenanceOf(holder))); // 10,277 of 4,500
        vm.prank(dave.owner);
        vm.expectRevert(IMarginVault.Healthy.selector);
        vault.liquidate(holder.account, dave.account, WAD);
        restore(id);
        (uint256 share, uint256 penalty) = liquidate(holder, dave, WAD);
        vm.assertEq(share, WAD);
        vm.assertEq(penalty, 225e18);
        vault.settleOption(call);
        vault.touch(holder.account);
        vm.assertEq(vault.position(holder.account, BTC), 0);
        vm.assertEq(equityOf(holder), settled - 225e18);
    }

    /// An expiry leaves nobody that choice: whoever acts in that second finds the series settled.
    function test_at_its_expiry_a_series_is_settled_by_whoever_acts() public {
        pass(0);
        uint32 own = series(14, 2_000, CALL);
        Trader memory second = subAccount(holder, 1);
        deposit(second, 23_000 * USD);
        buy(own, second, bob, 100e18);
        trade(BTC, second, alice, 2e18, 50_000e18);
        expire(14);
        uint256 settled = uint256(equityOf(second));
        pushPrice(ETH, 1_800 * FEED);
        pushPrice(BTC, 48_000 * FEED);
        vm.assertEq(equityOf(second), int256(settled - 4_000e18));
        vm.prank(dave.owner);
        vm.expectRevert(IMarginVault.Healthy.selector);
        vault.liquidate(second.account, dave.account, WAD);
        vm.expectRevert(IMarginVault.NotDeleverageable.selector);
        vault.deleverage(second.account, 16);
    }

    /// It pays once, however often it is touched, and whatever is listed in its place.
    function test_what_has_settled_pays_once() public {
        setPrice(ETH, 2_080 * FEED);
        vault.settleOption(call);
        vault.touch(holder.account);
        vault.touch(bob.account);
        int256 worth = equityOf(holder);
        vault.delist(call);
        pass(0);
        uint32 again = series(28, 2_100, CALL);
        vm.assertNotEq(again, call);
        vault.touch(holder.account);
        vm.assertEq(equityOf(holder), worth);
        vm.assertEq(vault.position(holder.account, again), 0);
    }
}
