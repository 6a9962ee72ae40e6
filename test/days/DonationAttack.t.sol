// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {Trader} from "../protocol/Protocol.sol";
import {Stakes} from "../support/Stakes.sol";
import {vm} from "../support/Vm.sol";
import {DayTest} from "./Day.sol";

/// Tokens sent without a deposit, to the pool and to the vault.
contract DonationAttackTest is DayTest {
    using Stakes for IInsurancePool;

    Trader internal attacker = newTrader("attacker");
    Trader internal victim = newTrader("victim");

    /// A pool that nobody has joined.
    function setUpNode() internal override {
        install();
        list(ETH, SYMBOL, 200 * FEED);
        openMarket("donation");
    }

    function join(Trader memory trader, uint256 amount) private returns (uint256 shares) {
        return pool.join(token, trader.owner, amount);
    }

    /// A first deposit of one unit and a gift of 1e18 units are meant to round the second depositor's shares away.
    function test_a_donation_takes_at_most_a_basis_point_from_the_second_depositor() public {
        join(attacker, 1);
        token.mint(address(pool), 1e18);
        pool.harvest(address(vault)); // the pool counts the gift only when asked to
        elapse(7 days); // and releases it over a week
        uint256 shares = join(victim, 1_000 * USD);
        vm.assertGe(pool.convertToAssets(shares), 1_000 * USD * 9_999 / 10_000);
    }

    function test_the_attacker_loses_more_than_anybody_gains() public {
        uint256 shares = join(attacker, 1);
        token.mint(address(pool), 1_000_000 * USD);
        pool.harvest(address(vault));
        elapse(7 days);
        join(victim, 1_000 * USD);
        vm.assertLt(pool.convertToAssets(shares), 1_000_000 * USD + 1);
    }

    function test_a_gift_to_the_vault_changes_nobodys_account() public {
        person("depositor", 1_000);
        bytes32[] memory accounts = accountsOf(people);
        bytes32 before = keccak256(abi.encode(lens.look(vault, accounts, listed).accounts));
        token.mint(address(vault), 1e18);
        (uint256 tokens, uint256 capital,,) = vault.totals();
        vm.assertEq(tokens, usd(1_000));
        vm.assertEq(capital, usd(1_000));
        vm.assertEq(keccak256(abi.encode(lens.look(vault, accounts, listed).accounts)), before);
        // Nor does the next deposit claim it.
        person("another", 5);
        vm.assertEq(capitalOf(people[1]), usd(5));
    }
}
