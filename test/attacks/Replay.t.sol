// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {ContractWallet} from "../mocks/ContractWallet.sol";
import {Answer, HostileWallet} from "../mocks/HostileWallets.sol";
import {ProtocolTest, Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";

/// Signatures used again, elsewhere, for somebody else, or in another shape than they were given in.
contract ReplayAttackTest is ProtocolTest {
    address private wallet;
    HostileWallet private hostile;

    function setUpNode() internal override {
        super.setUpNode();
        // It accepts carol's signatures.
        wallet = create("wallet", bytes.concat(type(ContractWallet).creationCode, abi.encode(carol.owner)));
        hostile = HostileWallet(create("hostile", type(HostileWallet).creationCode));
        deposit(alice, 100_000 * USD);
        deposit(bob, 100_000 * USD);
        deposit(dave, 100_000 * USD);
    }

    function refuse(
        bytes4 reason,
        IMarginVault.Order memory maker,
        bytes memory makerSignature,
        IMarginVault.Order memory taker,
        bytes memory takerSignature
    ) private {
        vm.expectRevert(reason);
        vault.settle(maker, makerSignature, taker, takerSignature, 1e18);
    }

    /// One contract signs for two owners. What it has signed for one is not good for the other, nor for another of the first's accounts.
    function test_what_a_contract_has_signed_for_one_owner_serves_no_other() public {
        vm.prank(alice.owner);
        vault.setSigner(wallet, true);
        vm.prank(dave.owner);
        vault.setSigner(wallet, true);
        IMarginVault.Order memory taker = order(alice, 1e18, 200e18, false);
        bytes memory signature = abi.encodePacked(wallet, sign(carol, taker));
        IMarginVault.Order memory maker = order(bob, -3e18, 200e18, true);
        bytes memory makerSignature = sign(bob, maker);
        bytes32[2] memory others = [dave.account, subAccount(alice, 1).account];
        for (uint256 k = 0; k < others.length; k++) {
            IMarginVault.Order memory stolen = order(alice, 1e18, 200e18, false);
            (stolen.account, stolen.nonce, stolen.expiry) = (others[k], taker.nonce, taker.expiry);
            refuse(IMarginVault.InvalidSignature.selector, maker, makerSignature, stolen, signature);
        }
        vault.settle(maker, makerSignature, taker, signature, 1e18);
        refuse(IMarginVault.OrderFilled.selector, maker, makerSignature, taker, signature);
        // Dismissed by one owner, it signs for the other still.
        vm.prank(alice.owner);
        vault.setSigner(wallet, false);
        taker = order(alice, 1e18, 200e18, false);
        refuse(
            IMarginVault.InvalidSignature.selector,
            maker,
            makerSignature,
            taker,
            abi.encodePacked(wallet, sign(carol, taker))
        );
        taker = order(dave, 1e18, 200e18, false);
        vault.settle(maker, makerSignature, taker, abi.encodePacked(wallet, sign(carol, taker)), 1e18);
        vm.assertEq(sizeOf(dave), 1e18);
    }

    /// Shapes in which a good signature of the owner's key is none: compact (ERC-2098), with a byte more or less, behind the address of
    /// the owner or of a contract that is nobody's signer.
    function test_a_good_signature_in_another_shape_is_none() public {
        IMarginVault.Order memory maker = order(bob, -1e18, 200e18, true);
        bytes memory makerSignature = sign(bob, maker);
        IMarginVault.Order memory taker = order(alice, 1e18, 200e18, false);
        bytes memory good = sign(alice, taker);
        (bytes32 r, bytes32 s, uint8 v) = parts(good);
        hostile.set(Answer.Yes); // it would accept anything, and nobody has named it a signer
        bytes[7] memory shapes = [
            abi.encodePacked(r, bytes32(uint256(s) | uint256(v - 27) << 255)),
            abi.encodePacked(good, uint8(0)),
            abi.encodePacked(r, s),
            abi.encodePacked(alice.owner, good),
            abi.encodePacked(wallet, good),
            abi.encodePacked(address(hostile), good),
            abi.encodePacked(address(hostile), bytes32(0), bytes13(0)) // as long as a signature of a key
        ];
        for (uint256 k = 0; k < shapes.length; k++) {
            refuse(IMarginVault.InvalidSignature.selector, maker, makerSignature, taker, shapes[k]);
        }
        vault.settle(maker, makerSignature, taker, good, 1e18);
    }

    function parts(bytes memory signature) private pure returns (bytes32 r, bytes32 s, uint8 v) {
        assembly ("memory-safe") {
            r := mload(add(signature, 32))
            s := mload(add(signature, 64))
            v := byte(0, mload(add(signature, 96)))
        }
    }

    /// Partly filled, cancelled, signed again in another market and at another size: a nonce is spent once.
    function test_a_nonce_is_spent_once_whatever_else_is_signed_under_it() public {
        IMarginVault.Order memory maker = order(bob, -10e18, 200e18, true);
        bytes memory makerSignature = sign(bob, maker);
        IMarginVault.Order memory taker = order(alice, 2e18, 200e18, false);
        vault.settle(maker, makerSignature, taker, sign(alice, taker), 1.5e18);
        // The same nonce in BTC has half a unit left of its size.
        IMarginVault.Order memory other = order(BTC, alice, 2e18, 5_000e18, false);
        other.nonce = taker.nonce;
        IMarginVault.Order memory seller = order(BTC, bob, -10e18, 5_000e18, true);
        refuse(IMarginVault.OrderFilled.selector, seller, sign(bob, seller), other, sign(alice, other));
        // A smaller one has nothing left.
        taker.size = 1e18;
        refuse(IMarginVault.OrderFilled.selector, maker, makerSignature, taker, sign(alice, taker));
        // Cancelled, a larger one is none either: in no account of the owner's.
        vm.prank(alice.owner);
        vault.cancel(taker.nonce);
        taker.size = 100e18;
        refuse(IMarginVault.OrderCancelled.selector, maker, makerSignature, taker, sign(alice, taker));
        taker.account = subAccount(alice, 1).account;
        refuse(IMarginVault.OrderCancelled.selector, maker, makerSignature, taker, sign(alice, taker));
        vm.assertEq(sizeOf(alice), 1.5e18);
    }

    /// A maker's order is not taken as a taker's, and the owner of both sides does not sign once for two.
    function test_an_order_plays_one_role_for_one_account() public {
        IMarginVault.Order memory maker = order(bob, -1e18, 200e18, true);
        IMarginVault.Order memory alices = order(alice, 1e18, 200e18, true);
        bytes memory makerSignature = sign(bob, maker);
        bytes memory signature = sign(alice, alices);
        refuse(IMarginVault.OrderMismatch.selector, maker, makerSignature, alices, signature);
        alices.maker = false; // signed as the other
        refuse(IMarginVault.InvalidSignature.selector, maker, makerSignature, alices, signature);
        Trader memory second = subAccount(bob, 1);
        deposit(second, 1_000 * USD);
        IMarginVault.Order memory own = order(second, 1e18, 200e18, false);
        refuse(IMarginVault.InvalidSignature.selector, maker, makerSignature, own, makerSignature);
    }

    /// The contract that answers for the maker answers for the taker too, and says something else the second time.
    function test_each_order_is_asked_about_whoever_was_asked_before() public {
        hostile.set(Answer.Yes);
        Trader memory first = Trader(1, address(hostile), accountOf(address(hostile)));
        Trader memory second = subAccount(first, 1);
        deposit(first, 1_000 * USD);
        deposit(second, 1_000 * USD);
        bytes memory yes = "yes";
        bytes memory no = "no";
        hostile.refuse(no);
        IMarginVault.Order memory maker = order(first, -1e18, 200e18, true);
        IMarginVault.Order memory taker = order(second, 1e18, 200e18, false);
        refuse(IMarginVault.InvalidSignature.selector, maker, yes, taker, no);
        refuse(IMarginVault.InvalidSignature.selector, maker, no, taker, yes);
        vault.settle(maker, yes, taker, yes, 1e18);
        vm.assertEq(sizeOf(second), 1e18);
    }

    /// Accounts of the protocol's own contracts trade with nobody's signature, nor with one of a signer that they cannot name.
    function test_nobody_signs_for_the_protocols_own_accounts() public {
        address[4] memory own = [address(vault), address(pool), address(guard), address(factory)];
        IMarginVault.Order memory maker = order(bob, -1e18, 200e18, true);
        bytes memory makerSignature = sign(bob, maker);
        for (uint256 k = 0; k < own.length; k++) {
            Trader memory puppet = Trader(alice.key, own[k], accountOf(own[k]));
            deposit(alice, 1_000 * USD);
            IMarginVault.Order memory taker = order(puppet, 1e18, 200e18, false);
            refuse(IMarginVault.InvalidSignature.selector, maker, makerSignature, taker, sign(alice, taker));
            refuse(
                IMarginVault.InvalidSignature.selector,
                maker,
                makerSignature,
                taker,
                abi.encodePacked(own[k], sign(alice, taker))
            );
        }
    }
}
