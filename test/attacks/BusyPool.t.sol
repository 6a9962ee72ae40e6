// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {vm} from "../support/Vm.sol";
import {HookedTokenTest} from "./HookedToken.sol";

/// What works where the quote token calls somebody in the middle of a transfer, as ERC-777 does: in the middle of a deposit into the
/// pool the pool is locked, and still says what it would pay; it pays nothing, and the vault takes that for a token that refuses. Who
/// holds shares of the pool has a debt closed uninsured so, in front of a conversion whose haircut then pays for it. See
/// docs/security.md.
contract BusyPoolTest is HookedTokenTest {
    /// Alice has won 1,350 of the debtor's 1,000, all of it settled and mature.
    function setUpNode() internal override {
        super.setUpNode();
        setPriceCalmly(230 * FEED);
        vault.touch(alice.account);
        elapse(6 hours);
        refreshPrices();
    }

    /// The debt is closed in the middle of a deposit into the pool.
    function closeWhileBusy() private {
        hostile.attack(address(vault), abi.encodeCall(IMarginVault.deleverage, (debtor.account, 16)));
        token.mint(address(this), USD);
        token.approve(address(pool), USD);
        pool.deposit(USD, address(this));
        vm.assertTrue(hostile.reentered());
        hostile.attack(address(0), "");
    }

    function test_a_debt_that_is_closed_while_the_pool_is_locked_is_uninsured_until_somebody_recovers() public {
        closeWhileBusy();
        vm.assertEq(pool.totalAssets(), INSURANCE + USD);
        vm.assertEq(missing(), 350e18);
        vault.recover(ETH);
        vm.assertEq(missing(), 0);
        vm.assertEq(pool.totalAssets(), INSURANCE + USD - 350 * USD);
        vm.assertEq(convert(alice), 1_350e18);
    }

    function test_whoever_converts_before_that_pays_for_it() public {
        closeWhileBusy();
        vm.assertApproxEqAbs(convert(alice), 1_000e18, 1e6);
        vm.assertLe(missing(), UNIT);
        vm.assertEq(pool.totalAssets(), INSURANCE + USD);
    }
}
