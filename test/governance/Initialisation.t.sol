// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {SafeProxyFactory} from "@safe-global/safe-smart-account/contracts/proxies/SafeProxyFactory.sol";
import {SafeL2} from "@safe-global/safe-smart-account/contracts/SafeL2.sol";
import {ISafe} from "@safe-global/safe-smart-account/contracts/interfaces/ISafe.sol";
import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IMarketFactory} from "../../contracts/interfaces/IMarketFactory.sol";
import {IOwnable} from "../../contracts/interfaces/IOwnable.sol";
import {IRiskSteward} from "../../contracts/interfaces/IRiskSteward.sol";
import {IStylusDeployer, Stylus} from "../../script/lib/Stylus.sol";
import {vm} from "../support/Vm.sol";
import {GovernedTest} from "./Governed.sol";

/// Nobody initialises what is initialised, what is never to be, or what somebody else is about to. The matrix calls `initialize` at
/// every program of a vault and as every role.
contract InitialisationTest is GovernedTest {
    /// Selector of every Stylus constructor.
    bytes4 private constant CONSTRUCTOR = 0x5585258d;
    IStylusDeployer private constant DEPLOYER = IStylusDeployer(0xcEcba2F1DC234f70Dd89F2041029807F8D03A990);

    /// Calls `target` as `from` and expects a revert of any kind.
    function refuseAs(address from, address target, bytes memory data) private {
        vm.expectRevert();
        vm.prank(from);
        (bool ignored,) = target.call(data);
        ignored;
    }

    // ---- what is initialised

    function test_no_constructor_runs_again() public {
        address[3] memory targets = [address(guard), address(factory), address(steward)];
        for (uint256 k = 0; k < targets.length; k++) {
            bytes memory arguments = k == 0
                ? abi.encode(stranger, stranger, address(0))
                : k == 1
                    ? abi.encode(stranger, address(guard), address(token), address(vault), address(pool))
                    : abi.encode(stranger, stranger);
            refuseAs(stranger, targets[k], bytes.concat(CONSTRUCTOR, arguments));
            refuseAs(address(timelock), targets[k], bytes.concat(CONSTRUCTOR, arguments));
            vm.assertEq(IOwnable(targets[k]).owner(), address(timelock));
        }
        vm.assertEq(steward.emergency(), address(safe));
    }

    /// These have none: an argument that one would take is no function of theirs.
    function test_what_has_no_constructor_takes_no_owner() public {
        address[5] memory targets = [
            factory.vaultImplementation(),
            factory.poolImplementation(),
            factory.riskEngine(),
            address(vault),
            address(pool)
        ];
        for (uint256 k = 0; k < targets.length; k++) {
            refuseAs(stranger, targets[k], bytes.concat(CONSTRUCTOR, abi.encode(stranger, stranger, stranger)));
        }
        vm.assertEq(vault.owner(), address(timelock));
        vm.assertEq(pool.owner(), address(timelock));
        vm.assertEq(IOwnable(targets[0]).owner(), address(0));
        vm.assertEq(IOwnable(targets[1]).owner(), address(0));
    }

    function test_no_clone_is_initialised_again_and_no_implementation_at_all() public {
        address[2] memory pools = [address(pool), factory.poolImplementation()];
        for (uint256 k = 0; k < 2; k++) {
            bytes memory reason = abi.encodePacked(
                k == 0 ? IInsurancePool.AlreadyInitialized.selector : IInsurancePool.NotClone.selector
            );
            vm.expectRevert(reason);
            vm.prank(stranger);
            IInsurancePool(pools[k]).initialize(stranger, stranger, address(token), stranger);
        }
        // The head of the vault's `initialize` is words; it refuses before it decodes them.
        address[2] memory vaults = [address(vault), factory.vaultImplementation()];
        for (uint256 k = 0; k < 2; k++) {
            bytes memory reason =
                abi.encodePacked(k == 0 ? IMarginVault.AlreadyInitialized.selector : IMarginVault.NotAClone.selector);
            vm.expectRevert(reason);
            vm.prank(stranger);
            (bool ignored,) = vaults[k].call(bytes.concat(IMarginVault.initialize.selector, new bytes(512)));
            ignored;
        }
    }

    function test_the_safe_is_set_up_once() public {
        address[] memory thieves = new address[](1);
        thieves[0] = stranger;
        vm.expectRevert(bytes("GS200"));
        vm.prank(stranger);
        safe.setup(thieves, 1, address(0), "", address(0), address(0), 0, payable(address(0)));
        vm.assertEq(safe.getThreshold(), 2);
    }

    // ---- what somebody else is about to initialise

    function test_nobody_gets_between_a_clone_and_its_initialisation() public {
        (address predictedVault, address predictedPool) = factory.predict(alice.owner, "alices");
        // The same salt makes a stranger's market elsewhere, so that nobody takes the address first.
        giveBond(address(token), stranger, LEAST_BOND);
        giveBond(address(token), alice.owner, LEAST_BOND);
        vm.prank(stranger);
        (address strangers,) = factory.createMarket(abi.encode(configuration(address(token), "alices")));
        vm.assertNotEq(strangers, predictedVault);
        vm.prank(alice.owner);
        (address newVault, address newPool) = factory.createMarket(abi.encode(configuration(address(token), "alices")));
        vm.assertEq(newVault, predictedVault);
        attach("alice's vault", newVault);
        attach("alice's pool", predictedPool);
        vm.expectRevert(IInsurancePool.AlreadyInitialized.selector);
        vm.prank(stranger);
        IInsurancePool(newPool).initialize(stranger, stranger, address(token), stranger);
        vm.assertEq(IOwnable(newVault).owner(), address(timelock));
        vm.assertEq(IOwnable(newPool).owner(), address(timelock));
    }

    /// A stranger's own clone of the vault, which he owns, is nobody's market: no pool pays it, no factory promotes it.
    function test_a_clone_of_a_strangers_own_is_no_market() public {
        bytes memory code = bytes.concat(
            hex"3d602d80600a3d3981f3363d3d373d3d3d363d73",
            bytes20(factory.vaultImplementation()),
            hex"5af43d82803e903d91602b57fd5bf3"
        );
        address clone = createOnNode("stranger's clone", code);
        vm.assertFalse(factory.isMarket(clone));
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.NotVault.selector, clone));
        vm.prank(clone);
        pool.cover(1);
        vm.expectRevert(abi.encodeWithSelector(IMarketFactory.UnknownVault.selector, clone));
        vm.prank(address(timelock));
        factory.promote(clone);
    }

    // ---- the steps of the deployment

    /// What StylusDeployer creates is constructed in the same transaction; whoever comes first with other arguments is elsewhere, and
    /// with the same ones has deployed it for its owner.
    function test_whoever_deploys_a_program_first_gains_nothing() public {
        bytes memory code = Stylus.initcode("risk-steward");
        bytes32 salt = keccak256("salt");
        fund(stranger, 1 ether);
        attach("deployer", address(DEPLOYER));
        bytes memory owners = bytes.concat(CONSTRUCTOR, abi.encode(owner, address(safe)));
        bytes memory strangers = bytes.concat(CONSTRUCTOR, abi.encode(stranger, stranger));
        vm.prank(stranger);
        address first = DEPLOYER.deploy(code, owners, 0, salt);
        attach("first", first);
        vm.prank(stranger);
        address other = DEPLOYER.deploy(code, strangers, 0, salt);
        vm.assertNotEq(first, other);
        vm.assertEq(IOwnable(first).owner(), owner);
        vm.assertEq(IRiskSteward(first).emergency(), address(safe));
    }

    /// A Safe of the same guardians is theirs, whoever creates it; of others it is elsewhere.
    function test_whoever_creates_the_safe_first_gains_nothing() public {
        address singleton = createOnNode("singleton", type(SafeL2).creationCode);
        SafeProxyFactory proxies = SafeProxyFactory(createOnNode("proxies", type(SafeProxyFactory).creationCode));
        address[] memory thieves = new address[](1);
        thieves[0] = stranger;
        bytes memory theirs = setup(safe.getOwners(), 2);
        vm.prank(stranger);
        address first = address(proxies.createProxyWithNonce(singleton, theirs, 1));
        vm.prank(stranger);
        address other = address(proxies.createProxyWithNonce(singleton, setup(thieves, 1), 1));
        vm.assertNotEq(first, other);
        attach("first", first);
        vm.assertEq(ISafe(payable(first)).getThreshold(), 2);
        vm.assertFalse(ISafe(payable(first)).isOwner(stranger));
        vm.expectRevert();
        vm.prank(stranger);
        proxies.createProxyWithNonce(singleton, theirs, 1);
    }

    function setup(address[] memory owners, uint256 threshold) private pure returns (bytes memory) {
        return abi.encodeCall(
            ISafe.setup, (owners, threshold, address(0), "", address(0), address(0), 0, payable(address(0)))
        );
    }
}
