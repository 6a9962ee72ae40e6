// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IOwnable} from "../../contracts/interfaces/IOwnable.sol";
import {Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";
import {OptionsTest} from "../options/OptionsTest.sol";

/// Who fills all series pays for it, and what nobody trades goes.
contract GuardListingAttackTest is OptionsTest {
    uint128 private constant FEE = 25e18;

    function setUpNode() internal override {
        super.setUpNode();
        IMarginVault.Parameters memory parameters = vault.parameters();
        parameters.listingFee = FEE;
        vm.prank(owner);
        vault.setParameters(parameters, 0);
        deposit(dave, 1_010 * USD);
    }

    function list(uint256 strike) private returns (uint32) {
        vm.prank(dave.owner);
        return vault.listOption(ETH, expiryIn(84), strike * WAD, CALL, dave.account);
    }

    function test_filling_all_series_costs_a_fee_each_and_lasts_a_day() public {
        uint32 first;
        for (uint256 k = 0; k < 40; k++) {
            uint32 number = list(7_900 - 100 * k);
            if (k == 0) first = number;
        }
        vm.assertEq(capitalOf(dave), 10e18);
        vm.expectRevert(IMarginVault.TooManySeries.selector);
        list(3_900);
        // Not at once, but once nobody has traded it for a day.
        vm.expectRevert(abi.encodeWithSelector(IOwnable.NotOwner.selector, alice.owner));
        vm.prank(alice.owner);
        vault.delist(first);
        elapse(1 days - 1);
        vm.expectRevert(abi.encodeWithSelector(IOwnable.NotOwner.selector, alice.owner));
        vm.prank(alice.owner);
        vault.delist(first);
        pass(1);
        vm.prank(alice.owner);
        vault.delist(first);
        vm.expectRevert(IMarginVault.InsufficientMargin.selector); // he has 10 left
        list(3_900);
        vm.prank(alice.owner);
        vault.listOption(ETH, expiryIn(28), 2_000e18, CALL, alice.account);
    }

    function test_a_series_that_is_traded_or_held_stays() public {
        uint32 number = list(2_000);
        pass(1 days);
        buy(number, alice, bob, 1e18);
        elapse(1 days);
        vm.expectRevert(IMarginVault.SeriesOpen.selector);
        vault.delist(number); // somebody holds it
        pass(0);
        buy(number, bob, alice, 1e18);
        vm.expectRevert(abi.encodeWithSelector(IOwnable.NotOwner.selector, address(this)));
        vault.delist(number); // traded within a day
        uint32[] memory numbers = new uint32[](1);
        numbers[0] = number;
        elapse(12 hours);
        vault.refresh(numbers); // which is no trade
        elapse(12 hours);
        vault.delist(number);
    }

    function test_the_fee_is_the_payers_own_or_of_whoever_authorised_it() public {
        bytes memory denied = abi.encodeWithSelector(IMarginVault.NotAuthorized.selector, carol.owner);
        vm.expectRevert(denied);
        vm.prank(carol.owner);
        vault.listOption(ETH, expiryIn(28), SPOT, CALL, dave.account);
        vm.prank(dave.owner);
        vault.setSigner(carol.owner, true);
        vm.prank(carol.owner);
        vault.listOption(ETH, expiryIn(28), SPOT, CALL, dave.account);
        vm.assertEq(capitalOf(dave), 985e18);
    }

    /// The fee is not taken out of what positions need.
    function test_a_payer_meets_initial_margin_afterwards() public {
        trade(ETH, dave, bob, 5e18, SPOT); // 1,000 of initial margin
        vm.expectRevert(IMarginVault.InsufficientMargin.selector);
        list(2_000);
        deposit(dave, 15 * USD);
        list(2_000);
        vm.assertEq(capitalOf(dave), 1_000e18);
    }

    function test_the_fee_is_the_owners_within_its_bounds() public {
        IMarginVault.Parameters memory parameters = vault.parameters();
        uint128[2] memory wrong = [uint128(1_000e18 + 1e12), 1];
        for (uint256 k = 0; k < wrong.length; k++) {
            parameters.listingFee = wrong[k];
            vm.expectRevert(IMarginVault.InvalidParameters.selector);
            vm.prank(owner);
            vault.setParameters(parameters, 0);
        }
        parameters.listingFee = 1_000e18;
        vm.prank(owner);
        vault.setParameters(parameters, 0);
        vm.assertEq(uint256(vault.parameters().listingFee), 1_000e18);
        // A new vault asks for 25.
        (IMarginVault other,) = createMarket(address(token), "another");
        vm.assertEq(uint256(other.parameters().listingFee), 25e18);
    }

    /// Nor with what a position had gained at a mark that the feeds have left.
    function test_a_payer_meets_initial_margin_at_fresh_marks() public {
        deposit(dave, 500 * USD);
        trade(ETH, dave, bob, 5e18, SPOT); // 1,000 of initial margin, and 510 more
        elapse(20 minutes);
        pushPrice(ETH, 1_890 * FEED);
        vm.expectRevert(IMarginVault.InsufficientMargin.selector);
        list(2_000);
        vm.assertEq(equityOf(dave), 960e18);
        vm.assertEq(vault.instruments().length, 2);
    }

    /// A place is kept by trading in it every day, with oneself, and no longer: holding takes margin, and not holding takes a trade a day.
    function test_a_place_that_is_kept_by_washing_costs_a_trade_a_day() public {
        uint32 number = list(2_000);
        for (uint256 k = 0; k < 3; k++) {
            pass(1 days - 1);
            buy(number, alice, bob, 1);
            buy(number, bob, alice, 1);
            elapse(1);
            vm.expectRevert(abi.encodeWithSelector(IOwnable.NotOwner.selector, carol.owner));
            vm.prank(carol.owner);
            vault.delist(number);
        }
        pass(1 days);
        vm.prank(carol.owner);
        vault.delist(number);
        vm.assertEq(vault.instruments().length, 2);
    }
}
