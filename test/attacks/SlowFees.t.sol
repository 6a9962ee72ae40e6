// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {OptionsTest} from "../options/OptionsTest.sol";
import {Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";

/// Alice pays 202 of fees out of a profit that takes a day to mature, and has them handed on; then somebody hands on the fees of others
/// as often as they come to that. If the fee account counted what it has handed on as lost, and the next fees as gained back, all
/// fees of a day would be a day's for the pool, at the price of one.
contract SlowFeesTest is OptionsTest {
    Trader private other = subAccount(alice, 1);
    bytes32 private poolAccount;

    function setUpNode() internal override {
        super.setUpNode();
        deposit(other, 1_000_000 * USD);
        deposit(carol, 1_000_000 * USD);
        poolAccount = accountOf(address(pool));
        // Carol has gained 20,000, long ago and in Normal.
        trade(ETH, carol, bob, 1_000e18, SPOT);
        moveTo(2_020 * FEED);
        vault.touch(carol.account);
        pass(6 hours);
        trade(BTC, alice, bob, 10e18, 50_000e18);
        setPrice(BTC, 56_000 * FEED);
        trade(BTC, bob, alice, 10e18, 56_000e18);
        vm.assertEq(guard.read(assetOf(BTC)).tier, 2);
        vm.assertApproxEqAbs(vault.immature(alice.account), 60_000e18, 1e15);
        setFees(ETH, 0.001e18, 0.001e18);
    }

    function test_feesThatWerePaidSlowlySlowNoOthers() public {
        trade(ETH, alice, other, 100e18, 2_020e18);
        vault.distributeFees();
        uint256 paid = vault.immature(poolAccount);
        vm.assertApproxEqAbs(paid, 101e18, 1e15);

        for (uint256 k = 0; k < 5; k++) {
            // Carol pays as much as Alice did, out of what has long matured.
            trade(ETH, bob, carol, 100e18, 2_020e18);
            vault.distributeFees();
        }
        pass(3 hours);
        // exp(-3/24) is left of what was slow, and nothing of the rest: 535 would be, were all of a day.
        vm.assertApproxEqAbs(vault.immature(poolAccount), paid * 8_825 / 10_000, 1e16);
    }
}
