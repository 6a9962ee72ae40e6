// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IEscape} from "../../contracts/interfaces/IEscape.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {vm} from "../support/Vm.sol";
import {DyingTest} from "./Dying.sol";
import {Trader} from "./Protocol.sol";

/// The way out of a vault whose programs are dead. Forty-three accounts: thirty that only have capital, traders with profit and legs, one in
/// debt, one that was closed at a loss nobody paid, so that profit is worth less than it says, and the vault's, the pool's and the treasury's.
contract EscapeTest is DyingTest {
    uint256 private constant SAVERS = 30;
    uint256 private constant GAS_OF_A_REPORT = 40_000;
    /// To an owner who holds the token.
    uint256 private constant GAS_OF_AN_ESCAPE = 60_000;
    /// To one who does not: the token stores a balance where there was none.
    uint256 private constant GAS_OF_A_BALANCE = 17_100;
    /// It asks ArbWasm about all of the vault's programs.
    uint256 private constant GAS_OF_THE_FIRST_ESCAPE = 140_000;

    Trader private debtor = newTrader("debtor");
    Trader private bankrupt = newTrader("bankrupt");
    bytes32[] private accounts;

    function setUpNode() internal override {
        super.setUpNode();
        attachArbWasm();
        for (uint256 k = 0; k < SAVERS; k++) {
            Trader memory saver = newTrader(string.concat("saver ", vm.toString(bytes32(k))));
            if (k % 3 == 0) saver = subAccount(saver, uint96(k + 1));
            deposit(saver, 100 * USD + k * 7_654_321);
            accounts.push(saver.account);
        }
        setFees(ETH, 0.001e18, 0.002e18);
        openPositions();
        lose();
        Trader[6] memory traders = [alice, bob, carol, dave, debtor, bankrupt];
        for (uint256 k = 0; k < traders.length; k++) {
            accounts.push(traders[k].account);
        }
        accounts.push(accountOf(address(vault)));
        accounts.push(accountOf(address(pool)));
        accounts.push(accountOf(owner));
        accounts.push(accountOf(address(0xdead))); // has nothing
    }

    function openPositions() private {
        deposit(alice, 10_000 * USD);
        deposit(bob, 10_000 * USD);
        deposit(carol, 1_000 * USD);
        deposit(dave, 1_000 * USD);
        deposit(debtor, 450 * USD);
        deposit(bankrupt, 450 * USD);
        trade(debtor, alice, 20e18, 200e18);
        trade(bankrupt, bob, 20e18, 200e18);
        trade(carol, dave, 2e18, 200e18);
    }

    /// ETH falls by a quarter; both who owe have lost twice of what they had. Nobody is insured.
    function lose() private {
        withdrawCover();
        setPriceCalmly(150 * FEED);
        vault.deleverage(bankrupt.account, 16);
        vault.touch(debtor.account);
        vault.touch(alice.account);
        vault.touch(bob.account);
        vault.touch(carol.account);
        vault.touch(dave.account);
        vm.assertLt(coverage(), WAD);
        vm.assertGt(pnlOf(alice), 0);
        vm.assertLt(pnlOf(debtor), 0);
    }

    /// What DESIGN 11 says that each gets, out of what the programs say that each has.
    function expected(uint256 held) private view returns (uint256[] memory amounts, uint256 left) {
        (uint256 tokens, uint256 capital, uint256 profit,) = vault.totals();
        uint256 worth = held * UNIT < tokens ? held * UNIT : tokens;
        amounts = new uint256[](accounts.length);
        for (uint256 k = 0; k < accounts.length; k++) {
            (uint256 c, int256 p) = vault.balances(accounts[k]);
            uint256 gain = p > 0 ? uint256(p) : 0;
            uint256 amount;
            if (worth < capital) {
                amount = c * worth / capital;
            } else if (worth - capital >= profit) {
                amount = c + gain;
            } else {
                amount = c + gain * (worth - capital) / profit;
            }
            if (accounts[k] == accountOf(address(vault))) left = amount / UNIT;
            else amounts[k] = amount / UNIT;
        }
    }

    function die() private {
        expire();
        reportDays(REPORTS);
    }

    function leaveInOrder(uint256[] memory amounts, uint256 first, uint256 step) private returns (uint256 paid) {
        for (uint256 k = 0; k < accounts.length; k++) {
            uint256 place = (first + k * step) % accounts.length;
            address holder = address(bytes20(accounts[place]));
            uint256 before = token.balanceOf(holder);
            if (amounts[place] == 0) {
                vm.expectRevert(IEscape.NothingToEscape.selector);
                escape(accounts[place]);
                continue;
            }
            vm.assertEq(escape(accounts[place]), amounts[place]);
            vm.assertEq(token.balanceOf(holder) - before, amounts[place]);
            paid += amounts[place];
            vm.expectRevert(IEscape.NothingToEscape.selector);
            escape(accounts[place]);
        }
    }

    function test_forty_accounts_escape_in_any_order_to_the_unit() public {
        (uint256[] memory amounts, uint256 ofTheVault) = expected(type(uint256).max / UNIT);
        (uint256 tokens, uint256 capital, uint256 profit,) = vault.totals();
        vm.assertLt(tokens, capital + profit); // h below one
        vm.assertGt(ofTheVault, 0);
        for (uint256 k = 0; k < accounts.length; k++) {
            // The dispatcher reads what the programs have written.
            vm.assertEq(hatch().escapable(accounts[k]), amounts[k]);
        }
        die();
        string memory id = checkpoint();
        uint256 paid = leaveInOrder(amounts, 0, 1);
        vm.assertLe(paid * UNIT, tokens);
        // All but what is the vault's own, and a unit for each who was rounded.
        vm.assertLe(tokens / UNIT - ofTheVault - paid, accounts.length);
        id = restore(id);
        vm.assertEq(leaveInOrder(amounts, 17, 7), paid);
        id = restore(id);
        vm.assertEq(leaveInOrder(amounts, accounts.length - 1, accounts.length - 1), paid);
    }

    /// A quarter of the tokens is gone, by the token's own doing: capital shares what is left, and profit gets nothing.
    function test_capital_shares_what_a_token_has_left() public {
        uint256 held = token.balanceOf(address(vault)) * 3 / 4;
        uint256 gone = token.balanceOf(address(vault)) - held;
        vm.prank(address(vault));
        token.transfer(address(0xbad), gone);
        (uint256[] memory amounts, uint256 ofTheVault) = expected(held);
        (, uint256 capital,,) = vault.totals();
        vm.assertLt(held * UNIT, capital);
        die();
        uint256 paid = leaveInOrder(amounts, 5, 3);
        vm.assertLe(held - ofTheVault - paid, accounts.length);
        vm.assertEq(token.balanceOf(address(vault)), held - paid);
    }

    /// Tokens that somebody sends to a dead vault are nobody's, before or after it is abandoned.
    function test_gifts_change_nobodys_part() public {
        (uint256[] memory amounts,) = expected(type(uint256).max / UNIT);
        die();
        token.mint(address(vault), 1_000_000 * USD);
        vm.assertEq(escape(accounts[0]), amounts[0]);
        token.mint(address(vault), 1_000_000 * USD);
        vm.assertEq(escape(alice.account), amounts[SAVERS]);
        vm.assertEq(escape(accounts[1]), amounts[1]);
    }

    function test_a_report_counts_once_in_24_hours_and_a_gap_above_48_ends_the_series() public {
        expire();
        reportDays(1);
        elapse(1 days - 1);
        vm.expectRevert(abi.encodeWithSelector(IEscape.ReportTooSoon.selector, block.timestamp + 1));
        hatch().report();
        elapse(1);
        (, uint256 count) = hatch().report();
        vm.assertEq(count, 2);
        elapse(2 days);
        (count,) = hatch().reports();
        vm.assertEq(count, 2);
        string memory id = checkpoint();
        (, count) = hatch().report();
        vm.assertEq(count, 3);
        restore(id);
        elapse(1);
        (count,) = hatch().reports();
        vm.assertEq(count, 0);
        (, count) = hatch().report();
        vm.assertEq(count, 1);
    }

    function test_the_first_escape_takes_thirty_reports_the_last_within_48_hours_and_death_now() public {
        expire();
        reportDays(REPORTS - 1);
        vm.expectRevert(abi.encodeWithSelector(IEscape.TooFewReports.selector, 29));
        escape(accounts[0]);
        elapse(1 days);
        reportDays(1);
        elapse(2 days);
        string memory id = checkpoint();
        elapse(1);
        vm.expectRevert(abi.encodeWithSelector(IEscape.TooFewReports.selector, 0));
        escape(accounts[0]);
        id = restore(id);
        // Awake again: thirty reports abandon no vault that lives, and its own program answers.
        address[] memory all = programs();
        activate(all[ACCOUNTS_PROGRAM]);
        activate(all[9]);
        activate(all[10]);
        vm.expectRevert(IEscape.NotDead.selector);
        escape(accounts[0]);
        (bool dead, uint256 count) = hatch().report();
        vm.assertFalse(dead);
        vm.assertEq(count, 0);
        (count,) = hatch().reports();
        vm.assertEq(count, 0);
        restore(id);
        vm.assertGt(escape(accounts[0]), 0);
        vm.assertTrue(hatch().isAbandoned());
    }

    /// An account without anything abandons nothing.
    function test_whoever_has_nothing_cannot_abandon_the_vault() public {
        die();
        bytes32[3] memory empty = [accountOf(address(0xdead)), accountOf(address(vault)), debtor.account];
        for (uint256 k = 0; k < empty.length; k++) {
            vm.expectRevert(IEscape.NothingToEscape.selector);
            escape(empty[k]);
        }
        vm.assertFalse(hatch().isAbandoned());
    }

    function test_programs_that_come_back_are_refused_in_an_abandoned_vault() public {
        die();
        escape(accounts[0]);
        address[] memory all = programs();
        for (uint256 k = 0; k < all.length; k++) {
            activate(all[k]);
        }
        bytes memory refusal = abi.encodeWithSelector(IEscape.VaultAbandoned.selector);
        bytes[9] memory calls = [
            abi.encodeCall(vault.deposit, (accounts[0], USD)),
            abi.encodeCall(vault.withdraw, (alice.account, 1, alice.owner)),
            abi.encodeCall(vault.touch, (alice.account)),
            abi.encodeCall(vault.convert, (alice.account, 1)),
            abi.encodeCall(vault.totals, ()),
            abi.encodeCall(vault.cancel, (1)),
            abi.encodeWithSelector(IMarginVault.settle.selector),
            abi.encodeCall(IEscape.report, ()),
            abi.encodeCall(IEscape.keepalive, ())
        ];
        for (uint256 k = 0; k < calls.length; k++) {
            vm.prank(alice.owner);
            (bool success, bytes memory reason) = address(vault).call(calls[k]);
            vm.assertFalse(success);
            vm.assertEq(reason, refusal);
        }
        vm.assertGt(escape(alice.account), 0);
    }

    /// Words of every bit: what the programs make of them, and what the dispatcher does.
    function test_the_dispatcher_reads_every_word_as_the_programs_do() public {
        bytes32 fields = bytes32(uint256(1 << 56));
        // V as large as it gets, no capital and next to no profit, so that all of both is paid.
        setWord(address(vault), fields | bytes32(uint256(10)), bytes32(uint256(0xffffffffffffffffffffffffff << 24)));
        setWord(address(vault), fields | bytes32(uint256(11)), 0);
        token.mint(address(vault), type(uint256).max / 2);
        bytes32 account = accountOf(address(0xabc));
        bytes32 slot = keccak256(abi.encodePacked(account, bytes32(0), uint8(0), uint8(1)));
        uint256 negative;
        for (uint256 k = 0; k < 64; k++) {
            bytes32 word = keccak256(abi.encode("word", k));
            // C is not negative: its highest bit is in the byte before the last two.
            word &= ~bytes32(uint256(1) << 23);
            setWord(address(vault), slot, word);
            (uint256 c, int256 p) = vault.balances(account);
            if (p < 0) negative++;
            vm.assertEq(hatch().escapable(account), (c + (p > 0 ? uint256(p) : 0)) / UNIT);
        }
        vm.assertGt(negative, 10);
        vm.assertLt(negative, 54);
    }

    function test_gas() public {
        expire();
        reportDays(1);
        elapse(1 days);
        uint256 gas = gasOf(abi.encodeCall(IEscape.report, ()));
        vm.assertLe(gas, GAS_OF_A_REPORT, vm.toString(bytes32(gas)));
        elapse(1 days);
        reportDays(REPORTS - 2);
        gas = gasOf(abi.encodeCall(IEscape.escape, (accounts[0])));
        vm.assertLe(gas, GAS_OF_THE_FIRST_ESCAPE, vm.toString(bytes32(gas)));
        gas = gasOf(abi.encodeCall(IEscape.escape, (accounts[1])));
        vm.assertLe(gas, GAS_OF_AN_ESCAPE + GAS_OF_A_BALANCE, vm.toString(bytes32(gas)));
        token.mint(address(bytes20(accounts[2])), 1);
        gas = gasOf(abi.encodeCall(IEscape.escape, (accounts[2])));
        vm.assertLe(gas, GAS_OF_AN_ESCAPE, vm.toString(bytes32(gas)));
        token.mint(alice.owner, 1);
        gas = gasOf(abi.encodeCall(IEscape.escape, (alice.account)));
        vm.assertLe(gas, GAS_OF_AN_ESCAPE, vm.toString(bytes32(gas)));
    }
}
