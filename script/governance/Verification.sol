// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {ISafe} from "@safe-global/safe-smart-account/contracts/interfaces/ISafe.sol";
import {BulkheadGovernor} from "../../contracts/governance/BulkheadGovernor.sol";
import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IMarketFactory} from "../../contracts/interfaces/IMarketFactory.sol";
import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {IOwnable} from "../../contracts/interfaces/IOwnable.sol";
import {IRiskSteward} from "../../contracts/interfaces/IRiskSteward.sol";
import {Chain} from "../lib/Chain.sol";
import {Governance} from "./Governance.sol";

/// What is true of an installation that governance has taken over: it belongs to the timelock, the governor alone uses that, and
/// whoever deployed it has nothing. Read from the chain, by the script that hands over and by anybody who wants to know.
library Verification {
    using Chain for Chain.Session;

    /// `what` of `target` is not what it has to be.
    error NotGoverned(string what, address target, uint256 found);

    /// Where a Safe keeps who may veto its transactions, and those of its modules.
    uint256 private constant SAFE_GUARD_SLOT = 0x4a204f620c8c5ccdca3fd54d003badd85ba500436a431f0cbda4f558c93c34c8;
    uint256 private constant SAFE_MODULE_GUARD_SLOT =
        0xb104e0b93118902c651344349b610029d694cfdec91c589c91ebafbcd0289947;
    /// Begins a Safe's list of modules.
    address private constant SAFE_SENTINEL = address(1);
    uint256 private constant LEAST_THRESHOLD = 2;

    /// Reverts with the first thing that is amiss.
    function check(
        Chain.Session memory session,
        Governance memory governance,
        address guard,
        address factory,
        address deployer
    ) internal {
        checkTimelock(session, governance, deployer);
        checkVotes(session, governance, deployer);
        checkSafe(session, governance.guardian, deployer);
        checkRoles(session, governance, guard, factory, deployer);
        checkOwned(session, governance, guard);
        checkOwned(session, governance, factory);
        checkOwned(session, governance, governance.steward);
        uint256 count = word(session, factory, abi.encodeCall(IMarketFactory.marketCount, ()), 0);
        for (uint256 k = 0; k < count; k++) {
            checkMarket(session, governance, factory, k, deployer);
        }
    }

    function checkTimelock(Chain.Session memory session, Governance memory governance, address deployer) private {
        address timelock = governance.timelock;
        expectAtLeast(session, "delay", timelock, abi.encodeCall(TimelockController.getMinDelay, ()), 1 hours);
        bytes32[4] memory roles =
            [bytes32(0), keccak256("PROPOSER_ROLE"), keccak256("CANCELLER_ROLE"), keccak256("EXECUTOR_ROLE")];
        for (uint256 k = 0; k < roles.length; k++) {
            bool isAdmin = roles[k] == bytes32(0);
            expectRole(session, timelock, roles[k], timelock, isAdmin);
            expectRole(session, timelock, roles[k], governance.governor, !isAdmin);
            expectRole(session, timelock, roles[k], deployer, false);
            expectRole(session, timelock, roles[k], governance.guardian, false);
            expectRole(session, timelock, roles[k], address(0), false); // which would be everybody
        }
    }

    function expectRole(Chain.Session memory session, address timelock, bytes32 role, address who, bool has) private {
        bytes memory query = abi.encodeCall(IAccessControl.hasRole, (role, who));
        expect(session, "role", timelock, query, has ? 1 : 0);
    }

    function checkVotes(Chain.Session memory session, Governance memory governance, address deployer) private {
        (address governor, address token) = (governance.governor, governance.token);
        expect(session, "votes", governor, abi.encodeCall(BulkheadGovernor(payable(governor)).token, ()), token);
        expect(
            session,
            "timelock",
            governor,
            abi.encodeCall(BulkheadGovernor(payable(governor)).timelock, ()),
            governance.timelock
        );
        expect(session, "tokens of the deployer", token, abi.encodeCall(IERC20.balanceOf, (deployer)), 0);
        expect(session, "votes of the deployer", token, abi.encodeCall(IVotes.getVotes, (deployer)), 0);
    }

    /// It takes two to sign, none of them the deployer, and nobody acts for it or may stop it.
    function checkSafe(Chain.Session memory session, address safe, address deployer) private {
        expectAtLeast(session, "threshold", safe, abi.encodeWithSignature("getThreshold()"), LEAST_THRESHOLD);
        expect(session, "owner of the Safe", safe, abi.encodeWithSignature("isOwner(address)", deployer), 0);
        bytes memory modules = abi.encodeWithSignature("getModulesPaginated(address,uint256)", SAFE_SENTINEL, 1);
        expectWord(session, "modules", safe, modules, 2, 0); // the length of what follows an offset and the next one
        expectWord(session, "guard", safe, storageAt(SAFE_GUARD_SLOT), 2, 0);
        expectWord(session, "module guard", safe, storageAt(SAFE_MODULE_GUARD_SLOT), 2, 0);
    }

    function storageAt(uint256 slot) private pure returns (bytes memory) {
        return abi.encodeWithSignature("getStorageAt(uint256,uint256)", slot, 1);
    }

    function checkRoles(
        Chain.Session memory session,
        Governance memory governance,
        address guard,
        address factory,
        address deployer
    ) private {
        address steward = governance.steward;
        expect(session, "guardian", guard, abi.encodeCall(IOracleGuard.guardian, ()), governance.guardian);
        expect(session, "registrar", guard, abi.encodeCall(IOracleGuard.registrar, ()), factory);
        expect(session, "steward", guard, abi.encodeCall(IOracleGuard.steward, ()), steward);
        expect(session, "steward", factory, abi.encodeCall(IMarketFactory.steward, ()), steward);
        expect(session, "emergency", steward, abi.encodeCall(IRiskSteward.emergency, ()), governance.guardian);
        expect(session, "agency of the deployer", steward, abi.encodeCall(IRiskSteward.isAgent, (deployer)), 0);
        uint256 provider = word(session, guard, abi.encodeCall(IOracleGuard.surfaceProvider, ()), 0);
        if (provider == uint160(deployer)) revert NotGoverned("surface provider", guard, provider);
    }

    function checkMarket(
        Chain.Session memory session,
        Governance memory governance,
        address factory,
        uint256 k,
        address deployer
    ) private {
        bytes memory query = abi.encodeCall(IMarketFactory.marketAt, (k));
        address vault = address(uint160(word(session, factory, query, 0)));
        address pool = address(uint160(word(session, factory, query, 1)));
        checkOwned(session, governance, vault);
        checkOwned(session, governance, pool);
        expect(session, "steward", vault, abi.encodeCall(IMarginVault.steward, ()), governance.steward);
        expect(session, "steward", pool, abi.encodeCall(IInsurancePool.steward, ()), governance.steward);
        bytes memory answer = session.call("parameters", vault, 0, abi.encodeCall(IMarginVault.parameters, ()));
        address treasury = abi.decode(answer, (IMarginVault.Parameters)).treasury;
        if (treasury == deployer) revert NotGoverned("treasury", vault, uint160(treasury));
    }

    function checkOwned(Chain.Session memory session, Governance memory governance, address target) private {
        expect(session, "owner", target, abi.encodeCall(IOwnable.owner, ()), governance.timelock);
        expect(session, "pending owner", target, abi.encodeCall(IOwnable.pendingOwner, ()), 0);
    }

    // ---- answers

    function expect(
        Chain.Session memory session,
        string memory what,
        address target,
        bytes memory query,
        address expected
    ) private {
        expect(session, what, target, query, uint160(expected));
    }

    function expect(
        Chain.Session memory session,
        string memory what,
        address target,
        bytes memory query,
        uint256 expected
    ) private {
        expectWord(session, what, target, query, 0, expected);
    }

    function expectWord(
        Chain.Session memory session,
        string memory what,
        address target,
        bytes memory query,
        uint256 place,
        uint256 expected
    ) private {
        uint256 found = word(session, target, query, place);
        if (found != expected) revert NotGoverned(what, target, found);
    }

    function expectAtLeast(
        Chain.Session memory session,
        string memory what,
        address target,
        bytes memory query,
        uint256 least
    ) private {
        uint256 found = word(session, target, query, 0);
        if (found < least) revert NotGoverned(what, target, found);
    }

    /// A word of what `target` answers.
    function word(Chain.Session memory session, address target, bytes memory query, uint256 place)
        private
        returns (uint256 found)
    {
        bytes memory answer = session.call("verify", target, 0, query);
        require(answer.length >= 32 * (place + 1), "short answer");
        assembly ("memory-safe") {
            found := mload(add(answer, add(32, mul(place, 32))))
        }
    }
}
