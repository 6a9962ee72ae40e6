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
        elapse(7 days);
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

    function test_a_gift_counts_from_the_next_harvest_and_is_released_over_a_week() public {
        uint256 shares = join(alice, 1_000 * USD);
        token.mint(address(pool), 700 * USD);
        vm.assertEq(pool.totalAssets(), 1_000 * USD);
        vm.assertEq(pool.harvest(address(vault)), 700 * USD);
        for (uint256 day = 0; day <= 8; day++) {
            uint256 released = 100 * USD * (day < 7 ? day : 7);
            vm.assertEq(pool.totalAssets(), 1_000 * USD + released);
            vm.assertApproxEqAbs(pool.convertToAssets(shares), 1_000 * USD + released, 1);
            elapse(1 days);
        }
    }

    function test_a_second_harvest_moves_the_end_to_the_mean_in_however_many_parts() public {
        join(alice, 1_000 * USD);
        earn(700 * USD);
        elapse(6 days);
        earn(100 * USD); // a hundred for a day and a hundred for seven: two hundred for four
        elapse(2 days);
        vm.assertEq(pool.totalAssets(), 1_700 * USD);
        for (uint256 k = 0; k < 5; k++) {
            earn(5 * USD); // a hundred for two days and twenty-five for seven: all for three
        }
        elapse(36 hours);
        vm.assertApproxEqAbs(pool.totalAssets(), 1_762.5e6, 1);
        elapse(36 hours - 1);
        vm.assertLt(pool.totalAssets(), 1_825 * USD);
        elapse(2);
        vm.assertEq(pool.totalAssets(), 1_825 * USD);
    }

    function test_income_that_is_not_released_pays_deficits_first() public {
        uint256 shares = join(alice, 1_000 * USD);
        earn(100 * USD);
        elapse(1 days);
        elapse(1 days - block.timestamp % 1 days);
        uint256 worth = pool.convertToAssets(shares);
        uint256 locked = 1_100 * USD - pool.totalAssets();
        vault.draw(locked);
        vm.assertEq(pool.convertToAssets(shares), worth);
        vault.draw(10 * USD);
        vm.assertApproxEqAbs(pool.convertToAssets(shares), worth - 10 * USD, 1);
        elapse(8 days);
        vm.assertApproxEqAbs(pool.convertToAssets(shares), worth - 10 * USD, 1);
    }

    /// Deposits just before a harvest of five per cent, asks to leave just after it.
    function test_a_sandwich_of_a_harvest_earns_less_than_a_ten_thousandth() public {
        uint256 others = join(alice, 1_000_000 * USD);
        token.mint(address(pool), 500_000 * USD);
        uint256 shares = join(bob, 9_000_000 * USD);
        pool.harvest(address(vault));
        elapse(12);
        request(bob, shares);
        toMaturity();
        uint256 paid = leave(bob);
        vm.assertLt(paid, 9_000_000 * USD + 900 * USD);
        elapse(8 days);
        vm.assertGt(pool.convertToAssets(others), 1_499_000 * USD); // theirs who have been there
    }

    function earn(uint256 amount) private {
        token.mint(address(pool), amount);
        vm.assertEq(pool.harvest(address(vault)), amount);
    }

    function testFuzz_every_conversion_rounds_in_favour_of_the_pool(uint256 first, uint256 gift, uint256 amount)
        public
    {
        join(alice, bound(first, 1, 1e15));
        token.mint(address(pool), bound(gift, 0, 1e15));
        pool.harvest(address(vault));
        elapse(3 days);
        amount = bound(amount, 1, 1e15);
        uint256 worth = pool.convertToShares(amount);
        vm.assertEq(pool.previewDeposit(amount), worth);
        vm.assertLe(pool.convertToAssets(worth), amount);
        vm.assertGe(pool.previewMint(worth), pool.convertToAssets(worth));
        vm.assertLe(pool.previewMint(worth), pool.convertToAssets(worth) + 1);
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
        toMaturity();
        before = pool.convertToAssets(1e24);
        vm.assertLe(leave(bob), second);
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
        vm.assertEq(most, uint256(2 ** 127 - 1 - 1e27) / 1e15);
        token.mint(bob, most + 1);
        vm.startPrank(bob);
        token.approve(address(pool), most + 1);
        vm.expectRevert(IInsurancePool.Overflow.selector);
        pool.deposit(most + 1, bob);
        pool.deposit(most, bob);
        vm.stopPrank();
        vm.assertEq(pool.maxDeposit(bob), 0);
        request(alice, shares);
        toMaturity();
        vm.assertEq(leave(alice), 1_000_000 * USD);
    }

    /// Lost to the last unit again and again, and filled up again: who comes then gets what it pays for, and who was there keeps its
    /// part of what was left.
    function test_a_pool_survives_losing_everything() public {
        drawShare(WAD);
        join(alice, 750_000 * USD);
        join(carol, 250_000 * USD);
        for (uint256 k = 0; k < 4; k++) {
            toMidnight();
            vault.draw(pool.totalAssets());
            vm.assertEq(pool.totalAssets(), 0);
            vm.assertLe(pool.convertToAssets(pool.balanceOf(alice)), 1);
            uint256 shares = join(bob, 1_000_000 * USD);
            vm.assertApproxEqAbs(pool.convertToAssets(shares), 1_000_000 * USD, 1);
        }
        request(bob, pool.balanceOf(bob));
        toMaturity();
        vm.assertApproxEqAbs(leave(bob), 1_000_000 * USD, 2);
    }

    function test_shares_of_next_to_nothing_are_consolidated_and_everybody_keeps_its_part() public {
        drawShare(WAD);
        join(alice, 3_000_000_000 * USD);
        uint256 carols = join(carol, 1_000_000_000 * USD);
        request(carol, carols / 2);
        vm.prank(carol);
        pool.approve(bob, carols);
        toMidnight();
        vault.draw(4_000_000_000 * USD - 40 * USD);
        vm.assertEq(pool.totalSupply(), 4_000e21);
        vm.assertEq(pool.balanceOf(alice), 3_000e21);
        vm.assertEq(pool.balanceOf(carol), carols / 2e6);
        vm.assertEq(pool.pendingRedeemRequest(0, carol), carols / 2e6);
        vm.assertEq(pool.balanceOf(address(pool)), carols / 2e6);
        vm.assertEq(pool.convertToAssets(pool.balanceOf(alice)), 30 * USD);
        vm.prank(bob);
        pool.transferFrom(carol, bob, carols / 2e6);
        vm.assertEq(pool.convertToAssets(pool.balanceOf(bob)), 5 * USD);
        vm.assertApproxEqAbs(pool.convertToAssets(join(carol, 60 * USD)), 60 * USD, 1);
        toMaturity();
        vm.assertApproxEqAbs(leave(carol), 5 * USD, 1);
        vm.assertApproxEqAbs(pool.totalAssets(), 95 * USD, 1);
    }

    function drawShare(uint256 share) private {
        IInsurancePool.Parameters memory parameters = pool.parameters();
        parameters.dailyDrawShare = uint64(share);
        vm.prank(owner);
        pool.setParameters(parameters, 0);
    }

    function test_nothing_is_minted_for_nothing() public {
        vm.expectRevert(IInsurancePool.ZeroAmount.selector);
        pool.deposit(0, alice);
        vm.expectRevert(IInsurancePool.ZeroAddress.selector);
        pool.deposit(1, address(0));
    }
}
