// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {IOwnable} from "../../contracts/interfaces/IOwnable.sol";
import {Charter, Governance} from "../../script/governance/Governance.sol";
import {GovernanceSetup} from "../../script/governance/GovernanceSetup.sol";
import {Verification} from "../../script/governance/Verification.sol";
import {Chain} from "../../script/lib/Chain.sol";
import {Node} from "../support/Node.sol";
import {vm} from "../support/Vm.sol";
import {GovernedTest} from "./Governed.sol";

/// After the script everything is the timelock's, the timelock is the governor's, and the deployer has nothing.
contract HandoverTest is GovernedTest {
    function roles() private pure returns (bytes32[4] memory) {
        return [bytes32(0), keccak256("PROPOSER_ROLE"), keccak256("EXECUTOR_ROLE"), keccak256("CANCELLER_ROLE")];
    }

    /// Guard, factory, steward, and vault and pool of every market.
    function owned() private view returns (address[] memory contracts) {
        uint256 count = factory.marketCount();
        contracts = new address[](3 + 2 * count);
        (contracts[0], contracts[1], contracts[2]) = (address(guard), address(factory), address(steward));
        for (uint256 k = 0; k < count; k++) {
            (contracts[3 + 2 * k], contracts[4 + 2 * k],) = factory.marketAt(k);
        }
    }

    function test_every_contract_is_the_timelocks() public view {
        address[] memory contracts = owned();
        vm.assertEq(contracts.length, 5); // guard, factory, steward, one vault, one pool
        for (uint256 k = 0; k < contracts.length; k++) {
            vm.assertEq(IOwnable(contracts[k]).owner(), address(timelock));
            vm.assertEq(IOwnable(contracts[k]).pendingOwner(), address(0));
        }
    }

    function test_the_deployer_can_give_nothing_away_any_more() public {
        address[] memory contracts = owned();
        for (uint256 k = 0; k < contracts.length; k++) {
            vm.expectRevert(abi.encodeWithSelector(IOwnable.NotOwner.selector, owner));
            vm.prank(owner);
            IOwnable(contracts[k]).transferOwnership(owner);
            vm.expectRevert(abi.encodeWithSelector(IOwnable.NotPendingOwner.selector, owner));
            vm.prank(owner);
            IOwnable(contracts[k]).acceptOwnership();
        }
    }

    function test_the_governor_alone_uses_the_timelock() public view {
        address[8] memory others =
            [owner, holder, address(safe), address(steward), address(votes), address(guard), address(0), agent];
        bytes32[4] memory all = roles();
        for (uint256 k = 0; k < all.length; k++) {
            vm.assertEq(timelock.hasRole(all[k], address(governor)), k > 0);
            vm.assertEq(timelock.hasRole(all[k], address(timelock)), k == 0);
            for (uint256 j = 0; j < others.length; j++) {
                vm.assertFalse(timelock.hasRole(all[k], others[j]));
            }
        }
        vm.assertEq(timelock.getMinDelay(), TIMELOCK_DELAY);
        vm.assertEq(governor.timelock(), address(timelock));
    }

    function test_every_role_is_where_it_belongs() public view {
        vm.assertEq(guard.guardian(), address(safe));
        vm.assertEq(guard.registrar(), address(factory));
        vm.assertEq(guard.surfaceProvider(), SURFACE_PROVIDER);
        vm.assertEq(guard.steward(), address(steward));
        vm.assertEq(vault.steward(), address(steward));
        vm.assertEq(pool.steward(), address(steward));
        vm.assertEq(factory.steward(), address(steward));
        vm.assertEq(steward.emergency(), address(safe));
        vm.assertFalse(steward.isAgent(owner));
        vm.assertEq(vault.parameters().treasury, address(timelock));
        vm.assertEq(votes.balanceOf(owner), 0);
        vm.assertEq(votes.balanceOf(holder), votes.SUPPLY());
        vm.assertEq(safe.getThreshold(), 2);
        address[] memory guardianAddresses = safe.getOwners();
        vm.assertEq(guardianAddresses.length, 3);
        for (uint256 k = 0; k < 3; k++) {
            vm.assertNotEq(guardianAddresses[k], owner);
        }
    }

    function test_a_later_market_is_the_timelocks_too() public {
        (IMarginVault otherVault, IInsurancePool otherPool) = createMarket(address(token), "later");
        vm.assertEq(otherVault.owner(), address(timelock));
        vm.assertEq(otherPool.owner(), address(timelock));
        vm.assertEq(otherVault.parameters().treasury, address(timelock));
        vm.assertEq(otherVault.steward(), address(steward));
        vm.assertEq(otherPool.steward(), address(steward));
    }

    // ---- markets that strangers create meanwhile

    /// A stranger's market between any two steps of the handover ends as the timelock's, like every other, and is made no more of than
    /// it is: experimental, insured by its creator's bond.
    function test_markets_of_strangers_during_the_handover_neither_disturb_it_nor_stay_the_deployers() public {
        deployAgain();
        Chain.Session memory session = Chain.open(Node.url(), OWNER_KEY);
        IMarginVault[4] memory strangers;
        Governance memory next = GovernanceSetup.found(session, charter(holder));
        strangers[0] = strangersMarket("before anything");
        GovernanceSetup.connect(session, next, address(guard), SURFACE_PROVIDER);
        strangers[1] = strangersMarket("before the factory");
        GovernanceSetup.handOverFactory(session, next, address(factory));
        strangers[2] = strangersMarket("after the factory");
        vm.assertEq(strangers[2].owner(), next.timelock);
        GovernanceSetup.handOverOthers(session, next, address(guard), address(factory));
        strangers[3] = strangersMarket("after the markets");
        GovernanceSetup.leave(session, next);
        Verification.check(session, next, address(guard), address(factory), owner);
        for (uint256 k = 0; k < strangers.length; k++) {
            IInsurancePool itsPool = IInsurancePool(strangers[k].pool());
            attach("its pool", address(itsPool));
            vm.assertEq(strangers[k].owner(), next.timelock);
            vm.assertEq(strangers[k].steward(), next.steward);
            vm.assertEq(strangers[k].parameters().treasury, next.timelock);
            vm.assertEq(itsPool.owner(), next.timelock);
            vm.assertEq(itsPool.steward(), next.steward);
            vm.assertFalse(itsPool.isPromoted());
            vm.assertEq(factory.creatorOf(address(strangers[k])), address(this));
            (,, uint8 class) = factory.marketAt(k + 1);
            vm.assertEq(uint256(class), 0);
        }
        // Nobody decided anything about those of the first governance.
        vm.assertEq(vault.owner(), next.timelock);
    }

    /// A deployer owns everything once more, as before the script.
    function deployAgain() private {
        address[] memory contracts = owned();
        for (uint256 k = 0; k < contracts.length; k++) {
            vm.prank(address(timelock));
            IOwnable(contracts[k]).transferOwnership(owner);
            vm.prank(owner);
            IOwnable(contracts[k]).acceptOwnership();
        }
        IMarginVault.Parameters memory parameters = vault.parameters();
        parameters.treasury = owner;
        vm.startPrank(owner);
        vault.setSteward(address(0), 0);
        vault.setParameters(parameters, 0);
        vm.stopPrank();
    }

    /// After steps of the script, which the node dates by its own clock.
    function strangersMarket(bytes32 salt) private returns (IMarginVault strange) {
        attach("factory", address(factory));
        (strange,) = createMarket(address(token), salt);
    }

    // ---- what the script refuses and verifies

    function test_the_deployer_is_named_nowhere() public {
        Charter[3] memory charters = [charter(owner), charter(holder), charter(holder)];
        charters[1].guardians[2] = owner;
        charters[2].surfaceProvider = owner;
        for (uint256 k = 0; k < charters.length; k++) {
            vm.expectRevert(abi.encodeWithSelector(GovernanceSetup.NothingForDeployer.selector, owner));
            this.install(charters[k]);
        }
    }

    function install(Charter calldata chosen) external {
        GovernanceSetup.install(Chain.open(Node.url(), OWNER_KEY), address(guard), address(factory), chosen);
    }

    function verify() external {
        Verification.check(Chain.open(Node.url(), OWNER_KEY), governance, address(guard), address(factory), owner);
    }

    /// Whatever the deployer might have kept, or somebody else got, is found.
    function test_the_verification_finds_whatever_is_amiss() public {
        this.verify();
        bytes32[2] memory roles_ = [bytes32(0), keccak256("PROPOSER_ROLE")];
        for (uint256 k = 0; k < roles_.length; k++) {
            finds("role", address(timelock), address(timelock), abi.encodeCall(timelock.grantRole, (roles_[k], owner)));
        }
        bytes memory everybody = abi.encodeCall(timelock.grantRole, (keccak256("EXECUTOR_ROLE"), address(0)));
        finds("role", address(timelock), address(timelock), everybody);
        finds("delay", address(timelock), address(timelock), abi.encodeCall(timelock.updateDelay, (0)));
        finds("tokens of the deployer", address(votes), holder, abi.encodeCall(votes.transfer, (owner, 1)));
        finds("votes of the deployer", address(votes), holder, abi.encodeCall(votes.delegate, (owner)));
        finds("threshold", address(safe), address(safe), abi.encodeWithSignature("changeThreshold(uint256)", 1));
        finds(
            "owner of the Safe",
            address(safe),
            address(safe),
            abi.encodeWithSignature("addOwnerWithThreshold(address,uint256)", owner, 2)
        );
        finds("modules", address(safe), address(safe), abi.encodeWithSignature("enableModule(address)", owner));
        address[5] memory owned_ = [address(guard), address(factory), address(steward), address(vault), address(pool)];
        for (uint256 k = 0; k < owned_.length; k++) {
            bytes memory offer = abi.encodeCall(IOwnable.transferOwnership, (owner));
            finds("pending owner", owned_[k], address(timelock), offer);
        }
        finds("guardian", address(guard), address(timelock), abi.encodeCall(guard.setGuardian, (owner)));
        finds("registrar", address(guard), address(timelock), abi.encodeCall(guard.setRegistrar, (owner)));
        finds("surface provider", address(guard), address(timelock), abi.encodeCall(guard.setSurfaceProvider, (owner)));
        finds("steward", address(guard), address(timelock), abi.encodeCall(guard.setSteward, (owner, 0)));
        finds("steward", address(factory), address(timelock), abi.encodeCall(factory.setSteward, (owner)));
        finds("steward", address(vault), address(timelock), abi.encodeCall(vault.setSteward, (owner, 0)));
        finds("steward", address(pool), address(timelock), abi.encodeCall(pool.setSteward, (owner, 0)));
        finds("emergency", address(steward), address(timelock), abi.encodeCall(steward.setEmergency, (owner, 0)));
        finds(
            "agency of the deployer",
            address(steward),
            address(timelock),
            abi.encodeCall(steward.setAgent, (owner, true, 0))
        );
        IMarginVault.Parameters memory parameters = vault.parameters();
        parameters.treasury = owner;
        finds("treasury", address(vault), address(timelock), abi.encodeCall(vault.setParameters, (parameters, 0)));
        this.verify();
    }

    /// After `from` has called `target` the verification finds fault with `what` of `target`; then it is as before.
    function finds(string memory what, address target, address from, bytes memory data) private {
        string memory id = checkpoint();
        transact(from, target, data);
        try this.verify() {
            vm.assertTrue(false, what);
        } catch (bytes memory reason) {
            vm.assertEq(bytes32(bytes4(reason)), bytes32(Verification.NotGoverned.selector), what);
            bytes memory arguments = new bytes(reason.length - 4);
            for (uint256 k = 0; k < arguments.length; k++) {
                arguments[k] = reason[k + 4];
            }
            (string memory found, address where,) = abi.decode(arguments, (string, address, uint256));
            vm.assertEq(found, what);
            vm.assertEq(where, target);
        }
        restore(id);
    }
}
