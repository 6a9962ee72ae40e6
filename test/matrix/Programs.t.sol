// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {Chain} from "../../script/lib/Chain.sol";
import {Stylus} from "../../script/lib/Stylus.sol";
import {Node} from "../support/Node.sol";
import {Role} from "./Cast.sol";
import {VaultTable} from "./VaultTable.sol";

/// The code behind a vault, called where it stands: nobody owns it, and nobody comes to.
contract ProgramMatrixTest is VaultTable {
    using Stylus for Chain.Session;

    bytes4[] private harmless;

    function setUpNode() internal override {
        super.setUpNode();
        deny(IMarginVault.initialize.selector, IMarginVault.NotAClone.selector);
        // Orders and signers of the caller, where nothing is traded; and accounts, of which there are none.
        harmless.push(IMarginVault.cancel.selector);
        harmless.push(IMarginVault.setSigner.selector);
        harmless.push(IMarginVault.touch.selector);
        harmless.push(IMarginVault.convert.selector);
        harmless.push(IMarginVault.liquidateBatch.selector);
        // Of an account that is not in debt, the program of debts settles the legs and answers nothing.
        harmless.push(IMarginVault.deleverage.selector);
    }

    function test_nobody_has_a_role_at_the_implementation() public {
        checkUnowned("IMarginVault", factory.vaultImplementation(), ANYONE, 0, harmless);
        checkEntrance("IMarginVault", factory.vaultImplementation(), false);
    }

    function test_nobody_has_a_role_at_a_program() public {
        string[9] memory programs = [
            "vault-trading",
            "vault-option-trading",
            "vault-accounts",
            "vault-liquidation",
            "vault-deleveraging",
            "vault-debts",
            "vault-profits",
            "vault-registry",
            "vault-options"
        ];
        for (uint256 k = 0; k < programs.length; k++) {
            this.checkProgram(programs[k]);
        }
    }

    /// In a call of its own, whose memory ends with it: what is deployed is long.
    function checkProgram(string calldata name) external {
        address program = Chain.open(Node.url(), OWNER_KEY).deployProgram(name);
        bytes4 unserved = IMarginVault.UnknownFunction.selector;
        checkUnowned("IMarginVault", program, either(Role.Owner, Role.Stranger), unserved, harmless);
    }
}
