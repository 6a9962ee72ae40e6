// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IMarketFactory} from "../../contracts/interfaces/IMarketFactory.sol";
import {IOwnable} from "../../contracts/interfaces/IOwnable.sol";
import {IRiskSteward} from "../../contracts/interfaces/IRiskSteward.sol";
import {vm} from "../support/Vm.sol";
import {GovernedTest} from "./Governed.sol";

/// Ownership is offered and accepted, in two steps that nobody else can take part in.
contract OwnershipTest is GovernedTest {
    function owned() private view returns (address[5] memory) {
        return [address(guard), address(factory), address(steward), address(vault), address(pool)];
    }

    function test_ownership_goes_to_whom_it_is_offered_and_to_nobody_else() public {
        for (uint256 k = 0; k < 5; k++) {
            IOwnable target = IOwnable(owned()[k]);
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

    /// Two offers and one acceptance in the same second: the order of the transactions decides, and nobody else.
    function test_an_offer_that_was_accepted_first_is_not_overwritten() public {
        for (uint256 k = 0; k < 5; k++) {
            IOwnable target = IOwnable(owned()[k]);
            vm.prank(address(timelock));
            target.transferOwnership(alice.owner);
            vm.prank(alice.owner);
            target.acceptOwnership();
            vm.expectRevert(abi.encodeWithSelector(IOwnable.NotOwner.selector, address(timelock)));
            vm.prank(address(timelock));
            target.transferOwnership(bob.owner);
            vm.expectRevert(abi.encodeWithSelector(IOwnable.NotPendingOwner.selector, bob.owner));
            vm.prank(bob.owner);
            target.acceptOwnership();
            vm.assertEq(target.owner(), alice.owner);
        }
    }

    /// An offer gives its receiver nothing until it is accepted, and the owner everything until then.
    function test_whom_it_is_offered_is_not_the_owner_yet() public {
        for (uint256 k = 0; k < 5; k++) {
            IOwnable target = IOwnable(owned()[k]);
            vm.prank(address(timelock));
            target.transferOwnership(alice.owner);
            vm.expectRevert(abi.encodeWithSelector(IOwnable.NotOwner.selector, alice.owner));
            vm.prank(alice.owner);
            target.transferOwnership(bob.owner);
            vm.assertEq(target.pendingOwner(), alice.owner);
        }
    }

    /// There is no way to have no owner: nothing to renounce with, and an offer to nobody is no transfer.
    function test_nothing_becomes_ownerless() public {
        for (uint256 k = 0; k < 5; k++) {
            IOwnable target = IOwnable(owned()[k]);
            vm.expectRevert();
            vm.prank(address(timelock));
            (bool ignored,) = address(target).call(abi.encodeWithSignature("renounceOwnership()"));
            ignored;
            vm.prank(address(timelock));
            target.transferOwnership(address(0));
            vm.assertEq(target.owner(), address(timelock));
        }
    }

    /// Between the steps of the handover, when the timelock still obeys the deployer without delay, it obeys nobody else.
    function test_nobody_takes_part_in_a_handover() public {
        address[] memory deployer = new address[](1);
        deployer[0] = owner;
        bytes memory arguments = abi.encode(0, deployer, deployer, owner);
        TimelockController next = TimelockController(
            payable(createOnNode("next", bytes.concat(type(TimelockController).creationCode, arguments)))
        );
        vm.prank(address(timelock));
        guard.transferOwnership(address(next));
        bytes memory accept = abi.encodeCall(IOwnable.acceptOwnership, ());
        vm.startPrank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IOwnable.NotPendingOwner.selector, stranger));
        guard.acceptOwnership();
        vm.expectRevert(unauthorised("PROPOSER_ROLE"));
        next.schedule(address(guard), 0, accept, 0, 0, 0);
        vm.stopPrank();
        vm.prank(owner);
        next.schedule(address(guard), 0, accept, 0, 0, 0);
        bytes32 operation = next.hashOperation(address(guard), 0, accept, 0, 0);
        vm.startPrank(stranger);
        vm.expectRevert(unauthorised("EXECUTOR_ROLE"));
        next.execute(address(guard), 0, accept, 0, 0);
        vm.expectRevert(unauthorised("CANCELLER_ROLE"));
        next.cancel(operation);
        vm.stopPrank();
        vm.prank(owner);
        next.execute(address(guard), 0, accept, 0, 0);
        vm.assertEq(guard.owner(), address(next));
    }

    function unauthorised(string memory role) private view returns (bytes memory) {
        return abi.encodeWithSelector(
            IAccessControl.AccessControlUnauthorizedAccount.selector, stranger, keccak256(bytes(role))
        );
    }

    function test_a_creator_owns_nothing_of_his_market() public {
        giveBond(address(token), stranger, LEAST_BOND);
        vm.prank(stranger);
        (address newVault, address newPool) =
            factory.createMarket(abi.encode(configuration(address(token), "strangers")));
        attach("stranger's vault", newVault);
        attach("stranger's pool", newPool);
        bytes memory notOwner = abi.encodeWithSelector(IOwnable.NotOwner.selector, stranger);
        vm.startPrank(stranger);
        vm.expectRevert(notOwner);
        IMarginVault(newVault).setSteward(stranger, 0);
        vm.expectRevert(notOwner);
        IInsurancePool(newPool).setVault(stranger, true);
        vm.expectRevert(notOwner);
        IMarketFactory(address(factory)).setQuoteToken(stranger, true);
        vm.expectRevert(abi.encodeWithSelector(IRiskSteward.NotAgent.selector, stranger));
        steward.adjust(IRiskSteward.Subject(newVault, 0, 0), change(5, 0.11e18));
        vm.stopPrank();
    }
}
