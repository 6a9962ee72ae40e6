// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {Log, NodeLogs} from "../support/NodeLogs.sol";
import {vm} from "../support/Vm.sol";
import {ProtocolTest, Trader} from "./Protocol.sol";

/// Rewards for revealing and closing debts: a tenth of the margin closed, at most 30 dollars an account, half to each of the two.
contract RewardsTest is ProtocolTest {
    uint256 private constant MAX_REWARD = 30e18;

    Trader internal maker = newTrader("maker");

    function setUpNode() internal override {
        super.setUpNode();
        deposit(alice, 1_000 * USD);
        deposit(maker, 1_000_000 * USD);
        setRewards(0.1e18, uint128(MAX_REWARD));
    }

    function setRewards(uint64 share, uint128 most) private {
        IMarginVault.Parameters memory parameters = vault.parameters();
        (parameters.rewardShare, parameters.maxReward) = (share, most);
        vm.prank(owner);
        vault.setParameters(parameters, 0);
    }

    /// Alice owes what her 1,000 dollars do not pay of her loss.
    function bankrupt(uint256 size, int256 price) private {
        trade(alice, maker, size, 200e18);
        setPriceCalmly(price * FEED);
    }

    function touchAs(Trader memory trader) private {
        vm.prank(trader.owner);
        vault.touch(alice.account);
    }

    function closeAs(Trader memory trader, uint256 legs) private returns (bool done, uint256 deficit, uint256 insured) {
        vm.prank(trader.owner);
        return vault.deleverage(alice.account, legs);
    }

    /// At 170: 45 * 30 = 1,350 lost, 350 owed; maintenance 45 * 170 * 5 % = 382.5, a tenth of it is above the largest reward.
    function test_whoever_reveals_a_debt_and_whoever_closes_it_get_half_each() public {
        bankrupt(45e18, 170);
        uint256 insurance = token.balanceOf(address(pool));
        touchAs(dave);
        (bool done, uint256 deficit, uint256 insured) = closeAs(carol, 16);
        vm.assertTrue(done);
        vm.assertEq(deficit, 350e18);
        vm.assertEq(insured, 350e18);
        vm.assertEq(capitalOf(dave), MAX_REWARD / 2);
        vm.assertEq(capitalOf(carol), MAX_REWARD / 2);
        vm.assertEq(insurance - token.balanceOf(address(pool)), 380 * USD);
        vm.assertEq(coverage(), WAD);
    }

    function test_a_small_margin_earns_a_tenth_of_itself() public {
        setRewards(0.02e18, uint128(MAX_REWARD));
        bankrupt(45e18, 170);
        closeAs(carol, 16);
        vm.assertEq(capitalOf(carol), 7.65e18); // 2 % of 382.5
    }

    function test_one_call_that_does_both_gets_both() public {
        bankrupt(45e18, 170);
        closeAs(carol, 16);
        vm.assertEq(capitalOf(carol), MAX_REWARD);
    }

    function test_the_first_who_touches_is_the_revealer() public {
        bankrupt(45e18, 170);
        touchAs(dave);
        touchAs(bob);
        closeAs(carol, 16);
        vm.assertEq(capitalOf(dave), MAX_REWARD / 2);
        vm.assertEq(capitalOf(bob), 0);
    }

    function test_a_debt_that_is_paid_forgets_its_revealer() public {
        bankrupt(45e18, 170);
        touchAs(dave);
        deposit(alice, 500 * USD);
        touchAs(bob);
        setPriceCalmly(160 * FEED);
        touchAs(bob);
        closeAs(carol, 16);
        vm.assertEq(capitalOf(dave), 0);
        vm.assertEq(capitalOf(bob), MAX_REWARD / 2);
    }

    /// Dave owes 6 of what he lost with 10.2 ETH, and reveals a debt: his half of the reward is the fee account's. Nobody has settled the
    /// legs by which he owes, so that it cannot tell what it would pay off.
    function test_who_owes_earns_no_reward() public {
        deposit(dave, 300 * USD);
        trade(dave, maker, 10.2e18, 200e18);
        bankrupt(45e18, 170);
        vault.touch(dave.account);
        vm.assertEq(pnlOf(dave), -6e18);
        touchAs(dave);
        string memory revealed = checkpoint();
        closeAs(carol, 16);
        vm.assertEq(pnlOf(dave), -6e18);
        vm.assertEq(capitalOf(dave), 0);
        vm.assertEq(capitalOf(carol), MAX_REWARD / 2);
        (uint256 fees,) = vault.balances(accountOf(address(vault)));
        vm.assertEq(fees, MAX_REWARD / 2);
        // Nor by closing what another has revealed, or he himself.
        restore(revealed);
        closeAs(dave, 16);
        vm.assertEq(pnlOf(dave), -6e18);
        (fees,) = vault.balances(accountOf(address(vault)));
        vm.assertEq(fees, MAX_REWARD);
    }

    /// 30 ETH and 0.6 BTC, margins of 255 and 127.5 after a fall of 15 % in both: 900 + 450 lost.
    function bankruptInTwo() private {
        trade(ETH, alice, maker, 30e18, 200e18);
        trade(BTC, alice, maker, 0.6e18, 5_000e18);
        restartMean();
        setPrice(ETH, 170 * FEED);
        setPrice(BTC, 4_250 * FEED);
    }

    function test_closing_leg_by_leg_earns_no_more() public {
        bankruptInTwo();
        (bool done, uint256 first,) = closeAs(carol, 1);
        vm.assertFalse(done);
        vm.assertEq(first, 0); // nothing is written off while a leg is left
        vm.assertGt(capitalOf(carol), 0);
        uint256 second;
        (done, second,) = closeAs(carol, 1);
        vm.assertTrue(done);
        vm.assertEq(second, 350e18);
        vm.assertApproxEqAbs(capitalOf(carol), MAX_REWARD, 2 * UNIT);
        vm.assertLe(capitalOf(carol), MAX_REWARD);
    }

    function test_a_reward_is_told_with_its_instrument_before_anything_is_written_off() public {
        bankruptInTwo();
        closeAs(carol, 1);
        Log[] memory told = NodeLogs.from(address(vault), IMarginVault.WrittenOff.selector, alice.account);
        vm.assertEq(told.length, 1);
        vm.assertEq(uint256(told[0].topics[2]), ETH);
        (uint256 deficit, uint256 insured, uint256 reward) = abi.decode(told[0].data, (uint256, uint256, uint256));
        vm.assertEq(deficit, 0);
        vm.assertEq(insured, 0);
        vm.assertEq(reward, capitalOf(carol));
        vm.assertEq(reward, 25.5e18); // a tenth of 255
    }

    function test_without_cover_there_is_no_reward() public {
        bankrupt(45e18, 170);
        withdrawCover();
        (bool done, uint256 deficit, uint256 insured) = closeAs(carol, 16);
        vm.assertTrue(done);
        vm.assertEq(deficit, 350e18);
        vm.assertEq(insured, 0);
        vm.assertEq(capitalOf(carol), 0);
        vm.assertEq(missing(), 350e18);
    }

    /// What is missing must not depend on whose closing was rewarded first: a tenth of the cover, apart, pays rewards.
    function test_a_reward_takes_nothing_of_what_pays_debts() public {
        bankrupt(45e18, 170);
        setCover(ETH, 400e18);
        closeAs(carol, 16);
        vm.assertEq(capitalOf(carol), MAX_REWARD);
        vm.assertEq(missing(), 0);
        (uint256 left,) = vault.cover(ETH);
        vm.assertEq(left, 20e18);
        (,, uint256 room, uint256 rewardRoom) = vault.debts(ETH);
        vm.assertEq(room, 10e18);
        vm.assertEq(rewardRoom, 10e18);
    }

    function test_rewards_end_with_their_tenth_of_the_cover() public {
        bankrupt(45e18, 170);
        setCover(ETH, 200e18);
        closeAs(carol, 16);
        vm.assertEq(capitalOf(carol), 20e18);
        vm.assertEq(missing(), 170e18);
    }

    function test_the_owner_of_a_debt_may_close_it_and_is_left_with_the_reward_alone() public {
        bankrupt(45e18, 170);
        closeAs(alice, 16);
        vm.assertEq(capitalOf(alice), MAX_REWARD);
        vm.assertEq(pnlOf(alice), 0);
    }

    /// Ten times the largest reward, whatever the size: bankruptcies are not worth making.
    function test_a_small_position_needs_ten_rewards_of_margin() public {
        deposit(dave, 299 * USD);
        IMarginVault.Order memory sell = order(maker, -0.1e18, 200e18, true);
        IMarginVault.Order memory buy = order(dave, 0.1e18, 200e18, false);
        (bytes memory makerSignature, bytes memory takerSignature) = (sign(maker, sell), sign(dave, buy));
        vm.expectRevert(IMarginVault.InsufficientMargin.selector);
        vault.settle(sell, makerSignature, buy, takerSignature, 0.1e18);
        deposit(dave, 1 * USD);
        trade(dave, maker, 0.1e18, 200e18);
        vm.assertEq(initialOf(dave), 10 * MAX_REWARD);
    }
}
