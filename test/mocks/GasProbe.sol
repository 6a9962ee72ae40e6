// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IERC20} from "@openzeppelin/contracts/interfaces/IERC20.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {Lens} from "../protocol/Lens.sol";

/// A caller that gives the vault as much gas as it is told to, and says what that led to without keeping it. It owns accounts and
/// signs everything (ERC-1271).
contract GasProbe is IERC1271 {
    /// How a call with one gas limit ended: a fingerprint of all that the vault says afterwards.
    struct Outcome {
        bool success;
        bytes32 fingerprint;
    }

    error Tried(Outcome outcome);

    /// More than what it costs to call the vault, beside the gas that the vault gets: an address not yet accessed, and memory.
    uint256 private constant CALL_COST = 20_000;

    IMarginVault private immutable vault;
    Lens private immutable lens;

    constructor(IMarginVault vault_, Lens lens_) {
        (vault, lens) = (vault_, lens_);
        IERC20(vault_.quoteToken()).approve(address(vault_), type(uint256).max);
    }

    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return IERC1271.isValidSignature.selector;
    }

    /// Calls the vault for good.
    function call(bytes calldata data) external {
        (bool success, bytes memory answer) = address(vault).call(data);
        if (success) return;
        assembly ("memory-safe") {
            revert(add(answer, 32), mload(answer))
        }
    }

    /// Calls the vault with `gas`, no less, and reverts with the outcome.
    function attempt(bytes calldata data, uint256 gas, bytes32[] calldata accounts, uint32[] calldata instruments)
        external
    {
        require(gasleft() - gasleft() / 64 > gas + CALL_COST, "less gas than the vault is to get");
        (bool success,) = address(vault).call{gas: gas}(data);
        revert Tried(Outcome(success, lens.fingerprint(vault, accounts, instruments)));
    }

    /// The outcomes of `count` gas limits from `gas` on, `step` apart.
    function sweep(
        bytes calldata data,
        uint256 gas,
        uint256 step,
        uint256 count,
        bytes32[] calldata accounts,
        uint32[] calldata instruments
    ) external returns (Outcome[] memory outcomes) {
        outcomes = new Outcome[](count);
        for (uint256 k = 0; k < count; k++) {
            try this.attempt(data, gas + k * step, accounts, instruments) {}
            catch (bytes memory reason) {
                require(bytes4(reason) == Tried.selector, "the probe itself ran out of gas");
                outcomes[k] = decode(reason);
            }
        }
    }

    function decode(bytes memory reason) private pure returns (Outcome memory) {
        assembly ("memory-safe") {
            mstore(add(reason, 4), sub(mload(reason), 4))
            reason := add(reason, 4)
        }
        return abi.decode(reason, (Outcome));
    }
}

/// The same as forge is to see it: nothing is kept, so it is asked with a static call, which reaches the node as `eth_call`.
interface IGasProbe {
    function sweep(
        bytes calldata data,
        uint256 gas,
        uint256 step,
        uint256 count,
        bytes32[] calldata accounts,
        uint32[] calldata instruments
    ) external view returns (GasProbe.Outcome[] memory outcomes);
}
