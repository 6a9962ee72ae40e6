// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IMarketFactory} from "../../contracts/interfaces/IMarketFactory.sol";
import {
    BlacklistToken,
    ChangingToken,
    FeeToken,
    ReentrantToken,
    RefusingToken,
    SilentToken
} from "../mocks/HostileTokens.sol";
import {vm} from "../support/Vm.sol";
import {ProtocolTest} from "./Protocol.sol";

/// Quote tokens that misbehave: a vault credits what arrived, and believes nobody who says otherwise.
contract HostileTokenTest is ProtocolTest {
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
        bytes[] memory attacks = everyEntry(tokensAccount, address(reentrant));
        for (uint256 k = 0; k < attacks.length; k++) {
            reentrant.attack(address(vault), attacks[k]);
            vm.prank(alice.owner);
            vault.withdraw(alice.account, USD, alice.owner);
            vm.assertTrue(reentrant.tried());
            vm.assertFalse(reentrant.reentered());
        }
        deposit(bob, 10 * USD);
        vm.assertEq(capitalOf(bob), 10e18);
        vm.assertEq(capitalOf(alice), 100e18 - attacks.length * 1e18);
        vm.assertFalse(reentrant.reentered());
    }

    function test_a_token_cannot_reenter_from_its_permit() public {
        ReentrantToken reentrant = ReentrantToken(useToken("reentrant", type(ReentrantToken).creationCode));
        token.mint(alice.owner, 100 * USD);
        bytes[] memory attacks = everyEntry(accountOf(address(reentrant)), address(reentrant));
        for (uint256 k = 0; k < attacks.length; k++) {
            reentrant.attack(address(vault), attacks[k]);
            vm.prank(alice.owner);
            vault.depositWithPermit(alice.account, USD, 0, 27, 0, 0);
            vm.assertTrue(reentrant.triedByPermit());
            vm.assertFalse(reentrant.reentered());
            vm.assertTrue(reentrant.reason() == IMarginVault.Reentrant.selector);
        }
        vm.assertEq(capitalOf(alice), attacks.length * 1e18);
    }

    function test_a_token_without_permits_takes_a_deposit_that_was_approved() public {
        useToken("silent", type(SilentToken).creationCode);
        token.mint(alice.owner, 100 * USD);
        vm.expectRevert(IMarginVault.TokenFailed.selector);
        vm.prank(alice.owner);
        vault.depositWithPermit(alice.account, 40 * USD, block.timestamp, 27, 0, 0);
        vm.prank(alice.owner);
        token.approve(address(vault), 40 * USD);
        vm.prank(alice.owner);
        vault.depositWithPermit(alice.account, 40 * USD, block.timestamp, 27, 0, 0);
        vm.assertEq(capitalOf(alice), 40e18);
    }

    /// Calls that a token might make from inside a transfer, as the owner of an account.
    function everyEntry(bytes32 account, address self) private view returns (bytes[] memory attacks) {
        bytes32[] memory batch = new bytes32[](1);
        batch[0] = alice.account;
        IMarginVault.Order memory none;
        attacks = new bytes[](17);
        attacks[0] = abi.encodeCall(IMarginVault.deposit, (account, USD));
        attacks[1] = abi.encodeCall(IMarginVault.withdraw, (account, 1, self));
        attacks[2] = abi.encodeCall(IMarginVault.transfer, (account, bytes32(uint256(account) | 1), 1));
        attacks[3] = abi.encodeCall(IMarginVault.convert, (account, 1));
        attacks[4] = abi.encodeCall(IMarginVault.touch, (alice.account));
        attacks[5] = abi.encodeCall(IMarginVault.rebucket, (alice.account));
        attacks[6] = abi.encodeCall(IMarginVault.liquidate, (alice.account, account, WAD));
        attacks[7] = abi.encodeCall(IMarginVault.liquidateBatch, (batch, account, WAD));
        attacks[8] = abi.encodeCall(IMarginVault.deleverage, (alice.account, 16));
        attacks[9] = abi.encodeCall(IMarginVault.recover, (ETH));
        attacks[10] = abi.encodeCall(IMarginVault.distributeFees, ());
        attacks[11] = abi.encodeCall(IMarginVault.cancel, (1));
        attacks[12] = abi.encodeCall(IMarginVault.setSigner, (self, true));
        attacks[13] = abi.encodeCall(IMarginVault.settle, (none, "", none, "", 1));
        attacks[14] = abi.encodeCall(IMarginVault.totals, ()); // a view in the middle of a change would mislead
        attacks[15] = abi.encodeCall(IMarginVault.coverage, ());
        attacks[16] = abi.encodeCall(IMarginVault.depositWithPermit, (account, USD, 0, 27, 0, 0));
    }

    function test_a_token_with_a_fee_credits_each_deposit_with_what_arrived_and_stays_solvent() public {
        useToken("fee", type(FeeToken).creationCode);
        for (uint256 k = 1; k <= 5; k++) {
            deposit(alice, k * 10 * USD);
        }
        vm.prank(alice.owner);
        vault.withdraw(alice.account, 20 * USD, alice.owner);
        (uint256 tokens,,,) = vault.totals();
        vm.assertEq(token.balanceOf(address(vault)) * UNIT, tokens);
        vm.assertEq(tokens, 150e18 * 99 / 100 - 20e18);
    }

    /// The unit is that of the day on which the market was created, whatever the token says later.
    function test_a_token_that_changes_its_decimals_changes_nothing() public {
        ChangingToken changing = ChangingToken(useToken("changing", type(ChangingToken).creationCode));
        deposit(alice, 100 * USD);
        uint8[4] memory decimals = [0, 18, 19, 255];
        for (uint256 k = 0; k < decimals.length; k++) {
            changing.show(decimals[k]);
            deposit(bob, USD);
            vm.assertEq(capitalOf(bob), (k + 1) * 1e18);
            vm.assertEq(capitalOf(alice), 100e18);
            vm.prank(alice.owner);
            vm.assertEq(vault.withdraw(alice.account, 1, carol.owner), 1);
            deposit(alice, 1);
        }
    }

    function test_a_market_in_a_token_of_more_than_18_decimals_is_refused() public {
        ChangingToken changing = ChangingToken(create("changing", type(ChangingToken).creationCode));
        changing.show(19);
        vm.prank(owner);
        factory.setQuoteToken(address(changing), true);
        giveBond(address(changing), address(this), 20_000e18);
        IMarketFactory.MarketConfig memory config = configuration(address(changing), "19");
        config.bond = 20_000e18;
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.UnsupportedDecimals.selector, address(changing), 19));
        factory.createMarket(abi.encode(config));
    }

    /// A blacklisted owner is stuck by the token, is paid elsewhere, and holds up nobody.
    function test_a_blacklist_holds_up_nobody_else() public {
        BlacklistToken blacklisting = BlacklistToken(useToken("blacklist", type(BlacklistToken).creationCode));
        insure(INSURANCE);
        deposit(alice, 1_000 * USD);
        deposit(bob, 10_000 * USD);
        trade(alice, bob, 45e18, 200e18);
        blacklisting.blacklist(alice.owner, true);
        vm.expectRevert(IMarginVault.TokenFailed.selector);
        vm.prank(alice.owner);
        vault.withdraw(alice.account, USD, alice.owner);
        vm.assertEq(capitalOf(alice), 1_000e18);
        vm.prank(alice.owner);
        vm.assertEq(vault.withdraw(alice.account, USD, carol.owner), USD);
        setPriceCalmly(170 * FEED);
        (bool done,,) = vault.deleverage(alice.account, 16);
        vm.assertTrue(done);
        vm.prank(bob.owner);
        vm.assertEq(vault.withdraw(bob.account, 100 * USD, bob.owner), 100 * USD);
    }

    /// The pool cannot pay, its token says: what is missing is missing, and the account is closed all the same.
    function test_a_blacklisted_pool_holds_up_no_closing() public {
        BlacklistToken blacklisting = BlacklistToken(useToken("blacklist", type(BlacklistToken).creationCode));
        insure(INSURANCE);
        deposit(alice, 1_000 * USD);
        deposit(bob, 10_000 * USD);
        trade(alice, bob, 45e18, 200e18);
        blacklisting.blacklist(address(pool), true);
        setPriceCalmly(170 * FEED);
        (bool done, uint256 deficit, uint256 insured) = vault.deleverage(alice.account, 16);
        vm.assertTrue(done);
        vm.assertEq(deficit, 350e18);
        vm.assertEq(insured, 0);
        vm.assertEq(missing(), 350e18);
    }
}
