// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {vm} from "../support/Vm.sol";
import {VaultTable} from "./VaultTable.sol";

/// A vault, in every tier.
contract VaultMatrixTest is VaultTable {
    function test_every_function_as_every_role_in_every_tier() public {
        checkTiers("IMarginVault", address(vault));
    }

    function test_what_fits_no_function_is_refused_with_its_error() public {
        checkEntrance("IMarginVault", address(vault), true);
        vm.assertGt(dirtied, 60);
    }

    function test_nothing_but_governing_changes_parameters() public {
        checkEffects("IMarginVault", address(vault));
    }
}
