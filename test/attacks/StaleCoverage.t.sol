// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {ProtocolTest, Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";

/// A deficit is shared by all profits, gains of open legs included. While there is one, a conversion takes fresh marks of everything that
/// is held, so that no gain is counted that the feeds have taken back. What works: a profit that was settled counts until somebody
/// settles the loss that has followed it, for nothing loops over accounts; whoever converts before anybody touches that account does so
/// at the expense of everybody else with a profit. See docs/security.md, what is not prevented.
contract StaleCoverageTest is ProtocolTest {
    Trader internal attacker = newTrader("attacker");
    Trader internal honest = newTrader("honest");
    Trader internal long = newTrader("long");
    Trader internal short = newTrader("short");
    Trader internal debtor = newTrader("debtor");
    Trader internal other = newTrader("other");

    /// Attacker and honest have won 100,000 each in BTC, settled and mature, of which nobody has paid 100,000. Long and short have
    /// 20,000 ETH between them.
    function setUpNode() internal override {
        super.setUpNode();
        deposit(attacker, 100_000 * USD);
        deposit(honest, 100_000 * USD);
        deposit(long, 1_000_000 * USD);
        deposit(short, 10_000_000 * USD);
        deposit(debtor, 100_000 * USD);
        trade(BTC, attacker, debtor, 100e18, 5_000e18);
        trade(BTC, honest, debtor, 100e18, 5_000e18);
        trade(ETH, long, short, 20_000e18, 200e18);
        deposit(other, 10_000 * USD);
        trade(ETH, other, short, 1e18, 200e18);
        withdrawCover();
        setPriceCalmly(BTC, 6_000 * FEED);
        vault.deleverage(debtor.account, 16);
        vault.touch(attacker.account);
        vault.touch(honest.account);
        elapse(2 days);
        refreshPrices();
        vm.assertEq(pnlOf(attacker), 100_000e18);
        vm.assertEq(missing(), 100_000e18);
        vm.assertEq(coverage(), WAD / 2);
    }

    function wait(int256 price) private {
        setPriceCalmly(ETH, price * FEED);
        elapse(1 days);
        refreshPrices();
    }

    /// What attacker and honest have got once both have converted, the attacker first.
    function both() private returns (uint256 attackers, uint256 honests) {
        attackers = convert(attacker);
        vault.touch(long.account);
        vault.touch(short.account);
        honests = convert(honest);
    }

    /// ETH rises, somebody's touch takes the vault's mark there, and it falls back: the guard has been poked, and nobody has touched
    /// an account with a leg in ETH. Long's gain of 200,000 is gone, and h is still what it was with it.
    function riseAndFallBack() private {
        wait(210);
        vault.touch(long.account);
        wait(200);
        vm.assertEq(guard.read(assetOf(ETH)).mark, 200e18);
    }

    function test_whoever_has_no_leg_there_converts_at_gains_that_the_feeds_have_taken_back() public {
        riseAndFallBack();
        vm.assertApproxEqAbs(coverage(), WAD * 3 / 4, WAD / 10_000);
        (uint256 attackers, uint256 honests) = both();
        // Not 50,000 each: the honest one pays 25,000 of what the attacker has got.
        vm.assertApproxEqAbs(attackers, 75_000e18, 10e18);
        vm.assertApproxEqAbs(honests, 25_000e18, 10e18);
    }

    /// The mark of the rise was taken in another account, so that nobody's gain was settled: none is counted once it has gone.
    function test_gains_that_the_feeds_have_taken_back_are_counted_for_nobody() public {
        wait(210);
        vault.touch(other.account);
        wait(200);
        vm.assertGt(coverage(), WAD * 7 / 10);
        (uint256 attackers, uint256 honests) = both();
        vm.assertApproxEqAbs(attackers, 50_000e18, 10e18);
        vm.assertApproxEqAbs(honests, 50_000e18, 10e18);
    }

    function test_one_touch_of_a_leg_there_first_makes_it_even() public {
        riseAndFallBack();
        vault.touch(long.account);
        vm.assertApproxEqAbs(coverage(), WAD / 2, WAD / 10_000);
        (uint256 attackers, uint256 honests) = both();
        vm.assertApproxEqAbs(attackers, 50_000e18, 10e18);
        vm.assertApproxEqAbs(honests, 50_000e18, 10e18);
    }

    /// With a leg in ETH, however small, the conversion itself takes the mark.
    function test_a_leg_there_makes_the_conversion_take_the_mark() public {
        wait(210);
        vault.touch(long.account);
        wait(200);
        // The vault is impaired: nobody opens a leg, but what reduces takes the mark as well.
        trade(ETH, short, long, 1e18, 200e18);
        vm.assertEq(coverage(), WAD / 2);
    }
}
