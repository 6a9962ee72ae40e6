// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IOwnable} from "../../contracts/interfaces/IOwnable.sol";
import {Stakes} from "../support/Stakes.sol";
import {vm} from "../support/Vm.sol";
import {ProtocolTest, Trader} from "./Protocol.sol";

/// The insurance pool: shares, exits, cover.
contract PoolTest is ProtocolTest {
    using Stakes for IInsurancePool;

    /// A pool that nobody has joined; only the least bond is in it.
    function setUpNode() internal override {
        install();
        list(ETH, SYMBOL, 200 * FEED);
        openMarket("market");
    }

    function join(Trader memory trader, uint256 amount) private returns (uint256 shares) {
        return pool.join(token, trader.owner, amount);
    }

    function available(address who) private view returns (uint256 amount) {
        (amount,,,) = pool.available(who);
    }

    function assets(uint256 dollars) private pure returns (uint256) {
        return dollars * USD;
    }

    function test_shares_are_in_proportion_to_deposits() public {
        uint256 alices = join(alice, assets(1_000));
        uint256 bobs = join(bob, assets(3_000));
        vm.assertEq(bobs, 3 * alices);
        vm.assertEq(pool.totalAssets(), assets(4_000) + LEAST_BOND);
        vm.assertEq(pool.convertToAssets(alices), assets(1_000));
    }

    function testFuzz_nobody_gains_by_joining_and_leaving(uint256 first, uint256 gift, uint256 second) public {
        join(alice, bound(first, 1, 1e12));
        token.mint(address(pool), bound(gift, 0, 1e15));
        second = bound(second, 1e6, 1e15);
        uint256 shares = join(bob, second);
        vm.assertLe(pool.convertToAssets(shares), second);
        vm.assertLe(pool.previewDeposit(second), shares + 1);
    }

    function request(Trader memory trader, uint256 shares) private {
        pool.request(trader.owner, shares);
    }

    /// What was requested now is mature.
    function toMaturity() private {
        elapse(7 days);
        elapse(1 days - block.timestamp % 1 days);
        refreshPrices();
    }

    function test_an_exit_is_requested_waits_a_week_and_is_fulfilled_at_midnight() public {
        uint256 shares = join(alice, assets(1_000));
        request(alice, shares);
        vm.assertEq(pool.maxRedeem(alice.owner), 0);
        toMaturity();
        vm.prank(bob.owner);
        vm.assertEq(pool.fulfil(alice.owner), assets(1_000));
        vm.assertEq(pool.maxRedeem(alice.owner), shares);
        vm.prank(alice.owner);
        vm.assertEq(pool.redeem(shares, carol.owner, alice.owner), assets(1_000));
        vm.assertEq(token.balanceOf(carol.owner), assets(1_000));
    }

    function test_shares_that_wait_stay_slashable_and_leave_behind_what_insurance_still_pays() public {
        uint256 shares = join(alice, assets(8_000_000));
        risk();
        request(alice, shares);
        bankrupt();
        vm.assertEq(pool.totalAssets(), assets(7_991_000) + LEAST_BOND); // what the cover had for debts
        vm.assertApproxEqAbs(pool.convertToAssets(shares), assets(7_991_000), 1);
        toMaturity();
        setCover(ETH, 20_000e18);
        (uint256 deficit, uint256 closable, uint256 due) = vault.claims();
        vm.assertEq(abi.encode(deficit, closable, due), abi.encode(6_000e18, 0, 6_000e18));
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.PaymentDue.selector, address(vault)));
        pool.fulfil(alice.owner);
        vm.assertEq(vault.recover(ETH), 6_000e18);
        vm.assertApproxEqAbs(pool.fulfil(alice.owner), assets(7_985_000), 1);
    }

    /// What a cover has no room for is left to haircuts, and no reason to stay.
    function test_a_record_that_no_cover_pays_for_stops_no_exit() public {
        uint256 shares = join(alice, assets(8_000_000));
        risk();
        bankrupt();
        request(alice, shares);
        toMaturity();
        while (true) {
            // The bucket has drained a little; what it pays is asked for first.
            (,, uint256 due) = vault.claims();
            if (due < 8e18) break; // dust: a millionth of eight million
            vault.recover(ETH);
        }
        (uint256 deficit,,) = vault.claims();
        vm.assertGt(deficit, 4_000e18);
        pool.fulfil(alice.owner);
    }

    /// A debt that is known and can be closed stops both: who would join pays for yesterday, who would leave leaves it to others.
    function test_a_debt_that_can_be_closed_stops_who_comes_and_who_leaves_until_it_is_closed() public {
        uint256 shares = join(alice, assets(8_000_000));
        risk();
        request(alice, shares);
        owe();
        vault.touch(dave.account);
        (uint256 deficit, uint256 closable, uint256 due) = vault.claims();
        vm.assertEq(abi.encode(deficit, closable, due), abi.encode(15_000e18, 15_000e18, 9_000e18));
        vm.assertEq(pool.maxDeposit(carol.owner), 0);
        toMaturity();
        setPrice(175 * FEED);
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.PaymentDue.selector, address(vault)));
        pool.fulfil(alice.owner);
        vault.deleverage(dave.account, 16);
        pool.fulfil(alice.owner);
        join(carol, assets(1_000));
    }

    /// A debt whose leg is frozen waits for its price; nobody waits for it.
    function test_a_stuck_debt_stops_nobody() public {
        uint256 shares = join(alice, assets(8_000_000));
        risk();
        request(alice, shares);
        owe();
        vault.touch(dave.account);
        toMaturity();
        perpetuals[ETH].primary.setClosed(true);
        perpetuals[ETH].secondary.setClosed(true);
        setSources(ETH, 0, 0);
        vault.deleverage(dave.account, 16); // finds that it cannot be closed
        vm.assertEq(vault.stuckDebt(), 15_000e18);
        (uint256 deficit, uint256 closable, uint256 due) = vault.claims();
        vm.assertEq(abi.encode(deficit, closable, due), abi.encode(15_000e18, 0, 0));
        pool.fulfil(alice.owner);
        join(carol, assets(1_000));
    }

    function risk() private {
        deposit(bob, 1_000_000 * USD);
        deposit(dave, 60_000 * USD);
        trade(dave, bob, 3_000e18, 200e18);
        setCover(ETH, 10_000e18);
    }

    /// Dave owes 15,000 dollars of what he risked, and nobody knows.
    function owe() private {
        setPriceCalmly(175 * FEED);
    }

    /// Leaves a deficit of 15,000 dollars of what Dave risked, of which the cover pays 9,000.
    function bankrupt() private {
        owe();
        vault.deleverage(dave.account, 16);
    }

    /// What waits to leave backs no new open interest, while it still pays for what there is.
    function test_new_open_interest_counts_on_nobody_who_is_about_to_leave() public {
        uint256 shares = join(alice, assets(8_000_000));
        risk();
        setCover(ETH, 10_000_000e18);
        elapse(11 minutes); // the vault asks its pool again
        refreshPrices();
        (uint256 left,) = vault.cover(ETH);
        vm.assertApproxEqAbs(left, 800_000e18, UNIT); // a tenth of the pool
        request(alice, shares / 2);
        elapse(11 minutes);
        refreshPrices();
        (left,) = vault.cover(ETH);
        vm.assertApproxEqAbs(left, 400_000e18, UNIT);
        (,, uint256 room,) = vault.debts(ETH);
        vm.assertApproxEqAbs(room, 720_000e18, UNIT); // nine tenths, for debts
        deposit(dave, 1_000_000 * USD);
        request(alice, shares - shares / 2);
        elapse(11 minutes);
        refreshPrices();
        IMarginVault.Order memory maker = order(bob, -1e18, 200e18, true);
        IMarginVault.Order memory taker = order(dave, 1e18, 200e18, false);
        bytes memory makerSignature = sign(bob, maker);
        bytes memory takerSignature = sign(dave, taker);
        vm.expectRevert(IMarginVault.CoverExceeded.selector);
        vault.settle(maker, makerSignature, taker, takerSignature, 1e18);
    }

    function test_only_registered_vaults_draw() public {
        join(alice, assets(1_000));
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.NotVault.selector, alice.owner));
        vm.prank(alice.owner);
        pool.cover(assets(1));
        vm.assertEq(available(alice.owner), 0);
        vm.assertTrue(pool.isVault(address(vault)));
    }

    function test_a_vault_draws_at_most_its_daily_share() public {
        join(alice, assets(1_000));
        elapse(1 days);
        vm.assertEq(available(address(vault)), assets(250));
        vm.prank(address(vault));
        vm.assertEq(pool.cover(assets(100)), assets(100));
        vm.assertEq(available(address(vault)), assets(150));
        vm.prank(address(vault));
        vm.assertEq(pool.cover(assets(400)), assets(150));
        vm.assertEq(available(address(vault)), 0);
        elapse(1 days);
        vm.assertEq(available(address(vault)), assets(750) / 4);
    }

    function test_income_in_the_vault_is_harvested_into_the_share_price() public {
        uint256 shares = join(carol, assets(1_000_000));
        deposit(alice, 1_000 * USD);
        deposit(bob, 10_000 * USD);
        deposit(dave, 10_000 * USD);
        trade(alice, bob, 45e18, 200e18);
        setPriceCalmly(187 * FEED);
        vm.prank(dave.owner);
        (, uint256 penalty) = vault.liquidate(alice.account, dave.account, WAD);
        uint256 income = pool.harvest(address(vault));
        vm.assertApproxEqAbs(income, penalty / 2 / UNIT, 1);
        vm.assertEq(pool.totalAssets(), assets(1_000_000) + LEAST_BOND);
        elapse(7 days);
        vm.assertEq(pool.totalAssets(), assets(1_000_000) + LEAST_BOND + income);
        vm.assertGt(pool.convertToAssets(shares), assets(1_000_000));
    }

    function test_only_the_owner_configures() public {
        IInsurancePool.Parameters memory parameters = pool.parameters();
        bytes memory notOwner = abi.encodeWithSelector(IOwnable.NotOwner.selector, alice.owner);
        vm.startPrank(alice.owner);
        vm.expectRevert(notOwner);
        pool.setVault(alice.owner, true);
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.NotSteward.selector, alice.owner));
        pool.setParameters(parameters, 0);
        vm.expectRevert(notOwner);
        pool.transferOwnership(alice.owner);
        vm.stopPrank();
    }

    function test_parameters_outside_their_bounds_are_refused() public {
        IInsurancePool.Parameters memory parameters = pool.parameters();
        parameters.cooldown = 1;
        vm.expectRevert(IInsurancePool.ParametersOutOfBounds.selector);
        vm.prank(owner);
        pool.setParameters(parameters, 0);
    }
}
