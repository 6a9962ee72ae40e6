// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {ContractWallet} from "../mocks/ContractWallet.sol";
import {Answer, HostileWallet} from "../mocks/HostileWallets.sol";
import {vm} from "../support/Vm.sol";
import {ProtocolTest, Trader} from "./Protocol.sol";

/// Calls with as much gas as it is told to.
contract LimitedCaller {
    function attempt(address to, bytes calldata data, uint256 gas) external returns (bool, bytes memory) {
        return to.call{gas: gas}(data);
    }
}

/// The same as forge is to see it: nothing is kept, so it is asked with a static call, which reaches the node as `eth_call`.
interface ILimitedCaller {
    function attempt(address to, bytes calldata data, uint256 gas) external view returns (bool, bytes memory);
}

/// Signers of an owner that are contracts: named in front of the signature, and asked for the rest of it.
contract ContractSignersTest is ProtocolTest {
    address private wallet;
    HostileWallet private hostile;

    function setUpNode() internal override {
        super.setUpNode();
        deposit(alice, 10_000 * USD);
        deposit(bob, 10_000 * USD);
        // It accepts dave's signatures.
        wallet = create("wallet", bytes.concat(type(ContractWallet).creationCode, abi.encode(dave.owner)));
        hostile = HostileWallet(create("hostile", type(HostileWallet).creationCode));
        vm.prank(alice.owner);
        vault.setSigner(wallet, true);
    }

    function orders() private returns (IMarginVault.Order memory maker, IMarginVault.Order memory taker) {
        maker = order(bob, -1e18, 200e18, true);
        taker = order(alice, 1e18, 200e18, false);
    }

    function fill(Trader memory trader, bytes memory signature) private {
        IMarginVault.Order memory maker = order(bob, -1e18, 200e18, true);
        IMarginVault.Order memory taker = order(trader, 1e18, 200e18, false);
        vault.settle(maker, sign(bob, maker), taker, signature, 1e18);
    }

    function refuse(bytes4 reason, bytes memory signature) private {
        (IMarginVault.Order memory maker, IMarginVault.Order memory taker) = orders();
        bytes memory makerSignature = sign(bob, maker);
        vm.expectRevert(reason);
        vault.settle(maker, makerSignature, taker, signature, 1e18);
    }

    function test_a_signer_that_is_a_contract_is_asked_for_the_rest_of_the_signature() public {
        (IMarginVault.Order memory maker, IMarginVault.Order memory taker) = orders();
        bytes memory rest = sign(dave, taker);
        vault.settle(maker, sign(bob, maker), taker, abi.encodePacked(wallet, rest), 1e18);
        vm.assertEq(sizeOf(alice), 1e18);
        // It has not accepted what carol signs, nor what dave signs without its name.
        refuse(IMarginVault.InvalidSignature.selector, abi.encodePacked(wallet, sign(carol, taker)));
        (, IMarginVault.Order memory next) = orders();
        refuse(IMarginVault.InvalidSignature.selector, sign(dave, next));
        vm.prank(alice.owner);
        vault.setSigner(wallet, false);
        refuse(IMarginVault.InvalidSignature.selector, abi.encodePacked(wallet, rest));
    }

    function test_a_contract_signs_for_nobody_who_has_not_named_it() public {
        deposit(carol, 1_000 * USD);
        hostile.set(Answer.Yes);
        IMarginVault.Order memory maker = order(bob, -1e18, 200e18, true);
        IMarginVault.Order memory taker = order(carol, 1e18, 200e18, false);
        bytes memory makerSignature = sign(bob, maker);
        vm.expectRevert(IMarginVault.InvalidSignature.selector);
        vault.settle(maker, makerSignature, taker, abi.encodePacked(hostile, "anything"), 1e18);
    }

    /// Neither a key that is a signer, nor an address of nobody's, answers anything.
    function test_addresses_without_code_accept_nothing() public {
        vm.startPrank(alice.owner);
        vault.setSigner(dave.owner, true);
        vault.setSigner(address(1), true);
        vm.stopPrank();
        refuse(IMarginVault.InvalidSignature.selector, abi.encodePacked(dave.owner, "anything"));
        refuse(IMarginVault.InvalidSignature.selector, abi.encodePacked(address(1), new bytes(100)));
        refuse(IMarginVault.InvalidSignature.selector, "");
        refuse(IMarginVault.InvalidSignature.selector, abi.encodePacked(dave.owner));
        refuse(IMarginVault.InvalidSignature.selector, new bytes(19));
    }

    function test_a_signer_has_to_answer_with_the_magic_word_and_costs_at_most_its_allowance() public {
        vm.prank(alice.owner);
        vault.setSigner(address(hostile), true);
        bytes memory signature = abi.encodePacked(hostile, "anything");
        Answer[6] memory bad =
            [Answer.No, Answer.Reverts, Answer.Nothing, Answer.Short, Answer.Dirty, Answer.BurnsEverything];
        for (uint256 k = 0; k < bad.length; k++) {
            hostile.set(bad[k]);
            refuse(IMarginVault.InvalidSignature.selector, signature);
        }
        // One word is copied of what it returns, however much that is.
        Answer[3] memory good = [Answer.Yes, Answer.Long, Answer.Bomb];
        for (uint256 k = 0; k < good.length; k++) {
            hostile.set(good[k]);
            fill(alice, signature);
        }
        vm.assertEq(sizeOf(alice), 3e18);
    }

    /// The vault is locked while a signer is asked, with a static call.
    function test_a_signer_cannot_use_being_asked_to_act() public {
        vm.prank(alice.owner);
        vault.setSigner(address(hostile), true);
        bytes[3] memory attacks = [
            abi.encodeCall(IMarginVault.touch, (bob.account)),
            abi.encodeCall(IMarginVault.setSigner, (dave.owner, true)),
            abi.encodeCall(IMarginVault.totals, ())
        ];
        for (uint256 k = 0; k < attacks.length; k++) {
            hostile.callBack(address(vault), attacks[k]);
            fill(alice, abi.encodePacked(hostile, "anything"));
        }
        vm.assertEq(sizeOf(alice), 3e18);
    }

    /// An owner that is a contract is asked with all of a signature that names no signer of its, or a signer that refuses.
    function test_an_owners_own_contract_is_asked_with_all_of_it() public {
        Trader memory owned = Trader(0, address(hostile), accountOf(address(hostile)));
        deposit(owned, 1_000 * USD);
        hostile.set(Answer.Yes);
        fill(owned, "");
        fill(owned, new bytes(19));
        fill(owned, new bytes(20));
        fill(owned, abi.encodePacked(wallet, "no signer of its"));
        vm.prank(address(hostile));
        vault.setSigner(wallet, true);
        fill(owned, abi.encodePacked(wallet, "what the signer refuses"));
        vm.assertEq(sizeOf(owned), 5e18);
        // With all of it, and not with the rest.
        bytes memory whole = abi.encodePacked(wallet, "what both refuse");
        hostile.refuse("what both refuse");
        fill(owned, whole);
        hostile.refuse(whole);
        IMarginVault.Order memory maker = order(bob, -1e18, 200e18, true);
        IMarginVault.Order memory taker = order(owned, 1e18, 200e18, false);
        bytes memory makerSignature = sign(bob, maker);
        vm.expectRevert(IMarginVault.InvalidSignature.selector);
        vault.settle(maker, makerSignature, taker, whole, 1e18);
    }

    /// Whoever submits the orders with too little gas for the signer to answer is told so; the signer has not refused.
    function test_nobody_makes_a_signer_refuse_by_being_short_of_gas() public {
        (IMarginVault.Order memory maker, IMarginVault.Order memory taker) = orders();
        bytes memory signature = abi.encodePacked(wallet, sign(dave, taker));
        bytes memory call = abi.encodeCall(IMarginVault.settle, (maker, sign(bob, maker), taker, signature, 1e18));
        ILimitedCaller caller = ILimitedCaller(create("caller", type(LimitedCaller).creationCode));
        (bool success, bytes memory answer) = caller.attempt(address(vault), call, 540_000);
        vm.assertFalse(success);
        vm.assertEq(answer, abi.encodePacked(IMarginVault.InsufficientGas.selector));
        (success,) = caller.attempt(address(vault), call, 5_000_000);
        vm.assertTrue(success);
    }
}
