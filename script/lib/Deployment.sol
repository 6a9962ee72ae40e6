// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {MarginVault} from "../../contracts/vault/MarginVault.sol";
import {IMarketFactory} from "../../contracts/interfaces/IMarketFactory.sol";
import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {Chain} from "./Chain.sol";
import {cheats} from "./Cheatcodes.sol";
import {Stylus} from "./Stylus.sol";

/// The shared contracts of a Bulkhead installation; markets are created later, through the factory.
struct Installation {
    address guard;
    address riskEngine;
    address factory;
    address vaultImplementation;
    address poolImplementation;
    address quoteToken;
    address priceFeed;
    address sequencerFeed;
}

/// Deploys and wires the contracts that all markets share.
library Deployment {
    using Chain for Chain.Session;
    using Stylus for Chain.Session;

    /// Deploys the programs and sets the guardian, the registrar and the allowed quote token. The three mocks must be
    /// in `installation` already. The session's sender owns everything; pass it on with `transferOwnership`.
    function install(Chain.Session memory session, Installation memory installation, address guardian) internal {
        installation.vaultImplementation = createVault(session);
        installation.poolImplementation = session.deployProgram("insurance-pool");
        installation.guard = createGuard(session, session.sender, guardian, installation.sequencerFeed);
        installation.riskEngine = session.deployProgram("risk-engine");
        installation.factory = session.deployConstructed(
            "market-factory",
            abi.encode(
                session.sender,
                installation.guard,
                installation.riskEngine,
                installation.vaultImplementation,
                installation.poolImplementation
            )
        );
        wire(session, installation);
    }

    /// A guard, and the program of its settings.
    function createGuard(Chain.Session memory session, address owner, address guardian, address sequencerFeed)
        internal
        returns (address)
    {
        address settings = session.deployProgram("guard-settings");
        return session.deployConstructed("oracle-guard", abi.encode(owner, guardian, sequencerFeed, settings));
    }

    /// The programs of a vault, and the contract in front of them.
    function createVault(Chain.Session memory session) private returns (address) {
        bytes memory programs = abi.encode(
            session.deployProgram("vault-trading"),
            session.deployProgram("vault-option-trading"),
            session.deployProgram("vault-accounts"),
            session.deployProgram("vault-liquidation"),
            session.deployProgram("vault-deleveraging"),
            session.deployProgram("vault-debts"),
            session.deployProgram("vault-profits"),
            session.deployProgram("vault-registry"),
            session.deployProgram("vault-options")
        );
        return session.create("create the vault", bytes.concat(type(MarginVault).creationCode, programs));
    }

    function wire(Chain.Session memory session, Installation memory installation) private {
        session.send(
            "make the factory registrar",
            installation.guard,
            0,
            abi.encodeCall(IOracleGuard.setRegistrar, (installation.factory))
        );
        session.send(
            "allow the quote token",
            installation.factory,
            0,
            abi.encodeCall(IMarketFactory.setQuoteToken, (installation.quoteToken, true))
        );
    }

    /// Writes the addresses, the chain and its block to `path` as JSON.
    function save(Chain.Session memory session, Installation memory installation, string memory path) internal {
        string memory json = "deployment";
        cheats.serializeUint(json, "chainId", session.chainId);
        cheats.serializeUint(json, "block", session.blockNumber());
        cheats.serializeAddress(json, "owner", session.sender);
        cheats.serializeAddress(json, "guard", installation.guard);
        cheats.serializeAddress(json, "riskEngine", installation.riskEngine);
        cheats.serializeAddress(json, "factory", installation.factory);
        cheats.serializeAddress(json, "vaultImplementation", installation.vaultImplementation);
        cheats.serializeAddress(json, "poolImplementation", installation.poolImplementation);
        cheats.serializeAddress(json, "quoteToken", installation.quoteToken);
        cheats.serializeAddress(json, "priceFeed", installation.priceFeed);
        cheats.writeJson(cheats.serializeAddress(json, "sequencerFeed", installation.sequencerFeed), path);
    }
}
