// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IOwnable} from "../../contracts/interfaces/IOwnable.sol";
import {IRiskSteward} from "../../contracts/interfaces/IRiskSteward.sol";
import {Chain} from "../../script/lib/Chain.sol";
import {Stylus} from "../../script/lib/Stylus.sol";
import {Node} from "../support/Node.sol";
import {vm} from "../support/Vm.sol";
import {MatrixTest, Role} from "./Matrix.sol";

/// Who may do what with the risk steward.
contract StewardMatrixTest is MatrixTest {
    using Stylus for Chain.Session;

    /// Of an instrument: its initial margin.
    uint8 private constant INITIAL = 2;

    IRiskSteward private steward;

    function setUpNode() internal override {
        super.setUpNode();
        bytes memory arguments = abi.encode(owner, person(Role.Emergency));
        steward = IRiskSteward(Chain.open(Node.url(), OWNER_KEY).deployConstructed("risk-steward", arguments));
        attach("risk steward", address(steward));
        vm.startPrank(owner);
        vault.setSteward(address(steward));
        steward.setAgent(person(Role.Agent), true);
        steward.setCorridor(eth(), INITIAL, corridor());
        vm.stopPrank();
        offer(address(steward));
        addOwnable();
        addViews();
        addChanges();
    }

    function eth() private view returns (IRiskSteward.Subject memory) {
        return IRiskSteward.Subject(address(vault), 1, bytes32(uint256(ETH)));
    }

    function corridor() private pure returns (IRiskSteward.Corridor memory) {
        return IRiskSteward.Corridor(0.06e18, 0.4e18, 0.1e18, 1 days);
    }

    function addViews() private {
        open(abi.encodeCall(IRiskSteward.corridor, (eth(), INITIAL)));
        open(abi.encodeCall(IRiskSteward.emergency, ()));
        open(abi.encodeCall(IRiskSteward.held, (eth())));
        open(abi.encodeCall(IRiskSteward.isAgent, (person(Role.Agent))));
        open(abi.encodeCall(IRiskSteward.windows, (eth())));
    }

    function addChanges() private {
        bytes4 notOwner = IOwnable.NotOwner.selector;
        IRiskSteward.Change[] memory wider = new IRiskSteward.Change[](1);
        wider[0] = IRiskSteward.Change(INITIAL, 0.11e18);
        allow(abi.encodeCall(IRiskSteward.adjust, (eth(), wider)), only(Role.Agent), IRiskSteward.NotAgent.selector);
        allow(
            abi.encodeCall(IRiskSteward.tighten, (eth(), wider)),
            only(Role.Emergency),
            IRiskSteward.NotEmergency.selector
        );
        // There is no emergency.
        add(
            abi.encodeCall(IRiskSteward.confirm, (eth(), wider)),
            only(Role.Owner),
            notOwner,
            always(IRiskSteward.NotHeld.selector)
        );
        add(abi.encodeCall(IRiskSteward.restore, (eth())), ANYONE, 0, always(IRiskSteward.NoChanges.selector));
        allow(abi.encodeCall(IRiskSteward.setAgent, (address(1), true)), only(Role.Owner), notOwner);
        allow(abi.encodeCall(IRiskSteward.setEmergency, (address(1))), only(Role.Owner), notOwner);
        allow(abi.encodeCall(IRiskSteward.setCorridor, (eth(), INITIAL, corridor())), only(Role.Owner), notOwner);
    }

    function test_every_function_as_every_role_in_every_tier() public {
        checkAll("IRiskSteward", address(steward));
    }
}
