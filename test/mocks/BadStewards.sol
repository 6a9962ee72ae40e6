// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

/// Stewards that do not say how many emergencies there were.
contract RevertingSteward {
    error NotToday();

    function emergencies() external pure returns (uint32) {
        revert NotToday();
    }
}

/// Takes all gas that it gets.
contract BurningSteward {
    function emergencies() external pure returns (uint32) {
        assembly ("memory-safe") {
            invalid()
        }
    }
}

/// Answers half a word.
contract TerseSteward {
    fallback() external {
        assembly ("memory-safe") {
            return(0, 16)
        }
    }
}

/// Answers a million bytes, the first word of which is zero.
contract WordySteward {
    fallback() external {
        assembly ("memory-safe") {
            return(0, 1000000)
        }
    }
}
