// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {OptionsTest} from "../options/OptionsTest.sol";
import {Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";

/// Accounts that are made to go bankrupt, for the reward of closing them or for what insurance pays to the other side.
contract BankruptciesAttackTest is OptionsTest {
    uint256 private constant REWARD = 50e18;
    uint256 private constant COVER = 2_000e18;

    Trader internal attacker = newTrader("attacker");

    function setUpNode() internal override {
        super.setUpNode();
        IMarginVault.Parameters memory parameters = vault.parameters();
        (parameters.rewardShare, parameters.maxReward) = (0.1e18, uint128(REWARD));
        vm.prank(owner);
        vault.setParameters(parameters, 0);
    }

    function refuseMargin(uint32 number, Trader memory buyer, Trader memory seller, uint256 size, uint256 price)
        private
    {
        refuse(number, buyer, seller, size, price, IMarginVault.InsufficientMargin.selector);
    }

    /// Ten rewards of initial margin, whichever way a leg is come by: bought, sold, hedged to nothing, or taken over.
    function test_no_way_to_a_leg_needs_less_than_ten_rewards() public {
        uint32 call = series(14, 4_000, CALL);
        Trader memory poor = subAccount(attacker, 1);
        deposit(poor, 499 * USD);
        refuseMargin(ETH, poor, bob, 1, SPOT);
        refuseMargin(call, poor, bob, 1, markOf(call));
        refuseMargin(call, bob, poor, 1, markOf(call));
        deposit(poor, 1 * USD);
        trade(ETH, poor, bob, 1e18, SPOT);
        buy(call, bob, poor, 1e18);
        vm.assertGe(initialOf(poor), 10 * REWARD);
        // What is not needed may leave, and no more.
        deposit(poor, 1 * USD);
        uint256 beyond = uint256(equityOf(poor)) - initialOf(poor);
        vm.startPrank(attacker.owner);
        vm.expectRevert(IMarginVault.InsufficientMargin.selector);
        vault.transfer(poor.account, attacker.account, beyond + 1e12);
        vault.transfer(poor.account, attacker.account, beyond / 1e12 * 1e12);
        vm.stopPrank();
        // Taking somebody over is taking legs.
        Trader memory victim = subAccount(alice, 1);
        deposit(victim, 600 * USD);
        trade(ETH, victim, bob, 2.9e18, SPOT);
        moveTo(1_880 * FEED);
        Trader memory taker = subAccount(attacker, 2);
        deposit(taker, 499 * USD);
        vm.prank(attacker.owner);
        vm.expectRevert(IMarginVault.InsufficientMargin.selector);
        vault.liquidate(victim.account, taker.account, 1e15);
    }

    /// Eight straddles whose losing sides are closed by their owner. All that it has gained is what insurance has paid: its losers'
    /// debts and rewards, within one cover, nine tenths and one tenth.
    function test_a_row_of_straddles_gets_one_cover() public {
        setCover(ETH, 1_000_000e18);
        uint256 count = 8;
        for (uint256 k = 0; k < count; k++) {
            (Trader memory long, Trader memory short) = pair(k);
            deposit(long, 2_500 * USD);
            deposit(short, 2_500 * USD);
            trade(ETH, long, short, 10e18, SPOT);
        }
        setCover(ETH, COVER);
        uint256 insurance = pool.totalAssets();
        moveTo(2_300 * FEED);
        uint256 rewards;
        for (uint256 k = 0; k < count; k++) {
            (, Trader memory short) = pair(k);
            uint256 before = capitalOf(attacker);
            vm.prank(attacker.owner);
            vault.deleverage(short.account, 16);
            rewards += capitalOf(attacker) - before;
        }
        vm.assertEq(rewards, COVER / 10);
        uint256 paid = (insurance - pool.totalAssets()) * UNIT;
        vm.assertApproxEqAbs(paid, COVER, UNIT);
        // 3,000 lost of 2,500, eight times, of which 1,800 are insured: what nobody pays is the winners' own haircut.
        int256 worth = int256(capitalOf(attacker));
        for (uint256 k = 0; k < count; k++) {
            (Trader memory long,) = pair(k);
            vault.touch(long.account);
        }
        for (uint256 k = 0; k < count; k++) {
            (Trader memory long,) = pair(k);
            worth += equityOf(long);
        }
        vm.assertLe(worth, int256(count * 5_000e18 + paid));
        vm.assertApproxEqAbs(uint256(worth), count * 5_000e18 + paid, 1e9);
        vm.assertApproxEqAbs(missing(), count * 500e18 - COVER * 9 / 10, 2 * UNIT);
    }

    function pair(uint256 k) private view returns (Trader memory long, Trader memory short) {
        return (subAccount(attacker, uint96(2 * k + 1)), subAccount(attacker, uint96(2 * k + 2)));
    }

    /// The debt is paid by its owner once it is known, and made anew, for another reward: a debt has one, and it goes with the debt.
    function test_a_debt_that_comes_and_goes_earns_nothing() public {
        (Trader memory long, Trader memory short) = pair(0);
        deposit(long, 2_500 * USD);
        deposit(short, 2_500 * USD);
        trade(ETH, long, short, 10e18, SPOT);
        uint256 insurance = pool.totalAssets();
        moveTo(2_300 * FEED);
        for (uint256 k = 0; k < 3; k++) {
            vm.prank(attacker.owner);
            vault.touch(short.account);
            vm.assertLt(pnlOf(short), 0);
            deposit(short, 600 * USD);
            vm.assertEq(pnlOf(short), 0);
            moveTo(int256(2_360 + 60 * k) * FEED);
        }
        vm.assertEq(pool.totalAssets(), insurance);
        vm.assertEq(capitalOf(attacker), 0);
        vm.prank(attacker.owner);
        vault.deleverage(short.account, 16);
        vm.assertEq(capitalOf(attacker), REWARD);
        vm.expectRevert(IMarginVault.NotDeleverageable.selector);
        vault.deleverage(short.account, 16);
    }

    /// Leg by leg, with dust in front: no more than one reward, and no more than a tenth of what was closed.
    function test_dust_and_parts_earn_no_second_reward() public {
        uint32 call = series(14, 2_500, CALL);
        uint32 put = series(14, 1_500, PUT);
        Trader memory seller = subAccount(attacker, 1);
        deposit(seller, 3_000 * USD);
        buy(call, bob, seller, 1);
        buy(put, bob, seller, 1);
        trade(ETH, bob, seller, 10e18, SPOT);
        moveTo(2_400 * FEED);
        uint256 calls;
        bool done;
        while (!done) {
            vm.prank(attacker.owner);
            (done,,) = vault.deleverage(seller.account, 1);
            calls++;
        }
        vm.assertEq(calls, 3);
        vm.assertLe(capitalOf(attacker), REWARD);
        vm.assertGt(capitalOf(attacker), REWARD - 1e12);
    }
}
