// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// Who governs. The deployer may be none of them.
struct Charter {
    /// Receives all votes.
    address holder;
    /// Owners of the guardian multisig, and how many of them it takes: at least two.
    address[] guardians;
    uint256 threshold;
    /// Publishes implied volatilities to the guard; zero for nobody.
    address surfaceProvider;
}

/// The contracts that govern an installation.
struct Governance {
    address token;
    address timelock;
    address governor;
    /// The guardian multisig: trips breakers of the guard, and tightens through the steward.
    address guardian;
    address steward;
}
