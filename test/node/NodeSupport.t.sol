// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {Ledger} from "./Ledger.sol";
import {Node} from "../support/Node.sol";
import {NodeTest} from "../support/NodeTest.sol";
import {vm} from "../support/Vm.sol";

contract NodeSupportTest is NodeTest {
    Ledger private ledger;
    address private alice = address(0xa11ce);

    function setUpNode() internal override {
        ledger = Ledger(createOnNode("ledger", type(Ledger).creationCode));
        ledger.add(5);
    }

    function test_a_write_is_a_transaction_from_its_sender() public {
        vm.prank(alice);
        vm.assertEq(ledger.add(7), 12);
        vm.assertEq(ledger.total(), 12);
        vm.assertEq(ledger.balanceOf(alice), 7);
        vm.assertEq(ledger.balanceOf(address(this)), 5);
    }

    function test_contracts_here_and_on_the_node_have_different_addresses() public {
        address[3] memory here = [address(new Ledger()), address(new Ledger()), address(new Ledger())];
        for (uint256 k = 0; k < here.length; k++) {
            address there = createOnNode("ledger", type(Ledger).creationCode);
            Ledger(there).add(k);
            vm.assertEq(Ledger(here[k]).total(), 0);
            vm.assertEq(Ledger(there).total(), k);
        }
    }

    function test_value_reaches_the_node() public {
        vm.deal(address(this), 1 ether);
        ledger.add{value: 0.25 ether}(1);
        vm.assertEq(Node.balanceOf(address(ledger)), 0.25 ether);
    }

    function test_a_revert_keeps_its_data() public {
        vm.expectRevert(abi.encodeWithSelector(Ledger.TooMuch.selector, alice, 1001));
        vm.prank(alice);
        ledger.add(1001);
        vm.expectRevert(bytes(""));
        ledger.refuse();
        vm.assertEq(ledger.total(), 5);
    }

    function test_time_on_the_node_is_the_test_s() public {
        uint256 start = block.timestamp;
        vm.assertEq(ledger.time(), start);
        elapse(1 days);
        vm.assertEq(ledger.time(), start + 1 days);
        ledger.add(1);
        vm.assertEq(ledger.lastAddedAt(), start + 1 days);
    }

    function testFuzz_every_run_starts_from_set_up(uint16 amount) public {
        vm.assertEq(ledger.total(), 5);
        amount = uint16(bound(amount, 0, 1000));
        vm.assertEq(ledger.add(amount), 5 + uint256(amount));
    }
}

/// What an invariant run may do to the ledger, with the sum that must come out.
contract LedgerHandler {
    Ledger private immutable ledger;
    uint256 public added = 5;

    constructor(Ledger ledger_) {
        ledger = ledger_;
    }

    function add(uint256 amount) external {
        amount %= 1001;
        added += amount;
        ledger.add(amount);
    }
}

/// A few runs show whether each starts from set-up.
/// forge-config: default.invariant.runs = 4
/// forge-config: default.invariant.depth = 32
contract NodeSupportInvariants is NodeTest {
    Ledger private ledger;
    LedgerHandler private handler;

    function setUpNode() internal override {
        ledger = Ledger(createOnNode("ledger", type(Ledger).creationCode));
        ledger.add(5);
        handler = new LedgerHandler(ledger);
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_the_node_holds_what_this_run_added() public view {
        vm.assertEq(ledger.total(), handler.added());
    }
}
