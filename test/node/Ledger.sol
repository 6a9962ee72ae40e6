// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

/// A small contract whose every answer shows what it saw.
contract Ledger {
    event Added(address indexed sender, uint256 amount, uint256 total);

    error TooMuch(address sender, uint256 amount);

    uint256 public total;
    uint64 public lastAddedAt;
    mapping(address => uint256) public balanceOf;

    function add(uint256 amount) external payable returns (uint256) {
        if (amount > 1000) revert TooMuch(msg.sender, amount);
        balanceOf[msg.sender] += amount;
        lastAddedAt = uint64(block.timestamp);
        total += amount;
        emit Added(msg.sender, amount, total);
        return total;
    }

    function time() external view returns (uint256) {
        return block.timestamp;
    }

    function refuse() external pure {
        revert();
    }
}
