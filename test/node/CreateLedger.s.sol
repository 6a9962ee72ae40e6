// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {Ledger} from "./Ledger.sol";

interface Broadcasting {
    function startBroadcast() external;
    function stopBroadcast() external;
}

/// Two transactions in forge's own manner: simulated here, then broadcast to the node.
contract CreateLedger {
    Broadcasting private constant vm = Broadcasting(address(uint160(uint256(keccak256("hevm cheat code")))));

    function run() external returns (Ledger ledger) {
        vm.startBroadcast();
        ledger = new Ledger();
        ledger.add(42);
        vm.stopBroadcast();
    }
}
