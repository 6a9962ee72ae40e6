// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {ProtocolTest} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";

/// Who is paid profit without being settled counts as settled from then on: what its legs have gained in a market that was Restricted
/// matures in ten minutes. Only the treasury's account is paid so, by anybody's `distributeFees`.
contract PaidUnsettledAttackTest is ProtocolTest {
    function test_fees_make_what_the_treasury_gained_in_a_restricted_market_mature_in_ten_minutes() public {
        IMarginVault.Parameters memory parameters = vault.parameters();
        parameters.treasury = alice.owner;
        vm.prank(owner);
        vault.setParameters(parameters, 0);
        deposit(alice, 20_000 * USD);
        deposit(bob, 100_000 * USD);
        deposit(carol, 100_000 * USD);
        trade(ETH, alice, bob, 100e18, 200e18);
        trade(BTC, carol, bob, 1e18, 5_000e18);
        elapse(60);
        refreshPrices();
        setPrice(BTC, 5_100 * FEED);
        vault.touch(carol.account);
        elapse(60);
        setPrice(ETH, 222 * FEED);
        vm.assertEq(uint256(guard.read(assetOf(ETH)).tier), 2);
        while (guard.read(assetOf(ETH)).tier > 0) {
            elapse(4 minutes);
            refreshPrices();
        }
        string memory id = checkpoint();
        vault.touch(alice.account);
        vault.touch(bob.account);
        elapse(1 hours);
        refreshPrices();
        vault.touch(alice.account);
        uint256 slow = vault.immature(alice.account);
        vm.assertGt(slow, 2_100e18); // of 2,200: a day
        restore(id);
        setFees(BTC, 0, 0.0005e18);
        trade(BTC, bob, carol, 0.5e18, 5_100e18);
        trade(BTC, carol, bob, 0.5e18, 5_100e18); // carol pays her fee out of profit
        elapse(1);
        vault.distributeFees();
        vault.touch(alice.account);
        vault.touch(bob.account);
        elapse(1 hours);
        refreshPrices();
        vault.touch(alice.account);
        emit log_named_uint("immature without", slow);
        emit log_named_uint("immature with", vault.immature(alice.account));
        vm.assertLt(vault.immature(alice.account), 10e18);
    }

    event log_named_uint(string key, uint256 val);
}
