// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {SafeProxyFactory} from "@safe-global/safe-smart-account/contracts/proxies/SafeProxyFactory.sol";
import {SafeL2} from "@safe-global/safe-smart-account/contracts/SafeL2.sol";
import {ISafe} from "@safe-global/safe-smart-account/contracts/interfaces/ISafe.sol";
import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IMarketFactory} from "../../contracts/interfaces/IMarketFactory.sol";
import {IOwnable} from "../../contracts/interfaces/IOwnable.sol";
import {IRiskSteward} from "../../contracts/interfaces/IRiskSteward.sol";
import {cheats} from "../../script/lib/Cheatcodes.sol";
import {vm} from "../support/Vm.sol";
import {GovernedTest} from "./Governed.sol";

/// Every way to become an owner, to act as one, or to make a signature count twice.
contract TakeoversTest is GovernedTest {
    /// Selector of every Stylus constructor.
    bytes4 private constant CONSTRUCTOR = 0x5585258d;
    string private constant BALLOT = "Ballot(uint256 proposalId,uint8 support,address voter,uint256 nonce)";

    /// Calls `target` as `from` and expects a revert of any kind, which leaves the owner as it is.
    function refuseAs(address from, address target, bytes memory data) private {
        vm.expectRevert();
        vm.prank(from);
        (bool ignored,) = target.call(data);
        ignored;
    }

    // ---- initialisation

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

    function test_no_clone_is_initialised_again_and_no_implementation_at_all() public {
        address[2] memory pools = [address(pool), factory.poolImplementation()];
        for (uint256 k = 0; k < 2; k++) {
            bytes memory reason = abi.encodePacked(
                k == 0 ? IInsurancePool.AlreadyInitialized.selector : IInsurancePool.NotClone.selector
            );
            vm.expectRevert(reason);
            vm.prank(stranger);
            IInsurancePool(pools[k]).initialize(stranger, address(token), stranger);
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

    function test_nobody_gets_between_a_clone_and_its_initialisation() public {
        (address predictedVault, address predictedPool) = factory.predict(alice.owner, "alices");
        // The same salt makes a stranger's market elsewhere, so that nobody takes the address first.
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
        IInsurancePool(newPool).initialize(stranger, address(token), stranger);
        vm.assertEq(IOwnable(newVault).owner(), address(timelock));
        vm.assertEq(IOwnable(newPool).owner(), address(timelock));
    }

    function test_the_safe_is_set_up_once() public {
        address[] memory thieves = new address[](1);
        thieves[0] = stranger;
        vm.expectRevert(bytes("GS200"));
        vm.prank(stranger);
        safe.setup(thieves, 1, address(0), "", address(0), address(0), 0, payable(address(0)));
        vm.assertEq(safe.getThreshold(), 2);
    }

    // ---- ownership

    function test_ownership_goes_to_whom_it_is_offered_and_to_nobody_else() public {
        address[5] memory owned = [address(guard), address(factory), address(steward), address(vault), address(pool)];
        for (uint256 k = 0; k < owned.length; k++) {
            IOwnable target = IOwnable(owned[k]);
            vm.prank(address(timelock));
            target.transferOwnership(alice.owner);
            vm.assertEq(target.owner(), address(timelock));
            bytes memory notPending = abi.encodeWithSelector(IOwnable.NotPendingOwner.selector, stranger);
            vm.expectRevert(notPending);
            vm.prank(stranger);
            target.acceptOwnership();
            // An offer that was replaced is worth nothing, nor is one that was withdrawn.
            vm.prank(address(timelock));
            target.transferOwnership(bob.owner);
            vm.expectRevert(abi.encodeWithSelector(IOwnable.NotPendingOwner.selector, alice.owner));
            vm.prank(alice.owner);
            target.acceptOwnership();
            vm.prank(address(timelock));
            target.transferOwnership(address(0));
            vm.expectRevert(abi.encodeWithSelector(IOwnable.NotPendingOwner.selector, bob.owner));
            vm.prank(bob.owner);
            target.acceptOwnership();
            // One that was taken cannot be taken again, and leaves the former owner nothing.
            vm.prank(address(timelock));
            target.transferOwnership(carol.owner);
            vm.prank(carol.owner);
            target.acceptOwnership();
            vm.assertEq(target.owner(), carol.owner);
            vm.assertEq(target.pendingOwner(), address(0));
            vm.expectRevert(abi.encodeWithSelector(IOwnable.NotPendingOwner.selector, carol.owner));
            vm.prank(carol.owner);
            target.acceptOwnership();
            vm.expectRevert(abi.encodeWithSelector(IOwnable.NotOwner.selector, address(timelock)));
            vm.prank(address(timelock));
            target.transferOwnership(stranger);
        }
    }

    // ---- the timelock

    function test_nobody_goes_past_the_timelock() public {
        bytes memory data = abi.encodeCall(IOwnable.transferOwnership, (stranger));
        bytes32 proposer = keccak256("PROPOSER_ROLE");
        bytes32 executor = keccak256("EXECUTOR_ROLE");
        address[4] memory others = [stranger, owner, holder, address(safe)];
        for (uint256 k = 0; k < others.length; k++) {
            vm.startPrank(others[k]);
            vm.expectRevert(
                abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, others[k], proposer)
            );
            timelock.schedule(address(guard), 0, data, 0, 0, TIMELOCK_DELAY);
            vm.expectRevert(
                abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, others[k], executor)
            );
            timelock.execute(address(guard), 0, data, 0, 0);
            vm.expectRevert(abi.encodeWithSelector(TimelockController.TimelockUnauthorizedCaller.selector, others[k]));
            timelock.updateDelay(0);
            vm.expectRevert(
                abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, others[k], bytes32(0))
            );
            timelock.grantRole(proposer, others[k]);
            cheats.expectPartialRevert(IGovernor.GovernorOnlyExecutor.selector);
            governor.relay(address(timelock), 0, abi.encodeCall(TimelockController.updateDelay, (0)));
            cheats.expectPartialRevert(IGovernor.GovernorOnlyExecutor.selector);
            governor.updateTimelock(TimelockController(payable(others[k])));
            cheats.expectPartialRevert(IGovernor.GovernorOnlyExecutor.selector);
            governor.setVotingPeriod(1);
            vm.stopPrank();
        }
    }

    function test_not_even_the_governor_is_faster_than_the_delay() public {
        bytes memory data = abi.encodeCall(IOwnable.transferOwnership, (stranger));
        vm.expectRevert(
            abi.encodeWithSelector(
                TimelockController.TimelockInsufficientDelay.selector, TIMELOCK_DELAY - 1, TIMELOCK_DELAY
            )
        );
        vm.prank(address(governor));
        timelock.schedule(address(guard), 0, data, 0, 0, TIMELOCK_DELAY - 1);
        vm.prank(address(governor));
        timelock.schedule(address(guard), 0, data, 0, 0, TIMELOCK_DELAY);
        elapse(TIMELOCK_DELAY - 1);
        cheats.expectPartialRevert(TimelockController.TimelockUnexpectedOperationState.selector);
        vm.prank(address(governor));
        timelock.execute(address(guard), 0, data, 0, 0);
    }

    // ---- signatures that count once, in one place

    function guardianCall() private view returns (bytes memory) {
        return abi.encodeWithSignature(
            "trip(bytes32,uint8,uint32,bytes32)", asset, uint8(1), uint32(1 hours), bytes32("test")
        );
    }

    function test_a_signature_for_one_safe_counts_for_no_other() public {
        ISafe twin = createTwin();
        bytes memory data = guardianCall();
        bytes memory signed = signatures(safe, address(guard), data);
        vm.expectRevert();
        exec(twin, address(guard), data, signed);
        exec(safe, address(guard), data, signed);
        // Nor does it count twice.
        vm.expectRevert();
        exec(safe, address(guard), data, signed);
    }

    /// A Safe of the same guardians.
    function createTwin() private returns (ISafe) {
        address singleton = createOnNode("singleton", type(SafeL2).creationCode);
        SafeProxyFactory proxies = SafeProxyFactory(createOnNode("proxies", type(SafeProxyFactory).creationCode));
        address[] memory guardianAddresses = safe.getOwners();
        bytes memory setup = abi.encodeCall(
            ISafe.setup, (guardianAddresses, 2, address(0), "", address(0), address(0), 0, payable(address(0)))
        );
        address twin = address(proxies.createProxyWithNonce(singleton, setup, 1));
        attach("twin", twin);
        return ISafe(payable(twin));
    }

    function test_one_guardian_alone_or_twice_is_not_two() public {
        bytes memory data = guardianCall();
        bytes memory both = signatures(safe, address(guard), data);
        bytes memory one = new bytes(65);
        for (uint256 k = 0; k < 65; k++) {
            one[k] = both[k];
        }
        vm.expectRevert(bytes("GS020"));
        exec(safe, address(guard), data, one);
        vm.expectRevert(bytes("GS026"));
        exec(safe, address(guard), data, bytes.concat(one, one));
    }

    /// What the holder would sign to vote, on chain `chainId` for the governor at `verifyingContract`.
    function ballot(uint256 proposal, uint256 chainId, address verifyingContract)
        private
        pure
        returns (bytes memory signature)
    {
        uint256 key = newTrader("holder").key;
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Bulkhead Governor"),
                keccak256("1"),
                chainId,
                verifyingContract
            )
        );
        bytes32 body = keccak256(abi.encode(keccak256(bytes(BALLOT)), proposal, uint8(1), cheats.addr(key), 0));
        return signDigest(key, keccak256(abi.encodePacked("\x19\x01", domain, body)));
    }

    function test_a_ballot_counts_on_its_chain_at_its_governor_and_once() public {
        uint256 proposal = propose(address(guard), abi.encodeCall(IOwnable.transferOwnership, (stranger)));
        elapse(VOTING_DELAY + 1);
        bytes memory invalid = abi.encodeWithSelector(IGovernor.GovernorInvalidSignature.selector, holder);
        bytes memory signed = ballot(proposal, CHAIN_ID + 1, address(governor));
        vm.expectRevert(invalid);
        governor.castVoteBySig(proposal, 1, holder, signed);
        signed = ballot(proposal, CHAIN_ID, address(timelock));
        vm.expectRevert(invalid);
        governor.castVoteBySig(proposal, 1, holder, signed);
        signed = ballot(proposal, CHAIN_ID, address(governor));
        vm.prank(stranger);
        governor.castVoteBySig(proposal, 1, holder, signed);
        vm.expectRevert(invalid); // its nonce is used
        governor.castVoteBySig(proposal, 1, holder, signed);
        (, uint256 inFavour,) = governor.proposalVotes(proposal);
        vm.assertEq(inFavour, votes.SUPPLY());
    }

    function test_an_order_for_another_chain_or_another_vault_is_nobodys() public {
        (IMarginVault twin,) = createMarket(address(token), "twin");
        IMarginVault.Order memory maker = order(alice, -1e18, 200e18, true);
        IMarginVault.Order memory taker = order(bob, 1e18, 200e18, false);
        bytes[2] memory foreign = [
            signDigest(alice.key, digestFor(maker, CHAIN_ID + 1, address(vault))),
            signDigest(alice.key, digestFor(maker, CHAIN_ID, address(twin)))
        ];
        bytes memory signed = sign(bob, taker);
        for (uint256 k = 0; k < foreign.length; k++) {
            vm.expectRevert(IMarginVault.InvalidSignature.selector);
            vault.settle(maker, foreign[k], taker, signed, 1e18);
        }
    }

    // ---- markets

    function test_a_creator_owns_nothing_of_his_market() public {
        vm.prank(stranger);
        (address newVault, address newPool) =
            factory.createMarket(abi.encode(configuration(address(token), "strangers")));
        attach("stranger's vault", newVault);
        attach("stranger's pool", newPool);
        bytes memory notOwner = abi.encodeWithSelector(IOwnable.NotOwner.selector, stranger);
        vm.startPrank(stranger);
        vm.expectRevert(notOwner);
        IMarginVault(newVault).setSteward(stranger);
        vm.expectRevert(notOwner);
        IInsurancePool(newPool).setVault(stranger, true);
        vm.expectRevert(notOwner);
        IMarketFactory(address(factory)).setQuoteToken(stranger, true);
        vm.expectRevert(abi.encodeWithSelector(IRiskSteward.NotAgent.selector, stranger));
        steward.adjust(IRiskSteward.Subject(newVault, 0, 0), change(5, 0.11e18));
        vm.stopPrank();
    }
}
