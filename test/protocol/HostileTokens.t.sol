// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {FeeToken, ReentrantToken, RefusingToken, SilentToken} from "../mocks/HostileTokens.sol";
import {QuoteToken} from "../mocks/QuoteToken.sol";
import {vm} from "../support/Vm.sol";
import {ProtocolTest} from "./Protocol.sol";

/// Quote tokens that misbehave: a vault credits what arrived, and believes nobody who says otherwise.
contract HostileTokenTest is ProtocolTest {
    function useToken(string memory name, bytes memory initcode) private returns (address created) {
        created = create(name, initcode);
        vm.prank(owner);
        factory.setQuoteToken(created, true);
        elapse(MEAN_RESTARTS);
        useMarket(created, bytes32(bytes(name)));
        token = QuoteToken(created);
    }

    function test_a_token_with_a_fee_credits_what_arrived() public {
        useToken("fee", type(FeeToken).creationCode);
        deposit(alice, 100 * USD);
        vm.assertEq(capitalOf(alice), 99e18);
        vm.assertEq(token.balanceOf(address(vault)), 99 * USD);
    }

    function test_a_token_that_returns_false_credits_and_pays_nothing() public {
        RefusingToken refusing = RefusingToken(useToken("refusing", type(RefusingToken).creationCode));
        deposit(alice, 100 * USD);
        refusing.refuse(true);
        vm.expectRevert(IMarginVault.TokenFailed.selector);
        vm.prank(alice.owner);
        vault.withdraw(alice.account, USD, alice.owner);
        vm.assertEq(capitalOf(alice), 100e18);
        token.mint(bob.owner, USD);
        vm.prank(bob.owner);
        token.approve(address(vault), USD);
        vm.expectRevert(IMarginVault.TokenFailed.selector);
        vm.prank(bob.owner);
        vault.deposit(bob.account, USD);
    }

    function test_a_token_that_returns_nothing_works() public {
        useToken("silent", type(SilentToken).creationCode);
        deposit(alice, 100 * USD);
        vm.prank(alice.owner);
        vault.withdraw(alice.account, 40 * USD, bob.owner);
        vm.assertEq(capitalOf(alice), 60e18);
        vm.assertEq(token.balanceOf(bob.owner), 40 * USD);
    }

    function test_a_token_cannot_reenter_a_deposit_or_withdrawal() public {
        ReentrantToken reentrant = ReentrantToken(useToken("reentrant", type(ReentrantToken).creationCode));
        bytes32 tokensAccount = accountOf(address(reentrant));
        deposit(alice, 100 * USD);
        bytes[4] memory attacks = [
            abi.encodeCall(IMarginVault.deposit, (tokensAccount, USD)),
            abi.encodeCall(IMarginVault.withdraw, (tokensAccount, 1, address(reentrant))),
            abi.encodeCall(IMarginVault.touch, (alice.account)),
            abi.encodeCall(IMarginVault.totals, ())
        ];
        for (uint256 k = 0; k < attacks.length; k++) {
            reentrant.attack(address(vault), attacks[k]);
            vm.prank(alice.owner);
            vault.withdraw(alice.account, USD, alice.owner);
            vm.assertTrue(reentrant.tried());
            vm.assertFalse(reentrant.reentered());
        }
        deposit(bob, 10 * USD);
        vm.assertEq(capitalOf(bob), 10e18);
        vm.assertEq(capitalOf(alice), 96e18);
        vm.assertFalse(reentrant.reentered());
    }
}
