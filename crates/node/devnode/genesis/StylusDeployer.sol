// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.30;

interface IArbWasm {
    function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
    function stylusVersion() external view returns (uint16);
    function codehashVersion(bytes32 codehash) external view returns (uint16);
}

/// Deploys a Stylus program, activates it if its code is new, and calls its constructor, all in one transaction.
///
/// It has the ABI and behaviour of the contract that Arbitrum chains have at 0xcEcba2F1DC234f70Dd89F2041029807F8D03A990,
/// and is written from the description of both.
contract StylusDeployer {
    IArbWasm private constant ARB_WASM = IArbWasm(0x0000000000000000000000000000000000000071);

    event ContractDeployed(address deployedContract);

    error ContractDeploymentError(bytes bytecode);
    error ContractInitializationError(address newContract, bytes data);
    error RefundExcessValueError(uint256 excessValue);
    error EmptyBytecode();
    error InitValueButNotInitData();

    /// @param bytecode Creation code of the program.
    /// @param initData Call that initialises it; none if empty.
    /// @param initValue Wei for that call. The rest of the value pays for activation, and what is left is refunded.
    /// @param salt Zero for CREATE, otherwise CREATE2 with `initSalt`.
    function deploy(bytes calldata bytecode, bytes calldata initData, uint256 initValue, bytes32 salt)
        external
        payable
        returns (address program)
    {
        program = _create(bytecode, salt == 0 ? bytes32(0) : initSalt(salt, initData));

        uint256 excess = msg.value - initValue;
        if (requiresActivation(program)) {
            (, uint256 dataFee) = ARB_WASM.activateProgram{value: excess}(program);
            excess -= dataFee;
        }

        if (initData.length != 0) {
            (bool initialized, bytes memory data) = program.call{value: initValue}(initData);
            if (!initialized) revert ContractInitializationError(program, data);
        } else if (initValue != 0) {
            revert InitValueButNotInitData();
        }

        if (excess != 0) {
            (bool refunded,) = msg.sender.call{value: excess}("");
            if (!refunded) revert RefundExcessValueError(excess);
        }
        emit ContractDeployed(program);
    }

    /// The salt of CREATE2: an address stands for one initialisation.
    function initSalt(bytes32 salt, bytes calldata initData) public pure returns (bytes32) {
        return keccak256(abi.encodePacked(salt, initData));
    }

    /// Whether the program at `addr` is not active at the chain's Stylus version.
    function requiresActivation(address addr) public view returns (bool) {
        uint16 current = ARB_WASM.stylusVersion();
        try ARB_WASM.codehashVersion(addr.codehash) returns (uint16 version) {
            return version != current;
        } catch {
            return true;
        }
    }

    function _create(bytes memory bytecode, bytes32 salt) private returns (address created) {
        if (bytecode.length == 0) revert EmptyBytecode();
        assembly ("memory-safe") {
            let start := add(bytecode, 0x20)
            switch salt
            case 0 { created := create(0, start, mload(bytecode)) }
            default { created := create2(0, start, mload(bytecode), salt) }
        }
        if (created != address(0)) return created;
        assembly ("memory-safe") {
            if returndatasize() {
                let reason := mload(0x40)
                returndatacopy(reason, 0, returndatasize())
                revert(reason, returndatasize())
            }
        }
        revert ContractDeploymentError(bytecode);
    }
}
