// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {ProtocolTest, Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";

/// Tokens that come and go in one block leave everybody else's way out as it was.
contract OutflowAttackTest is ProtocolTest {
    Trader internal attacker = newTrader("attacker");
    uint256 private constant FLASH = 500_000 * USD; // half of the hourly cap, lent for one transaction

    function setUpNode() internal override {
        super.setUpNode();
        deposit(alice, 2_000_000 * USD);
        elapse(3 days);
    }

    function available() private view returns (uint256 left) {
        (left,,) = vault.outflow();
    }

    function test_tokens_that_pass_through_use_up_nobodys_outflow() public {
        uint256 before = available();
        for (uint256 k = 0; k < 4; k++) {
            uint256 held = token.balanceOf(attacker.owner);
            deposit(attacker, FLASH);
            vm.assertEq(vault.outflowCredit(attacker.owner), FLASH * UNIT);
            vm.assertEq(withdraw(attacker, FLASH), FLASH);
            vm.assertEq(vault.outflowCredit(attacker.owner), 0);
            vm.assertEq(token.balanceOf(attacker.owner), held + FLASH);
            vm.assertEq(available(), before);
            elapse(30 minutes);
        }
        vm.assertEq(withdraw(alice, 500_000 * USD), 500_000 * USD);
    }

    /// What others brought opens nothing for whoever takes more than it brought.
    function test_nobody_leaves_by_what_others_brought() public {
        vm.assertEq(withdraw(alice, 2_000_000 * USD), 500_000 * USD);
        vm.assertEq(available(), 0);
        deposit(attacker, 3_000_000 * USD);
        vm.assertEq(available(), 0);
        vm.expectRevert(IMarginVault.OutflowLimited.selector);
        vm.prank(alice.owner);
        vault.withdraw(alice.account, 1, alice.owner);
        vm.assertEq(withdraw(attacker, 1_000_000 * USD), 1_000_000 * USD);
    }

    /// A deposit into somebody's account is the account's owner's, and serves all accounts of that owner and no others.
    function test_a_deposit_credits_the_owner_of_the_account() public {
        withdraw(alice, 500_000 * USD);
        token.mint(attacker.owner, FLASH);
        vm.prank(attacker.owner);
        token.approve(address(vault), FLASH);
        vm.prank(attacker.owner);
        vault.deposit(alice.account, FLASH);
        vm.assertEq(vault.outflowCredit(attacker.owner), 0);
        vm.assertEq(vault.outflowCredit(alice.owner), FLASH * UNIT);
        Trader memory second = subAccount(alice, 7);
        vm.prank(alice.owner);
        vault.transfer(alice.account, second.account, 100_000e18);
        vm.assertEq(withdraw(second, 100_000 * USD), 100_000 * USD);
        vm.assertEq(withdraw(alice, 1_500_000 * USD), 400_000 * USD);
    }

    /// The credit ends with the next day (UTC); a trade that loses the money to somebody else takes no credit along.
    function test_a_credit_lasts_until_the_next_day_ends_and_goes_to_nobody() public {
        elapse(1 days - block.timestamp % 1 days + 1 hours);
        refreshPrices();
        deposit(attacker, 100_000 * USD);
        deposit(bob, 100_000 * USD);
        trade(ETH, bob, attacker, 1_000e18, 200e18);
        trade(ETH, attacker, bob, 1_000e18, 203e18); // three dollars each for bob
        vm.assertEq(capitalOf(attacker), 97_000e18);
        vm.assertEq(vault.outflowCredit(bob.owner), 100_000e18);
        vm.assertEq(vault.outflowCredit(attacker.owner), 100_000e18);
        elapse(1 days + 22 hours);
        vm.assertEq(vault.outflowCredit(attacker.owner), 100_000e18);
        elapse(1 hours);
        vm.assertEq(vault.outflowCredit(attacker.owner), 0);
    }

    /// Both lie in wait: what is brought on one day leaves on the next without using up anything, and is worth nothing on the third.
    function test_tokens_that_stay_over_midnight_use_up_nobodys_outflow() public {
        elapse(1 days - block.timestamp % 1 days - 1);
        deposit(attacker, FLASH);
        uint256 before = available();
        elapse(2);
        vm.assertEq(withdraw(attacker, FLASH), FLASH);
        vm.assertEq(available(), before);
        // In at the end of a day, in again at the start of the next, and out twice.
        deposit(attacker, FLASH);
        elapse(1 days);
        deposit(attacker, FLASH);
        vm.assertEq(withdraw(attacker, 2 * FLASH), 2 * FLASH);
        vm.assertEq(available(), before);
    }

    /// Money that goes round by a vault's own transfers, and by others' wallets, opens nothing twice.
    function test_a_credit_is_used_once_whichever_account_and_wallet_it_goes_by() public {
        deposit(attacker, FLASH);
        Trader memory second = subAccount(attacker, 1);
        for (uint256 k = 0; k < 3; k++) {
            vm.prank(attacker.owner);
            vault.transfer(attacker.account, second.account, 100_000e18);
            vm.prank(attacker.owner);
            vault.transfer(second.account, attacker.account, 100_000e18);
        }
        vm.assertEq(vault.outflowCredit(attacker.owner), FLASH * UNIT);
        vm.prank(attacker.owner);
        vm.assertEq(vault.withdraw(attacker.account, 100_000 * USD, bob.owner), 100_000 * USD);
        vm.assertEq(vault.outflowCredit(attacker.owner), 400_000e18);
        vm.assertEq(vault.outflowCredit(bob.owner), 0);
        vm.startPrank(attacker.owner);
        vm.expectRevert(IMarginVault.InvalidRecipient.selector);
        vault.withdraw(attacker.account, 1, address(vault));
        vm.stopPrank();
    }

    /// What works, at the price of the fees of both sides (25 times what is lost, traded once each way): who loses money to a partner
    /// keeps the credit, and the partner leaves by the outflow of all. What leaves beyond what was brought is still within the caps.
    function test_what_is_lost_to_a_partner_leaves_by_the_outflow_of_all() public {
        Trader memory partner = newTrader("partner");
        deposit(attacker, 300_000 * USD);
        deposit(partner, 300_000 * USD);
        refreshPrices();
        uint256 before = available();
        for (uint256 k = 0; k < 2; k++) {
            trade(BTC, attacker, partner, 375e18, 5_100e18);
            trade(BTC, partner, attacker, 375e18, 4_900e18);
        }
        vm.assertEq(capitalOf(attacker), 150_000e18);
        elapse(6 hours);
        refreshPrices();
        vm.assertEq(convert(partner), 150_000e18);
        vm.assertEq(withdraw(partner, 450_000 * USD), 450_000 * USD);
        vm.assertEq(available(), before - 150_000e18);
        vm.assertEq(withdraw(attacker, 150_000 * USD), 150_000 * USD);
        vm.assertEq(available(), before - 150_000e18);
        vm.assertEq(vault.outflowCredit(attacker.owner), 150_000e18);
    }
}
