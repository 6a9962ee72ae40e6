// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {FeeToken} from "../mocks/HostileTokens.sol";
import {QuoteToken} from "../mocks/QuoteToken.sol";
import {vm} from "../support/Vm.sol";
import {PoolTest} from "./PoolTest.sol";
import {StubVault} from "./StubVault.sol";

/// A dollar with 18 decimals.
contract FineToken is QuoteToken {
    function decimals() public pure override returns (uint8) {
        return 18;
    }
}

/// A dollar without cents.
contract CoarseToken is QuoteToken {
    function decimals() public pure override returns (uint8) {
        return 0;
    }
}

/// What a share is worth, and in whose favour conversions round.
contract SharesTest is PoolTest {
    /// One unit deposited and 1e18 units given away are meant to round the second depositor's shares away.
    function testFuzz_a_donation_takes_at_most_a_basis_point_from_the_second_depositor(uint256 second) public {
        second = bound(second, 5 * USD, 1e9 * USD);
        uint256 first = join(alice, 1);
        token.mint(address(pool), 1e18);
        pool.harvest(address(vault)); // which counts the gift
        vm.assertEq(pool.totalAssets(), 1e18 + 1);
        uint256 shares = join(bob, second);
        uint256 lost = second - pool.convertToAssets(shares);
        vm.assertLe(lost, second / 10_000);
        vm.assertLe(lost, 501); // half of the gift over 10^15 virtual shares, and one unit
        vm.assertLt(pool.convertToAssets(first), 1e18 / 2 + 1e6); // and the giver lost half of the gift
    }

    function test_a_donation_takes_as_little_in_a_token_of_18_decimals() public {
        token = QuoteToken(createOnNode("token", type(FineToken).creationCode));
        pool = createPool(address(token), createVault());
        join(alice, 1);
        token.mint(address(pool), 1e18);
        uint256 shares = join(bob, 5e18);
        vm.assertLe(5e18 - pool.convertToAssets(shares), 5e18 / 10_000);
        vm.assertEq(pool.decimals(), 21);
        vm.assertEq(shares, 5e21); // a share begins at a dollar whatever the token's decimals, gift or not
    }

    function test_a_share_begins_at_a_dollar_of_a_token_without_decimals_too() public {
        token = QuoteToken(createOnNode("token", type(CoarseToken).creationCode));
        pool = createPool(address(token), createVault());
        uint256 shares = join(alice, 1_000);
        vm.assertEq(shares, 1_000e21);
        vm.assertEq(pool.convertToAssets(shares), 1_000);
    }

    function test_a_gift_counts_from_the_next_harvest() public {
        uint256 shares = join(alice, 1_000 * USD);
        token.mint(address(pool), 500 * USD);
        vm.assertEq(pool.totalAssets(), 1_000 * USD);
        vm.assertEq(pool.harvest(address(vault)), 500 * USD);
        vm.assertEq(pool.totalAssets(), 1_500 * USD);
        vm.assertApproxEqAbs(pool.convertToAssets(shares), 1_500 * USD, 1);
    }

    function testFuzz_every_conversion_rounds_in_favour_of_the_pool(uint256 first, uint256 gift, uint256 amount)
        public
    {
        join(alice, bound(first, 1, 1e15));
        token.mint(address(pool), bound(gift, 0, 1e15));
        pool.harvest(address(vault));
        amount = bound(amount, 1, 1e15);
        uint256 worth = pool.convertToShares(amount);
        vm.assertEq(pool.previewDeposit(amount), worth);
        vm.assertGe(pool.previewWithdraw(amount), worth);
        vm.assertLe(pool.previewWithdraw(amount), worth + 1);
        vm.assertLe(pool.previewRedeem(worth), amount);
        vm.assertGe(pool.previewMint(worth), pool.previewRedeem(worth));
        vm.assertLe(pool.previewMint(worth), pool.previewRedeem(worth) + 1);
        vm.assertLe(pool.previewMint(worth), amount);
    }

    function testFuzz_joining_and_leaving_never_pays(uint256 first, uint256 gift, uint256 second) public {
        join(alice, bound(first, 1, 1e15));
        token.mint(address(pool), bound(gift, 0, 1e15));
        pool.harvest(address(vault));
        second = bound(second, USD, 1e15);
        uint256 before = pool.convertToAssets(1e24);
        uint256 shares = join(bob, second);
        vm.assertGe(pool.convertToAssets(1e24), before);
        request(bob, shares);
        elapse(7 days);
        vm.assertLe(redeem(bob, shares), second);
        vm.assertGe(pool.convertToAssets(1e24), before);
    }

    function test_mint_takes_what_it_previews() public {
        join(alice, 3 * USD);
        token.mint(address(pool), 1);
        pool.harvest(address(vault));
        uint256 price = pool.previewMint(1e21);
        token.mint(bob, price);
        vm.startPrank(bob);
        token.approve(address(pool), price);
        vm.assertEq(pool.mint(1e21, bob), price);
        vm.stopPrank();
        vm.assertEq(token.balanceOf(bob), 0);
        vm.assertEq(pool.balanceOf(bob), 1e21);
    }

    function test_a_token_that_keeps_a_fee_is_refused() public {
        token = QuoteToken(createOnNode("token", type(FeeToken).creationCode));
        pool = createPool(address(token), createVault());
        token.mint(alice, 100 * USD);
        vm.prank(alice);
        token.approve(address(pool), 100 * USD);
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.AssetsMissing.selector, 99 * USD, 100 * USD));
        vm.prank(alice);
        pool.deposit(100 * USD, alice);
    }

    function test_deposits_stop_at_the_limit_and_exits_do_not() public {
        uint256 shares = join(alice, 1_000_000 * USD);
        uint256 most = pool.maxDeposit(bob);
        vm.assertEq(most, uint256(type(uint128).max - 1e27) / 1e15);
        token.mint(bob, most + 1);
        vm.startPrank(bob);
        token.approve(address(pool), most + 1);
        vm.expectRevert(IInsurancePool.Overflow.selector);
        pool.deposit(most + 1, bob);
        pool.deposit(most, bob);
        vm.stopPrank();
        vm.assertEq(pool.maxDeposit(bob), 0);
        request(alice, shares);
        elapse(7 days);
        vm.assertEq(redeem(alice, shares), 1_000_000 * USD);
    }

    /// Twice lost to the last dollar of a million, and filled up again, the pool still works.
    function test_a_pool_survives_losing_almost_everything() public {
        IInsurancePool.Parameters memory parameters = pool.parameters();
        parameters.dailyDrawShare = uint64(WAD);
        vm.prank(owner);
        pool.setParameters(parameters, 0);
        uint256 shares = join(alice, 1_000_000 * USD);
        for (uint256 k = 0; k < 2; k++) {
            vault.draw(pool.totalAssets() - USD);
            elapse(1 days);
            shares = join(bob, 1_000_000 * USD);
        }
        vm.assertApproxEqAbs(pool.convertToAssets(shares), 1_000_000 * USD, 1);
        pool.updateExitClock();
        request(bob, shares);
        elapse(7 days);
        vm.assertApproxEqAbs(redeem(bob, shares), 1_000_000 * USD, 1);
    }

    function test_nothing_is_minted_for_nothing() public {
        vm.expectRevert(IInsurancePool.ZeroAmount.selector);
        pool.deposit(0, alice);
        vm.expectRevert(IInsurancePool.ZeroAddress.selector);
        pool.deposit(1, address(0));
    }
}
