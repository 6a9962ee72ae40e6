// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {GasSweep} from "./GasSweep.sol";

/// Every operation on perpetuals, with too little gas.
contract GasLimitsTest is GasSweep {
    /// The probe is short 45 ETH against Alice, who is in ill health, and ahead with profit that has matured; Dave is in debt
    /// with two legs; everybody pays fees.
    function setUpNode() internal override {
        super.setUpNode();
        createProbe();
        deposit(alice, 1_000 * USD);
        deposit(bob, 100_000 * USD);
        deposit(dave, 2_000 * USD);
        trade(alice, prober(), 45e18, 200e18);
        trade(dave, bob, 80e18, 200e18);
        trade(BTC, dave, bob, 0.8e18, 5_000e18);
        setFees(ETH, 0.0002e18, 0.0005e18);
        trade(bob, prober(), 1e18, 200e18);
        restartMean();
        pushPrice(BTC, 3_500 * FEED);
        setPrice(ETH, 187 * FEED);
        guard.poke(assetOf(BTC));
        vault.touch(own);
        vault.touch(alice.account);
        elapse(1 days);
        refreshPrices();
        accounts = [own, second, alice.account, bob.account, dave.account, accountOf(address(pool))];
        accounts.push(accountOf(address(vault)));
        watched = listed;
    }

    function test_a_deposit_is_whole_or_nothing() public view {
        check(abi.encodeCall(IMarginVault.deposit, (own, 5 * USD)));
    }

    function test_a_withdrawal_is_whole_or_nothing() public view {
        check(abi.encodeCall(IMarginVault.withdraw, (own, 5 * USD, address(0xbeef))));
    }

    function test_a_transfer_is_whole_or_nothing() public view {
        check(abi.encodeCall(IMarginVault.transfer, (own, second, 5e18)));
    }

    function test_a_trade_is_whole_or_nothing() public {
        IMarginVault.Order memory maker = order(bob, -2e18, 187e18, true);
        IMarginVault.Order memory taker = order(prober(), 2e18, 187e18, false);
        check(abi.encodeCall(IMarginVault.settle, (maker, sign(bob, maker), taker, sign(prober(), taker), 1e18)));
    }

    function test_a_touch_is_whole_or_nothing() public view {
        check(abi.encodeCall(IMarginVault.touch, (dave.account)));
    }

    function test_a_conversion_is_whole_or_nothing() public view {
        check(abi.encodeCall(IMarginVault.convert, (own, type(uint256).max)));
    }

    function test_a_liquidation_is_whole_or_nothing() public view {
        check(abi.encodeCall(IMarginVault.liquidate, (alice.account, own, WAD)));
    }

    function test_a_batch_is_whole_or_nothing() public view {
        bytes32[] memory batch = new bytes32[](3);
        (batch[0], batch[1], batch[2]) = (alice.account, bob.account, dave.account);
        check(abi.encodeCall(IMarginVault.liquidateBatch, (batch, own, WAD)));
    }

    function test_a_deleveraging_is_whole_or_nothing() public view {
        check(abi.encodeCall(IMarginVault.deleverage, (dave.account, 16)));
    }

    function test_a_deleveraging_leg_by_leg_is_whole_or_nothing() public view {
        check(abi.encodeCall(IMarginVault.deleverage, (dave.account, 1)));
    }

    function test_distributing_fees_is_whole_or_nothing() public view {
        check(abi.encodeCall(IMarginVault.distributeFees, ()));
    }

    function test_a_recovery_is_whole_or_nothing() public {
        withdrawCover();
        vault.deleverage(dave.account, 16);
        setCover(ETH, 10_000_000e18);
        setCover(BTC, 10_000_000e18);
        elapse(1 days);
        refreshPrices();
        check(abi.encodeCall(IMarginVault.recover, (ETH)));
    }
}
