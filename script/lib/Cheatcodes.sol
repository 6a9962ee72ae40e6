// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

/// The cheatcodes of forge 1.7 that the deployment uses; the packaged forge-std is older than most of them.
interface Cheatcodes {
    function rpc(string calldata url, string calldata method, string calldata params) external returns (bytes memory);
    function toRlp(bytes[] calldata items) external pure returns (bytes memory);
    function sign(uint256 key, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function addr(uint256 key) external pure returns (address);
    function envOr(string calldata name, string calldata fallbackValue) external view returns (string memory);
    function envOr(string calldata name, uint256 fallbackValue) external view returns (uint256);
    function envOr(string calldata name, address fallbackValue) external view returns (address);
    function expectPartialRevert(bytes4 selector) external;
    function sleep(uint256 milliseconds) external;
    function isFile(string calldata path) external view returns (bool);
    function readFile(string calldata path) external view returns (string memory);
    function parseBytes(string calldata text) external pure returns (bytes memory);
    function toString(bytes calldata value) external pure returns (string memory);
    function toString(address value) external pure returns (string memory);
    function toString(uint256 value) external pure returns (string memory);
    function trim(string calldata text) external pure returns (string memory);
    function createDir(string calldata path, bool recursive) external;
    function serializeAddress(string calldata object, string calldata key, address value)
        external
        returns (string memory);
    function serializeUint(string calldata object, string calldata key, uint256 value) external returns (string memory);
    function writeJson(string calldata json, string calldata path) external;
}

// Where forge listens for cheatcodes: the address derived from keccak256("hevm cheat code").
Cheatcodes constant cheats = Cheatcodes(address(uint160(uint256(keccak256("hevm cheat code")))));
