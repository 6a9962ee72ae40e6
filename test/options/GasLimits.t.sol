// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {GasSweep} from "../protocol/GasSweep.sol";
import {ProtocolTest} from "../protocol/Protocol.sol";
import {OptionsTest} from "./OptionsTest.sol";

/// Every operation that has to do with options, with too little gas: for the guard, for the engine, or for what follows.
contract OptionGasLimitsTest is OptionsTest, GasSweep {
    uint32 private call;
    uint32 private put;

    /// The probe has bought calls and sold puts; Carol sold a straddle that she can hardly afford; Dave owes for calls sold.
    function setUpNode() internal override(OptionsTest, ProtocolTest) {
        OptionsTest.setUpNode();
        createProbe();
        (call, put) = (series(14, 2_000, CALL), series(28, 2_000, PUT));
        deposit(carol, 2_000 * USD);
        deposit(dave, 3_000 * USD);
        buy(call, prober(), bob, 3e18);
        buy(put, bob, prober(), 2e18);
        buy(call, alice, carol, 6e18);
        buy(put, alice, carol, 3e18);
        buy(call, alice, dave, 12e18);
        trade(ETH, prober(), dave, 1e18, SPOT);
        moveTo(2_330 * FEED);
        moveTo(2_330 * FEED);
        vault.touch(dave.account);
        accounts = [own, second, alice.account, bob.account, carol.account, dave.account];
        accounts.push(accountOf(address(pool)));
        watched = [ETH, call, put];
    }

    function test_a_trade_is_whole_or_nothing() public {
        IMarginVault.Order memory maker = order(call, bob, -2e18, markOf(call), true);
        IMarginVault.Order memory taker = order(call, prober(), 2e18, markOf(call), false);
        check(abi.encodeCall(IMarginVault.settle, (maker, sign(bob, maker), taker, sign(prober(), taker), 1e18)));
    }

    function test_a_touch_is_whole_or_nothing() public view {
        check(abi.encodeCall(IMarginVault.touch, (carol.account)));
    }

    function test_a_withdrawal_is_whole_or_nothing() public view {
        check(abi.encodeCall(IMarginVault.withdraw, (own, 5 * USD, address(0xbeef))));
    }

    function test_a_liquidation_is_whole_or_nothing() public view {
        check(abi.encodeCall(IMarginVault.liquidate, (carol.account, own, WAD)));
    }

    function test_a_deleveraging_is_whole_or_nothing() public view {
        check(abi.encodeCall(IMarginVault.deleverage, (dave.account, 16)));
    }

    function test_a_deleveraging_leg_by_leg_is_whole_or_nothing() public view {
        check(abi.encodeCall(IMarginVault.deleverage, (dave.account, 1)));
    }

    function test_settling_an_expired_leg_is_whole_or_nothing() public {
        expire(14);
        check(abi.encodeCall(IMarginVault.touch, (own)));
    }
}
