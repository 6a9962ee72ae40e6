// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {ProtocolTest} from "../protocol/Protocol.sol";
import {Stakes} from "../support/Stakes.sol";
import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {vm} from "../support/Vm.sol";

/// What those who leave give up by their wait is income of those who stay, and is released as all income is: nobody gets it by
/// depositing in front of their fulfilment, the second of which anyone chooses.
contract FulfilJumpAttackTest is ProtocolTest {
    using Stakes for IInsurancePool;

    address private leaver = address(0x1ea);
    address private fast = address(0xfa57);

    function toMaturity() private {
        elapse(8 days - block.timestamp % 1 days);
    }

    /// Eight million of fees, half of which are insurance's.
    function earn() private {
        setFees(ETH, 0.01e18, 0.01e18);
        for (uint256 k = 0; k < 5; k++) {
            trade(alice, bob, 200_000e18, 200e18);
            trade(bob, alice, 200_000e18, 200e18);
        }
    }

    /// It is fetched within four hours, as the outflow limiter lets it, and released over a week.
    function fetch() private {
        vault.distributeFees();
        for (uint256 k = 0; k < 4; k++) {
            pool.harvest(address(vault));
            elapse(1 hours);
            refreshPrices();
        }
    }

    function test_who_deposits_in_front_of_a_fulfilment_gets_nothing_of_what_leavers_give_up() public {
        deposit(alice, 100_000_000 * USD);
        deposit(bob, 100_000_000 * USD);
        uint256 shares = pool.join(token, leaver, INSURANCE);
        elapse(1 days);
        refreshPrices();
        earn();
        // Nearly everybody asks to leave; a million dollars stay.
        pool.request(leaver, shares);
        pool.request(address(this), pool.balanceOf(address(this)) / 100 * 99);
        fetch();
        toMaturity();
        uint256 stays = pool.balanceOf(address(this));
        uint256 worth = pool.convertToAssets(stays);
        string memory id = checkpoint();

        // What the leavers' part of the income was is the stayers' a week later, and no sooner.
        vm.assertEq(pool.fulfil(leaver), INSURANCE);
        pool.fulfil(address(this));
        vm.assertApproxEqAbs(pool.convertToAssets(stays), worth, 1);
        elapse(16 days);
        uint256 due = pool.convertToAssets(stays);
        vm.assertGt(due, worth + 2_000_000 * USD);
        id = restore(id);

        // One transaction in the first second: deposit, fulfil, request. It can as well deposit a second before.
        uint256 mine = pool.join(token, fast, 10_000_000 * USD);
        pool.fulfil(leaver);
        pool.fulfil(address(this));
        pool.request(fast, mine);
        vm.assertApproxEqAbs(pool.convertToAssets(stays), worth, 1);
        toMaturity();
        vm.assertApproxEqAbs(pool.fulfil(fast), 10_000_000 * USD, 1);
        // What it gives up by leaving at once goes the same way.
        elapse(8 days);
        vm.assertApproxEqAbs(pool.convertToAssets(stays), due, 10);
    }

    /// Where all leave, nobody is left whose it could be: they are paid what their shares are worth. What is not released yet is
    /// whoever's who joins next, over a week.
    function test_where_all_leave_nothing_is_left_that_is_in_no_share() public {
        deposit(alice, 100_000_000 * USD);
        deposit(bob, 100_000_000 * USD);
        elapse(1 days);
        refreshPrices();
        earn();
        pool.request(address(this), pool.balanceOf(address(this)));
        fetch();
        // A week of which a day is missing has released all but a seventh.
        elapse(7 days - block.timestamp % 1 days);
        elapse(1 days);
        uint256 worth = pool.totalAssets();
        uint256 paid = pool.fulfil(address(this));
        vm.assertGt(paid, INSURANCE + 2_000_000 * USD);
        vm.assertApproxEqAbs(paid, worth, 1);
        vm.assertEq(pool.totalSupply(), 0);
        vm.assertEq(pool.totalAssets(), 0);
        uint256 left = token.balanceOf(address(pool)) - paid;
        uint256 shares = pool.join(token, fast, 1_000_000 * USD);
        vm.assertEq(pool.convertToAssets(shares), 1_000_000 * USD);
        elapse(7 days);
        vm.assertApproxEqAbs(pool.convertToAssets(shares), 1_000_000 * USD + left, 1);
    }
}
