// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IMarketFactory} from "../../contracts/interfaces/IMarketFactory.sol";
import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {IOwnable} from "../../contracts/interfaces/IOwnable.sol";
import {CastTest, Role} from "./Cast.sol";
import {Fingerprint} from "./Fingerprint.sol";

/// Knows when a parameter of any contract has changed, or who may change one.
abstract contract WatchedTest is CastTest {
    Fingerprint private reader;
    address[] private watched;
    bytes[] private queries;

    function setUpNode() internal virtual override {
        super.setUpNode();
        reader = Fingerprint(createOnNode("fingerprint", type(Fingerprint).creationCode));
        watchVault(address(vault));
        watchPool(address(pool));
        watchGuard();
        watchFactory();
    }

    /// Counts what `target` answers to `query` as a parameter.
    function watch(address target, bytes memory query) internal {
        watched.push(target);
        queries.push(query);
    }

    function fingerprint() internal view returns (bytes32) {
        return reader.read(watched, queries);
    }

    function watchOwner(address target) internal {
        watch(target, abi.encodeCall(IOwnable.owner, ()));
        watch(target, abi.encodeCall(IOwnable.pendingOwner, ()));
    }

    function watchVault(address target) internal {
        watchOwner(target);
        watch(target, abi.encodeCall(IMarginVault.engine, ()));
        watch(target, abi.encodeCall(IMarginVault.guard, ()));
        watch(target, abi.encodeCall(IMarginVault.instrument, (ETH)));
        watch(target, abi.encodeCall(IMarginVault.instrument, (BTC)));
        watch(target, abi.encodeCall(IMarginVault.instrument, (3))); // none: anyone lists options, the owner alone perpetuals
        watch(target, abi.encodeCall(IMarginVault.optionRules, (ETH)));
        watch(target, abi.encodeCall(IMarginVault.parameters, ()));
        watch(target, abi.encodeCall(IMarginVault.pool, ()));
        watch(target, abi.encodeCall(IMarginVault.quoteToken, ()));
        watch(target, abi.encodeCall(IMarginVault.steward, ()));
        watch(target, abi.encodeCall(IMarginVault.emergencies, ()));
    }

    function watchPool(address target) internal {
        watchOwner(target);
        watch(target, abi.encodeCall(IInsurancePool.factory, ()));
        watch(target, abi.encodeCall(IInsurancePool.isPromoted, ()));
        watch(target, abi.encodeCall(IInsurancePool.isVault, (address(vault))));
        watch(target, abi.encodeCall(IInsurancePool.isVault, (person(Role.Stranger))));
        watch(target, abi.encodeCall(IInsurancePool.parameters, ()));
        watch(target, abi.encodeCall(IInsurancePool.steward, ()));
        watch(target, abi.encodeCall(IInsurancePool.emergencies, ()));
    }

    function watchGuard() private {
        address target = address(guard);
        watchOwner(target);
        watch(target, abi.encodeCall(IOracleGuard.feed, (asset)));
        watch(target, abi.encodeCall(IOracleGuard.feed, ("new")));
        watch(target, abi.encodeCall(IOracleGuard.guardian, ()));
        watch(target, abi.encodeCall(IOracleGuard.parameters, ()));
        watch(target, abi.encodeCall(IOracleGuard.rangeLimits, (asset)));
        watch(target, abi.encodeCall(IOracleGuard.registrar, ()));
        watch(target, abi.encodeCall(IOracleGuard.sequencerUptimeFeed, ()));
        watch(target, abi.encodeCall(IOracleGuard.steward, ()));
        watch(target, abi.encodeCall(IOracleGuard.emergencies, ()));
        watch(target, abi.encodeCall(IOracleGuard.surfaceLimits, ()));
        watch(target, abi.encodeCall(IOracleGuard.surfaceProvider, ()));
    }

    function watchFactory() private {
        address target = address(factory);
        watchOwner(target);
        watch(target, abi.encodeCall(IMarketFactory.guard, ()));
        watch(target, abi.encodeCall(IMarketFactory.isQuoteToken, (address(token))));
        watch(target, abi.encodeCall(IMarketFactory.marketAt, (0)));
        watch(target, abi.encodeCall(IMarketFactory.minimumBond, (address(token))));
        watch(target, abi.encodeCall(IMarketFactory.poolImplementation, ()));
        watch(target, abi.encodeCall(IMarketFactory.riskEngine, ()));
        watch(target, abi.encodeCall(IMarketFactory.steward, ()));
        watch(target, abi.encodeCall(IMarketFactory.vaultImplementation, ()));
    }
}
