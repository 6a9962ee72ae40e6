// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {Stylus} from "../../script/lib/Stylus.sol";
import {vm} from "../support/Vm.sol";
import {Role} from "./Cast.sol";
import {VaultTable} from "./VaultTable.sol";

/// Forge's switch for the gas of a test.
interface Metering {
    function pauseGasMetering() external;
}

/// The code behind a vault, called where it stands: nobody owns it, and it does nothing.
contract ProgramMatrixTest is VaultTable {
    /// None: whatever changes state fails.
    bytes4[] private harmless;

    function setUpNode() internal override {
        super.setUpNode();
        deny(IMarginVault.initialize.selector, IMarginVault.NotAClone.selector);
    }

    function test_nobody_has_a_role_at_the_implementation() public {
        checkUnowned("IMarginVault", factory.vaultImplementation(), ANYONE, 0, harmless);
        checkEntrance("IMarginVault", factory.vaultImplementation(), false);
    }

    /// Nine ABIs take more gas than forge gives a test.
    function test_nobody_has_a_role_at_a_program() public {
        Metering(address(vm)).pauseGasMetering();
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
        checkServed();
    }

    /// In a call of its own, whose memory ends with it: what is deployed is long. Its code is active already, at other addresses.
    function checkProgram(string calldata name) external {
        address program = createOnNode(name, Stylus.initcode(name));
        bytes4 unserved = IMarginVault.UnknownFunction.selector;
        checkUnowned("IMarginVault", program, either(Role.Owner, Role.Stranger), unserved, harmless);
        checkEntrance("IMarginVault", program, false);
    }

    /// The programs that were tried know every function of the ABI, each but one of them: perpetuals and options are two programs,
    /// and so are accounts near debt and in it.
    function checkServed() private {
        string[] memory functions = functionsOf("IMarginVault");
        for (uint256 k = 0; k < functions.length; k++) {
            bytes4 selector = bytes4(keccak256(bytes(functions[k])));
            bool isShared = selector == IMarginVault.settle.selector || selector == IMarginVault.deleverage.selector;
            vm.assertEq(serving[functions[k]], isShared ? 2 : 1, functions[k]);
        }
    }
}
