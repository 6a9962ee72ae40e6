// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {IOwnable} from "./IOwnable.sol";

/// Junior capital of one isolated market, held as ERC-4626 shares over the vault's quote token.
/// `withdraw` and `redeem` serve only what a request has made claimable.
interface IInsurancePool is IERC4626, IOwnable {
    struct Parameters {
        uint32 cooldown; // seconds from a request until it may be claimed
        uint32 claimWindow; // seconds in which it may be claimed
        uint64 dailyDrawShare; // WAD share of the assets at a day's start that one vault may draw that day
    }

    event RedeemRequested(address indexed owner, address indexed receiver, uint256 shares, uint64 claimableAt);
    event Covered(address indexed vault, uint256 amount, uint256 paid);
    event VaultSet(address indexed vault, bool registered);
    event Harvested(address indexed vault, uint256 assets);
    event ParametersSet(Parameters parameters);

    /// `vault` is registered to draw; its account of this pool receives penalties.
    function initialize(address owner, address asset, address vault) external; // a clone, once
    function setVault(address vault, bool registered) external; // owner
    function isVault(address vault) external view returns (bool);
    function setParameters(Parameters calldata parameters) external; // owner
    function parameters() external view returns (Parameters memory);

    function requestRedeem(uint256 shares, address receiver) external returns (uint64 claimableAt);
    function cover(uint256 amount) external returns (uint256 paid); // registered vaults
    function available(address vault) external view returns (uint256 amount); // what `cover` would pay it now
    function harvest(address vault) external returns (uint256 assets); // anyone: fetch the pool's income from a vault
}
