// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {vm} from "../support/Vm.sol";
import {HookedTokenTest} from "./HookedToken.sol";

/// The quote token calls somebody in the middle of a transfer, as ERC-777 does: in the middle of a deposit into the pool the pool is
/// locked. What would draw on it then is not taken for uninsured: it reverts.
contract BusyPoolTest is HookedTokenTest {
    /// Alice has won 1,350 of the debtor's 1,000, all of it settled and mature.
    function setUpNode() internal override {
        super.setUpNode();
        setPriceCalmly(230 * FEED);
        vault.touch(alice.account);
        elapse(6 hours);
        refreshPrices();
    }

    /// A deposit into the pool, in the middle of which somebody makes a call of the vault, which is refused.
    function refuseWhileBusy(bytes memory call) private {
        uint256 before = pool.totalAssets();
        hostile.attack(address(vault), call);
        token.mint(address(this), USD);
        token.approve(address(pool), USD);
        pool.deposit(USD, address(this));
        vm.assertTrue(hostile.tried());
        vm.assertFalse(hostile.reentered());
        vm.assertEq(hostile.reason(), IMarginVault.PoolBusy.selector);
        hostile.attack(address(0), "");
        vm.assertEq(pool.totalAssets(), before + USD);
    }

    function test_a_debt_is_not_closed_while_the_pool_is_locked() public {
        refuseWhileBusy(abi.encodeCall(IMarginVault.deleverage, (debtor.account, 16)));
        // It is as open as before, and insured.
        vm.assertEq(missing(), 0);
        (bool done, uint256 deficit, uint256 insured) = vault.deleverage(debtor.account, 16);
        vm.assertTrue(done);
        vm.assertEq(deficit, 350e18);
        vm.assertEq(insured, 350e18);
        vm.assertEq(missing(), 0);
        vm.assertEq(pool.totalAssets(), INSURANCE + USD - 350 * USD);
        vm.assertEq(convert(alice), 1_350e18);
    }

    /// Nor is what is on record recovered meanwhile, nor forgotten.
    function test_what_is_on_record_is_not_recovered_while_the_pool_is_locked() public {
        withdrawCover();
        vault.deleverage(debtor.account, 16);
        vm.assertEq(missing(), 350e18);
        setCover(ETH, 10_000_000 * WAD);
        refuseWhileBusy(abi.encodeCall(IMarginVault.recover, (ETH)));
        vm.assertEq(missing(), 350e18);
        vm.assertEq(vault.recover(ETH), 350e18);
        vm.assertEq(missing(), 0);
        vm.assertEq(convert(alice), 1_350e18);
    }
}
