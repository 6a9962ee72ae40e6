// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IMarketFactory} from "../../contracts/interfaces/IMarketFactory.sol";
import {IOwnable} from "../../contracts/interfaces/IOwnable.sol";
import {vm} from "../support/Vm.sol";
import {ProtocolTest} from "./Protocol.sol";

/// What stands for a market that governance has not promoted: its creator's bond, and nobody else's money.
contract BondTest is ProtocolTest {
    uint256 private constant BOND = 1_000 * USD;
    uint256 private constant JOINED = 99_000 * USD;
    uint256 private constant SHARE = 1e21;

    /// Alice's experimental market, which Bob insures as well, and of whose pool a vault may draw everything in a day.
    function setUpNode() internal override {
        install();
        list(ETH, SYMBOL, 200 * FEED);
        IMarketFactory.MarketConfig memory config = configuration(address(token), "alices");
        config.bond = BOND;
        vm.prank(owner);
        factory.setMinimumBond(address(token), BOND);
        approveBond(BOND);
        vm.prank(alice.owner);
        (address newVault, address newPool) = factory.createMarket(abi.encode(config));
        attach("vault", newVault);
        attach("pool", newPool);
        (vault, pool) = (IMarginVault(newVault), IInsurancePool(newPool));
        token.mint(bob.owner, JOINED);
        vm.startPrank(bob.owner);
        token.approve(address(pool), JOINED);
        pool.deposit(JOINED, bob.owner);
        vm.stopPrank();
        IInsurancePool.Parameters memory parameters = pool.parameters();
        parameters.dailyDrawShare = 1e18;
        vm.prank(owner);
        pool.setParameters(parameters);
    }

    function approveBond(uint256 amount) private {
        giveBond(address(token), alice.owner, amount);
    }

    function createAs(address creator, IMarketFactory.MarketConfig memory config) private {
        vm.prank(creator);
        factory.createMarket(abi.encode(config));
    }

    function draw(uint256 amount) private returns (uint256) {
        vm.prank(address(vault));
        return pool.cover(amount);
    }

    function available() private view returns (uint256 amount) {
        (amount,) = pool.available(address(vault));
    }

    function test_the_pool_holds_the_bond_itself() public {
        (uint256 shares, uint256 worth) = pool.bond();
        vm.assertEq(worth, BOND);
        vm.assertEq(pool.balanceOf(address(pool)), shares);
        vm.assertEq(pool.balanceOf(alice.owner), 0);
        vm.assertEq(token.balanceOf(alice.owner), 0);
        vm.assertEq(pool.totalAssets(), BOND + JOINED);
        vm.assertEq(factory.creatorOf(address(vault)), alice.owner);
        (,, uint8 class) = factory.marketAt(0);
        vm.assertEq(uint256(class), 0);
        vm.assertFalse(pool.isPromoted());
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.InsufficientBalance.selector, alice.owner, 0, shares));
        vm.prank(alice.owner);
        pool.requestRedeem(shares, alice.owner);
    }

    function test_insurance_pays_no_more_than_the_bond_however_much_others_put_in() public {
        vm.assertEq(available(), BOND);
        vm.assertEq(draw(BOND * 3), BOND);
        vm.assertEq(available(), 0);
        vm.assertEq(draw(BOND), 0);
        (uint256 shares, uint256 worth) = pool.bond();
        vm.assertEq(shares + worth, 0);
    }

    function testFuzz_the_bond_is_burned_before_others_lose_anything(uint256 first, uint256 second) public {
        uint256 price = pool.convertToAssets(SHARE * 1e6);
        first = bound(first, 1, BOND);
        second = bound(second, 1, 2 * BOND);
        uint256 paid = draw(first);
        vm.assertEq(paid, first);
        vm.assertGe(pool.convertToAssets(SHARE * 1e6), price);
        (, uint256 worth) = pool.bond();
        vm.assertApproxEqAbs(worth, BOND - paid, 2);
        paid += draw(second);
        vm.assertLe(paid, BOND);
        vm.assertGe(pool.convertToAssets(SHARE * 1e6), price);
        vm.assertApproxEqAbs(pool.maxWithdraw(bob.owner) + pool.convertToAssets(pool.balanceOf(bob.owner)), JOINED, 2);
    }

    function test_shares_given_to_the_pool_add_to_the_bond() public {
        uint256 shares = pool.balanceOf(bob.owner) / 99;
        vm.prank(bob.owner);
        pool.transfer(address(pool), shares);
        vm.assertApproxEqAbs(available(), 2 * BOND, 1);
    }

    function test_promotion_ends_the_trial_and_frees_the_bond() public {
        (uint256 shares,) = pool.bond();
        vm.prank(owner);
        factory.promote(address(vault));
        (,, uint8 class) = factory.marketAt(0);
        vm.assertEq(uint256(class), 1);
        vm.assertTrue(pool.isPromoted());
        vm.assertEq(pool.balanceOf(alice.owner), shares);
        (uint256 left, uint256 worth) = pool.bond();
        vm.assertEq(left + worth, 0);
        vm.assertEq(available(), BOND + JOINED);
        vm.assertEq(draw(50_000 * USD), 50_000 * USD);
        vm.assertApproxEqAbs(pool.convertToAssets(shares), BOND / 2, 1);
        vm.prank(alice.owner);
        pool.requestRedeem(shares, alice.owner);
    }

    function test_only_the_owner_promotes_once_and_only_through_the_factory() public {
        vm.expectRevert(abi.encodeWithSelector(IOwnable.NotOwner.selector, alice.owner));
        vm.prank(alice.owner);
        factory.promote(address(vault));
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.NotFactory.selector, owner));
        vm.prank(owner);
        pool.promote(owner);
        vm.startPrank(owner);
        vm.expectRevert(abi.encodeWithSelector(IMarketFactory.UnknownVault.selector, address(pool)));
        factory.promote(address(pool));
        factory.promote(address(vault));
        vm.expectRevert(abi.encodeWithSelector(IMarketFactory.AlreadyPromoted.selector, address(vault)));
        factory.promote(address(vault));
        vm.stopPrank();
    }

    function test_a_bond_has_a_minimum_that_governance_sets() public {
        vm.expectRevert(abi.encodeWithSelector(IOwnable.NotOwner.selector, alice.owner));
        vm.prank(alice.owner);
        factory.setMinimumBond(address(token), 0);
        vm.prank(owner);
        factory.setMinimumBond(address(token), BOND);
        vm.assertEq(factory.minimumBond(address(token)), BOND);
        IMarketFactory.MarketConfig memory config = configuration(address(token), "second");
        config.bond = BOND - 1;
        approveBond(BOND);
        vm.expectRevert(abi.encodeWithSelector(IMarketFactory.BondTooSmall.selector, BOND - 1, BOND));
        createAs(alice.owner, config);
        config.bond = BOND;
        createAs(alice.owner, config);
        vm.assertEq(factory.marketCount(), 2);
    }

    function test_a_bond_that_is_not_paid_makes_no_market() public {
        IMarketFactory.MarketConfig memory config = configuration(address(token), "second");
        config.bond = BOND;
        vm.expectRevert(abi.encodeWithSelector(IMarketFactory.TokenCallFailed.selector, address(token)));
        createAs(alice.owner, config);
        vm.assertEq(factory.marketCount(), 1);
    }

    function test_listings_are_promised_no_more_than_the_bond() public {
        IMarketFactory.MarketConfig memory config = configuration(address(token), "second");
        config.bond = BOND;
        approveBond(BOND);
        uint256 most = BOND * WAD / USD;
        config.listings[0].parameters.coverAllowance = uint128(most + 1);
        vm.expectRevert(abi.encodeWithSelector(IMarketFactory.CoverAboveBond.selector, most + 1, most));
        createAs(alice.owner, config);
        config.listings[0].parameters.coverAllowance = uint128(most);
        createAs(alice.owner, config);
    }

    function test_a_listing_needs_a_second_source_that_agrees() public {
        approveBond(BOND);
        IMarketFactory.MarketConfig memory config = configuration(address(token), "second");
        config.bond = BOND;
        config.listings[0].feed.secondary = address(0);
        vm.expectRevert(abi.encodeWithSelector(IMarketFactory.SecondFeedMissing.selector, ETH));
        createAs(alice.owner, config);
        perpetuals[ETH].secondary.push(206 * FEED);
        config = configuration(address(token), "second");
        config.bond = BOND;
        vm.expectRevert(abi.encodeWithSelector(IMarketFactory.FeedNotLive.selector, ETH, 3));
        createAs(alice.owner, config);
    }
}
