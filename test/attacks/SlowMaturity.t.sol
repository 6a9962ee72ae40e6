// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {ProtocolTest, Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";

/// A stranger who hits a maker's order with a cent of day-money makes all that the maker has gained elsewhere mature in a day.
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
        vm.assertEq(uint256(guard.read(assetOf(ETH)).tier), 2);
        vm.assertEq(uint256(guard.read(assetOf(BTC)).tier), 0);
    }

    function later(uint256 secs) private {
        elapse(secs);
        refreshPrices();
        vault.touch(carol.account);
        vault.touch(bob.account); // the loser is settled
    }

    function test_a_cent_makes_a_makers_profit_mature_in_a_day() public {
        gain();
        string memory id = checkpoint();
        later(1 hours);
        uint256 without = convert(carol);
        vm.assertGt(without, 5_980e18);
        id = restore(id);
        // Carol offers at a dollar above the mark, as makers do; dave takes a ten-thousandth of a BTC, and pays 0.0001 dollars.
        trade(BTC, dave, carol, 0.0001e18, 5_151e18);
        id = checkpoint();
        later(1 hours);
        uint256 with = convert(carol);
        emit log_named_uint("converted after an hour without", without);
        emit log_named_uint("converted after an hour with", with);
        vm.assertLt(with, 250e18);
        restore(id);
        // ETH is calm again; dave's 20 cents of profit are still day-money, and he comes back every day.
        uint256 immature;
        for (uint256 k = 0; k < 3; k++) {
            later(1 days);
            trade(BTC, dave, carol, 0.0001e18, 5_151e18);
            vm.assertEq(uint256(guard.read(assetOf(BTC)).tier), 0);
            immature = vault.immature(carol.account);
            emit log_named_uint("immature", immature);
        }
    }

    /// What she gains in the days after, in a market that never left Normal, takes a day as well.
    function test_it_lasts_for_what_is_gained_afterwards() public {
        gain();
        trade(BTC, dave, carol, 0.0001e18, 5_151e18);
        later(1 days);
        setPrice(BTC, 5_250 * FEED); // 4,000 more
        vault.touch(carol.account);
        later(1 hours);
        uint256 got = convert(carol);
        emit log_named_uint("immature a day and an hour later", vault.immature(carol.account));
        emit log_named_uint("converted", got);
        vm.assertGt(vault.immature(carol.account), 5_500e18);
    }

    /// What she has lost just before would offset what she gains next; a cent of day-money forgets it.
    function test_it_forgets_a_loss_of_just_before() public {
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
        emit log_named_uint("immature without", vault.immature(carol.account));
        restore(id);
        trade(BTC, dave, carol, 0.0001e18, 4_901e18);
        elapse(60);
        setPrice(BTC, 5_000 * FEED);
        vault.touch(carol.account);
        emit log_named_uint("immature with", vault.immature(carol.account));
        vm.assertGe(vault.immature(carol.account), 3_990e18);
    }

    /// The fees that the pool has earned as profit take a day as well, after one fee of day-money of 0.00026 dollars.
    function test_it_slows_what_insurance_has_earned() public {
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
        emit log_named_uint("harvest without", without);
        emit log_named_uint("harvest with", with);
        vm.assertLt(with, without);
    }

    event log_named_uint(string key, uint256 val);
}
