// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {vm} from "../support/Vm.sol";
import {HookedTokenTest} from "./HookedToken.sol";

/// A quote token calls whatever it likes in the middle of the transfers between a vault and its pool.
contract ReentrancyAttackTest is HookedTokenTest {
    /// The token, as the owner of an account with capital.
    function tokensAccount() private returns (bytes32 account) {
        account = accountOf(address(hostile));
        token.mint(address(this), 1_000 * USD);
        token.approve(address(vault), 1_000 * USD);
        vault.deposit(account, 1_000 * USD);
    }

    function attempt(address target, bytes memory data) private {
        hostile.attack(target, data);
    }

    function assertRefused() private view {
        vm.assertTrue(hostile.tried());
        vm.assertFalse(hostile.reentered());
    }

    /// While the pool pays for a debt, nobody draws, closes, converts, withdraws or looks.
    function test_nobody_gets_in_while_the_pool_pays() public {
        bytes32 account = tokensAccount();
        setPriceCalmly(230 * FEED);
        bytes[7] memory intrusions = [
            abi.encodeCall(IMarginVault.deleverage, (debtor.account, 16)),
            abi.encodeCall(IMarginVault.recover, (ETH)),
            abi.encodeCall(IMarginVault.convert, (account, 1)),
            abi.encodeCall(IMarginVault.withdraw, (account, 1, address(hostile))),
            abi.encodeCall(IMarginVault.deposit, (account, 1)),
            abi.encodeCall(IMarginVault.coverage, ()),
            abi.encodeCall(IMarginVault.health, (alice.account))
        ];
        for (uint256 k = 0; k < intrusions.length; k++) {
            string memory id = checkpoint();
            close(address(vault), intrusions[k]);
            restore(id);
        }
        // Nor into the pool that is paying.
        close(address(pool), abi.encodeCall(IInsurancePool.harvest, (address(vault))));
    }

    function close(address target, bytes memory intrusion) private {
        attempt(target, intrusion);
        (bool done, uint256 deficit, uint256 insured) = vault.deleverage(debtor.account, 16);
        assertRefused();
        vm.assertTrue(done);
        vm.assertEq(deficit, 350e18);
        vm.assertEq(insured, deficit);
        vm.assertEq(pool.totalAssets(), INSURANCE - 350 * USD);
        vm.assertEq(missing(), 0);
    }

    /// A withdrawal is counted before its tokens go: whoever is told of them in the middle finds nothing to take twice, in the vault or
    /// by the pool.
    function test_a_withdrawal_is_counted_before_its_tokens_go() public {
        bytes32 account = tokensAccount();
        bytes[3] memory intrusions = [
            abi.encodeCall(IMarginVault.withdraw, (account, 1_000 * USD, address(hostile))),
            abi.encodeCall(IMarginVault.transfer, (account, bytes32(uint256(account) | 1), 1e18)),
            abi.encodeCall(IMarginVault.totals, ())
        ];
        for (uint256 k = 0; k < intrusions.length; k++) {
            attempt(address(vault), intrusions[k]);
            vm.assertEq(withdraw(alice, 100 * USD), 100 * USD);
            assertRefused();
        }
        attempt(address(pool), abi.encodeCall(IInsurancePool.harvest, (address(vault))));
        vm.assertEq(withdraw(alice, 100 * USD), 100 * USD);
        assertRefused();
        attempt(address(0), "");
        (uint256 tokens, uint256 capital,,) = vault.totals();
        vm.assertEq(token.balanceOf(address(vault)) * UNIT, tokens);
        vm.assertLe(capital, tokens);
        vm.assertEq(capital, 1_002_000e18 - 400e18);
    }
}
