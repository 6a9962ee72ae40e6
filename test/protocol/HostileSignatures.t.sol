// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {Answer, HostileWallet} from "../mocks/HostileWallets.sol";
import {vm} from "../support/Vm.sol";
import {ProtocolTest, Trader} from "./Protocol.sol";

/// Signatures of others, of elsewhere and of the past, and wallets that answer whatever they like.
contract HostileSignatureTest is ProtocolTest {
    function setUpNode() internal override {
        super.setUpNode();
        deposit(alice, 1_000 * USD);
        deposit(bob, 10_000 * USD);
    }

    function orders() private returns (IMarginVault.Order memory maker, IMarginVault.Order memory taker) {
        maker = order(bob, -10e18, 200e18, true);
        taker = order(alice, 10e18, 200e18, false);
    }

    function refuse(bytes4 reason, bytes memory takerSignature) private {
        (IMarginVault.Order memory maker, IMarginVault.Order memory taker) = orders();
        refuse(reason, maker, taker, takerSignature);
    }

    function refuse(
        bytes4 reason,
        IMarginVault.Order memory maker,
        IMarginVault.Order memory taker,
        bytes memory takerSignature
    ) private {
        bytes memory makerSignature = sign(bob, maker);
        vm.expectRevert(reason);
        vault.settle(maker, makerSignature, taker, takerSignature, 1e18);
    }

    function test_a_signature_for_another_chain_is_refused() public {
        (IMarginVault.Order memory maker, IMarginVault.Order memory taker) = orders();
        uint256[3] memory chains = [uint256(1), 42161, CHAIN_ID + 1];
        for (uint256 k = 0; k < chains.length; k++) {
            bytes memory foreign = signDigest(alice.key, digestFor(taker, chains[k], address(vault)));
            refuse(IMarginVault.InvalidSignature.selector, maker, taker, foreign);
        }
        vault.settle(maker, sign(bob, maker), taker, sign(alice, taker), 1e18);
    }

    function test_a_signature_for_another_market_is_refused() public {
        (IMarginVault.Order memory maker, IMarginVault.Order memory taker) = orders();
        (IMarginVault other,) = createMarket(address(token), "another");
        address[3] memory contracts = [address(other), factory.vaultImplementation(), address(pool)];
        for (uint256 k = 0; k < contracts.length; k++) {
            bytes memory foreign = signDigest(alice.key, digestFor(taker, CHAIN_ID, contracts[k]));
            refuse(IMarginVault.InvalidSignature.selector, maker, taker, foreign);
        }
        vm.assertNotEq(other.hashOrder(taker), vault.hashOrder(taker));
    }

    function test_an_order_is_not_filled_twice_over_by_replaying_it() public {
        (IMarginVault.Order memory maker, IMarginVault.Order memory taker) = orders();
        bytes memory makerSignature = sign(bob, maker);
        bytes memory takerSignature = sign(alice, taker);
        vault.settle(maker, makerSignature, taker, takerSignature, 10e18);
        vm.expectRevert(IMarginVault.OrderFilled.selector);
        vault.settle(maker, makerSignature, taker, takerSignature, 10e18);
        // Nor with a fresh maker, nor after everything was closed again.
        IMarginVault.Order memory fresh = order(bob, -10e18, 200e18, true);
        bytes memory freshSignature = sign(bob, fresh);
        vm.expectRevert(IMarginVault.OrderFilled.selector);
        vault.settle(fresh, freshSignature, taker, takerSignature, 1e18);
        trade(bob, alice, 10e18, 200e18);
        vm.expectRevert(IMarginVault.OrderFilled.selector);
        vault.settle(fresh, freshSignature, taker, takerSignature, 1e18);
    }

    function test_a_signed_order_of_the_same_nonce_adds_to_what_was_filled() public {
        (IMarginVault.Order memory maker, IMarginVault.Order memory taker) = orders();
        vault.settle(maker, sign(bob, maker), taker, sign(alice, taker), 6e18);
        IMarginVault.Order memory again = order(bob, -10e18, 200e18, true);
        taker.limitPrice = 201e18; // another order under the same nonce
        bytes memory makerSignature = sign(bob, again);
        bytes memory takerSignature = sign(alice, taker);
        vm.expectRevert(IMarginVault.OrderFilled.selector);
        vault.settle(again, makerSignature, taker, takerSignature, 5e18);
        vault.settle(again, makerSignature, taker, takerSignature, 4e18);
        vm.assertEq(sizeOf(alice), 10e18);
    }

    /// What recovers to nobody is nobody's signature, not the zero address's.
    function test_an_account_of_nobody_trades_nothing() public {
        Trader memory nobody = Trader(1, address(0), bytes32(uint256(7)));
        deposit(alice, 1_000 * USD);
        token.mint(address(this), 1_000 * USD);
        token.approve(address(vault), 1_000 * USD);
        vault.deposit(nobody.account, 1_000 * USD);
        IMarginVault.Order memory maker = order(bob, -10e18, 200e18, true);
        IMarginVault.Order memory taker = order(nobody, 10e18, 200e18, false);
        bytes[3] memory forged = [
            abi.encodePacked(bytes32(0), bytes32(0), uint8(27)),
            abi.encodePacked(bytes32(uint256(1)), bytes32(uint256(1)), uint8(0)),
            abi.encodePacked(type(uint256).max, type(uint256).max, uint8(28))
        ];
        for (uint256 k = 0; k < forged.length; k++) {
            refuse(IMarginVault.InvalidSignature.selector, maker, taker, forged[k]);
        }
    }

    function test_an_expired_order_is_refused_to_the_second() public {
        (IMarginVault.Order memory maker, IMarginVault.Order memory taker) = orders();
        taker.expiry = uint64(block.timestamp + 10);
        bytes memory signature = sign(alice, taker);
        elapse(10);
        vault.settle(maker, sign(bob, maker), taker, signature, 1e18);
        elapse(1);
        refuse(IMarginVault.OrderExpired.selector, maker, taker, signature);
    }

    // ---- delegated signers

    function test_a_delegated_signer_trades_and_never_withdraws() public {
        vm.prank(alice.owner);
        vault.setSigner(dave.owner, true);
        vm.assertTrue(vault.isSigner(alice.owner, dave.owner));
        (IMarginVault.Order memory maker, IMarginVault.Order memory taker) = orders();
        vault.settle(maker, sign(bob, maker), taker, sign(dave, taker), 1e18);
        vm.assertEq(sizeOf(alice), 1e18);
        bytes memory notOwner = abi.encodeWithSelector(IMarginVault.NotAccountOwner.selector, dave.owner);
        vm.startPrank(dave.owner);
        vm.expectRevert(notOwner);
        vault.withdraw(alice.account, 1, dave.owner);
        vm.expectRevert(notOwner);
        vault.transfer(alice.account, subAccount(alice, 1).account, 1);
        vm.expectRevert(IMarginVault.NotForcible.selector);
        vault.convert(alice.account, 1);
        vm.stopPrank();
        vm.prank(alice.owner);
        vault.setSigner(dave.owner, false);
        refuse(IMarginVault.InvalidSignature.selector, maker, taker, sign(dave, taker));
    }

    function test_a_signer_signs_for_every_account_of_the_owner_who_chose_it_and_for_nobody_else() public {
        vm.prank(alice.owner);
        vault.setSigner(dave.owner, true);
        Trader memory second = subAccount(alice, 9);
        deposit(second, 1_000 * USD);
        IMarginVault.Order memory maker = order(bob, -1e18, 200e18, true);
        IMarginVault.Order memory taker = order(second, 1e18, 200e18, false);
        vault.settle(maker, sign(bob, maker), taker, sign(dave, taker), 1e18);
        vm.assertEq(sizeOf(second), 1e18);
        maker = order(bob, -1e18, 200e18, true);
        IMarginVault.Order memory carols = order(carol, 1e18, 200e18, false);
        refuse(IMarginVault.InvalidSignature.selector, maker, carols, sign(dave, carols));
        // Whom a signer appoints is the signer's own affair.
        vm.prank(dave.owner);
        vault.setSigner(carol.owner, true);
        taker = order(alice, 1e18, 200e18, false);
        refuse(IMarginVault.InvalidSignature.selector, maker, taker, sign(carol, taker));
    }

    // ---- wallets

    function wallet() private returns (HostileWallet hostile, Trader memory trader) {
        hostile = HostileWallet(create("wallet", type(HostileWallet).creationCode));
        trader = Trader(alice.key, address(hostile), accountOf(address(hostile)));
        deposit(trader, 1_000 * USD);
    }

    function test_a_wallet_has_to_answer_with_the_magic_word_and_nothing_else_counts() public {
        (HostileWallet hostile, Trader memory trader) = wallet();
        Answer[7] memory bad =
            [Answer.No, Answer.Reverts, Answer.Nothing, Answer.Short, Answer.Dirty, Answer.BurnsEverything, Answer.No];
        for (uint256 k = 0; k < bad.length; k++) {
            hostile.set(bad[k]);
            IMarginVault.Order memory maker = order(bob, -1e18, 200e18, true);
            IMarginVault.Order memory taker = order(trader, 1e18, 200e18, false);
            // Also with a good signature of somebody's: a contract answers for itself.
            bytes memory makerSignature = sign(bob, maker);
            bytes memory takerSignature = sign(trader, taker);
            vm.expectRevert();
            vault.settle(maker, makerSignature, taker, takerSignature, 1e18);
        }
        vm.assertEq(sizeOf(trader), 0);
        hostile.set(Answer.Yes);
        trade(trader, bob, 1e18, 200e18);
        vm.assertEq(sizeOf(trader), 1e18);
    }

    /// It is asked with a static call, so it could change nothing; and the vault is locked meanwhile.
    function test_a_wallet_cannot_use_being_asked_to_act() public {
        (HostileWallet hostile, Trader memory trader) = wallet();
        bytes[4] memory attacks = [
            abi.encodeCall(IMarginVault.withdraw, (trader.account, 1_000 * USD, address(hostile))),
            abi.encodeCall(IMarginVault.touch, (bob.account)),
            abi.encodeCall(IMarginVault.setSigner, (dave.owner, true)),
            abi.encodeCall(IMarginVault.cancel, (1))
        ];
        for (uint256 k = 0; k < attacks.length; k++) {
            hostile.callBack(address(vault), attacks[k]);
            trade(trader, bob, 1e18, 200e18);
        }
        hostile.callBack(address(pool), abi.encodeCall(IInsurancePool.harvest, (address(vault))));
        trade(trader, bob, 1e18, 200e18);
        vm.assertEq(sizeOf(trader), 5e18);
        vm.assertEq(capitalOf(trader), 1_000e18);
    }
}
