// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {Chain} from "./Chain.sol";
import {cheats} from "./Cheatcodes.sol";

/// Arbitrum's precompile that checks, compiles and registers Stylus programs.
interface IArbWasm {
    error ProgramNotActivated();
    error ProgramNeedsUpgrade(uint16 version, uint16 stylusVersion);
    error ProgramExpired(uint64 ageInSeconds);

    function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
    function codehashVersion(bytes32 codehash) external view returns (uint16 version);
    function stylusVersion() external view returns (uint16 version);
}

/// Creates, activates and constructs a Stylus contract in one transaction.
interface IStylusDeployer {
    function deploy(bytes calldata bytecode, bytes calldata initData, uint256 initValue, bytes32 salt)
        external
        payable
        returns (address);
}

/// Puts the Stylus programs that the build left in `out/contracts` on a chain.
library Stylus {
    using Chain for Chain.Session;

    error NotBuilt(string path);

    address private constant ARB_WASM = address(0x71);
    address private constant STYLUS_DEPLOYER = 0xcEcba2F1DC234f70Dd89F2041029807F8D03A990;
    /// Selector of every SDK constructor, whatever its arguments.
    bytes4 private constant CONSTRUCTOR = 0x5585258d;
    /// Sent along for the data fee; a program of the largest size costs a tenth of it, and the rest comes back.
    uint256 private constant ACTIVATION_VALUE = 0.01 ether;

    /// Creates `name` and activates its code unless the chain knows it already.
    function deployProgram(Chain.Session memory session, string memory name) internal returns (address program) {
        program = session.create(string.concat("create ", name), initcode(name));
        activate(session, name, program);
    }

    /// Deploys `name` through StylusDeployer, constructed with `arguments` in the same transaction, so that nobody
    /// can come first. The salt makes every deployment of one sender a new address.
    function deployConstructed(Chain.Session memory session, string memory name, bytes memory arguments)
        internal
        returns (address deployed)
    {
        bytes32 salt = keccak256(abi.encode(session.sender, session.nextNonce(), name));
        bytes memory data =
            abi.encodeCall(IStylusDeployer.deploy, (initcode(name), bytes.concat(CONSTRUCTOR, arguments), 0, salt));
        string memory what = string.concat("deploy ", name, " through StylusDeployer");
        bytes memory answer = session.call(what, STYLUS_DEPLOYER, ACTIVATION_VALUE, data);
        if (answer.length != 32) revert Chain.CallReverted(what, "StylusDeployer is not on this chain");
        deployed = abi.decode(answer, (address));
        session.send(what, STYLUS_DEPLOYER, ACTIVATION_VALUE, data);
        if (session.codeAt(deployed).length == 0) revert Chain.CallReverted(what, "no code at the new address");
    }

    /// The code that creates `name`, from the contract build.
    function initcode(string memory name) internal view returns (bytes memory) {
        string memory path = string.concat("out/contracts/", name, ".initcode");
        if (!cheats.isFile(path)) revert NotBuilt(string.concat(path, " is missing: run `make contracts` first"));
        return cheats.parseBytes(cheats.trim(cheats.readFile(path)));
    }

    function activate(Chain.Session memory session, string memory name, address program) private {
        if (isActive(session, keccak256(session.codeAt(program)))) return;
        bytes memory data = abi.encodeCall(IArbWasm.activateProgram, (program));
        session.send(string.concat("activate ", name), ARB_WASM, ACTIVATION_VALUE, data);
    }

    /// Whether code with this hash is active at the chain's current Stylus version.
    function isActive(Chain.Session memory session, bytes32 codehash) private returns (bool) {
        string memory query = string.concat(
            '[{"to":"',
            cheats.toString(ARB_WASM),
            '","data":"',
            cheats.toString(abi.encodeCall(IArbWasm.codehashVersion, (codehash))),
            '"},"latest"]'
        );
        try cheats.rpc(session.url, "eth_call", query) returns (bytes memory version) {
            bytes memory current =
                session.call("stylusVersion", ARB_WASM, 0, abi.encodeCall(IArbWasm.stylusVersion, ()));
            return keccak256(version) == keccak256(current);
        } catch {
            return false;
        }
    }
}
