// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// The cheatcodes that read what earlier scripts wrote, and lists from the environment.
interface Json {
    function parseJsonAddress(string calldata json, string calldata key) external pure returns (address);
    function envOr(string calldata name, string calldata delimiter, address[] calldata fallbackValue)
        external
        view
        returns (address[] memory);
    function envAddress(string calldata name) external view returns (address);
}

// Where forge listens for cheatcodes.
Json constant json = Json(address(uint160(uint256(keccak256("hevm cheat code")))));
