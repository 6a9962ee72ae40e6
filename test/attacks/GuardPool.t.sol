// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {ProtocolTest} from "../protocol/Protocol.sol";
import {Stakes} from "../support/Stakes.sol";
import {vm} from "../support/Vm.sol";

/// Leaving the pool in front of a debt that nobody has found, paying for one that is known, and coming for income that others earned.
contract GuardPoolTest is ProtocolTest {
    using Stakes for IInsurancePool;

    address private fast = address(0xfa57);

    /// What was requested now is mature: a week and the rest of the day.
    function toMaturity() private {
        elapse(8 days - block.timestamp % 1 days);
    }

    /// Alice owes 7.5 million at 165 dollars, of which insurance pays a cover's nine tenths of ten million: all.
    function risk() private {
        deposit(alice, 10_000_000 * USD);
        deposit(bob, 1_000_000_000 * USD);
        trade(alice, bob, 500_000e18, 200e18);
    }

    /// A staker sees a bankruptcy before anybody has touched it, and cannot act on it: whenever it asks, it is fulfilled at a
    /// midnight a week later, at what is left then.
    function test_nobody_leaves_in_front_of_a_debt_that_he_has_seen() public {
        uint256 shares = pool.join(token, fast, 100_000_000 * USD);
        risk();
        setPriceCalmly(165 * FEED);
        pool.request(fast, shares); // the first to see it
        vm.prank(fast);
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.ExceedsClaimable.selector, fast, 0, shares));
        pool.redeem(shares, fast, fast);
        (, uint256 deficit, uint256 insured) = vault.deleverage(alice.account, 16);
        vm.assertEq(deficit, 7_500_000e18);
        vm.assertEq(insured, deficit);
        toMaturity();
        vm.assertApproxEqAbs(pool.fulfil(fast), 96_250_000 * USD, 1); // half of it, like the half that stays
        vm.assertApproxEqAbs(pool.totalAssets(), 96_250_000 * USD, 1);
    }

    /// Nor at the hour at which a batch of long ago happens to be fulfilled, once anybody has touched the account.
    function test_nobody_is_fulfilled_in_front_of_a_debt_that_is_known() public {
        uint256 shares = pool.join(token, fast, 100_000_000 * USD);
        risk();
        pool.request(fast, shares);
        toMaturity();
        pushPrice(ETH, 165 * FEED);
        vault.touch(alice.account);
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.PaymentDue.selector, address(vault)));
        pool.fulfil(fast);
        vault.deleverage(alice.account, 16);
        vm.assertApproxEqAbs(pool.fulfil(fast), 96_250_000 * USD, 1);
    }

    /// Who makes a debt known at midnight holds nobody up: whoever wants to leave closes it in the same minute.
    function test_a_debt_that_is_made_known_at_midnight_holds_nobody_up() public {
        pool.request(address(this), pool.balanceOf(address(this)) / 2);
        deposit(alice, 1_000 * USD);
        deposit(bob, 1_000_000 * USD);
        trade(alice, bob, 50e18, 200e18);
        toMaturity();
        pushPrice(ETH, 170 * FEED); // 500 dollars that the griefer had put up are gone, and 500 that it owes
        vm.prank(fast);
        vault.touch(alice.account);
        bytes memory due = abi.encodeWithSelector(IInsurancePool.PaymentDue.selector, address(vault));
        (,, uint256 owed) = vault.claims();
        vm.assertEq(owed, 500e18);
        vm.expectRevert(due);
        pool.fulfil(address(this));
        vault.deleverage(alice.account, 16);
        vm.assertApproxEqAbs(pool.fulfil(address(this)), INSURANCE / 2 - 250 * USD, 1);
    }

    /// Who deposits over a debt that is known would pay for it, and is refused until it is closed.
    function test_nobody_joins_to_pay_for_a_debt_that_is_known() public {
        risk();
        setPriceCalmly(165 * FEED);
        vault.touch(alice.account); // known: 7.5 million
        address victim = address(0x71c);
        token.mint(victim, 100_000_000 * USD);
        vm.prank(victim);
        token.approve(address(pool), 100_000_000 * USD);
        vm.assertEq(pool.maxDeposit(victim), 0);
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.DebtKnown.selector, address(vault)));
        vm.prank(victim);
        pool.deposit(100_000_000 * USD, victim);
        vault.deleverage(alice.account, 16);
        vm.prank(victim);
        uint256 shares = pool.deposit(100_000_000 * USD, victim);
        vm.assertApproxEqAbs(pool.convertToAssets(shares), 100_000_000 * USD, 1);
    }

    /// What the pool has earned does not go to whoever comes last before it is fetched and leaves first after.
    function test_nobody_comes_for_income_and_goes() public {
        setFees(ETH, 0.01e18, 0.01e18);
        deposit(alice, 10_000_000 * USD);
        deposit(bob, 10_000_000 * USD);
        trade(alice, bob, 200_000e18, 200e18);
        vault.distributeFees();
        elapse(1 hours);
        refreshPrices();
        uint256 shares = pool.join(token, fast, 900_000_000 * USD);
        uint256 income = pool.harvest(address(vault));
        vm.assertEq(income, 400_000 * USD);
        pool.request(fast, shares);
        vm.assertLe(pool.convertToAssets(shares), 900_000_000 * USD);
        toMaturity();
        vm.assertLe(pool.fulfil(fast), 900_000_000 * USD);
        elapse(7 days);
        vm.assertGe(pool.totalAssets(), INSURANCE + income - USD); // all of it is theirs who have been there, and stay
    }

    /// A gift moves no price at once, so that nobody's exit is bought or sold by one.
    function test_a_gift_before_fulfilling_moves_no_price() public {
        uint256 shares = pool.join(token, fast, 100_000_000 * USD);
        pool.request(fast, shares);
        toMaturity();
        token.mint(address(pool), 50_000_000 * USD);
        pool.harvest(address(vault));
        vm.assertEq(pool.fulfil(fast), 100_000_000 * USD);
    }
}
