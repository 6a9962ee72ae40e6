// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {RefusingToken} from "../mocks/HostileTokens.sol";
import {vm} from "../support/Vm.sol";
import {PoolTest} from "./PoolTest.sol";
import {StubVault} from "./StubVault.sol";

/// What vaults draw, and what the pool earns from them.
contract CoverTest is PoolTest {
    function test_only_registered_vaults_draw() public {
        join(alice, 1_000 * USD);
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.NotVault.selector, alice));
        vm.prank(alice);
        pool.cover(1);
        (uint256 amount, uint256 assets,,) = pool.available(alice);
        vm.assertEq(amount, 0);
        vm.assertEq(assets, 1_000 * USD);
    }

    function test_a_vault_draws_at_most_its_share_of_what_the_day_began_with() public {
        join(alice, 1_000 * USD);
        toMidnight();
        vm.assertEq(vault.draw(100 * USD), 100 * USD);
        join(bob, 10_000 * USD); // too late for today
        vm.assertEq(available(), 150 * USD);
        vm.assertEq(vault.draw(400 * USD), 150 * USD);
        vm.assertEq(available(), 0);
        vm.assertEq(vault.draw(1), 0);
    }

    function test_the_day_ends_at_midnight() public {
        join(alice, 1_000 * USD);
        toMidnight();
        elapse(1 days - 1);
        vm.assertEq(vault.draw(1_000 * USD), 250 * USD);
        elapse(1);
        vm.assertEq(available(), 750 * USD / 4);
        vm.assertEq(vault.draw(1_000 * USD), 750 * USD / 4);
        vm.assertEq(pool.totalAssets(), 750 * USD - 750 * USD / 4);
        vm.assertEq(token.balanceOf(address(pool)), pool.totalAssets());
    }

    function test_who_leaves_lowers_what_is_drawn_on_the_day_and_who_comes_does_not_raise_it() public {
        join(alice, 1_000 * USD);
        uint256 shares = join(bob, 3_000 * USD);
        request(bob, shares);
        toMaturity();
        vm.assertEq(available(), 1_000 * USD);
        pool.fulfil(bob);
        vm.assertEq(available(), 250 * USD);
        join(carol, 3_000 * USD);
        vm.assertEq(available(), 250 * USD);
        vm.assertEq(vault.draw(1_000 * USD), 250 * USD);
    }

    /// A pool that everybody has left is not a new one: what comes after them counts from the next day.
    function test_a_pool_that_everybody_leaves_covers_nothing_new_on_that_day() public {
        request(alice, join(alice, 1_000 * USD));
        toMaturity();
        pool.fulfil(alice);
        vm.assertEq(available(), 0);
        join(bob, 1_000 * USD);
        vm.assertEq(available(), USD / 4);
        elapse(1 days);
        vm.assertEq(available(), 250 * USD);
    }

    function test_a_pool_covers_from_its_first_deposit_whatever_dust_was_there_before() public {
        token.mint(address(pool), 1);
        pool.harvest(address(vault));
        toMidnight();
        join(alice, 1_000 * USD);
        vm.assertEq(available(), 250 * USD);
        vm.assertEq(vault.draw(100 * USD), 100 * USD);
        vm.assertEq(available(), 150 * USD);
        vm.assertEq(vault.draw(1_000 * USD), 150 * USD);
        vm.assertEq(available(), 0);
    }

    function test_each_vault_has_its_own_share_and_keeps_its_draws_when_it_is_removed() public {
        join(alice, 1_000 * USD);
        toMidnight();
        StubVault second = createVault();
        second.connect(pool);
        setVault(second, true);
        vm.assertEq(second.draw(250 * USD), 250 * USD);
        vm.assertEq(available(), 250 * USD);
        setVault(second, false);
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.NotVault.selector, address(second)));
        second.draw(1);
        setVault(second, true);
        vm.assertEq(second.draw(1), 0);
    }

    function test_a_vault_that_does_not_answer_is_not_registered() public {
        StubVault second = createVault();
        second.setSilent(true);
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.VaultSilent.selector, address(second)));
        setVault(second, true);
    }

    function test_a_pool_covers_at_most_eight_vaults_and_forgets_the_right_one() public {
        StubVault[] memory more = new StubVault[](8);
        for (uint256 k = 0; k < 8; k++) {
            more[k] = createVault();
            if (k == 7) vm.expectRevert(IInsurancePool.TooManyVaults.selector);
            setVault(more[k], true);
        }
        setVault(more[2], false);
        setVault(more[7], true);
        for (uint256 k = 0; k < 8; k++) {
            vm.assertEq(pool.isVault(address(more[k])), k != 2);
        }
        more[6].setClaims(0, 2 * WAD, 0); // it took the place of the one that left
        vm.assertEq(pool.maxDeposit(alice), 0);
    }

    function test_a_draw_share_is_a_multiple_of_its_unit_within_bounds() public {
        IInsurancePool.Parameters memory parameters = pool.parameters();
        uint64[4] memory refused = [0.001e18 - 1e9, uint64(1e18) + 1e9, 0.25e18 + 1, 0];
        for (uint256 k = 0; k < 4; k++) {
            parameters.dailyDrawShare = refused[k];
            vm.expectRevert(IInsurancePool.ParametersOutOfBounds.selector);
            vm.prank(owner);
            pool.setParameters(parameters, 0);
        }
        parameters.dailyDrawShare = 0.123456789e18;
        vm.prank(owner);
        pool.setParameters(parameters, 0);
        vm.assertEq(abi.encode(pool.parameters()), abi.encode(parameters));
    }

    function test_a_token_that_refuses_to_pay_counts_as_nothing_paid_and_holds_up_no_vault() public {
        RefusingToken refusing = RefusingToken(createOnNode("token", type(RefusingToken).creationCode));
        token = refusing;
        pool = createPool(address(refusing), vault);
        request(alice, join(alice, 1_000 * USD));
        refusing.refuse(true);
        vm.assertEq(vault.draw(100 * USD), 0);
        vm.assertEq(pool.totalAssets(), 1_000 * USD);
        vm.assertEq(available(), 250 * USD); // nothing was counted as drawn
        toMaturity();
        vm.assertEq(pool.fulfil(alice), 1_000 * USD);
        uint256 shares = pool.maxRedeem(alice);
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.TokenCallFailed.selector, address(refusing)));
        redeem(alice, shares);
        refusing.refuse(false);
        vm.assertEq(redeem(alice, shares), 1_000 * USD);
    }

    function test_income_is_fetched_even_if_nothing_can_be_converted() public {
        uint256 shares = join(alice, 1_000 * USD);
        token.mint(address(vault), 100 * USD);
        vault.setCapital(100 * WAD + 1);
        vault.setUnconvertible(true);
        vm.assertEq(pool.harvest(address(vault)), 100 * USD);
        elapse(7 days);
        vm.assertApproxEqAbs(pool.convertToAssets(shares), 1_100 * USD, 1);
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.NotVault.selector, alice));
        pool.harvest(alice);
    }

    function test_a_vault_cannot_call_back_while_the_pool_fetches_from_it() public {
        join(alice, 1_000 * USD);
        token.mint(address(vault), 100 * USD);
        vault.setCapital(100 * WAD);
        vault.intrude(abi.encodeCall(IInsurancePool.cover, (USD)));
        vm.expectRevert(IInsurancePool.Reentered.selector);
        pool.harvest(address(vault));
        vault.intrude(abi.encodeCall(IInsurancePool.available, (address(vault))));
        vm.assertEq(pool.harvest(address(vault)), 100 * USD);
    }

    function setVault(StubVault target, bool registered) private {
        vm.prank(owner);
        pool.setVault(address(target), registered);
    }
}
