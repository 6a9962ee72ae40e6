// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {cheats} from "../../script/lib/Cheatcodes.sol";
import {ContractWallet} from "../mocks/ContractWallet.sol";
import {vm} from "../support/Vm.sol";
import {ProtocolTest, Trader} from "./Protocol.sol";

/// Signed orders and their settlement.
contract SettlementTest is ProtocolTest {
    function setUpNode() internal override {
        super.setUpNode();
        deposit(alice, 1_000 * USD);
        deposit(bob, 1_000 * USD);
    }

    /// Alice buys ten from Bob at 200, both orders signed.
    function orders() internal returns (IMarginVault.Order memory maker, IMarginVault.Order memory taker) {
        maker = order(bob, -10e18, 200e18, true);
        taker = order(alice, 10e18, 200e18, false);
    }

    function settle(IMarginVault.Order memory maker, IMarginVault.Order memory taker, uint256 size) internal {
        vault.settle(maker, sign(bob, maker), taker, sign(alice, taker), size);
    }

    function test_the_vault_and_the_standard_agree_on_the_digest() public {
        (IMarginVault.Order memory maker,) = orders();
        vm.assertEq(vault.hashOrder(maker), digest(maker));
    }

    function test_a_trade_moves_both_positions_and_open_interest() public {
        trade(alice, bob, 10e18, 200e18);
        vm.assertEq(sizeOf(alice), 10e18);
        vm.assertEq(sizeOf(bob), -10e18);
        (uint256 long, uint256 short) = vault.openInterest(ETH);
        vm.assertEq(long, 10e18);
        vm.assertEq(short, 10e18);
        vm.assertEq(equityOf(alice), 1_000e18);
    }

    function test_the_fill_is_at_the_makers_limit() public {
        IMarginVault.Order memory maker = order(bob, -10e18, 199e18, true);
        IMarginVault.Order memory taker = order(alice, 10e18, 202e18, false);
        settle(maker, taker, 10e18);
        vm.assertEq(equityOf(alice), 1_010e18);
        vm.assertEq(equityOf(bob), 990e18);
    }

    function test_fills_add_up_and_end_at_the_orders_size() public {
        (IMarginVault.Order memory maker, IMarginVault.Order memory taker) = orders();
        settle(maker, taker, 4e18);
        vm.assertEq(vault.filled(alice.account, taker.nonce), 4e18);
        vm.expectRevert(IMarginVault.OrderFilled.selector);
        settle(maker, taker, 6e18 + 1);
        settle(maker, taker, 6e18);
        vm.assertEq(sizeOf(alice), 10e18);
        vm.expectRevert(IMarginVault.OrderFilled.selector);
        settle(maker, taker, 1);
    }

    function test_a_fill_of_nothing_is_refused() public {
        (IMarginVault.Order memory maker, IMarginVault.Order memory taker) = orders();
        vm.expectRevert(IMarginVault.InvalidAmount.selector);
        settle(maker, taker, 0);
    }

    function test_an_expired_order_is_refused() public {
        (IMarginVault.Order memory maker, IMarginVault.Order memory taker) = orders();
        taker.expiry = uint64(block.timestamp);
        elapse(1);
        vm.expectRevert(IMarginVault.OrderExpired.selector);
        settle(maker, taker, 10e18);
    }

    function test_a_signature_of_somebody_else_is_refused() public {
        (IMarginVault.Order memory maker, IMarginVault.Order memory taker) = orders();
        vm.expectRevert(IMarginVault.InvalidSignature.selector);
        vault.settle(maker, sign(bob, maker), taker, sign(carol, taker), 10e18);
        vm.expectRevert(IMarginVault.InvalidSignature.selector);
        vault.settle(maker, sign(alice, maker), taker, sign(alice, taker), 10e18);
    }

    function test_a_signature_of_another_order_is_refused() public {
        (IMarginVault.Order memory maker, IMarginVault.Order memory taker) = orders();
        bytes memory signature = sign(alice, taker);
        taker.limitPrice += 1;
        vm.expectRevert(IMarginVault.InvalidSignature.selector);
        vault.settle(maker, sign(bob, maker), taker, signature, 10e18);
    }

    function test_the_mirrored_signature_is_refused() public {
        (IMarginVault.Order memory maker, IMarginVault.Order memory taker) = orders();
        (uint8 v, bytes32 r, bytes32 s) = cheats.sign(alice.key, digest(taker));
        uint256 order_ = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
        bytes memory mirrored = abi.encodePacked(r, bytes32(order_ - uint256(s)), v == 27 ? uint8(28) : uint8(27));
        vm.expectRevert(IMarginVault.InvalidSignature.selector);
        vault.settle(maker, sign(bob, maker), taker, mirrored, 10e18);
    }

    function testFuzz_a_signature_with_a_changed_byte_is_refused(uint256 place, uint8 change) public {
        (IMarginVault.Order memory maker, IMarginVault.Order memory taker) = orders();
        bytes memory signature = sign(alice, taker);
        place = bound(place, 0, 64);
        signature[place] ^= bytes1(change == 0 ? 1 : change);
        vm.expectRevert(IMarginVault.InvalidSignature.selector);
        vault.settle(maker, sign(bob, maker), taker, signature, 10e18);
    }

    function test_signatures_of_other_lengths_are_refused() public {
        (IMarginVault.Order memory maker, IMarginVault.Order memory taker) = orders();
        bytes memory signature = sign(alice, taker);
        vm.expectRevert(IMarginVault.InvalidSignature.selector);
        vault.settle(maker, sign(bob, maker), taker, bytes.concat(signature, hex"00"), 10e18);
        vm.expectRevert(IMarginVault.InvalidSignature.selector);
        vault.settle(maker, sign(bob, maker), taker, "", 10e18);
    }

    function test_a_contract_signs_by_erc_1271() public {
        ContractWallet wallet =
            ContractWallet(create("wallet", bytes.concat(type(ContractWallet).creationCode, abi.encode(alice.owner))));
        Trader memory company = Trader(alice.key, address(wallet), accountOf(address(wallet)));
        deposit(company, 500 * USD);
        trade(company, bob, 5e18, 200e18);
        vm.assertEq(sizeOf(company), 5e18);
        company.key = carol.key;
        IMarginVault.Order memory maker = order(bob, -1e18, 200e18, true);
        IMarginVault.Order memory taker = order(company, 1e18, 200e18, false);
        vm.expectRevert(IMarginVault.InvalidSignature.selector);
        vault.settle(maker, sign(bob, maker), taker, sign(company, taker), 1e18);
    }

    function test_a_cancelled_nonce_is_refused_and_only_for_its_owner() public {
        (IMarginVault.Order memory maker, IMarginVault.Order memory taker) = orders();
        vm.prank(carol.owner);
        vault.cancel(taker.nonce);
        settle(maker, taker, 1e18);
        vm.prank(alice.owner);
        vault.cancel(taker.nonce);
        vm.expectRevert(IMarginVault.OrderCancelled.selector);
        settle(maker, taker, 1e18);
    }

    function test_a_price_outside_the_band_is_refused() public {
        for (uint256 side = 0; side < 2; side++) {
            uint256 price = side == 0 ? uint256(204e18 + 1) : 196e18 - 1;
            IMarginVault.Order memory maker = order(bob, -10e18, price, true);
            IMarginVault.Order memory taker = order(alice, 10e18, price, false);
            vm.expectRevert(IMarginVault.PriceOutsideBand.selector);
            settle(maker, taker, 10e18);
        }
        trade(alice, bob, 1e18, 204e18);
        trade(alice, bob, 1e18, 196e18);
        vm.assertEq(sizeOf(alice), 2e18);
    }

    function test_prices_that_do_not_cross_are_refused() public {
        IMarginVault.Order memory maker = order(bob, -10e18, 201e18, true);
        IMarginVault.Order memory taker = order(alice, 10e18, 200e18, false);
        vm.expectRevert(IMarginVault.OrderMismatch.selector);
        settle(maker, taker, 10e18);
    }

    function test_orders_on_the_same_side_or_in_the_same_role_are_refused() public {
        (IMarginVault.Order memory maker, IMarginVault.Order memory taker) = orders();
        maker.size = 10e18;
        vm.expectRevert(IMarginVault.OrderMismatch.selector);
        settle(maker, taker, 10e18);
        maker.size = -10e18;
        taker.maker = true;
        vm.expectRevert(IMarginVault.OrderMismatch.selector);
        settle(maker, taker, 10e18);
    }

    function test_the_same_account_on_both_sides_is_refused() public {
        IMarginVault.Order memory maker = order(alice, -10e18, 200e18, true);
        IMarginVault.Order memory taker = order(alice, 10e18, 200e18, false);
        vm.expectRevert(IMarginVault.SameAccount.selector);
        vault.settle(maker, sign(alice, maker), taker, sign(alice, taker), 10e18);
    }

    function test_an_instrument_that_is_not_listed_is_refused() public {
        (IMarginVault.Order memory maker, IMarginVault.Order memory taker) = orders();
        (maker.instrument, taker.instrument) = (9, 9);
        vm.expectRevert(IMarginVault.UnknownInstrument.selector);
        settle(maker, taker, 10e18);
    }

    function test_a_trade_below_initial_margin_is_refused() public {
        // 1,000 of capital carry 10,000 of notional at 10 %: 50 units.
        IMarginVault.Order memory maker = order(bob, -51e18, 200e18, true);
        IMarginVault.Order memory taker = order(alice, 51e18, 200e18, false);
        vm.expectRevert(IMarginVault.InsufficientMargin.selector);
        settle(maker, taker, 50e18 + 1e12);
        settle(maker, taker, 50e18);
    }

    function test_a_reduce_only_order_is_clamped_to_the_position() public {
        trade(alice, bob, 10e18, 200e18);
        IMarginVault.Order memory maker = order(bob, 30e18, 200e18, true);
        IMarginVault.Order memory taker = order(alice, -30e18, 200e18, false);
        taker.reduceOnly = true;
        settle(maker, taker, 30e18);
        vm.assertEq(sizeOf(alice), 0);
        vm.assertEq(sizeOf(bob), 0);
    }

    function test_a_reduce_only_order_that_reduces_nothing_is_refused() public {
        (IMarginVault.Order memory maker, IMarginVault.Order memory taker) = orders();
        taker.reduceOnly = true;
        vm.expectRevert(IMarginVault.ReduceOnly.selector);
        settle(maker, taker, 10e18);
    }

    function test_open_interest_stops_at_its_limit() public {
        IMarginVault.Instrument memory parameters = vault.instrument(ETH);
        parameters.openInterestLimit = 10e18;
        vm.prank(owner);
        vault.setInstrument(ETH, parameters, 0);
        IMarginVault.Order memory maker = order(bob, -11e18, 200e18, true);
        IMarginVault.Order memory taker = order(alice, 11e18, 200e18, false);
        vm.expectRevert(IMarginVault.OpenInterestLimit.selector);
        settle(maker, taker, 10e18 + 1);
        settle(maker, taker, 10e18);
    }

    function test_in_restricted_nobody_opens_and_everybody_may_reduce() public {
        trade(alice, bob, 10e18, 200e18);
        elapse(1 minutes);
        setPrice(178 * FEED);
        vm.assertEq(uint256(guard.read(asset).tier), 2);
        IMarginVault.Order memory maker = order(bob, -1e18, 178e18, true);
        IMarginVault.Order memory taker = order(alice, 1e18, 178e18, false);
        vm.expectRevert(IMarginVault.ActionBlocked.selector);
        settle(maker, taker, 1e18);
        trade(bob, alice, 10e18, 178e18);
        vm.assertEq(sizeOf(alice), 0);
    }

    function test_closing_at_the_bands_edge_to_leave_one_bankrupt_is_refused() public {
        // Alice's and Bob's accounts belong to one person, who wants Bob's profit and Alice's debt.
        trade(alice, bob, 50e18, 200e18);
        setPriceCalmly(182 * FEED); // Alice has 100 left
        IMarginVault.Order memory maker = order(bob, 50e18, 178.5e18, true);
        IMarginVault.Order memory taker = order(alice, -50e18, 178.5e18, false);
        vm.expectRevert(IMarginVault.NoEquity.selector);
        settle(maker, taker, 50e18);
    }
}
