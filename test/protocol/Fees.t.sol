// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {vm} from "../support/Vm.sol";
import {ProtocolTest, Trader} from "./Protocol.sol";

/// Trade fees, where they go, and the open interest that the cover they build up allows.
contract FeesTest is ProtocolTest {
    address private treasury = address(0x7ea5);
    bytes32 private feeAccount;

    function setUpNode() internal override {
        super.setUpNode();
        feeAccount = accountOf(address(vault));
        IMarginVault.Parameters memory parameters = vault.parameters();
        parameters.treasury = treasury;
        parameters.insuranceFeeShare = 0.5e18;
        vm.prank(owner);
        vault.setParameters(parameters, 0);
        setFees(ETH, 0.001e18, 0.002e18);
        deposit(alice, 1_000 * USD);
        deposit(bob, 1_000 * USD);
    }

    function worthOf(bytes32 account) private view returns (int256 equity) {
        (equity,,,) = vault.health(account);
    }

    function coverLeft() private view returns (uint256 left) {
        (left,) = vault.cover(ETH);
    }

    // ---- who pays what

    function test_makers_and_takers_pay_their_rates_into_the_fee_account() public {
        trade(alice, bob, 10e18, 200e18); // Bob makes: 2,000 of notional
        vm.assertEq(equityOf(alice), 996e18);
        vm.assertEq(equityOf(bob), 998e18);
        vm.assertEq(worthOf(feeAccount), 6e18);
        vm.assertEq(capitalOf(alice), 996e18);
    }

    function test_fees_are_paid_out_of_profit_first() public {
        trade(alice, bob, 10e18, 200e18);
        setPriceCalmly(210 * FEED);
        vault.touch(alice.account);
        vm.assertEq(pnlOf(alice), 100e18);
        trade(bob, alice, 10e18, 210e18);
        vm.assertEq(capitalOf(alice), 996e18);
        vm.assertEq(pnlOf(alice), 100e18 - 2.1e18);
        (, int256 profit) = vault.balances(feeAccount);
        vm.assertEq(profit, 2.1e18);
    }

    function test_unsettled_profit_pays_fees_too() public {
        trade(BTC, alice, bob, 0.1e18, 5_000e18); // free of fees
        trade(alice, bob, 40e18, 200e18); // 16 of fee
        setPriceCalmly(176 * FEED); // 24 of Alice's capital would be left
        setPriceCalmly(BTC, 6_000 * FEED); // and 100 of profit
        refreshPrices();
        vm.assertEq(equityOf(alice), 124e18);
        setFees(ETH, 0.01e18, 0.01e18);
        trade(bob, alice, 40e18, 176e18); // 70.4 of fee
        vm.assertEq(equityOf(alice), 53.6e18);
        vm.assertEq(maintenanceOf(alice), 30e18);
    }

    function test_a_fee_takes_at_most_the_equity() public {
        setFees(ETH, 0.01e18, 0.01e18);
        trade(alice, bob, 45e18, 200e18); // 90 of fee
        setPriceCalmly(181 * FEED); // Alice has 55 left
        vm.assertEq(equityOf(alice), 55e18);
        trade(bob, alice, 45e18, 181e18); // for 81.45 of fee
        vm.assertEq(equityOf(alice), 0);
        vm.assertEq(sizeOf(alice), 0);
        vm.assertEq(worthOf(feeAccount), 180e18 + 55e18 + 81.45e18);
    }

    function test_the_fee_counts_for_initial_margin() public {
        // 1,000 of capital less a fee of 0.2 % carry 10 % of 49 units at 200, not of 49.9.
        IMarginVault.Order memory maker = order(bob, -50e18, 200e18, true);
        IMarginVault.Order memory taker = order(alice, 50e18, 200e18, false);
        bytes memory made = sign(bob, maker);
        bytes memory taken = sign(alice, taker);
        vm.expectRevert(IMarginVault.InsufficientMargin.selector);
        vault.settle(maker, made, taker, taken, 49.9e18);
        vault.settle(maker, made, taker, taken, 49e18);
    }

    function test_a_position_needs_ten_rewards_of_initial_margin() public {
        IMarginVault.Parameters memory parameters = vault.parameters();
        parameters.maxReward = 50e18;
        vm.prank(owner);
        vault.setParameters(parameters, 0);
        deposit(carol, 499 * USD);
        IMarginVault.Order memory maker = order(bob, -1e18, 200e18, true);
        IMarginVault.Order memory taker = order(carol, 1e18, 200e18, false);
        bytes memory made = sign(bob, maker);
        bytes memory taken = sign(carol, taker);
        vm.expectRevert(IMarginVault.InsufficientMargin.selector);
        vault.settle(maker, made, taker, taken, 1e15);
        deposit(carol, 2 * USD);
        vault.settle(maker, made, taker, taken, 1e15);
    }

    // ---- where they go

    function test_insurance_and_the_treasury_share_what_was_collected() public {
        trade(alice, bob, 10e18, 200e18);
        vm.prank(carol.owner);
        (uint256 insurance, uint256 rest) = vault.distributeFees();
        vm.assertEq(insurance, 3e18);
        vm.assertEq(rest, 3e18);
        vm.assertEq(worthOf(accountOf(address(pool))), 3e18);
        vm.assertEq(worthOf(accountOf(treasury)), 3e18);
        vm.assertEq(worthOf(feeAccount), 0);
        (insurance, rest) = vault.distributeFees();
        vm.assertEq(insurance, 0);
        vm.assertEq(rest, 0);
    }

    function test_the_treasury_withdraws_its_share() public {
        trade(alice, bob, 10e18, 200e18);
        vault.distributeFees();
        vm.prank(treasury);
        vm.assertEq(vault.withdraw(accountOf(treasury), 3 * USD, treasury), 3 * USD);
        vm.assertEq(token.balanceOf(treasury), 3 * USD);
    }

    function test_insurance_gets_more_as_its_assets_fall_short() public {
        // Open interest of 50m loses 5m beyond maintenance margin in a shock of 15 %.
        setFees(ETH, 0, 0);
        deposit(alice, 10_000_000 * USD);
        deposit(bob, 10_000_000 * USD);
        trade(alice, bob, 250_000e18, 200e18);
        setFees(ETH, 0.001e18, 0.002e18);
        trade(alice, bob, 1e18, 200e18);
        (uint256 insurance, uint256 rest) = vault.distributeFees();
        vm.assertEq(insurance, rest);
        // All but 2.5m leaves the pool.
        uint256 shares = pool.convertToShares(97_500_000 * USD);
        pool.requestRedeem(shares, address(this), address(this));
        elapse(8 days - block.timestamp % 1 days);
        refreshPrices();
        pool.fulfil(address(this));
        vm.assertApproxEqAbs(pool.totalAssets(), 2_500_000 * USD, 10 * USD);
        trade(bob, alice, 1e18, 200e18);
        (insurance, rest) = vault.distributeFees();
        // Half of the target: 50 % and half of the rest.
        vm.assertApproxEqAbs(insurance, 0.45e18, 1e13);
        vm.assertApproxEqAbs(rest, 0.15e18, 1e13);
    }

    // ---- cover

    function test_open_interest_stops_at_what_the_cover_pays_for() public {
        setCover(ETH, 100e18); // 10 % of 200 a unit: five units
        IMarginVault.Order memory maker = order(bob, -10e18, 200e18, true);
        IMarginVault.Order memory taker = order(alice, 10e18, 200e18, false);
        bytes memory made = sign(bob, maker);
        bytes memory taken = sign(alice, taker);
        vm.expectRevert(IMarginVault.CoverExceeded.selector);
        vault.settle(maker, made, taker, taken, 5e18 + 1e12);
        vault.settle(maker, made, taker, taken, 5e18);
        vm.assertEq(coverLeft() / 1e18, 100);
    }

    function test_without_cover_positions_change_hands_and_close() public {
        trade(alice, bob, 5e18, 200e18);
        setCover(ETH, 0);
        deposit(carol, 1_000 * USD);
        trade(carol, alice, 5e18, 200e18); // open interest stays
        vm.assertEq(vault.position(carol.account, ETH), 5e18);
        trade(bob, carol, 3e18, 200e18);
        vm.assertEq(vault.position(carol.account, ETH), 2e18);
        IMarginVault.Order memory maker = order(bob, -3e18, 200e18, true);
        IMarginVault.Order memory taker = order(alice, 3e18, 200e18, false);
        bytes memory made = sign(bob, maker);
        bytes memory taken = sign(alice, taker);
        vm.expectRevert(IMarginVault.CoverExceeded.selector);
        vault.settle(maker, made, taker, taken, 3e18);
    }

    function test_half_of_what_fees_paid_into_insurance_is_cover() public {
        setCover(ETH, 0);
        vm.assertEq(coverLeft(), 0);
        setCover(ETH, 100e18);
        trade(alice, bob, 5e18, 200e18); // 3 of fees, 1.5 of them to insurance
        vm.assertApproxEqAbs(coverLeft(), 100.75e18, 1e12);
        elapse(90 days);
        vm.assertApproxEqAbs(coverLeft(), 100e18 + 0.75e18 * 367879441171442321 / WAD, 1e12);
    }

    function test_an_allowance_counts_up_to_a_tenth_of_the_pool() public {
        deposit(carol, 50_000_000 * USD);
        deposit(dave, 50_000_000 * USD);
        setFees(ETH, 0, 0);
        setCover(ETH, 1_000_000_000e18);
        // 10m of 100m pay for 100m of open interest: 500,000 units.
        IMarginVault.Order memory maker = order(carol, -600_000e18, 200e18, true);
        IMarginVault.Order memory taker = order(dave, 600_000e18, 200e18, false);
        bytes memory made = sign(carol, maker);
        bytes memory taken = sign(dave, taker);
        vm.expectRevert(IMarginVault.CoverExceeded.selector);
        vault.settle(maker, made, taker, taken, 500_001e18);
        vault.settle(maker, made, taker, taken, 500_000e18);
    }
}
