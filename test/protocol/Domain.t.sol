// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {vm} from "../support/Vm.sol";
import {ProtocolTest, Trader} from "./Protocol.sol";

/// The domain that a vault tells (ERC-5267): whoever knows nothing else signs for it.
contract DomainTest is ProtocolTest {
    bytes32 private constant ORDER_TYPE = keccak256(
        "Order(bytes32 account,uint32 instrument,int256 size,uint256 limitPrice,uint256 nonce,uint64 expiry,bool maker,bool reduceOnly)"
    );

    struct Domain {
        bytes1 fields;
        string name;
        string version;
        uint256 chainId;
        address verifyingContract;
        bytes32 salt;
        uint256[] extensions;
    }

    function domainOf(address told) private view returns (Domain memory domain) {
        (
            domain.fields,
            domain.name,
            domain.version,
            domain.chainId,
            domain.verifyingContract,
            domain.salt,
            domain.extensions
        ) = IERC5267(told).eip712Domain();
    }

    /// The separator of a domain, whose type follows from its fields, and what they are: as the standard has it.
    function separator(Domain memory domain) private pure returns (bytes32) {
        uint8 fields = uint8(domain.fields);
        string[5] memory members =
            ["string name", "string version", "uint256 chainId", "address verifyingContract", "bytes32 salt"];
        bytes32[5] memory values = [
            keccak256(bytes(domain.name)),
            keccak256(bytes(domain.version)),
            bytes32(domain.chainId),
            bytes32(uint256(uint160(domain.verifyingContract))),
            domain.salt
        ];
        bytes memory encoded;
        string memory described;
        for (uint256 k = 0; k < 5; k++) {
            if (fields >> k & 1 == 0) continue;
            described = string.concat(described, bytes(described).length == 0 ? "" : ",", members[k]);
            encoded = bytes.concat(encoded, values[k]);
        }
        bytes32 domainType = keccak256(bytes(string.concat("EIP712Domain(", described, ")")));
        return keccak256(bytes.concat(domainType, encoded));
    }

    function signFor(Trader memory trader, IMarginVault.Order memory signed) private view returns (bytes memory) {
        bytes32 body = keccak256(abi.encode(ORDER_TYPE, signed));
        return
            signDigest(trader.key, keccak256(abi.encodePacked("\x19\x01", separator(domainOf(address(vault))), body)));
    }

    function test_orders_that_are_signed_by_what_the_vault_tells_are_settled() public {
        deposit(alice, 1_000 * USD);
        deposit(bob, 1_000 * USD);
        IMarginVault.Order memory maker = order(bob, -10e18, 200e18, true);
        IMarginVault.Order memory taker = order(alice, 10e18, 200e18, false);
        vault.settle(maker, signFor(bob, maker), taker, signFor(alice, taker), 10e18);
        vm.assertEq(sizeOf(alice), 10e18);
    }

    function test_each_vault_tells_its_own() public {
        Domain memory domain = domainOf(address(vault));
        vm.assertTrue(domain.fields == 0x0f);
        vm.assertEq(domain.name, "Bulkhead");
        vm.assertEq(domain.version, "1");
        vm.assertEq(domain.chainId, CHAIN_ID);
        vm.assertEq(domain.verifyingContract, address(vault));
        vm.assertEq(domain.salt, bytes32(0));
        vm.assertEq(domain.extensions.length, 0);
        address first = address(vault);
        openMarket("another");
        vm.assertEq(domainOf(address(vault)).verifyingContract, address(vault));
        vm.assertNotEq(address(vault), first);
        vm.assertNotEq(separator(domainOf(address(vault))), separator(domain));
    }
}
