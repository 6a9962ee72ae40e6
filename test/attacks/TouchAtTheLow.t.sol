// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {ProtocolTest} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";

/// A price falls and comes back. Whom a stranger touches at the low has lost capital, and gets it back as profit that takes a day and
/// that haircuts take from; whom nobody touches has what it had. It is never more than what was lost at the low, and never worth less
/// while nothing is missing: see "What a touch may do" in docs/security.md.
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

    /// 2,200 of 5,000 are profit, of which a 24th part of a day makes 1 - exp(-1/24) mature.
    function test_a_touch_at_the_low_locks_what_was_lost_there_and_no_more_for_a_day() public {
        low();
        string memory id = checkpoint();
        uint256 without = free();
        vm.assertEq(without, 5_000e18);
        restore(id);
        vm.prank(dave.owner);
        vault.touch(carol.account);
        uint256 with = free();
        vm.assertApproxEqAbs(with, 2_889.78e18, 0.01e18);
        vm.assertEq(vault.immature(carol.account), 5_000e18 - with);
        // A second touch, at another low, locks no more: what was lost there is taken from what is immature.
        elapse(1 days);
        refreshPrices();
        convert(carol);
        vm.assertApproxEqAbs(capitalOf(carol), 4_223.69e18, 0.01e18);
    }

    /// Nor is it hers alone: where a deficit is not insured, who holds profit touches others at the low, and their capital shares it.
    function test_what_was_lost_at_the_low_shares_a_haircut_and_the_rest_of_the_capital_does_not() public {
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
        vm.assertEq(equity[0][1], 5_000e18);
        vm.assertLt(equity[1][1], 4_600e18);
        vm.assertGt(equity[1][0], equity[0][0] + 400e18);
    }
}
