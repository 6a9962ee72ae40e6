// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {ProtocolTest} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";

/// Who is paid profit counts as settled from then on, and so is settled first. The treasury alone is paid without a touch of its own,
/// by anybody's `distributeFees`.
contract PaidUnsettledAttackTest is ProtocolTest {
    function setUpNode() internal override {
        super.setUpNode();
        IMarginVault.Parameters memory parameters = vault.parameters();
        parameters.treasury = alice.owner;
        vm.prank(owner);
        vault.setParameters(parameters, 0);
        deposit(bob, 100_000 * USD);
        deposit(carol, 100_000 * USD);
    }

    function test_what_the_treasury_gained_in_a_restricted_market_matures_in_a_day_whoever_distributes_fees() public {
        deposit(alice, 20_000 * USD);
        trade(ETH, alice, bob, 100e18, 200e18);
        trade(BTC, carol, bob, 1e18, 5_000e18);
        elapse(60);
        refreshPrices();
        setPrice(BTC, 5_100 * FEED);
        vault.touch(carol.account);
        elapse(60);
        setPrice(ETH, 222 * FEED);
        vm.assertEq(uint256(guard.read(assetOf(ETH)).tier), 2);
        while (guard.read(assetOf(ETH)).tier > 0) {
            elapse(4 minutes);
            refreshPrices();
        }
        string memory id = checkpoint();
        vault.touch(alice.account);
        vault.touch(bob.account);
        elapse(1 hours);
        refreshPrices();
        vault.touch(alice.account);
        uint256 slow = vault.immature(alice.account);
        vm.assertApproxEqAbs(slow, 2_110.21e18, 0.01e18); // 2,200 x exp(-1/24)
        restore(id);
        setFees(BTC, 0, 0.0005e18);
        trade(BTC, bob, carol, 0.5e18, 5_100e18);
        trade(BTC, carol, bob, 0.5e18, 5_100e18); // carol pays her fee out of profit
        elapse(1);
        vm.assertEq(pnlOf(alice), 0);
        (, uint256 fees) = vault.distributeFees();
        vm.assertGt(fees, 0);
        vm.assertGe(pnlOf(alice), 2_200e18);
        vm.assertGe(vault.immature(alice.account), 2_200e18);
        vault.touch(alice.account);
        vault.touch(bob.account);
        elapse(1 hours);
        refreshPrices();
        vault.touch(alice.account);
        vm.assertApproxEqAbs(vault.immature(alice.account), slow, 0.01e18);
    }

    /// What is due to a treasury in debt waits in the fee account; insurance gets its share.
    function test_a_treasury_in_debt_holds_up_nobodys_fees() public {
        deposit(alice, 2_000 * USD);
        trade(ETH, alice, bob, 100e18, 200e18);
        setFees(BTC, 0, 0.0005e18);
        trade(BTC, carol, bob, 1e18, 5_000e18);
        (uint256 fees,) = vault.balances(accountOf(address(vault)));
        vm.assertEq(fees, 2.5e18);
        elapse(60);
        refreshPrices();
        setPrice(ETH, 170 * FEED);
        // A debt is found by a touch, where it can be attributed.
        vm.expectRevert(IMarginVault.NoEquity.selector);
        vault.distributeFees();
        vault.touch(alice.account);
        vm.assertEq(pnlOf(alice), -1_000e18);
        (uint256 insurance, uint256 treasury) = vault.distributeFees();
        vm.assertGt(insurance, 0);
        vm.assertEq(treasury, 0);
        vm.assertEq(pnlOf(alice), -1_000e18);
        (fees,) = vault.balances(accountOf(address(vault)));
        vm.assertEq(fees, 2.5e18 - insurance);
        // Once the debt is paid off, it gets its share of what waited.
        deposit(alice, 1_500 * USD);
        vm.assertEq(capitalOf(alice), 500e18);
        (insurance, treasury) = vault.distributeFees();
        vm.assertEq(insurance + treasury, fees);
        vm.assertGt(treasury, 0);
        vm.assertEq(capitalOf(alice), 500e18 + treasury);
    }
}
