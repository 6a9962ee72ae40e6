// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";
import {OptionsTest} from "./OptionsTest.sol";

/// What somebody who means ill tries with options.
contract HostileOptionsTest is OptionsTest {
    Trader private thief;

    function setUpNode() internal override {
        super.setUpNode();
        thief = subAccount(carol, 1);
        deposit(thief, 10_000 * USD);
    }

    /// Listing every series that there may be keeps nobody from what is listed, and each place is free again after its expiry.
    function test_whoever_lists_all_series_stops_nobody_for_long() public {
        IMarginVault.OptionRules memory few = optionRules();
        few.maxSeries = 4;
        setRules(few);
        uint32 wanted = series(14, 2_000, CALL);
        vm.startPrank(thief.owner);
        vault.listOption(ETH, expiryIn(14), 7_900e18, CALL, thief.account);
        vault.listOption(ETH, expiryIn(14), 500e18, PUT, thief.account);
        vault.listOption(ETH, expiryIn(28), 8_000e18, CALL, thief.account);
        vm.expectRevert(IMarginVault.TooManySeries.selector);
        vault.listOption(ETH, expiryIn(28), 7_800e18, CALL, thief.account);
        vm.stopPrank();
        buy(wanted, alice, bob, 1e18);
        uint32 spam = vault.seriesOf(ETH, expiryIn(28), 8_000e18, CALL);
        vm.prank(owner);
        vault.delist(spam); // governance need not wait
        expire(14);
        vault.delist(vault.seriesOf(ETH, expiryIn(14), 7_900e18, CALL));
        vault.delist(vault.seriesOf(ETH, expiryIn(14), 500e18, PUT));
        pass(1 minutes);
        buy(series(28, 2_000, CALL), alice, bob, 1e18);
    }

    /// Two accounts of his trade far options with each other at the band's edge: what one loses the other gains, less fees.
    function test_trading_with_oneself_at_the_edge_makes_nothing() public {
        Trader memory other = subAccount(carol, 2);
        deposit(other, 10_000 * USD);
        uint32 far = series(14, 4_000, CALL);
        for (uint256 k = 0; k < 5; k++) {
            trade(far, thief, other, 10e18, markOf(far) + 2e18);
            trade(far, other, thief, 10e18, 0);
        }
        vm.assertLe(equityOf(thief) + equityOf(other), 20_000e18);
        vm.assertEq(convert(thief) + convert(other), 0); // what was gained has not matured
        (uint256 tokens, uint256 capital,,) = vault.totals();
        vm.assertLe(capital, tokens);
    }

    /// One account is left bankrupt by a closing trade at the band's edge: that is no reduction of risk.
    function test_closing_at_the_edge_to_leave_one_bankrupt_reverts() public {
        Trader memory other = subAccount(carol, 2);
        deposit(other, 10_000 * USD);
        uint32 put = series(14, 2_000, PUT);
        buy(put, thief, other, 50e18);
        int256 price = 2_000;
        while (equityOf(other) > 500e18) {
            price -= 10;
            elapse(61);
            setPrice(price * FEED);
            vault.touch(other.account);
        }
        vm.assertGt(equityOf(other), 0);
        uint256 reach = uint256(price) * 1e18 / 50 * uint256(-int256(quote(put).delta)) / WAD;
        uint256 edge = markOf(put) + reach - 1e15;
        refuse(put, other, thief, 50e18, edge, IMarginVault.NoEquity.selector);
    }

    /// The provider's key is stolen: a step of five points each five minutes, which the guardian ends.
    function test_a_stolen_surface_moves_in_steps_and_is_stopped() public {
        uint32 call = series(28, 2_000, CALL);
        buy(call, alice, bob, 10e18);
        uint256 before = markOf(call);
        elapse(5 minutes);
        setVolatility(28, VOLATILITY + 0.05e18);
        // 2.2 dollars for each point of volatility at the money in 28 days, 0.6 % of spot for all five.
        vm.assertLe(markOf(call) - before, 12e18);
        vm.prank(guardian);
        guard.setSurfaceProvider(address(0));
        elapse(5 minutes);
        vm.expectRevert(abi.encodeWithSelector(IOracleGuard.NotSurfaceProvider.selector, provider));
        vm.prank(provider);
        guard.setSurface(asset, expiryIn(28), IOracleGuard.Surface(VOLATILITY + 0.1e18, 0, 0));
        vault.touch(alice.account);
        vm.assertEq(convert(alice), 0);
    }

    /// Whoever holds nothing of it moves nobody's legs by touching, counting again, or asking.
    function test_strangers_change_nothing() public {
        uint32 call = series(28, 2_000, CALL);
        buy(call, alice, bob, 10e18);
        int256 worth = equityOf(alice);
        uint32[] memory numbers = new uint32[](3);
        (numbers[0], numbers[1], numbers[2]) = (call, call, call);
        vm.startPrank(thief.owner);
        vault.refresh(numbers);
        vault.touch(alice.account);
        vm.expectRevert(IMarginVault.SeriesExists.selector);
        vault.listOption(ETH, expiryIn(28), SPOT, CALL, thief.account);
        vm.expectRevert(IMarginVault.UnknownInstrument.selector);
        vault.portfolio(alice.account, 99);
        vm.expectRevert(IMarginVault.UnknownInstrument.selector);
        vault.instrument(call);
        vm.stopPrank();
        vm.assertEq(equityOf(alice), worth);
        (uint256 openInterest,,,,) = vault.optionTotals(ETH);
        vm.assertEq(openInterest, 10e18);
    }

    function test_a_signer_trades_options_and_never_withdraws() public {
        uint32 call = series(28, 2_000, CALL);
        Trader memory signer = newTrader("signer");
        vm.prank(alice.owner);
        vault.setSigner(signer.owner, true);
        IMarginVault.Order memory maker = order(call, bob, -1e18, markOf(call), true);
        IMarginVault.Order memory taker = order(call, alice, 1e18, markOf(call), false);
        vault.settle(maker, sign(bob, maker), taker, sign(signer, taker), 1e18);
        vm.assertEq(vault.position(alice.account, call), 1e18);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.NotAccountOwner.selector, signer.owner));
        vm.prank(signer.owner);
        vault.withdraw(alice.account, 1, signer.owner);
    }
}
