// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

/// A steward of which a contract asks how many emergencies there were, and nothing else.
contract StewardCounter {
    uint32 public emergencies;

    function setEmergencies(uint32 counted) external {
        emergencies = counted;
    }
}
