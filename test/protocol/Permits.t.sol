// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {cheats} from "../../script/lib/Cheatcodes.sol";
import {vm} from "../support/Vm.sol";
import {ProtocolTest, Trader} from "./Protocol.sol";

/// Deposits that bring their allowance along, as the token's permit (ERC-2612).
contract PermitTest is ProtocolTest {
    struct Permit {
        uint256 amount;
        uint256 deadline;
        uint8 v;
        bytes32 r;
        bytes32 s;
    }

    function setUpNode() internal override {
        super.setUpNode();
        token.mint(alice.owner, 100 * USD);
        token.mint(carol.owner, 100 * USD);
    }

    /// Alice lets the vault take `amount`, once, within the hour.
    function signed(uint256 amount) private view returns (Permit memory permit) {
        (permit.amount, permit.deadline) = (amount, block.timestamp + 1 hours);
        bytes32 body = keccak256(
            abi.encode(
                keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"),
                alice.owner,
                address(vault),
                amount,
                token.nonces(alice.owner),
                permit.deadline
            )
        );
        bytes32 hash = keccak256(abi.encodePacked("\x19\x01", token.DOMAIN_SEPARATOR(), body));
        (permit.v, permit.r, permit.s) = cheats.sign(alice.key, hash);
    }

    function depositWith(Permit memory permit, Trader memory payer, bytes32 account) private {
        vm.prank(payer.owner);
        vault.depositWithPermit(account, permit.amount, permit.deadline, permit.v, permit.r, permit.s);
    }

    function expectNothingTaken(Permit memory permit, Trader memory payer) private {
        uint256[2] memory held = [token.balanceOf(alice.owner), token.balanceOf(carol.owner)];
        vm.expectRevert(IMarginVault.TokenFailed.selector);
        depositWith(permit, payer, payer.account);
        vm.assertEq(token.balanceOf(alice.owner), held[0]);
        vm.assertEq(token.balanceOf(carol.owner), held[1]);
    }

    function test_a_permit_brings_the_allowance_of_a_deposit() public {
        depositWith(signed(40 * USD), alice, alice.account);
        vm.assertEq(capitalOf(alice), 40e18);
        vm.assertEq(token.balanceOf(alice.owner), 60 * USD);
        vm.assertEq(token.allowance(alice.owner, address(vault)), 0);
        vm.assertEq(token.nonces(alice.owner), 1);
        vm.assertEq(vault.outflowCredit(alice.owner), 40e18, "as any deposit");
    }

    function test_it_may_be_for_any_account() public {
        depositWith(signed(40 * USD), alice, bob.account);
        vm.assertEq(capitalOf(bob), 40e18);
        vm.assertEq(capitalOf(alice), 0);
    }

    function test_whoever_uses_the_permit_first_stops_no_deposit() public {
        Permit memory permit = signed(40 * USD);
        vm.prank(carol.owner);
        token.permit(alice.owner, address(vault), permit.amount, permit.deadline, permit.v, permit.r, permit.s);
        depositWith(permit, alice, alice.account);
        vm.assertEq(capitalOf(alice), 40e18);
    }

    function test_a_permit_works_once() public {
        Permit memory permit = signed(40 * USD);
        depositWith(permit, alice, alice.account);
        expectNothingTaken(permit, alice);
    }

    function test_a_stranger_takes_nothing_by_somebody_elses_permit() public {
        Permit memory permit = signed(40 * USD);
        expectNothingTaken(permit, carol);
        vm.prank(carol.owner);
        token.approve(address(vault), 40 * USD);
        // Hers, that is: who calls pays.
        depositWith(permit, carol, carol.account);
        vm.assertEq(token.balanceOf(alice.owner), 100 * USD);
        vm.assertEq(capitalOf(carol), 40e18);
    }

    function test_a_permit_of_another_amount_key_or_time_is_none() public {
        Permit memory permit = signed(40 * USD);
        permit.amount = 41 * USD;
        expectNothingTaken(permit, alice);
        (permit.amount, permit.v) = (40 * USD, permit.v ^ 7);
        expectNothingTaken(permit, alice);
        permit = signed(40 * USD);
        elapse(2 hours);
        expectNothingTaken(permit, alice);
    }

    function test_nothing_is_no_deposit() public {
        Permit memory permit = signed(0);
        vm.expectRevert(IMarginVault.InvalidAmount.selector);
        depositWith(permit, alice, alice.account);
    }

    function test_what_is_no_uint8_is_no_parity() public {
        Permit memory permit = signed(40 * USD);
        bytes memory data = abi.encodeCall(
            IMarginVault.depositWithPermit,
            (alice.account, permit.amount, permit.deadline, permit.v, permit.r, permit.s)
        );
        data[4 + 3 * 32 + 30] = 0x01;
        vm.prank(alice.owner);
        (bool success, bytes memory answer) = address(vault).call(data);
        vm.assertFalse(success);
        vm.assertTrue(bytes4(answer) == IMarginVault.InvalidCalldata.selector);
    }

    function test_a_debt_is_paid_out_of_it_first() public {
        deposit(bob, 10_000 * USD);
        depositWith(signed(100 * USD), alice, alice.account);
        trade(alice, bob, 4e18, 200e18);
        setPriceCalmly(170 * FEED);
        vault.touch(alice.account);
        vm.assertEq(pnlOf(alice), -20e18);
        token.mint(alice.owner, 50 * USD);
        depositWith(signed(50 * USD), alice, alice.account);
        vm.assertEq(pnlOf(alice), 0);
        vm.assertEq(capitalOf(alice), 30e18);
    }
}
