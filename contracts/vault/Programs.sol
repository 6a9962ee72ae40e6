// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

/// Arbitrum's precompile that knows which Stylus programs are active.
interface IArbWasm {
    error ProgramNotActivated();
    error ProgramNeedsUpgrade(uint16 version, uint16 stylusVersion);
    error ProgramExpired(uint64 ageInSeconds);
    error ProgramKeepaliveTooSoon(uint64 ageInSeconds);

    function programTimeLeft(address program) external view returns (uint64 secs);
    function codehashKeepalive(bytes32 codehash) external payable;
}

/// What there is to know of a program's life.
enum Life {
    /// Nothing: ArbWasm has not answered, or nothing is deployed.
    Unknown,
    Lives,
    /// EVM code, which no activation ends.
    Forever,
    Dead
}

/// Lives of Stylus programs, as ArbWasm tells them.
library Programs {
    address internal constant ARB_WASM = address(0x71);

    /// What the code of every Stylus program begins with, whatever its version.
    bytes2 private constant STYLUS = 0xeff0;

    /// Whether the program lives, and for how many seconds. Only an error of ArbWasm's own is death. What a caller can bring about, too
    /// little gas or too deep a call, returns nothing, and nothing is neither life nor death.
    function lifeOf(address program) internal view returns (Life life, uint64 left) {
        bytes memory question = abi.encodeCall(IArbWasm.programTimeLeft, (program));
        address asked = ARB_WASM;
        bool success;
        uint256 size;
        bytes32 word;
        // The answer's first word is all that counts: a time, or the selector of an error.
        assembly ("memory-safe") {
            mstore(0, 0)
            success := staticcall(gas(), asked, add(question, 32), mload(question), 0, 32)
            size := returndatasize()
            word := mload(0)
        }
        if (success) return size == 32 ? (Life.Lives, uint64(uint256(word))) : (Life.Unknown, 0);
        bytes4 reason = bytes4(word);
        if (reason == IArbWasm.ProgramNotActivated.selector) return (lifeOfInactive(program), 0);
        bool dead = reason == IArbWasm.ProgramExpired.selector || reason == IArbWasm.ProgramNeedsUpgrade.selector;
        return (dead ? Life.Dead : Life.Unknown, 0);
    }

    /// Of what was never activated: ArbWasm says so of all that is not a program, too.
    function lifeOfInactive(address program) private view returns (Life) {
        if (program.code.length == 0) return Life.Unknown;
        bytes2 start;
        assembly ("memory-safe") {
            extcodecopy(program, 0, 0, 2)
            start := and(mload(0), shl(240, 0xffff))
        }
        return start == STYLUS ? Life.Dead : Life.Forever;
    }

    /// Extends a program's life out of `value` of this contract's ether; ArbWasm sends back what it does not take. Returns whether it
    /// has, and, unless only its time has not come yet, with what ArbWasm has refused.
    function extend(address program, uint256 value) internal returns (bool extended, bytes memory refusal) {
        bytes memory data = abi.encodeCall(IArbWasm.codehashKeepalive, (program.codehash));
        (extended, refusal) = ARB_WASM.call{value: value}(data);
        if (extended || bytes4(refusal) == IArbWasm.ProgramKeepaliveTooSoon.selector) refusal = "";
        else if (refusal.length == 0) refusal = "no reason";
    }
}
