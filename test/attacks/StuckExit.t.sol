// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {ProtocolTest} from "../protocol/Protocol.sol";
import {Stakes} from "../support/Stakes.sol";
import {vm} from "../support/Vm.sol";

/// A debt that was booked as stuck while its feeds were silent can be closed, and is insured, as soon as they answer. The pool is told so
/// before anybody touches it: nobody leaves before it is closed, and nobody joins.
contract StuckExitAttackTest is ProtocolTest {
    using Stakes for IInsurancePool;

    address private fast = address(0xfa57);
    address private victim = address(0x71c);

    /// Alice owes 7.5 million, and her feeds are silent from ten minutes before to midnight on.
    function prepare() private {
        uint256 shares = pool.join(token, fast, 100_000_000 * USD);
        pool.request(fast, shares);
        deposit(alice, 10_000_000 * USD);
        deposit(bob, 1_000_000_000 * USD);
        elapse(8 days - block.timestamp % 1 days - 70 minutes - MEAN_RESTARTS);
        refreshPrices();
        trade(alice, bob, 500_000e18, 200e18);
        setPriceCalmly(165 * FEED);
        elapse(65 minutes);
        vm.assertEq(uint256(guard.read(assetOf(ETH)).tier), 3);
        vault.touch(alice.account);
        vault.deleverage(alice.account, 16);
        vm.assertEq(vault.stuckDebt(), 7_500_000e18);
        elapse(5 minutes);
        vm.assertEq(block.timestamp % 1 days, 0);
        // The feeds answer again: it can be closed, and is insured in full.
        refreshPrices();
        string memory id = checkpoint();
        (, uint256 deficit, uint256 insured) = vault.deleverage(alice.account, 16);
        vm.assertEq(deficit, 7_500_000e18);
        vm.assertEq(insured, deficit);
        restore(id);
    }

    function test_a_stuck_debt_holds_up_exits_from_when_its_feeds_answer() public {
        prepare();
        vm.assertEq(claimed(), abi.encode(7_500_000e18, 7_500_000e18, 7_500_000e18));
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.PaymentDue.selector, address(vault)));
        pool.fulfil(fast);
        (, uint256 deficit, uint256 insured) = vault.deleverage(alice.account, 16);
        vm.assertEq(insured, deficit);
        // Whoever leaves has paid half of it, and of the reward.
        uint256 rest = pool.totalAssets();
        vm.assertLe(rest, 192_500_000 * USD);
        vm.assertApproxEqAbs(pool.fulfil(fast), rest / 2, 1);
    }

    function test_nobody_joins_over_a_stuck_debt_whose_feeds_answer() public {
        prepare();
        vm.assertEq(pool.maxDeposit(victim), 0);
        token.mint(victim, 100_000_000 * USD);
        vm.prank(victim);
        token.approve(address(pool), 100_000_000 * USD);
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.DebtKnown.selector, address(vault)));
        vm.prank(victim);
        pool.deposit(100_000_000 * USD, victim);
        vault.deleverage(alice.account, 16);
        uint256 shares = pool.join(token, victim, 100_000_000 * USD);
        vm.assertApproxEqAbs(pool.convertToAssets(shares), 100_000_000 * USD, 1);
    }

    /// As long as they are silent it holds up nobody.
    function test_a_stuck_debt_whose_feeds_are_silent_holds_up_nobody() public {
        prepare();
        elapse(1 days);
        vm.assertEq(uint256(guard.read(assetOf(ETH)).tier), 3);
        vm.assertEq(claimed(), abi.encode(7_500_000e18, 0, 0));
        vm.assertEq(pool.fulfil(fast), 100_000_000 * USD);
        pool.join(token, victim, 100_000_000 * USD);
    }

    function claimed() private view returns (bytes memory) {
        (uint256 deficit, uint256 closable, uint256 due) = vault.claims();
        return abi.encode(deficit, closable, due);
    }
}
