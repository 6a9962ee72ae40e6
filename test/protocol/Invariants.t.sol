// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {vm} from "../support/Vm.sol";
import {VaultHandler} from "./VaultHandler.sol";
import {ProtocolTest, Trader} from "./Protocol.sol";

/// Invariants 1 to 4 of the vault, after every one of many random operations by many people. A failing sequence is shrunk
/// little, because every try repeats it on the node.
/// forge-config: default.invariant.shrink-run-limit = 20
contract VaultInvariants is ProtocolTest {
    VaultHandler private handler;

    function setUpNode() internal override {
        super.setUpNode();
        insure(20_000 * USD);
        handler = new VaultHandler(vault, pool, guard, token, feed, owner, asset);
        vm.allowCheatcodes(address(handler));
        for (uint256 k = 0; k < handler.ACTORS(); k++) {
            deposit(handler.actor(k), 10_000 * USD);
        }
        // Everybody at seven to nine times, so that runs reach liquidations and bankruptcies.
        trade(handler.actor(0), handler.actor(1), 450e18, 200e18);
        trade(handler.actor(2), handler.actor(3), 400e18, 200e18);
        trade(handler.actor(4), handler.actor(5), 350e18, 200e18);
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// One function, because every function costs a whole run of its own.
    function invariant_capital_is_senior_and_everything_adds_up() public view {
        checkTotals();
        checkOpenInterest();
        vm.assertTrue(bytes(handler.violation()).length == 0, handler.violation());
    }

    function checkTotals() private view {
        (uint256 tokens, uint256 capital, uint256 profit, uint256 debt) = vault.totals();
        vm.assertGe(token.balanceOf(address(vault)) * UNIT, tokens, "1: tokens held");
        (uint256 sumCapital, uint256 sumProfit, uint256 sumDebt) = handler.sums();
        vm.assertEq(sumCapital, capital, "1: sum of C");
        vm.assertEq(sumProfit, profit, "1: sum of P+");
        vm.assertEq(sumDebt, debt, "1: sum of P-");
        (int256 longGain, int256 shortGain) = vault.unsettled(ETH);
        int256 claims = int256(capital + profit) - int256(debt) + longGain + shortGain - vault.shortfall();
        vm.assertApproxEqAbs(int256(tokens), claims, UNIT, "1: conservation");
        vm.assertLe(capital, tokens, "2: capital is backed");
    }

    function checkOpenInterest() private view {
        (uint256 long, uint256 short) = vault.openInterest(ETH);
        (uint256 sumLong, uint256 sumShort) = handler.sizes();
        vm.assertApproxEqAbs(long, short, 1e9, "3: longs are shorts");
        vm.assertApproxEqAbs(sumLong, long, 1e9, "3: sum of longs");
        vm.assertApproxEqAbs(sumShort, short, 1e9, "3: sum of shorts");
    }
}
