// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IEscape} from "../../contracts/interfaces/IEscape.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {BlacklistToken, ReentrantToken, RefusingToken} from "../mocks/HostileTokens.sol";
import {DyingTest} from "../protocol/Dying.sol";
import {vm} from "../support/Vm.sol";

/// Calls `report` with as much gas as it is told to.
contract Reporter {
    /// How many of the gas limits from `gas` on, `step` apart, led to a report of death, and how many to one of life.
    function sweep(IEscape vault, uint256 gas, uint256 step, uint256 count)
        external
        returns (uint256 deaths, uint256 lives)
    {
        for (uint256 k = 0; k < count; k++) {
            try vault.report{gas: gas + k * step}() returns (bool dead, uint256) {
                if (dead) deaths++;
                else lives++;
            } catch {}
        }
    }
}

/// Whoever would abandon a vault that lives, be paid twice, or keep others from leaving one that is dead.
contract FakeDeathAttackTest is DyingTest {
    function setUpNode() internal override {
        super.setUpNode();
        attachArbWasm();
        fundBoth();
    }

    function fundBoth() private {
        deposit(alice, 1_000 * USD);
        deposit(bob, 500 * USD);
    }

    function useFundedToken(string memory name, bytes memory initcode) private returns (address created) {
        created = useToken(name, initcode);
        fundBoth();
    }

    function test_no_gas_limit_makes_a_vault_that_lives_look_dead() public {
        Reporter reporter = Reporter(create("reporter", type(Reporter).creationCode));
        (uint256 deaths, uint256 lives) = reporter.sweep(hatch(), 2_000, 150, 500);
        vm.assertEq(deaths, 0);
        vm.assertGt(lives, 100);
        vm.assertLt(lives, 500);
        // Of a dead one, too little gas reports nothing.
        expire();
        (deaths, lives) = reporter.sweep(hatch(), 2_000, 150, 500);
        vm.assertEq(deaths, 1); // one in 24 hours
        vm.assertEq(lives, 0);
    }

    function test_each_of_three_programs_dies_of_each_of_three_causes_and_the_others_do_not_count() public {
        address[] memory all = programs();
        uint256[3] memory vital = [ACCOUNTS_PROGRAM, 9, 10];
        string memory id = checkpoint();
        for (uint256 k = 0; k < all.length; k++) {
            for (uint256 cause = 0; cause < 3; cause++) {
                kill(all[k], Cause(cause));
                (bool dead, uint256 count) = hatch().report();
                bool counts = k == vital[0] || k == vital[1] || k == vital[2];
                vm.assertEq(dead, counts);
                vm.assertEq(count, counts ? 1 : 0);
                id = restore(id);
            }
        }
    }

    /// EVM code was never activated, and never has to be: ArbWasm says the same of it as of a program that is dead.
    function test_a_guard_and_an_engine_of_evm_code_are_not_dead() public {
        bytes memory initcode = abi.encodePacked(
            hex"3d602d80600a3d3981f3363d3d373d3d3d363d73",
            factory.vaultImplementation(),
            hex"5af43d82803e903d91602b57fd5bf3"
        );
        vault = IMarginVault(create("clone", initcode));
        address code = address(token);
        IMarginVault.Instrument[] memory none;
        vault.initialize(owner, address(0), code, code, code, address(pool), new uint32[](0), none);
        (bool dead, uint256 count) = hatch().report();
        vm.assertFalse(dead);
        vm.assertEq(count, 0);
        (, address[] memory all, uint64[] memory times) = hatch().expiry();
        vm.assertEq(all[9], code);
        vm.assertEq(times[9], type(uint64).max);
    }

    /// The engine is dead, the accounts program is not, and the token calls in the middle of a withdrawal, when the account still has
    /// in storage what it is being paid.
    function test_nobody_escapes_in_the_middle_of_a_withdrawal() public {
        ReentrantToken reentrant = ReentrantToken(useFundedToken("reentrant", type(ReentrantToken).creationCode));
        address[] memory all = programs();
        kill(all[10], Cause.NeedsUpgrade);
        reportDays(REPORTS);
        reentrant.attack(address(vault), abi.encodeCall(IEscape.escape, (alice.account)));
        uint256 paid = withdraw(alice, 10 * USD);
        vm.assertTrue(reentrant.tried());
        vm.assertFalse(reentrant.reentered());
        vm.assertTrue(reentrant.reason() == IEscape.NotAtRest.selector);
        vm.assertFalse(hatch().isAbandoned());
        // At rest it may.
        reentrant.attack(address(0), "");
        vm.assertEq(escape(alice.account), 1_000 * USD - paid);
    }

    /// In the middle of one escape another may be made: both are paid, and none twice.
    function test_a_token_that_calls_back_pays_nobody_twice() public {
        ReentrantToken reentrant = ReentrantToken(useFundedToken("reentrant", type(ReentrantToken).creationCode));
        expire();
        reportDays(REPORTS);
        string memory id = checkpoint();
        reentrant.attack(address(vault), abi.encodeCall(IEscape.escape, (alice.account)));
        vm.assertEq(escape(alice.account), 1_000 * USD);
        vm.assertFalse(reentrant.reentered());
        vm.assertTrue(reentrant.reason() == IEscape.NothingToEscape.selector);
        vm.assertEq(token.balanceOf(alice.owner), 1_000 * USD);
        restore(id);
        reentrant.attack(address(vault), abi.encodeCall(IEscape.escape, (bob.account)));
        vm.assertEq(escape(alice.account), 1_000 * USD);
        vm.assertTrue(reentrant.reentered());
        vm.assertEq(token.balanceOf(alice.owner), 1_000 * USD);
        vm.assertEq(token.balanceOf(bob.owner), 500 * USD);
    }

    function test_whom_the_token_refuses_keeps_nobody_from_leaving() public {
        BlacklistToken listing = BlacklistToken(useFundedToken("listing", type(BlacklistToken).creationCode));
        expire();
        reportDays(REPORTS);
        listing.blacklist(alice.owner, true);
        vm.expectRevert(IEscape.TokenFailed.selector);
        escape(alice.account);
        vm.assertFalse(hatch().isAbandoned()); // not by an escape that failed
        vm.assertEq(escape(bob.account), 500 * USD);
        vm.expectRevert(IEscape.TokenFailed.selector);
        escape(alice.account);
        listing.blacklist(alice.owner, false);
        vm.assertEq(escape(alice.account), 1_000 * USD);
    }

    function test_a_token_that_returns_false_leaves_the_account_what_it_has() public {
        RefusingToken refusing = RefusingToken(useFundedToken("refusing", type(RefusingToken).creationCode));
        expire();
        reportDays(REPORTS);
        refusing.refuse(true);
        vm.expectRevert(IEscape.TokenFailed.selector);
        escape(alice.account);
        refusing.refuse(false);
        vm.assertEq(escape(alice.account), 1_000 * USD);
    }

    function test_what_fits_no_function_is_refused_with_its_error() public {
        bytes4[6] memory selectors = [
            IEscape.report.selector,
            IEscape.escape.selector,
            IEscape.escapable.selector,
            IEscape.isAbandoned.selector,
            IEscape.reports.selector,
            IEscape.expiry.selector
        ];
        vm.deal(address(this), 1 ether);
        for (uint256 k = 0; k < selectors.length; k++) {
            (bool success, bytes memory reason) =
                address(vault).call{value: 1}(abi.encodePacked(selectors[k], alice.account));
            vm.assertFalse(success);
            vm.assertTrue(bytes4(reason) == IEscape.ValueSent.selector);
        }
        for (uint256 length = 0; length < 32; length += 31) {
            bytes memory short = bytes.concat(IEscape.escape.selector, new bytes(length));
            (bool success, bytes memory reason) = address(vault).call(short);
            vm.assertFalse(success);
            vm.assertTrue(bytes4(reason) == IEscape.InvalidCalldata.selector);
        }
    }
}
