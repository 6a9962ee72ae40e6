// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {vm} from "../support/Vm.sol";
import {VaultTable} from "./VaultTable.sol";

/// A vault, in every tier.
contract VaultMatrixTest is VaultTable {
    function test_every_function_as_every_role_in_every_tier() public {
        checkTiers("IMarginVault", address(vault));
    }

    function test_every_function_of_the_way_out_as_every_role_in_every_tier() public {
        checkTiers("IEscape", address(vault));
    }

    function test_the_way_out_changes_no_parameters() public {
        checkEffects("IEscape", address(vault));
    }

    function test_what_fits_no_function_is_refused_with_its_error() public {
        checkEntrance("IMarginVault", address(vault), true);
        vm.assertGt(dirtied, 60);
    }

    /// Of an option the other program settles the trade.
    function test_what_fits_no_trade_in_options_is_refused_with_its_error() public {
        addSettlement(option, markOf(option));
        checkEntranceOf(signatureOf(IMarginVault.settle.selector), address(vault), true);
        report();
        vm.assertEq(dirtied, 12); // four of each order, and of each signature where it is and how long
    }

    /// An account in debt goes to the bucket of debts when it is rebucketed; and once it is known to owe, the program of debts is asked
    /// first.
    function test_what_fits_no_closing_of_a_debt_is_refused_with_its_error() public {
        withdrawCover();
        perpetuals[ETH].price = 1_400 * FEED;
        for (uint256 k = 0; k < 4; k++) {
            pass(3 hours);
        }
        open(abi.encodeCall(IMarginVault.rebucket, (weak.account)));
        checkEntranceOf(signatureOf(IMarginVault.rebucket.selector), address(vault), true);
        vault.touch(weak.account);
        open(abi.encodeCall(IMarginVault.deleverage, (weak.account, 16)));
        checkEntranceOf(signatureOf(IMarginVault.deleverage.selector), address(vault), true);
        report();
    }

    function signatureOf(bytes4 selector) private returns (string memory) {
        string[] memory functions = functionsOf("IMarginVault");
        for (uint256 k = 0; k < functions.length; k++) {
            if (bytes4(keccak256(bytes(functions[k]))) == selector) return functions[k];
        }
        revert("no such function");
    }

    function test_nothing_but_governing_changes_parameters() public {
        checkEffects("IMarginVault", address(vault));
    }
}
