// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {cheats} from "../../script/lib/Cheatcodes.sol";
import {vm} from "../support/Vm.sol";
import {ProtocolTest, Trader} from "./Protocol.sol";

/// What becomes of orders: fills, cancellations, and who may sign them.
contract OrdersTest is ProtocolTest {
    uint256 private constant DONE = type(uint256).max;

    function setUpNode() internal override {
        super.setUpNode();
        deposit(alice, 1_000 * USD);
        deposit(bob, 1_000 * USD);
    }

    /// Alice buys ten from Bob at 200.
    function orders() private returns (IMarginVault.Order memory maker, IMarginVault.Order memory taker) {
        maker = order(bob, -10e18, 200e18, true);
        taker = order(alice, 10e18, 200e18, false);
    }

    /// Settles against Bob's order, the taker's signed by `signer`.
    function settle(
        IMarginVault.Order memory maker,
        IMarginVault.Order memory taker,
        Trader memory signer,
        uint256 size
    ) private {
        vault.settle(maker, sign(bob, maker), taker, sign(signer, taker), size);
    }

    /// Bob sells `size` to `taker`'s order, whoever signs it.
    function sellTo(IMarginVault.Order memory taker, Trader memory signer, uint256 size) private {
        settle(order(bob, -int256(size), 200e18, true), taker, signer, size);
    }

    // ---- fills

    function test_a_done_order_says_so_and_its_neighbours_do_not() public {
        uint256[6] memory nonces = [uint256(0), 63, 64, 127, 128, DONE];
        for (uint256 k = 0; k < nonces.length; k++) {
            IMarginVault.Order memory taker = order(alice, 1e18, 200e18, false);
            taker.nonce = nonces[k];
            vm.assertEq(vault.filled(alice.account, taker.nonce), 0);
            sellTo(taker, alice, 1e18);
            vm.assertEq(vault.filled(alice.account, taker.nonce), DONE);
            vm.assertEq(vault.filled(bob.account, taker.nonce), 0);
        }
        uint256[6] memory others = [uint256(1), 62, 65, 126, 129, DONE - 1];
        for (uint256 k = 0; k < others.length; k++) {
            vm.assertEq(vault.filled(alice.account, others[k]), 0);
        }
    }

    function test_a_partly_filled_order_is_counted_until_it_is_done() public {
        (IMarginVault.Order memory maker, IMarginVault.Order memory taker) = orders();
        settle(maker, taker, alice, 3e18);
        settle(maker, taker, alice, 4e18);
        vm.assertEq(vault.filled(alice.account, taker.nonce), 7e18);
        vm.assertEq(vault.filled(bob.account, maker.nonce), 7e18);
        settle(maker, taker, alice, 3e18);
        vm.assertEq(vault.filled(alice.account, taker.nonce), DONE);
        vm.assertEq(vault.filled(bob.account, maker.nonce), DONE);
        vm.expectRevert(IMarginVault.OrderFilled.selector);
        settle(maker, taker, alice, 1);
    }

    function test_orders_under_one_nonce_share_their_fills() public {
        IMarginVault.Order memory small = order(alice, 4e18, 200e18, false);
        IMarginVault.Order memory large = order(alice, 6e18, 200e18, false);
        large.nonce = small.nonce;
        sellTo(small, alice, 3e18);
        sellTo(large, alice, 2e18);
        vm.assertEq(vault.filled(alice.account, small.nonce), 5e18);
        IMarginVault.Order memory maker = order(bob, -1e18, 200e18, true);
        vm.expectRevert(IMarginVault.OrderFilled.selector);
        settle(maker, small, alice, 1);
        sellTo(large, alice, 1e18);
        large.size = 100e18;
        maker = order(bob, -1e18, 200e18, true);
        vm.expectRevert(IMarginVault.OrderFilled.selector);
        settle(maker, large, alice, 1e18);
    }

    function testFuzz_one_nonce_tells_nothing_of_another(uint256 nonce, uint256 other, bool partly) public {
        vm.assume(nonce != other);
        IMarginVault.Order memory taker = order(alice, 2e18, 200e18, false);
        taker.nonce = nonce;
        sellTo(taker, alice, partly ? 1e18 : 2e18);
        vm.assertEq(vault.filled(alice.account, nonce), partly ? 1e18 : DONE);
        vm.assertEq(vault.filled(alice.account, other), 0);
        taker.nonce = other;
        sellTo(taker, alice, 2e18);
        vm.assertEq(vault.filled(alice.account, nonce), partly ? 1e18 : DONE);
        vm.assertEq(vault.filled(alice.account, other), DONE);
    }

    function test_an_order_serves_until_the_second_that_it_names() public {
        (IMarginVault.Order memory maker, IMarginVault.Order memory taker) = orders();
        taker.expiry = uint64(block.timestamp + 60);
        bytes memory signature = sign(alice, taker);
        elapse(60);
        vault.settle(maker, sign(bob, maker), taker, signature, 1e18);
        elapse(1);
        vm.expectRevert(IMarginVault.OrderExpired.selector);
        vault.settle(maker, sign(bob, maker), taker, signature, 1e18);
    }

    // ---- cancellations

    function testFuzz_cancelling_ends_one_nonce_in_all_accounts_of_its_owner(uint256 nonce, uint256 other) public {
        // Beyond the nonces that the tests count up.
        nonce = bound(nonce, 1_000_000, DONE);
        other = bound(other, 1_000_000, DONE);
        vm.assume(nonce != other);
        Trader memory second = subAccount(alice, 7);
        deposit(second, 1_000 * USD);
        vm.prank(alice.owner);
        vault.cancel(nonce);
        Trader[2] memory accounts = [alice, second];
        for (uint256 k = 0; k < 2; k++) {
            IMarginVault.Order memory maker = order(bob, -1e18, 200e18, true);
            IMarginVault.Order memory taker = order(accounts[k], 1e18, 200e18, false);
            taker.nonce = nonce;
            vm.expectRevert(IMarginVault.OrderCancelled.selector);
            settle(maker, taker, alice, 1e18);
            taker.nonce = other;
            settle(maker, taker, alice, 1e18);
        }
        // Somebody else's orders under the nonce are untouched.
        IMarginVault.Order memory bobs = order(bob, -1e18, 200e18, true);
        bobs.nonce = nonce;
        IMarginVault.Order memory alices = order(alice, 1e18, 200e18, false);
        settle(bobs, alices, alice, 1e18);
    }

    function test_the_rest_of_a_partly_filled_order_can_be_cancelled() public {
        (IMarginVault.Order memory maker, IMarginVault.Order memory taker) = orders();
        settle(maker, taker, alice, 3e18);
        vm.prank(bob.owner);
        vault.cancel(maker.nonce);
        vm.expectRevert(IMarginVault.OrderCancelled.selector);
        settle(maker, taker, alice, 3e18);
        vm.assertEq(sizeOf(alice), 3e18);
    }

    // ---- signers

    function test_a_named_signer_trades_for_all_accounts_of_its_owner() public {
        Trader memory second = subAccount(alice, 1);
        deposit(second, 1_000 * USD);
        vm.assertFalse(vault.isSigner(alice.owner, carol.owner));
        vm.prank(alice.owner);
        vault.setSigner(carol.owner, true);
        vm.assertTrue(vault.isSigner(alice.owner, carol.owner));
        vm.assertFalse(vault.isSigner(carol.owner, alice.owner));
        sellTo(order(alice, 1e18, 200e18, false), carol, 1e18);
        sellTo(order(second, 2e18, 200e18, false), carol, 2e18);
        vm.assertEq(sizeOf(alice), 1e18);
        vm.assertEq(sizeOf(second), 2e18);
    }

    function test_a_signer_that_was_dismissed_trades_no_more() public {
        vm.prank(alice.owner);
        vault.setSigner(carol.owner, true);
        vm.prank(alice.owner);
        vault.setSigner(carol.owner, false);
        vm.assertFalse(vault.isSigner(alice.owner, carol.owner));
        (IMarginVault.Order memory maker, IMarginVault.Order memory taker) = orders();
        vm.expectRevert(IMarginVault.InvalidSignature.selector);
        settle(maker, taker, carol, 1e18);
    }

    function test_a_signer_of_one_owner_signs_for_no_other() public {
        vm.prank(carol.owner);
        vault.setSigner(dave.owner, true);
        (IMarginVault.Order memory maker, IMarginVault.Order memory taker) = orders();
        vm.expectRevert(IMarginVault.InvalidSignature.selector);
        settle(maker, taker, dave, 1e18);
        vm.expectRevert(IMarginVault.InvalidSignature.selector);
        settle(maker, taker, carol, 1e18);
    }

    function test_a_signer_moves_no_money() public {
        vm.prank(alice.owner);
        vault.setSigner(carol.owner, true);
        bytes memory refused = abi.encodeWithSelector(IMarginVault.NotAccountOwner.selector, carol.owner);
        vm.prank(carol.owner);
        vm.expectRevert(refused);
        vault.withdraw(alice.account, 1 * USD, carol.owner);
        vm.prank(carol.owner);
        vm.expectRevert(refused);
        vault.transfer(alice.account, carol.account, 1e18);
        // Nor does it name signers for its owner.
        vm.prank(carol.owner);
        vault.setSigner(dave.owner, true);
        vm.assertFalse(vault.isSigner(alice.owner, dave.owner));
    }

    // ---- signatures

    function test_a_signature_for_another_chain_or_contract_is_refused() public {
        (IMarginVault.Order memory maker, IMarginVault.Order memory taker) = orders();
        bytes32[3] memory foreign = [
            digestFor(taker, CHAIN_ID + 1, address(vault)),
            digestFor(taker, CHAIN_ID, installation.vaultImplementation),
            digestFor(taker, CHAIN_ID, address(guard))
        ];
        for (uint256 k = 0; k < foreign.length; k++) {
            bytes memory signature = signDigest(alice.key, foreign[k]);
            vm.expectRevert(IMarginVault.InvalidSignature.selector);
            vault.settle(maker, sign(bob, maker), taker, signature, 1e18);
        }
    }

    function test_other_recovery_numbers_are_refused() public {
        (IMarginVault.Order memory maker, IMarginVault.Order memory taker) = orders();
        (uint8 v, bytes32 r, bytes32 s) = cheats.sign(alice.key, digest(taker));
        uint8[4] memory others = [v - 27, v == 27 ? 28 : 27, 29, 255];
        for (uint256 k = 0; k < others.length; k++) {
            vm.expectRevert(IMarginVault.InvalidSignature.selector);
            vault.settle(maker, sign(bob, maker), taker, abi.encodePacked(r, s, others[k]), 1e18);
        }
        vault.settle(maker, sign(bob, maker), taker, abi.encodePacked(r, s, v), 1e18);
    }

    function test_nobody_signs_for_the_zero_address() public {
        Trader memory nobody = Trader(0, address(0), bytes32(0));
        IMarginVault.Order memory maker = order(bob, -1e18, 200e18, true);
        IMarginVault.Order memory taker = order(nobody, 1e18, 200e18, false);
        // Nobody's signature: recovering its signer fails.
        bytes memory signature = abi.encodePacked(bytes32(0), bytes32(0), uint8(27));
        vm.expectRevert(IMarginVault.InvalidSignature.selector);
        vault.settle(maker, sign(bob, maker), taker, signature, 1e18);
        vm.expectRevert(IMarginVault.InvalidSignature.selector);
        vault.settle(maker, sign(bob, maker), taker, "", 1e18);
    }

    // ---- who may trade with whom

    function test_two_accounts_of_one_owner_may_trade() public {
        Trader memory second = subAccount(alice, 1);
        deposit(second, 1_000 * USD);
        trade(alice, second, 2e18, 200e18);
        vm.assertEq(sizeOf(alice), 2e18);
        vm.assertEq(sizeOf(second), -2e18);
    }

    // ---- reduce-only

    function test_a_reduce_only_order_takes_what_a_deleveraging_has_left() public {
        Trader memory thin = carol;
        deposit(thin, 200 * USD);
        trade(alice, thin, 8e18, 200e18);
        IMarginVault.Order memory taker = order(alice, -8e18, 240e18, false);
        taker.reduceOnly = true;
        setPriceCalmly(240 * FEED);
        vault.touch(thin.account);
        vault.deleverage(thin.account, 16);
        vm.assertEq(sizeOf(alice), 0);
        taker.expiry = uint64(block.timestamp + 1 days);
        IMarginVault.Order memory maker = order(bob, 8e18, 240e18, true);
        vm.expectRevert(IMarginVault.ReduceOnly.selector);
        settle(maker, taker, alice, 8e18);
    }

    function test_a_reduce_only_order_never_turns_a_position_round() public {
        trade(alice, bob, 3e18, 200e18);
        IMarginVault.Order memory maker = order(bob, 10e18, 200e18, true);
        IMarginVault.Order memory taker = order(alice, -10e18, 200e18, false);
        taker.reduceOnly = true;
        settle(maker, taker, alice, 10e18);
        vm.assertEq(sizeOf(alice), 0);
        vm.assertEq(vault.filled(alice.account, taker.nonce), 3e18);
        vm.expectRevert(IMarginVault.ReduceOnly.selector);
        settle(maker, taker, alice, 1e18);
    }
}
