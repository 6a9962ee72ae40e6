// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IMarketFactory} from "../../contracts/interfaces/IMarketFactory.sol";
import {IOwnable} from "../../contracts/interfaces/IOwnable.sol";
import {Stakes} from "../support/Stakes.sol";
import {vm} from "../support/Vm.sol";
import {ProtocolTest} from "./Protocol.sol";

/// What stands for a market that governance has not promoted: its creator's bond, and nobody else's money.
contract BondTest is ProtocolTest {
    using Stakes for IInsurancePool;

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
        pool.join(token, bob.owner, JOINED);
        IInsurancePool.Parameters memory parameters = pool.parameters();
        parameters.dailyDrawShare = 1e18;
        vm.prank(owner);
        pool.setParameters(parameters, 0);
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
        (amount,,,) = pool.available(address(vault));
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
        pool.requestRedeem(shares, alice.owner, alice.owner);
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
        vm.assertApproxEqAbs(pool.convertToAssets(pool.balanceOf(bob.owner)), JOINED, 2);
    }

    function test_shares_given_to_the_pool_add_to_the_bond() public {
        uint256 shares = pool.balanceOf(bob.owner) / 99;
        vm.prank(bob.owner);
        pool.transfer(address(pool), shares);
        vm.assertApproxEqAbs(available(), 2 * BOND, 1);
    }

    /// Whatever others put in, and whatever governance promises an instrument, its cover is the bond that is left.
    function test_covers_are_measured_by_the_bond() public {
        IMarginVault.Instrument memory parameters = vault.instrument(ETH);
        parameters.coverAllowance = uint128(1_000_000 * WAD);
        setInstrument(ETH, parameters);
        (, uint256 measure,,) = pool.available(address(vault));
        vm.assertEq(measure, 10 * BOND);
        vm.assertEq(coverOf(), BOND * UNIT);
        vm.assertEq(draw(BOND / 4), BOND / 4);
        (, measure,,) = pool.available(address(vault));
        vm.assertEq(measure, 10 * BOND); // as at the day's opening
        elapse(1 days);
        (, measure,,) = pool.available(address(vault));
        vm.assertApproxEqAbs(measure, 10 * BOND * 3 / 4, 20);
        vm.assertApproxEqAbs(coverOf(), BOND * UNIT * 3 / 4, 2 * UNIT);
        vm.assertEq(draw(BOND), BOND - BOND / 4);
        elapse(1 days);
        vm.assertEq(coverOf(), 0);
        vm.prank(owner);
        factory.promote(address(vault));
        (, measure,,) = pool.available(address(vault));
        vm.assertEq(measure, JOINED);
        vm.assertEq(coverOf(), JOINED * UNIT / 10);
    }

    /// What the vault says insurance pays for ETH, once it has asked the pool again.
    function coverOf() private returns (uint256 left) {
        elapse(11 minutes);
        (left,) = vault.cover(ETH);
    }

    /// Nobody gets the bond out before promotion: not its creator, not governance, not with an allowance.
    function test_the_bond_stays_while_the_market_is_experimental() public {
        (uint256 shares,) = pool.bond();
        address[3] memory people = [alice.owner, owner, address(factory)];
        for (uint256 k = 0; k < 3; k++) {
            vm.startPrank(people[k]);
            vm.expectRevert(
                abi.encodeWithSelector(
                    IInsurancePool.InsufficientAllowance.selector, address(pool), people[k], 0, shares
                )
            );
            pool.transferFrom(address(pool), people[k], shares);
            vm.expectRevert(
                abi.encodeWithSelector(
                    IInsurancePool.InsufficientAllowance.selector, address(pool), people[k], 0, shares
                )
            );
            pool.requestRedeem(shares, people[k], address(pool));
            vm.expectRevert(abi.encodeWithSelector(IInsurancePool.NotOperator.selector, people[k], address(pool)));
            pool.redeem(shares, people[k], address(pool));
            vm.stopPrank();
        }
        elapse(300 days);
        (uint256 left,) = pool.bond();
        vm.assertEq(left, shares);
    }

    /// Promoted, its creator leaves as everybody does: at the first midnight a week after asking, and slashed like everybody meanwhile.
    function test_the_creator_leaves_seven_days_after_promotion_at_the_earliest() public {
        (uint256 shares,) = pool.bond();
        vm.prank(owner);
        factory.promote(address(vault));
        vm.prank(alice.owner);
        pool.requestRedeem(shares, alice.owner, alice.owner);
        vm.assertEq(draw(10_000 * USD), 10_000 * USD);
        elapse(7 days - block.timestamp % 1 days); // midnight, and less than a week later
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.NothingMature.selector, alice.owner));
        pool.fulfil(alice.owner);
        elapse(1 days);
        uint256 fixed_ = pool.fulfil(alice.owner);
        vm.prank(alice.owner);
        uint256 paid = pool.redeem(shares, alice.owner, alice.owner);
        vm.assertEq(paid, fixed_);
        // A tenth of the pool was drawn, so that a tenth of the bond is gone.
        vm.assertApproxEqAbs(paid, BOND * 9 / 10, 1);
        vm.assertEq(token.balanceOf(alice.owner), paid);
        vm.assertEq(pool.balanceOf(alice.owner), 0);
    }

    /// What others ask to redeem waits at the pool's address, where the bond is, and stands for nothing.
    function test_requested_shares_are_no_bond() public {
        (uint256 bonded, uint256 worth) = pool.bond();
        uint256 shares = pool.balanceOf(bob.owner);
        vm.prank(bob.owner);
        pool.requestRedeem(shares, bob.owner, bob.owner);
        vm.assertEq(pool.balanceOf(address(pool)), bonded + shares);
        (uint256 bondedThen, uint256 worthThen) = pool.bond();
        vm.assertEq(abi.encode(bondedThen, worthThen), abi.encode(bonded, worth));
        vm.assertEq(available(), BOND);
        vm.assertEq(draw(BOND * 3), BOND);
        vm.prank(owner);
        factory.promote(address(vault));
        vm.assertEq(pool.balanceOf(alice.owner), 0); // nothing of it is left, and nothing of Bob's is given
        elapse(7 days);
        elapse(1 days - block.timestamp % 1 days);
        vm.assertApproxEqAbs(pool.fulfil(bob.owner), JOINED, 1);
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
        pool.requestRedeem(shares, alice.owner, alice.owner);
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
