// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {ProtocolTest} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";

/// A price falls and comes back. Whom a stranger touches at the low has lost capital, and gets it back as profit that takes a day and
/// that haircuts take from; whom nobody touches has what it had.
contract TouchAtTheLowAttackTest is ProtocolTest {
    function setUpNode() internal override {
        super.setUpNode();
        deposit(carol, 5_000 * USD);
        deposit(bob, 100_000 * USD);
        trade(ETH, carol, bob, 100e18, 200e18);
        elapse(60);
        refreshPrices();
        elapse(60);
    }

    function low() private {
        setPrice(ETH, 178 * FEED);
        vm.assertEq(uint256(guard.read(assetOf(ETH)).tier), 2);
    }

    /// What she may still take out, or trade with, an hour after the price is what it was and her position is closed.
    function free() private returns (uint256 capital) {
        elapse(60);
        setPrice(ETH, 200 * FEED);
        vault.touch(bob.account);
        trade(ETH, bob, carol, 100e18, 200e18);
        elapse(1 hours);
        refreshPrices();
        convert(carol);
        vm.assertEq(equityOf(carol), 5_000e18);
        return capitalOf(carol);
    }

    function test_a_touch_at_the_low_locks_capital_for_a_day() public {
        low();
        string memory id = checkpoint();
        uint256 without = free();
        vm.assertEq(without, 5_000e18);
        restore(id);
        vm.prank(dave.owner);
        vault.touch(carol.account);
        uint256 with = free();
        emit log_named_uint("capital an hour later, untouched", without);
        emit log_named_uint("touched", with);
        emit log_named_uint("immature", vault.immature(carol.account));
        vm.assertLt(with, 2_950e18);
    }

    /// Nor is it hers alone: where a deficit is not insured, who holds profit touches others at the low, and their capital shares it.
    function test_a_touch_at_the_low_makes_capital_share_a_haircut() public {
        deposit(alice, 2_000 * USD);
        deposit(dave, 10_000 * USD);
        trade(ETH, alice, bob, 100e18, 200e18);
        trade(BTC, dave, bob, 15e18, 5_000e18);
        withdrawCover();
        elapse(60);
        setPrice(BTC, 5_200 * FEED);
        vault.touch(dave.account); // a profit of 3,000
        setPrice(ETH, 170 * FEED);
        vault.deleverage(alice.account, 16); // a deficit of 1,000 that nobody pays
        string memory id = checkpoint();
        int256[2][2] memory equity;
        for (uint256 k = 0; k < 2; k++) {
            if (k == 1) {
                vm.prank(dave.owner);
                vault.touch(carol.account);
            }
            elapse(60);
            setPrice(ETH, 200 * FEED);
            vault.touch(bob.account);
            vault.touch(carol.account);
            vault.touch(dave.account);
            vm.assertEq(missing(), 1_000e18);
            equity[k] = [equityOf(dave), equityOf(carol)];
            if (k == 0) restore(id);
        }
        emit log_named_int("dave untouched", equity[0][0]);
        emit log_named_int("carol untouched", equity[0][1]);
        emit log_named_int("dave", equity[1][0]);
        emit log_named_int("carol touched", equity[1][1]);
        vm.assertEq(equity[0][1], 5_000e18);
        vm.assertLt(equity[1][1], 4_600e18);
        vm.assertGt(equity[1][0], equity[0][0] + 400e18);
    }

    event log_named_int(string key, int256 val);
    event log_named_uint(string key, uint256 val);
}
