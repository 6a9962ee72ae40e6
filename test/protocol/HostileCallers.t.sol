// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {ForgedVault} from "../mocks/ForgedVault.sol";
import {vm} from "../support/Vm.sol";
import {VaultState} from "./Lens.sol";
import {ProtocolTest, Trader} from "./Protocol.sol";

/// People who trade with, liquidate and pester themselves and others, and contracts that are not what they say.
contract HostileCallerTest is ProtocolTest {
    Trader internal second = subAccount(alice, 1);
    Trader internal third = subAccount(alice, 2);

    function setUpNode() internal override {
        super.setUpNode();
        deposit(alice, 1_000 * USD);
        deposit(second, 1_000 * USD);
        deposit(third, 10_000 * USD);
        deposit(bob, 10_000 * USD);
    }

    /// What Alice's three accounts are worth together.
    function worth() private view returns (int256) {
        return equityOf(alice) + equityOf(second) + equityOf(third);
    }

    // ---- trading with oneself

    function test_one_account_on_both_sides_is_refused() public {
        IMarginVault.Order memory maker = order(alice, -1e18, 200e18, true);
        IMarginVault.Order memory taker = order(alice, 1e18, 200e18, false);
        bytes memory makerSignature = sign(alice, maker);
        bytes memory takerSignature = sign(alice, taker);
        vm.expectRevert(IMarginVault.SameAccount.selector);
        vault.settle(maker, makerSignature, taker, takerSignature, 1e18);
    }

    function test_trading_between_ones_own_accounts_makes_nothing() public {
        int256 before = worth();
        trade(alice, second, 20e18, 203e18);
        trade(second, alice, 40e18, 197e18);
        trade(alice, second, 20e18, 204e18);
        vm.assertLe(worth(), before);
        vm.assertApproxEqAbs(worth(), before, 1e3);
        (uint256 long, uint256 short) = vault.openInterest(ETH);
        vm.assertEq(long + short, 0);
    }

    /// Alice is short against Bob and trades with herself at the top of the band, so that longs pay funding. Eight hours
    /// later she has paid more in fees than she was paid.
    function test_washing_to_be_paid_funding_costs_more_than_it_earns() public {
        setFees(ETH, 0.0002e18, 0.0005e18);
        trade(bob, third, 100e18, 200e18);
        int256 before = worth();
        int256 bobs = equityOf(bob);
        for (uint256 k = 0; k < 5; k++) {
            trade(alice, second, 10e18, 204e18);
            trade(second, alice, 10e18, 204e18);
        }
        (int256 rate,) = vault.funding(ETH);
        vm.assertGt(rate, 0);
        for (uint256 k = 0; k < 16; k++) {
            elapse(30 minutes);
            refreshPrices();
        }
        vault.touch(alice.account);
        vault.touch(second.account);
        vault.touch(third.account);
        vault.touch(bob.account);
        vm.assertLt(equityOf(bob), bobs); // it did cost him
        vm.assertLt(worth(), before); // but her more than it brought
    }

    // ---- liquidating oneself

    function test_liquidating_oneself_into_the_same_account_is_refused() public {
        trade(alice, bob, 45e18, 200e18);
        setPriceCalmly(187 * FEED);
        vm.expectRevert(IMarginVault.SameAccount.selector);
        liquidate(alice, alice, WAD);
    }

    function test_liquidating_oneself_costs_what_the_pool_is_paid() public {
        trade(alice, bob, 45e18, 200e18);
        setPriceCalmly(187 * FEED);
        int256 before = worth();
        (uint256 share, uint256 penalty) = liquidate(alice, third, WAD);
        vm.assertGt(share, 0);
        vm.assertApproxEqAbs(worth(), before - int256(penalty / 2), 1e3);
        vm.assertLe(worth(), before - int256(penalty / 2));
    }

    function test_a_batch_of_oneself_and_the_same_twice_liquidates_once() public {
        trade(alice, bob, 45e18, 200e18);
        setPriceCalmly(187 * FEED);
        bytes32[] memory batch = new bytes32[](3);
        (batch[0], batch[1], batch[2]) = (alice.account, alice.account, alice.account);
        vm.prank(third.owner);
        vm.assertEq(vault.liquidateBatch(batch, third.account, WAD), 1);
        vm.assertApproxEqAbs(uint256(equityOf(alice)), maintenanceOf(alice) * 5 / 4, 1e6);
    }

    // ---- dust

    /// Deposits of the smallest unit into other people's accounts change their capital and nothing else.
    function test_dust_deposits_hold_up_no_closing() public {
        trade(alice, bob, 45e18, 200e18);
        setPriceCalmly(170 * FEED);
        vault.touch(alice.account);
        for (uint256 k = 0; k < 3; k++) {
            token.mint(dave.owner, 1);
            vm.prank(dave.owner);
            token.approve(address(vault), 1);
            vm.prank(dave.owner);
            vault.deposit(alice.account, 1);
        }
        (bool done, uint256 deficit,) = vault.deleverage(alice.account, 16);
        vm.assertTrue(done);
        vm.assertApproxEqAbs(deficit, 350e18, 3 * UNIT);
        vm.assertEq(sizeOf(alice), 0);
    }

    /// A liquidator who takes next to nothing, again and again, neither heals the account nor keeps anybody from liquidating it.
    function test_dust_liquidations_hold_up_no_liquidation() public {
        trade(alice, bob, 45e18, 200e18);
        setPriceCalmly(187 * FEED);
        for (uint256 k = 0; k < 5; k++) {
            vm.prank(third.owner);
            try vault.liquidate(alice.account, third.account, 1) {} catch {}
        }
        (uint256 share, uint256 penalty) = liquidate(alice, bob, WAD);
        vm.assertApproxEqAbs(share, 0.219721727074668251e18, 1e6);
        vm.assertApproxEqAbs(penalty, 4.622395833333333333e18, 1e9);
    }

    /// Fills of the smallest size: nobody gains by their rounding, and sums stay sums.
    function test_dust_fills_create_nothing() public {
        IMarginVault.Order memory maker = order(bob, -1e18, 200e18, true);
        IMarginVault.Order memory taker = order(alice, 1e18, 201e18, false);
        bytes memory makerSignature = sign(bob, maker);
        bytes memory takerSignature = sign(alice, taker);
        int256 before = worth() + equityOf(bob);
        for (uint256 size = 1; size <= 12; size++) {
            vault.settle(maker, makerSignature, taker, takerSignature, size);
        }
        vm.assertEq(vault.filled(alice.account, taker.nonce), 78);
        vm.assertLe(worth() + equityOf(bob), before);
        (uint256 long, uint256 short) = vault.openInterest(ETH);
        (uint256 residueLong, uint256 residueShort) = vault.dust(ETH);
        vm.assertApproxEqAbs(long, short, residueLong + residueShort + 1e3);
        trade(bob, alice, uint256(sizeOf(alice)), 200e18);
        vm.assertLe(worth() + equityOf(bob), before);
    }

    /// Dust positions are closed like others: whoever owes a fraction of a cent can be closed, and owes it no longer.
    function test_a_debt_of_dust_is_closed_like_any_other() public {
        Trader memory speck = newTrader("speck");
        deposit(speck, 1);
        trade(speck, bob, 5e10, 200e18); // 0.00001 dollars of notional, a tenth of it posted
        setPriceCalmly(170 * FEED);
        (bool done,,) = vault.deleverage(speck.account, 16);
        vm.assertTrue(done);
        vm.assertEq(sizeOf(speck), 0);
        vm.assertEq(pnlOf(speck), 0);
    }

    /// Whoever is touched in every block is no worse off than somebody who is left alone.
    function test_touching_somebody_all_the_time_takes_nothing_from_them() public {
        trade(alice, bob, 10e18, 200e18);
        trade(second, bob, 10e18, 200e18);
        for (uint256 k = 1; k <= 10; k++) {
            elapse(1 minutes);
            setPrice(int256(200e8 + (k % 2) * 1.23456789e8));
            vault.touch(alice.account);
        }
        vm.assertApproxEqAbs(equityOf(alice), equityOf(second), 1e3);
        vm.assertEq(clockOf(alice), 0);
    }

    // ---- contracts that are not what they say

    function test_a_forged_vault_draws_and_harvests_nothing() public {
        ForgedVault forged =
            ForgedVault(create("forged", bytes.concat(type(ForgedVault).creationCode, abi.encode(pool))));
        uint256 before = pool.totalAssets();
        bytes memory notVault = abi.encodeWithSelector(IInsurancePool.NotVault.selector, address(forged));
        vm.expectRevert(notVault);
        forged.draw(1);
        vm.expectRevert(notVault);
        pool.harvest(address(forged));
        (uint256 available,,,) = pool.available(address(forged));
        vm.assertEq(available, 0);
        vm.assertEq(pool.totalAssets(), before);
    }

    function test_a_market_of_somebody_elses_draws_nothing_from_this_pool() public {
        (IMarginVault other,) = createMarket(address(token), "another");
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.NotVault.selector, address(other)));
        vm.prank(address(other));
        pool.cover(1);
    }

    function test_programs_and_implementation_hold_nobodys_money() public {
        IMarginVault implementation = IMarginVault(factory.vaultImplementation());
        token.mint(address(this), USD);
        token.approve(address(implementation), USD);
        vm.expectRevert();
        implementation.deposit(alice.account, USD);
        vm.assertEq(token.balanceOf(address(implementation)), 0);
    }

    /// The fee account belongs to the vault's own address: nobody can sign or call for it.
    function test_nobody_speaks_for_the_vaults_own_account() public {
        Trader memory fees = Trader(alice.key, address(vault), accountOf(address(vault)));
        setFees(ETH, 0.001e18, 0.001e18);
        trade(alice, bob, 10e18, 200e18);
        (uint256 capital,) = vault.balances(fees.account);
        vm.assertEq(capital, 4e18);
        IMarginVault.Order memory maker = order(bob, -1e15, 200e18, true);
        IMarginVault.Order memory taker = order(fees, 1e15, 200e18, false);
        bytes memory makerSignature = sign(bob, maker);
        bytes memory takerSignature = sign(fees, taker);
        vm.expectRevert();
        vault.settle(maker, makerSignature, taker, takerSignature, 1e15);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.NotAccountOwner.selector, alice.owner));
        vm.prank(alice.owner);
        vault.withdraw(fees.account, 1, alice.owner);
    }

    /// A calldata that lies about its lengths is refused, and changes nothing.
    function test_malformed_calldata_is_refused() public {
        bytes memory good = abi.encodeCall(IMarginVault.withdraw, (alice.account, USD, alice.owner));
        bytes32[] memory accounts = new bytes32[](1);
        bytes memory batch = abi.encodeCall(IMarginVault.liquidateBatch, (accounts, alice.account, WAD));
        bytes[5] memory bad;
        bad[0] = slice(good, good.length - 1);
        bad[1] = slice(good, 36);
        bad[2] = slice(good, 4);
        bad[3] = slice(batch, batch.length - 32); // one account fewer than it says
        bad[4] = bytes.concat(slice(batch, 4), bytes32(type(uint256).max), bytes32(0), bytes32(WAD)); // an absurd offset
        VaultState memory before = lens.look(vault, new bytes32[](0), listed);
        for (uint256 k = 0; k < bad.length; k++) {
            vm.prank(alice.owner);
            (bool success,) = address(vault).call(bad[k]);
            vm.assertFalse(success, vm.toString(k));
        }
        VaultState memory state = lens.look(vault, new bytes32[](0), listed);
        vm.assertEq(keccak256(abi.encode(state)), keccak256(abi.encode(before)));
    }

    function slice(bytes memory data, uint256 length) private pure returns (bytes memory part) {
        part = new bytes(length);
        for (uint256 k = 0; k < length; k++) {
            part[k] = data[k];
        }
    }
}
