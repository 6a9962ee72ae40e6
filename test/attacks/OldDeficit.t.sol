// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {ProtocolTest} from "../protocol/Protocol.sol";
import {Stakes} from "../support/Stakes.sol";
import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {vm} from "../support/Vm.sol";

/// A deposit is taken over a deficit of yesterday, enlarges the cover, and pays for it a day later.
contract OldDeficitAttackTest is ProtocolTest {
    using Stakes for IInsurancePool;

    address private victim = address(0x71c);

    function setUpNode() internal override {
        install();
        list(ETH, SYMBOL, 200 * FEED);
        list(BTC, "BTC", 5_000 * FEED);
        openMarket("market");
        insure(10_000_000 * USD);
    }

    function test_a_deposit_pays_for_a_deficit_of_before() public {
        elapse(1 days);
        refreshPrices();
        deposit(alice, 1_000_000 * USD);
        deposit(bob, 100_000_000 * USD);
        trade(alice, bob, 50_000e18, 200e18);
        setPriceCalmly(120 * FEED);
        vault.touch(bob.account);
        (, uint256 deficit, uint256 insured) = vault.deleverage(alice.account, 16);
        emit log_named_uint("deficit", deficit);
        emit log_named_uint("insured", insured);
        emit log_named_uint("missing", missing());
        emit log_named_uint("h", coverage());
        (uint256 known, uint256 closable, uint256 due) = vault.claims();
        emit log_named_uint("claims known", known);
        emit log_named_uint("claims closable", closable);
        emit log_named_uint("claims due", due);
        uint256 shares = pool.join(token, victim, 90_000_000 * USD);
        uint256 worth = pool.convertToAssets(shares);
        emit log_named_uint("worth", worth);
        elapse(1 days);
        refreshPrices();
        uint256 paid = vault.recover(ETH);
        emit log_named_uint("recovered", paid);
        uint256 left = pool.convertToAssets(shares);
        emit log_named_uint("victim left", left);
        emit log_named_uint("h", coverage());
        vm.assertLt(left, 88_500_000 * USD);
    }

    event log_named_uint(string key, uint256 val);
}
