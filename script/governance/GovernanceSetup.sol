// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {SafeL2} from "@safe-global/safe-smart-account/contracts/SafeL2.sol";
import {ISafe} from "@safe-global/safe-smart-account/contracts/interfaces/ISafe.sol";
import {
    CompatibilityFallbackHandler
} from "@safe-global/safe-smart-account/contracts/handler/CompatibilityFallbackHandler.sol";
import {SafeProxyFactory} from "@safe-global/safe-smart-account/contracts/proxies/SafeProxyFactory.sol";
import {BulkheadGovernor} from "../../contracts/governance/BulkheadGovernor.sol";
import {BulkheadToken} from "../../contracts/governance/BulkheadToken.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IMarketFactory} from "../../contracts/interfaces/IMarketFactory.sol";
import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {IOwnable} from "../../contracts/interfaces/IOwnable.sol";
import {Chain} from "../lib/Chain.sol";
import {Stylus} from "../lib/Stylus.sol";
import {Emergencies} from "./Emergencies.sol";
import {Charter, Governance} from "./Governance.sol";
import {Verification} from "./Verification.sol";

/// Deploys governance and hands an installation over to it. Afterwards the timelock owns every contract, the governor alone
/// can use the timelock, and the deployer has no role in anything; `Verification` asks the chain whether that is so.
library GovernanceSetup {
    using Chain for Chain.Session;
    using Stylus for Chain.Session;

    /// The deployer was to hold votes, to be a guardian or to publish volatilities.
    error NothingForDeployer(address deployer);

    /// Time between the decision and what it does.
    uint256 internal constant TIMELOCK_DELAY = 24 hours;

    /// The session's sender has to own guard, factory and every market. All that has to change is changed before ownership
    /// goes, so that nothing is left for a proposal to finish. Anybody may create a market between any two of these steps: it ends
    /// like every other, since the factory goes first.
    function install(Chain.Session memory session, address guard, address factory, Charter memory charter)
        internal
        returns (Governance memory governance)
    {
        governance = found(session, charter);
        connect(session, governance, guard, charter.surfaceProvider);
        handOverFactory(session, governance, factory);
        handOverOthers(session, governance, guard, factory);
        leave(session, governance);
        Verification.check(session, governance, guard, factory, session.sender);
    }

    /// The contracts that will govern. The deployer still has every role in the timelock, and owns the steward.
    function found(Chain.Session memory session, Charter memory charter)
        internal
        returns (Governance memory governance)
    {
        refuseDeployer(session.sender, charter);
        governance.timelock = createTimelock(session);
        governance.token = session.create(
            "create the votes", bytes.concat(type(BulkheadToken).creationCode, abi.encode(charter.holder))
        );
        governance.governor = session.create(
            "create the governor",
            bytes.concat(type(BulkheadGovernor).creationCode, abi.encode(governance.token, governance.timelock))
        );
        governance.guardian = createSafe(session, charter);
        governance.steward = session.deployConstructed("risk-steward", abi.encode(session.sender, governance.guardian));
    }

    function refuseDeployer(address deployer, Charter memory charter) private pure {
        bool named = charter.holder == deployer || charter.surfaceProvider == deployer;
        for (uint256 k = 0; k < charter.guardians.length; k++) {
            named = named || charter.guardians[k] == deployer;
        }
        if (named) revert NothingForDeployer(deployer);
    }

    /// Without delay, and with the deployer in every role, until `handOver`.
    function createTimelock(Chain.Session memory session) private returns (address) {
        address[] memory deployer = new address[](1);
        deployer[0] = session.sender;
        bytes memory arguments = abi.encode(0, deployer, deployer, session.sender);
        return session.create("create the timelock", bytes.concat(type(TimelockController).creationCode, arguments));
    }

    /// A Safe of its own singleton and factory, set up in the transaction that creates it.
    function createSafe(Chain.Session memory session, Charter memory charter) private returns (address safe) {
        address singleton = session.create("create the Safe singleton", type(SafeL2).creationCode);
        address factory = session.create("create the Safe factory", type(SafeProxyFactory).creationCode);
        address handler =
            session.create("create the Safe fallback handler", type(CompatibilityFallbackHandler).creationCode);
        bytes memory setup = abi.encodeCall(
            ISafe.setup,
            (charter.guardians, charter.threshold, address(0), "", handler, address(0), 0, payable(address(0)))
        );
        bytes memory data =
            abi.encodeCall(SafeProxyFactory.createProxyWithNonce, (singleton, setup, uint256(uint160(session.sender))));
        safe = abi.decode(session.call("create the guardian Safe", factory, 0, data), (address));
        session.send("create the guardian Safe", factory, 0, data);
    }

    /// Gives the guardian, the steward and the surface provider their roles in the guard, whoever had them.
    function connect(Chain.Session memory session, Governance memory governance, address guard, address provider)
        internal
    {
        session.send(
            "make the Safe guardian", guard, 0, abi.encodeCall(IOracleGuard.setGuardian, (governance.guardian))
        );
        nameSteward(session, governance, guard);
        session.send("name the surface provider", guard, 0, abi.encodeCall(IOracleGuard.setSurfaceProvider, (provider)));
    }

    /// Makes the steward that of the guard, a vault or a pool, which knows what its present one counts.
    function nameSteward(Chain.Session memory session, Governance memory governance, address target) private {
        uint32 emergencies = Emergencies.known(session, target);
        bytes memory data = abi.encodeCall(IMarginVault.setSteward, (governance.steward, emergencies));
        session.send("name the steward", target, 0, data);
    }

    /// From here on every market is born with governance's steward, the timelock as owner and as treasury, so that those which the
    /// deployer owns are all that there will ever be of them.
    function handOverFactory(Chain.Session memory session, Governance memory governance, address factory) internal {
        bytes memory ofNewMarkets = abi.encodeCall(IMarketFactory.setSteward, (governance.steward));
        session.send("make the steward the factory's", factory, 0, ofNewMarkets);
        address[] memory one = new address[](1);
        one[0] = factory;
        transfer(session, governance.timelock, one, false);
    }

    /// Guard, steward, and vault and pool of every market that was created while the deployer owned the factory, whoever created it.
    /// The timelock takes on its delay with them.
    function handOverOthers(Chain.Session memory session, Governance memory governance, address guard, address factory)
        internal
    {
        uint256 count = marketCount(session, factory);
        address[] memory owned = new address[](2 + 2 * count);
        (owned[0], owned[1]) = (guard, governance.steward);
        uint256 found_ = 2;
        for (uint256 k = 0; k < count; k++) {
            (address vault, address pool) = marketAt(session, factory, k);
            if (ownerOf(session, vault) != session.sender) continue;
            connectMarket(session, governance, vault, pool);
            (owned[found_], owned[found_ + 1]) = (vault, pool);
            found_ += 2;
        }
        assembly ("memory-safe") {
            mstore(owned, found_)
        }
        transfer(session, governance.timelock, owned, true);
    }

    /// Gives the steward its role in vault and pool; the timelock becomes the treasury where the deployer was.
    function connectMarket(Chain.Session memory session, Governance memory governance, address vault, address pool)
        private
    {
        nameSteward(session, governance, vault);
        nameSteward(session, governance, pool);
        bytes memory answer = session.call("parameters", vault, 0, abi.encodeCall(IMarginVault.parameters, ()));
        IMarginVault.Parameters memory parameters = abi.decode(answer, (IMarginVault.Parameters));
        if (parameters.treasury != session.sender) return;
        parameters.treasury = governance.timelock;
        uint32 emergencies = Emergencies.known(session, vault);
        session.send(
            "make the timelock the treasury",
            vault,
            0,
            abi.encodeCall(IMarginVault.setParameters, (parameters, emergencies))
        );
    }

    /// Offers contracts to the timelock, which accepts them in one operation, and takes on its delay with the last.
    function transfer(Chain.Session memory session, address timelock, address[] memory owned, bool last) private {
        uint256 count = owned.length;
        (address[] memory targets, bytes[] memory calls) =
            (new address[](last ? count + 1 : count), new bytes[](last ? count + 1 : count));
        for (uint256 k = 0; k < count; k++) {
            bytes memory offer = abi.encodeCall(IOwnable.transferOwnership, (timelock));
            session.send("offer ownership to the timelock", owned[k], 0, offer);
            (targets[k], calls[k]) = (owned[k], abi.encodeCall(IOwnable.acceptOwnership, ()));
        }
        if (last) {
            (targets[count], calls[count]) =
            (timelock, abi.encodeCall(TimelockController.updateDelay, (TIMELOCK_DELAY)));
        }
        operate(session, timelock, targets, calls);
    }

    /// One operation of the timelock, which has no delay yet.
    function operate(Chain.Session memory session, address timelock, address[] memory targets, bytes[] memory calls)
        private
    {
        uint256[] memory values = new uint256[](targets.length);
        bytes memory schedule =
            abi.encodeCall(TimelockController.scheduleBatch, (targets, values, calls, bytes32(0), bytes32(0), 0));
        session.send("schedule that the timelock accepts", timelock, 0, schedule);
        bytes memory execute =
            abi.encodeCall(TimelockController.executeBatch, (targets, values, calls, bytes32(0), bytes32(0)));
        session.send("let the timelock accept", timelock, 0, execute);
    }

    /// The governor takes the deployer's place in the timelock.
    function leave(Chain.Session memory session, Governance memory governance) internal {
        address timelock = governance.timelock;
        bytes32[3] memory roles = [keccak256("PROPOSER_ROLE"), keccak256("CANCELLER_ROLE"), keccak256("EXECUTOR_ROLE")];
        for (uint256 k = 0; k < roles.length; k++) {
            session.send(
                "give the governor its role",
                timelock,
                0,
                abi.encodeCall(IAccessControl.grantRole, (roles[k], governance.governor))
            );
            renounce(session, timelock, roles[k]);
        }
        renounce(session, timelock, bytes32(0));
    }

    function renounce(Chain.Session memory session, address timelock, bytes32 role) private {
        bytes memory data = abi.encodeCall(IAccessControl.renounceRole, (role, session.sender));
        session.send("take the deployer's role away", timelock, 0, data);
    }

    function ownerOf(Chain.Session memory session, address target) private returns (address) {
        return abi.decode(session.call("owner", target, 0, abi.encodeCall(IOwnable.owner, ())), (address));
    }

    function marketCount(Chain.Session memory session, address factory) private returns (uint256) {
        bytes memory answer = session.call("marketCount", factory, 0, abi.encodeCall(IMarketFactory.marketCount, ()));
        return abi.decode(answer, (uint256));
    }

    function marketAt(Chain.Session memory session, address factory, uint256 k)
        private
        returns (address vault, address pool)
    {
        bytes memory answer = session.call("marketAt", factory, 0, abi.encodeCall(IMarketFactory.marketAt, (k)));
        (vault, pool,) = abi.decode(answer, (address, address, uint8));
    }
}
