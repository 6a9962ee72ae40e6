// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {ProtocolTest, Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";

/// Profit that matures in a day matures in a day in whatever hands, also where it was lost to oneself in a quiet market.
contract LaunderAttackTest is ProtocolTest {
    Trader internal other = subAccount(alice, 1);

    function setUpNode() internal override {
        super.setUpNode();
        deposit(alice, 20_000 * USD);
        deposit(other, 20_000 * USD);
        deposit(bob, 100_000 * USD);
    }

    /// Alice makes 2,200 in ETH, whose price jumps by 11 %: Restricted. BTC stays Normal.
    function jump() private {
        trade(ETH, alice, bob, 100e18, 200e18);
        elapse(60);
        refreshPrices();
        elapse(60);
        setPrice(ETH, 222 * FEED);
        vm.assertEq(uint256(guard.read(assetOf(ETH)).tier), 2);
        vm.assertEq(uint256(guard.read(assetOf(BTC)).tier), 0);
    }

    /// What of an account's profit is mature ten minutes later.
    function usable(Trader memory trader) private returns (uint256) {
        elapse(10 minutes);
        refreshPrices();
        vault.touch(trader.account);
        return uint256(pnlOf(trader)) - vault.immature(trader.account);
    }

    /// 2 % of 5,000 either way, to the other account.
    function lose() private {
        trade(BTC, alice, other, 11e18, 5_100e18);
        trade(BTC, other, alice, 11e18, 4_900e18);
    }

    function test_profit_of_a_restricted_market_that_is_lost_to_oneself_matures_in_a_day() public {
        jump();
        vault.touch(alice.account);
        vault.touch(bob.account);
        trade(ETH, bob, alice, 100e18, 222e18); // both reduce
        uint256 profit = uint256(pnlOf(alice));
        vm.assertEq(vault.immature(alice.account), profit);
        lose();
        vm.assertEq(pnlOf(alice), 0);
        vm.assertEq(uint256(pnlOf(other)), profit);
        vm.assertEq(vault.immature(other.account), profit);
        uint256 mature = usable(other);
        vm.assertLt(mature, profit / 100); // 1 - exp(-10 minutes / 1 day) is 0.7 %
        vm.prank(alice.owner);
        uint256 got = vault.convert(other.account, type(uint256).max);
        vm.assertLe(got, 16e18);
    }

    /// Nor does a loss of before, which offsets what is gained in quiet markets.
    function test_a_loss_of_before_makes_nothing_mature_that_takes_longer() public {
        // 2,200 lost in BTC, to bob.
        trade(BTC, other, bob, 11e18, 5_100e18);
        trade(BTC, bob, other, 11e18, 4_900e18);
        vm.assertEq(capitalOf(other), 17_800e18);
        jump();
        vault.touch(alice.account);
        trade(ETH, bob, alice, 100e18, 222e18);
        lose();
        vm.assertEq(vault.immature(other.account), uint256(pnlOf(other)));
        vm.assertEq(pnlOf(other), 2_200e18);
    }

    /// Nor while the gain is still in the leg: what an account pays matures as slowly as anything that it holds.
    function test_what_is_paid_against_an_unsettled_gain_matures_in_a_day() public {
        jump();
        lose();
        vm.assertEq(vault.immature(other.account), 2_200e18);
        vm.assertLt(usable(other), 22e18);
    }

    /// The penalty of a liquidation moves as immature as it was.
    function test_a_penalty_matures_as_slowly_as_what_it_is_paid_from() public {
        Trader memory weak = subAccount(alice, 2);
        deposit(weak, 2_100 * USD);
        trade(ETH, weak, bob, 100e18, 200e18);
        elapse(60);
        refreshPrices();
        elapse(60);
        setPrice(ETH, 222 * FEED);
        vault.touch(weak.account); // 2,200 of profit, all immature
        setPrice(ETH, 188 * FEED);
        vault.touch(weak.account);
        (int256 equity, uint256 maintenance,,) = vault.health(weak.account);
        vm.assertLt(equity, int256(maintenance));
        int256 before = pnlOf(other);
        uint256 capital = capitalOf(other);
        vm.prank(alice.owner);
        (, uint256 penalty) = vault.liquidate(weak.account, other.account, WAD);
        // What came as profit is immature, and what came as capital was capital.
        uint256 junior = uint256(pnlOf(other) - before);
        vm.assertEq(vault.immature(other.account), junior);
        vm.assertApproxEqAbs(junior + capitalOf(other) - capital, penalty / 2, 1);
    }

    /// However many hands it goes through.
    function test_a_second_pair_of_hands_makes_it_mature_no_sooner() public {
        Trader memory third = subAccount(bob, 7);
        deposit(third, 20_000 * USD);
        jump();
        lose();
        trade(BTC, other, third, 11e18, 5_100e18);
        trade(BTC, third, other, 11e18, 4_900e18);
        vm.assertEq(pnlOf(third), 2_200e18);
        vm.assertEq(vault.immature(other.account), 0);
        vm.assertEq(vault.immature(third.account), 2_200e18);
        vm.assertLt(usable(third), 22e18);
    }

    /// Nor does it stand in for capital that leaves: by a withdrawal, or by a transfer to another account.
    function test_immature_profit_frees_no_capital() public {
        jump();
        vault.touch(alice.account);
        vm.assertEq(equityOf(alice), 22_200e18);
        // Four fifths of what is left of the capital have to meet initial margin; with the profit, 2,200 more could leave.
        uint256 most = 20_000e18 - initialOf(alice) * 5 / 4;
        vm.startPrank(alice.owner);
        vm.expectRevert(IMarginVault.InsufficientMargin.selector);
        vault.withdraw(alice.account, most / UNIT + 10 * USD, alice.owner);
        vm.expectRevert(IMarginVault.InsufficientMargin.selector);
        vault.transfer(alice.account, other.account, most + 10e18);
        vm.stopPrank();
        vm.assertEq(withdraw(alice, most / UNIT - 10 * USD), most / UNIT - 10 * USD);
    }

    /// Funding is paid as the price moves: it matures by the market that it is paid in. What can be had of it is less than the fees
    /// of the trades that set its rate.
    function test_funding_that_is_paid_to_oneself_moves_less_than_it_costs() public {
        setFees(BTC, 0.0002e18, 0.0005e18);
        jump();
        vault.touch(alice.account);
        trade(BTC, alice, other, 25e18, 5_100e18); // the premium is as high as it gets
        (uint256 fees,) = vault.balances(accountOf(address(vault)));
        vm.assertApproxEqAbs(
            fees + uint256(pnlOf(Trader(0, address(vault), accountOf(address(vault))))), 89.25e18, 1e15
        );
        (, int256 before) = vault.funding(BTC);
        for (uint256 k = 0; k < 2; k++) {
            elapse(30 minutes);
            refreshPrices();
        }
        (, int256 paid) = vault.funding(BTC);
        vm.assertGt(paid, before);
        vm.assertLt(25 * (paid - before), 89.25e18 / 5);
    }

    /// Until the market is Normal again, and nobody has touched alice.
    function untilNormal() private returns (uint256 waited) {
        uint256 since = block.timestamp;
        while (guard.read(assetOf(ETH)).tier > 0) {
            elapse(4 minutes);
            refreshPrices();
        }
        return block.timestamp - since;
    }

    /// It is the strictest tier since the account was last settled that counts, not that of the moment in which it is: a gain that
    /// nobody settles while its market is Restricted matures no sooner for it.
    function test_a_gain_that_nobody_settled_while_restricted_matures_in_a_day() public {
        jump();
        vm.assertLe(untilNormal(), 40 minutes);
        vault.touch(alice.account);
        vault.touch(bob.account);
        vm.assertEq(vault.immature(alice.account), 2_200e18);
        elapse(30 minutes);
        refreshPrices();
        uint256 received = convert(alice);
        vm.assertGt(received, 40e18); // 1 - exp(-30 minutes / 1 day) is 2.1 %
        vm.assertLt(received, 50e18);
    }

    /// Nor where a trade of another leg settles that one alone.
    function test_a_trade_of_another_leg_makes_what_waits_mature_no_sooner() public {
        trade(BTC, alice, other, 0.1e18, 5_000e18);
        jump();
        untilNormal();
        trade(BTC, alice, other, 0.1e18, 5_000e18);
        vault.touch(alice.account);
        vm.assertEq(vault.immature(alice.account), 2_200e18);
        vm.assertLt(usable(alice), 22e18);
    }

    /// Nor does another account get it sooner that is paid against it.
    function test_what_is_paid_once_the_market_is_normal_matures_in_a_day() public {
        jump();
        untilNormal();
        lose();
        vm.assertEq(vault.immature(other.account), 2_200e18);
        vm.assertLt(usable(other), 22e18);
    }

    /// What arises once it is Normal is another matter, for who was touched since.
    function test_what_is_gained_after_it_matures_in_ten_minutes() public {
        jump();
        setPrice(ETH, 200 * FEED);
        untilNormal();
        vault.touch(alice.account);
        vault.touch(bob.account);
        vm.assertEq(pnlOf(alice), 0);
        elapse(60);
        setPrice(ETH, 204 * FEED);
        vm.assertEq(uint256(guard.read(assetOf(ETH)).tier), 0);
        vault.touch(alice.account);
        vault.touch(bob.account);
        vm.assertEq(vault.immature(alice.account), 400e18);
        elapse(30 minutes);
        refreshPrices();
        vm.assertApproxEqAbs(convert(alice), 380e18, 1e18); // 1 - exp(-3)
    }

    /// A tier that the guardian raised, and that ended by itself, counts as any other.
    function test_a_trip_that_is_over_counts_until_it_ended() public {
        trade(ETH, alice, bob, 100e18, 200e18);
        vm.prank(guardian);
        guard.trip(assetOf(ETH), 2, 30 minutes, "");
        uint256 until = block.timestamp + 30 minutes;
        elapse(20 minutes);
        setPrice(ETH, 204 * FEED);
        elapse(11 minutes);
        refreshPrices();
        vm.assertEq(uint256(guard.read(assetOf(ETH)).tier), 0);
        bytes32[] memory assets = new bytes32[](1);
        assets[0] = assetOf(ETH);
        IOracleGuard.Mark memory mark = guard.marks(assets)[0];
        vm.assertEq(uint256(mark.restrictedUntil), until);
        vm.assertEq(uint256(mark.cautionUntil), until);
        vault.touch(alice.account);
        vm.assertEq(vault.immature(alice.account), 400e18);
        vm.assertLt(usable(alice), 4e18);
    }

    function test_one_touch_while_restricted_makes_it_mature_in_a_day() public {
        jump();
        vault.touch(alice.account);
        untilNormal();
        vault.touch(alice.account);
        vault.touch(bob.account);
        elapse(30 minutes);
        refreshPrices();
        uint256 received = convert(alice);
        vm.assertGt(received, 40e18);
        vm.assertLt(received, 120e18);
    }
}
