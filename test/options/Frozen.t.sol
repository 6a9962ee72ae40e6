// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";
import {OptionsTest} from "./OptionsTest.sol";

/// What legs are worth while their asset is frozen: what the guard last trusted, whether anybody has touched them since or not.
contract FrozenTest is OptionsTest {
    uint16 private constant ALL = 63;

    /// The guard trusts a new price that nobody in the vault has seen yet, and then has none at all.
    function freezeAt(int256 price) private {
        setPriceCalmly(price);
        setPrice(0);
        IOracleGuard.Reading memory reading = guard.read(asset);
        vm.assertEq(uint256(reading.blocked), ALL);
        vm.assertEq(reading.mark, uint256(price) * 1e10);
    }

    function gain(Trader memory trader, int256 equityBefore) private view returns (int256) {
        return equityOf(trader) - equityBefore;
    }

    function test_a_frozen_perpetual_is_worth_the_last_trusted_mark() public {
        trade(ETH, alice, bob, 10e18, SPOT);
        (int256 long, int256 short) = (equityOf(alice), equityOf(bob));
        freezeAt(1_900 * FEED);
        vm.assertEq(gain(alice, long), -1_000e18);
        vm.assertEq(gain(bob, short), 1_000e18);
        vault.touch(alice.account);
        vault.touch(bob.account);
        vm.assertEq(gain(alice, long), -1_000e18);
        vm.assertEq(gain(bob, short), 1_000e18);
        refuse(ETH, alice, bob, 1e18, 1_900e18, IMarginVault.ActionBlocked.selector);
        vm.expectRevert(IMarginVault.ActionBlocked.selector);
        vm.prank(bob.owner);
        vault.withdraw(bob.account, USD, bob.owner);
    }

    function test_an_untrusted_price_moves_nothing() public {
        trade(ETH, alice, bob, 10e18, SPOT);
        int256 long = equityOf(alice);
        setPrice(-1);
        vm.assertEq(gain(alice, long), 0);
        vault.touch(alice.account);
        vm.assertEq(gain(alice, long), 0);
    }

    /// A perpetual and an option that hedges it are never valued at two prices of their underlying.
    function test_options_follow_what_their_underlying_was_last_trusted_at() public {
        uint32 put = series(28, 2_000, PUT);
        buy(put, alice, bob, 10e18);
        trade(ETH, alice, bob, 10e18, SPOT);
        uint256 before = markOf(put);
        int256 long = equityOf(alice);
        freezeAt(1_700 * FEED);
        uint256 mark = quote(put).mark;
        vm.assertGt(mark, before + 150e18);
        vm.assertApproxEqAbs(gain(alice, long), -3_000e18 + int256(10 * (mark - before)), 1e12);
        vault.touch(alice.account);
        vm.assertApproxEqAbs(gain(alice, long), -3_000e18 + int256(10 * (mark - before)), 1e12);
    }
}
