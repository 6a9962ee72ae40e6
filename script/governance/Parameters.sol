// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {IRiskSteward} from "../../contracts/interfaces/IRiskSteward.sol";

/// Every struct of parameters that the steward knows, as words: each field is one.
library Parameters {
    error UnknownKind(uint8 kind);

    uint8 internal constant VAULT = 0;
    uint8 internal constant INSTRUMENT = 1;
    uint8 internal constant GUARD = 2;
    uint8 internal constant RANGE_LIMITS = 3;
    uint8 internal constant POOL = 4;
    uint8 internal constant OPTION_RULES = 5;
    uint8 internal constant SURFACE_LIMITS = 6;

    /// The call that reads the struct.
    function getter(IRiskSteward.Subject memory subject) internal pure returns (bytes memory) {
        uint8 kind = subject.kind;
        if (kind == VAULT) return abi.encodeCall(IMarginVault.parameters, ());
        if (kind == INSTRUMENT) return abi.encodePacked(IMarginVault.instrument.selector, subject.key);
        if (kind == GUARD) return abi.encodeCall(IOracleGuard.parameters, ());
        if (kind == RANGE_LIMITS) return abi.encodeCall(IOracleGuard.rangeLimits, (subject.key));
        if (kind == POOL) return abi.encodeCall(IInsurancePool.parameters, ());
        if (kind == OPTION_RULES) return abi.encodePacked(IMarginVault.optionRules.selector, subject.key);
        if (kind == SURFACE_LIMITS) return abi.encodeCall(IOracleGuard.surfaceLimits, ());
        revert UnknownKind(kind);
    }

    /// The call that sets the struct to `words`, written when the stewards had counted so many `emergencies`.
    function setter(IRiskSteward.Subject memory subject, bytes memory words, uint32 emergencies)
        internal
        pure
        returns (bytes memory)
    {
        uint8 kind = subject.kind;
        words = bytes.concat(words, abi.encode(emergencies));
        if (kind == VAULT) return bytes.concat(IMarginVault.setParameters.selector, words);
        if (kind == INSTRUMENT) return bytes.concat(IMarginVault.setInstrument.selector, subject.key, words);
        if (kind == GUARD) return bytes.concat(IOracleGuard.setParameters.selector, words);
        if (kind == RANGE_LIMITS) return bytes.concat(IOracleGuard.setRangeLimits.selector, subject.key, words);
        if (kind == POOL) return bytes.concat(IInsurancePool.setParameters.selector, words);
        if (kind == OPTION_RULES) return bytes.concat(IMarginVault.setOptionRules.selector, subject.key, words);
        if (kind == SURFACE_LIMITS) return bytes.concat(IOracleGuard.setSurfaceLimits.selector, words);
        revert UnknownKind(kind);
    }

    /// `words` with the field at a place replaced.
    function replaced(bytes memory words, uint8 field, uint256 value) internal pure returns (bytes memory changed) {
        require((uint256(field) + 1) * 32 <= words.length, "no such field");
        changed = bytes.concat(words);
        assembly ("memory-safe") {
            mstore(add(changed, add(32, mul(field, 32))), value)
        }
    }
}
