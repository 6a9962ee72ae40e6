// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
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
}
