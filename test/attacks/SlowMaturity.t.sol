// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {ProtocolTest, Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";

/// A cent of money that takes a day to mature slows a cent, and nothing else of whoever is paid it.
contract SlowMaturityAttackTest is ProtocolTest {
    function setUpNode() internal override {
        super.setUpNode();
        deposit(bob, 1_000_000 * USD);
        deposit(carol, 100_000 * USD);
        deposit(dave, 100 * USD);
    }

    /// Carol makes 6,000 in BTC, which is Normal and stays so; dave holds two dollars' worth of ETH, which is Restricted.
    function gain() private {
        trade(ETH, dave, bob, 0.01e18, 200e18);
        trade(BTC, carol, bob, 40e18, 5_000e18);
        elapse(60);
        refreshPrices();
        elapse(60);
        setPrice(ETH, 222 * FEED);
        setPrice(BTC, 5_150 * FEED);
        vault.touch(carol.account);
        vm.assertEq(pnlOf(carol), 6_000e18);
        vm.assertEq(vault.immature(carol.account), 6_000e18);
        vm.assertEq(uint256(guard.read(assetOf(ETH)).tier), 2);
        vm.assertEq(uint256(guard.read(assetOf(BTC)).tier), 0);
    }

    function later(uint256 secs) private {
        elapse(secs);
        refreshPrices();
        vault.touch(carol.account);
        vault.touch(bob.account); // the loser is settled
    }

    /// Carol offers at a dollar above the mark, as makers do; dave takes a ten-thousandth of a BTC, and pays 0.0001 dollars, of what
    /// is to mature of his or could be.
    function pay(uint256 mark) private {
        trade(BTC, dave, carol, 0.0001e18, mark + 1e18);
    }

    function test_a_makers_profit_matures_as_before_when_it_is_paid_what_takes_a_day() public {
        gain();
        string memory id = checkpoint();
        later(1 hours);
        uint256 without = convert(carol);
        vm.assertEq(without / 1e15, 5_985_127); // 6,000 x (1 - exp(-6))
        id = restore(id);
        pay(5_150e18);
        vm.assertEq(vault.immature(carol.account), 6_000.0001e18);
        id = checkpoint();
        later(1 hours);
        uint256 with = convert(carol);
        vm.assertGe(with, without);
        vm.assertLe(with, without + 0.00001e18);
        restore(id);
        // ETH is calm again; dave's 22 cents of profit are still to mature, and he comes back every day.
        for (uint256 k = 1; k < 4; k++) {
            later(1 days);
            vm.assertEq(uint256(guard.read(assetOf(BTC)).tier), 0);
            pay(5_150e18);
            vm.assertGe(vault.immature(carol.account), 0.0001e18);
            vm.assertLe(vault.immature(carol.account), 0.00016e18); // 1 + 1/e + 1/e^2 + 1/e^3 = 1.55
        }
    }

    /// Nor does it last for what she gains in the days after.
    function test_what_is_gained_the_day_after_matures_by_itself() public {
        gain();
        pay(5_150e18);
        later(1 days);
        setPrice(BTC, 5_250 * FEED); // 4,000 more, less what she sold to dave
        vault.touch(carol.account);
        vm.assertEq(uint256(pnlOf(carol)) / 1e15, 9_999_990);
        vm.assertEq(vault.immature(carol.account) / 1e15, 3_999_990);
        later(1 hours);
        uint256 got = convert(carol);
        vm.assertEq(got / 1e15, 9_990_075); // 3,999.99 x (1 - exp(-6)), and what was mature
        vm.assertEq(vault.immature(carol.account) / 1e15, 9_915);
    }

    /// What she has lost just before offsets what she gains next.
    function test_a_loss_of_just_before_still_offsets_what_a_quiet_market_gives() public {
        trade(ETH, dave, bob, 0.01e18, 200e18);
        trade(BTC, carol, bob, 40e18, 5_000e18);
        elapse(60);
        refreshPrices();
        elapse(60);
        setPrice(ETH, 222 * FEED);
        setPrice(BTC, 4_900 * FEED);
        vault.touch(carol.account);
        vm.assertEq(capitalOf(carol), 96_000e18);
        string memory id = checkpoint();
        elapse(60);
        setPrice(BTC, 5_000 * FEED);
        vault.touch(carol.account);
        uint256 without = vault.immature(carol.account);
        vm.assertApproxEqAbs(without, 4_000e18 - 3_619.35e18, 1e18); // 4,000 x (1 - exp(-60 seconds / 10 minutes))
        restore(id);
        pay(4_900e18);
        elapse(60);
        setPrice(BTC, 5_000 * FEED);
        vault.touch(carol.account);
        // She has sold a hundredth of a dollar's gain to dave, and was paid a ten-thousandth.
        vm.assertApproxEqAbs(vault.immature(carol.account), without - 0.0099e18, 0.00001e18);
    }

    /// Nor does a fee of 0.0002 dollars slow what insurance has earned.
    function test_what_insurance_has_earned_matures_as_before_when_a_fee_takes_a_day() public {
        gain();
        setFees(BTC, 0, 0.0005e18);
        for (uint256 k = 0; k < 2; k++) {
            trade(BTC, carol, bob, 100e18, 5_150e18);
            trade(BTC, bob, carol, 100e18, 5_150e18);
        }
        string memory id = checkpoint();
        vault.distributeFees();
        later(1 hours);
        uint256 without = pool.harvest(address(vault));
        restore(id);
        vault.touch(dave.account);
        trade(BTC, dave, bob, 0.0001e18, 5_150e18);
        vault.distributeFees();
        later(1 hours);
        uint256 with = pool.harvest(address(vault));
        vm.assertGt(without, 100 * USD);
        vm.assertApproxEqAbs(with, without, 0.001e6);
    }
}
