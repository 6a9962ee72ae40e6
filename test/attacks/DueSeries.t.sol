// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IRiskEngine} from "../../contracts/interfaces/IRiskEngine.sol";
import {Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";
import {OptionsTest} from "../options/OptionsTest.sol";

/// A series that the owner has closed is due: its price and its volatility are fixed. Whoever acts finds it settled at them, whether or
/// not anybody has booked that, so that nobody who liquidates, deleverages, trades or leaves chooses between it and a mark that moves.
contract DueSeriesTest is OptionsTest {
    Trader internal holder = newTrader("holder");
    uint32 internal call;
    uint256 internal bought;

    /// The holder has 100 calls at 2,000 and 2 BTC at 50,000. The series is closed, and due in a day, to the second.
    function setUpNode() internal override {
        super.setUpNode();
        call = series(28, 2_000, CALL);
        deposit(holder, 23_000 * USD);
        deposit(dave, 100_000 * USD);
        bought = markOf(call);
        buy(call, holder, bob, 100e18);
        trade(BTC, holder, alice, 2e18, 50_000e18);
        elapse(1 hours);
        pass(1 hours);
        vm.prank(owner);
        vault.closeOption(call);
        elapse(expiryIn(8) - 24 hours - block.timestamp);
        pass(0);
    }

    /// The price is 2,000 until the series is due; nobody looks at the vault.
    modifier due() {
        expire(8);
        vm.assertEq(block.timestamp, expiryIn(8));
        _;
    }

    /// In the second in which the series may settle, both fall.
    function fall(int256 eth, int256 btc) private {
        setPrice(ETH, eth * FEED);
        setPrice(BTC, btc * FEED);
        setVolatility(28, VOLATILITY);
    }

    /// What the series settles at: at 2,000, with 20 days left.
    function settlement() private returns (uint256 value) {
        attach("engine", vault.engine());
        (value,,,) = IRiskEngine(vault.engine()).price(CALL, SPOT, SPOT, 20 days, VOLATILITY);
    }

    function test_insurance_pays_no_debt_that_the_settlement_leaves_nobody_with() public due {
        fall(1_880, 42_000);
        int256 settled = equityOf(holder);
        vm.assertGt(settled, int256(maintenanceOf(holder))); // 4,277 of 4,200
        vm.prank(dave.owner);
        vm.expectRevert(IMarginVault.NotDeleverageable.selector);
        vault.deleverage(holder.account, 16);
        vault.touch(holder.account);
        vm.assertEq(missing(), 0);
        vm.assertEq(vault.position(holder.account, call), 0);
        vm.assertEq(equityOf(holder), settled);
        vault.settleOption(call);
        vm.assertEq(equityOf(holder), settled);
        vm.assertEq(missing(), 0);
    }

    function test_no_healthy_account_is_taken_over() public due {
        fall(1_900, 45_000);
        int256 settled = equityOf(holder);
        vm.assertGt(settled, int256(2 * maintenanceOf(holder))); // 10,277 of 4,500
        vm.prank(dave.owner);
        vm.expectRevert(IMarginVault.Healthy.selector);
        vault.liquidate(holder.account, dave.account, WAD);
        bytes32[] memory accounts = new bytes32[](1);
        accounts[0] = holder.account;
        vm.prank(dave.owner);
        vm.assertEq(vault.liquidateBatch(accounts, dave.account, WAD), 0);
        vault.settleOption(call);
        vault.touch(holder.account);
        vm.assertEq(vault.position(holder.account, BTC), 2e18);
        vm.assertEq(equityOf(holder), settled);
    }

    /// In the last second nearly nothing of it moves any more: neither then does anybody act by a mark that is gone a second later.
    function test_a_second_before_it_is_due_it_is_worth_what_it_will_settle_at() public {
        elapse(expiryIn(8) - 1 hours - block.timestamp);
        refreshPrices();
        elapse(30 minutes);
        refreshPrices();
        elapse(30 minutes - 1);
        fall(1_880, 42_000);
        int256 last = equityOf(holder);
        vm.prank(dave.owner);
        vm.expectRevert(IMarginVault.NotDeleverageable.selector);
        vault.deleverage(holder.account, 16);
        vm.prank(dave.owner);
        vm.expectRevert(IMarginVault.Healthy.selector);
        vault.liquidate(holder.account, dave.account, WAD);
        elapse(1);
        // 120 of a unit's price in one second of half an hour.
        vm.assertApproxEqAbs(equityOf(holder), last, 10e18);
        vm.assertApproxEqAbs(equityOf(holder), 4_277e18, 10e18);
    }

    /// Whatever the mark and the surface do, and whoever looks: before it is booked, after, and beyond its expiry.
    function test_it_is_worth_the_same_for_good() public due {
        int256 worth = equityOf(holder);
        vm.assertEq(worth, 23_000e18 + 100 * (int256(settlement()) - int256(bought)));
        setVolatility(28, VOLATILITY + 0.05e18);
        setPrice(ETH, 1_000 * FEED);
        vm.assertEq(equityOf(holder), worth);
        elapse(3 days);
        refreshPrices();
        vm.assertEq(equityOf(holder), worth);
        string memory id = checkpoint();
        vault.touch(holder.account);
        vault.touch(bob.account);
        vm.assertEq(equityOf(holder), worth);
        vault.settleOption(call);
        vm.assertEq(equityOf(holder), worth);
        id = restore(id);
        vault.settleOption(call);
        vault.touch(holder.account);
        vm.assertEq(equityOf(holder), worth);
        restore(id);
        elapse(expiryIn(40) - block.timestamp);
        refreshPrices();
        vm.assertEq(equityOf(holder), worth);
        vault.touch(holder.account);
        vault.touch(bob.account);
        vm.assertEq(vault.position(holder.account, call), 0);
        vm.assertEq(equityOf(holder), worth);
        vm.assertEq(missing(), 0);
    }

    /// The holder goes on as if somebody had booked it: what is left of the account counts.
    function test_it_stops_nobody() public due {
        setPrice(ETH, 2_400 * FEED);
        trade(BTC, alice, holder, 1e18, 50_000e18);
        vm.assertEq(vault.position(holder.account, call), 0);
        vm.assertEq(vault.position(holder.account, BTC), 1e18);
        vm.assertEq(withdraw(holder, 1_000 * USD), 1_000 * USD);
    }

    /// Nobody saw the window: its price is made up afterwards. Until then nobody trades it, everything else goes on, and whoever is ill
    /// is taken over.
    function test_while_its_price_is_pending_everything_else_goes_on() public {
        elapse(expiryIn(8) + 1 hours - block.timestamp); // longer than a price lasts
        refreshPrices();
        setVolatility(28, VOLATILITY);
        vm.expectRevert(IMarginVault.SettlementPending.selector);
        vault.settleOption(call);
        refuse(call, bob, holder, 1e18, markOf(call), IMarginVault.ActionBlocked.selector);
        trade(BTC, alice, holder, 1e18, 50_000e18);
        vault.touch(holder.account);
        vm.assertEq(vault.position(holder.account, call), 100e18);
        // Liquidation goes on, in its legs too.
        setPrice(ETH, 1_850 * FEED);
        setPrice(BTC, 40_000 * FEED);
        string memory id = checkpoint();
        vm.assertLt(equityOf(holder), int256(maintenanceOf(holder)));
        liquidate(holder, dave, WAD);
        vm.assertGt(vault.position(dave.account, call), 0);
        restore(id);
        // It settles at what is made up.
        setPrice(ETH, 2_000 * FEED);
        elapse(15 minutes);
        vault.settleOption(call);
    }

    /// The volatility is that of 24 hours before, which nobody has to keep, and nobody chooses by when it looks.
    function test_its_volatility_is_that_of_a_day_before() public {
        elapse(10 minutes);
        setVolatility(28, VOLATILITY + 0.05e18);
        string memory id = checkpoint();
        elapse(6 hours);
        refreshPrices();
        setVolatility(28, VOLATILITY + 0.1e18);
        // It counts from then on, and not what the surface says.
        setPrice(ETH, 2_000 * FEED);
        vault.touch(holder.account);
        expire(8);
        int256 worth = 23_000e18 + 100 * (int256(settlement()) - int256(bought));
        vm.assertEq(equityOf(holder), worth);
        restore(id);
        expire(8);
        vault.touch(bob.account);
        vm.assertEq(equityOf(holder), worth);
    }

    /// An expiry leaves nobody that choice: whoever acts in that second finds the series settled.
    function test_at_its_expiry_a_series_is_settled_by_whoever_acts() public {
        pass(1 hours);
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
    function test_what_has_settled_pays_once() public due {
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
