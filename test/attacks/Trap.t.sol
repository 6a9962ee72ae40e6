// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {ProtocolTest, Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";

/// Somebody scales a bucket down to 1e-6 of itself, before others join it: the next, tiny cut takes what it is for, and nobody's
/// position vanishes.
contract TrapTest is ProtocolTest {
    Trader internal a = newTrader("attacker long");
    Trader internal b = newTrader("attacker short");
    Trader internal c = newTrader("attacker rest");
    Trader internal d = newTrader("attacker tiny short");
    Trader internal e = newTrader("attacker tiny long");
    Trader internal honest = newTrader("honest");
    Trader internal maker = newTrader("maker");
    Trader internal idle = newTrader("idle");

    function test_a_worn_bucket_is_no_trap_for_those_who_join_it_later() public {
        wear();
        // Later, when the stable price has followed: honest people trade.
        deposit(honest, 22_500 * USD);
        deposit(maker, 200_000 * USD);
        deposit(idle, 1_000_000 * USD);
        trade(honest, maker, 1_000e18, 225e18);
        // A tiny bankruptcy.
        deposit(d, 3 * USD);
        deposit(e, 1_000 * USD);
        trade(e, d, 0.1e18, 225e18);
        vm.assertEq(sizeOf(honest), 1_000e18);
        bankrupt(d, 256);
        // 0.1 ETH is cut: it is those beside the rest of the worn leg who bear it, and they keep the rest.
        vm.assertApproxEqAbs(uint256(sizeOf(honest)), 999.9e18, 1e12);
        vm.assertEq(sizeOf(maker), -1_000e18);
        vm.assertGe(sizeOf(a), 0.9e12);
        (uint256 residueLong, uint256 residueShort) = vault.dust(ETH);
        vm.assertLe(residueLong, 1e7);
        vm.assertLe(residueShort, 1e7);
        (uint256 long, uint256 short) = vault.openInterest(ETH);
        vm.assertEq(long, short);
        vm.assertApproxEqAbs(long, uint256(sizeOf(a) + sizeOf(e) + sizeOf(honest)), 1e7);
        // The price falls back: somebody is there to pay.
        setPriceCalmly(225 * FEED);
        setPriceCalmly(200 * FEED);
        Trader[8] memory all = [a, b, c, d, e, honest, maker, idle];
        int256 sum;
        for (uint256 k = 0; k < 8; k++) {
            vault.touch(all[k].account);
            sum += equityOf(all[k]);
        }
        (uint256 tokens,,,) = vault.totals();
        // Invariant 7, where everybody is settled: no claim is on a gain that no leg has.
        vm.assertLe(sum, int256(tokens) + int256(UNIT));
        vm.assertEq(uint256(-sizeOf(maker)), 1_000e18);
    }

    /// The trap: one ETH long in the bucket of utilisation 0.5, alone, of which a millionth is left.
    function wear() private {
        setCover(ETH, 10_000_000e18);
        deposit(a, 20 * USD);
        deposit(b, 20 * USD);
        deposit(c, 1_000 * USD);
        trade(a, b, 0.999999e18, 200e18);
        trade(a, c, 0.000001e18, 200e18);
        bankrupt(b, 225);
        vm.assertApproxEqAbs(uint256(sizeOf(a)), 1e12, 1e3);
        settleDown();
    }

    /// Lets time pass until the stable price has followed.
    function settleDown() private {
        for (uint256 k = 0; k < 20; k++) {
            elapse(3 hours);
            refreshPrices();
        }
    }

    function bankrupt(Trader memory debtor, int256 price) private {
        setPriceCalmly(price * FEED);
        (bool done,,) = vault.deleverage(debtor.account, 16);
        vm.assertTrue(done);
    }

    /// What all of them hold on one side is its open interest, to the residue.
    function assertNobodyVanished(Trader[4] memory longs) private {
        int256 sum;
        for (uint256 k = 0; k < longs.length; k++) {
            sum += sizeOf(longs[k]);
        }
        (uint256 long, uint256 short) = vault.openInterest(ETH);
        vm.assertEq(long, short);
        (uint256 residue,) = vault.dust(ETH);
        vm.assertLe(residue, 1e7);
        vm.assertApproxEqAbs(long, uint256(sum), 1e7);
    }

    /// The same bucket is worn twice, the second time with somebody in it, before the third joins.
    function test_a_bucket_that_is_worn_twice_keeps_everybody_who_is_in_it() public {
        wear();
        // Ten ETH beside the rest, all but 1e-5 of which meet somebody who goes bankrupt.
        deposit(e, 225 * USD);
        deposit(d, 225 * USD);
        trade(e, d, 9.99999e18, 225e18);
        trade(e, c, 0.00001e18, 225e18);
        bankrupt(d, 256);
        vm.assertApproxEqAbs(uint256(sizeOf(e) + sizeOf(a)), 11e12, 1e7);
        settleDown();
        deposit(honest, 25_600 * USD);
        deposit(maker, 200_000 * USD);
        trade(honest, maker, 1_000e18, 256e18);
        vm.assertApproxEqAbs(uint256(sizeOf(honest)), 1_000e18, 1e3);
        deposit(b, 3 * USD);
        deposit(idle, 1_000 * USD);
        trade(idle, b, 0.1e18, 256e18);
        bankrupt(b, 290);
        vm.assertApproxEqAbs(uint256(sizeOf(honest)), 999.9e18, 0.1e18);
        assertNobodyVanished([a, e, honest, idle]);
    }

    /// The attacker goes in and out of the worn bucket with a million times what others have in it.
    function test_going_in_and_out_of_a_worn_bucket_takes_nothing_from_those_in_it() public {
        wear();
        deposit(honest, 45 * USD);
        trade(honest, c, 0.002e18, 225e18); // its owner's own action moves it to a bucket of low utilisation
        deposit(e, 22_500 * USD);
        deposit(maker, 200_000 * USD);
        int256 rest = sizeOf(a);
        for (uint256 k = 0; k < 3; k++) {
            trade(e, maker, 1_000e18, 225e18);
            vault.touch(e.account);
            trade(maker, e, 1_000e18, 225e18);
        }
        vm.assertEq(sizeOf(honest), 0.002e18);
        vm.assertApproxEqAbs(uint256(sizeOf(a)), uint256(rest), 1e3);
        assertNobodyVanished([a, e, honest, maker]);
    }
}
