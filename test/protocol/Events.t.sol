// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {Log, NodeLogs} from "../support/NodeLogs.sol";
import {vm} from "../support/Vm.sol";
import {ProtocolTest, Trader} from "./Protocol.sol";

/// What events say of trades, takings and closings. That everybody's balances and positions follow from them is shown over random
/// sequences by `test/programs`.
contract EventsTest is ProtocolTest {
    function setUpNode() internal override {
        super.setUpNode();
        deposit(alice, 1_000 * USD);
        deposit(bob, 100_000 * USD);
        deposit(carol, 100_000 * USD);
    }

    function last(bytes32 topic, bytes32 field) private returns (Log memory) {
        Log[] memory logs = NodeLogs.from(address(vault), topic, field);
        vm.assertGt(logs.length, 0);
        return logs[logs.length - 1];
    }

    /// The last that was told of an account's position in ETH.
    function toldPosition(Trader memory trader) private returns (int256 size, uint8 bucket, uint256 place) {
        Log memory log = last(IMarginVault.PositionChanged.selector, trader.account);
        vm.assertEq(uint256(log.topics[2]), ETH);
        (size, bucket) = abi.decode(log.data, (int256, uint8));
        place = number(log.logIndex);
    }

    function toldBalances(bytes32 account) private returns (uint256 capital, int256 pnl) {
        return abi.decode(last(IMarginVault.BalancesChanged.selector, account).data, (uint256, int256));
    }

    function number(bytes memory quantity) private pure returns (uint256 value) {
        for (uint256 k = 0; k < quantity.length; k++) {
            value = value << 8 | uint8(quantity[k]);
        }
    }

    function test_a_trade_tells_both_nonces_and_what_both_have_paid() public {
        setFees(ETH, 0.001e18, 0.002e18);
        IMarginVault.Order memory maker = order(bob, -10e18, 200e18, true);
        IMarginVault.Order memory taker = order(alice, 10e18, 200e18, false);
        (maker.nonce, taker.nonce) = (type(uint256).max, 12_345);
        vault.settle(maker, sign(bob, maker), taker, sign(alice, taker), 4e18);
        bytes memory data = last(IMarginVault.Settled.selector, bob.account).data;
        // 800 of notional.
        vm.assertEq(data, abi.encode(int256(4e18), 200e18, maker.nonce, taker.nonce, 0.8e18, 1.6e18));
        (uint256 capital, int256 pnl) = toldBalances(accountOf(address(vault)));
        vm.assertEq(int256(capital) + pnl, 2.4e18);
    }

    function test_a_taking_is_followed_by_what_both_have_of_each_leg() public {
        trade(alice, bob, 40e18, 200e18);
        setPriceCalmly(180 * FEED);
        liquidate(alice, carol, 0.25e18);
        Log memory taking = last(IMarginVault.Liquidated.selector, alice.account);
        (int256 left,, uint256 leftAt) = toldPosition(alice);
        (int256 taken, uint8 bucket, uint256 takenAt) = toldPosition(carol);
        vm.assertEq(left, 30e18);
        vm.assertEq(taken, 10e18);
        vm.assertEq(left, sizeOf(alice));
        vm.assertLt(bucket, 15);
        vm.assertTrue(number(taking.logIndex) < leftAt && leftAt < takenAt);
        for (uint256 k = 0; k < 2; k++) {
            bytes32 account = k == 0 ? alice.account : carol.account;
            (uint256 capital, int256 pnl) = toldBalances(account);
            (uint256 held, int256 profit) = vault.balances(account);
            vm.assertEq(capital, held);
            vm.assertEq(pnl, profit);
        }
    }

    function test_a_closing_tells_the_mark_and_down_to_where_the_other_side_was_cut() public {
        trade(alice, bob, 40e18, 200e18);
        setPriceCalmly(170 * FEED);
        vault.deleverage(alice.account, 16);
        Log memory closing = last(IMarginVault.PositionClosed.selector, alice.account);
        (int256 closed, uint256 price, uint256 level) = abi.decode(closing.data, (int256, uint256, uint256));
        vm.assertEq(uint256(closing.topics[2]), ETH);
        vm.assertEq(closed, 40e18);
        vm.assertEq(price, 170e18);
        vm.assertEq(level, 0, "nobody is left");
        (int256 size,,) = toldPosition(alice);
        vm.assertEq(size, 0);
        vm.assertEq(sizeOf(bob), 0);
    }

    function test_the_water_level_is_a_margin_utilisation() public {
        // Bob's 400 of margin are 1/250 of his equity, and Carol's 300 less: both below the lowest edge, 1/128.
        trade(alice, bob, 40e18, 200e18);
        deposit(dave, 1_000 * USD);
        trade(dave, carol, 30e18, 200e18);
        setPriceCalmly(170 * FEED);
        vault.deleverage(alice.account, 16);
        Log memory closing = last(IMarginVault.PositionClosed.selector, alice.account);
        (,, uint256 level) = abi.decode(closing.data, (int256, uint256, uint256));
        // A bucket that was not cut stands at its edge: of its 70 there are 30 left.
        vm.assertEq(level, uint256(0.0078125e18) * 30 / 70);
    }
}
