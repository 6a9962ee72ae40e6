// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {IOwnable} from "../../contracts/interfaces/IOwnable.sol";
import {Trader} from "../protocol/Protocol.sol";
import {OptionsTest} from "../options/OptionsTest.sol";
import {Node} from "../support/Node.sol";
import {vm} from "../support/Vm.sol";

/// Who calls.
enum Role {
    Owner,
    Steward,
    Guardian,
    Provider,
    Factory,
    Agent,
    Emergency,
    Holder, // has an account, positions and shares of the pool
    Signer, // of the holder
    Liquidator, // has an account
    Vault,
    PendingOwner,
    Stranger
}

/// What a function answers: nobody but `roles` gets further than `denial`; those come to what `outcomes` says of the tier, zero
/// for success.
struct Entry {
    bool exists;
    bytes data;
    uint256 roles;
    bytes4 denial;
    bytes4[5] outcomes;
}

/// Every function of a contract's ABI, called as every role in every tier. A function that is not in the table fails the test.
/// Calls are dry: none changes what the next one sees.
abstract contract MatrixTest is OptionsTest {
    uint256 internal constant ROLES = 13;
    uint256 internal constant TIERS = 5; // the guard's four, and frozen
    uint256 internal constant ANYONE = type(uint256).max;
    uint256 internal constant NOBODY = 0;
    string[TIERS] private tierNames = ["Normal", "Caution", "Restricted", "Halted", "frozen"];

    address[ROLES] internal people_;
    mapping(bytes4 selector => Entry) private table;
    Trader internal holder;
    Trader internal liquidator;
    /// Has less than its maintenance margin.
    Trader internal weak;
    uint32 internal option;
    string private mistakes;
    uint256 private count;

    function setUpNode() internal virtual override {
        super.setUpNode();
        holder = alice;
        liquidator = carol;
        weak = dave;
        option = series(14, 2_000, CALL);
        buy(option, holder, bob, 1e18);
        deposit(liquidator, 1_000_000 * USD);
        deposit(weak, 2_050 * USD);
        trade(ETH, weak, bob, 10e18, SPOT);
        setPeople();
        vm.startPrank(owner);
        vault.setSteward(person(Role.Steward));
        guard.setSteward(person(Role.Steward));
        pool.setSteward(person(Role.Steward));
        vm.stopPrank();
        vm.prank(holder.owner);
        vault.setSigner(person(Role.Signer), true);
        offer(address(vault));
        offer(address(guard));
        offer(address(pool));
        offer(address(factory));
        for (uint256 role = 0; role < ROLES; role++) {
            if (role == uint256(Role.Vault)) continue;
            token.mint(people_[role], 1_000 * USD);
            vm.startPrank(people_[role]);
            token.approve(address(vault), type(uint256).max);
            token.approve(address(pool), type(uint256).max);
            vm.stopPrank();
        }
        vm.prank(holder.owner);
        pool.deposit(100 * USD, holder.owner);
        moveTo(1_880 * FEED); // 850 left of the weak one's 2,050, of 940
        moveTo(1_880 * FEED); // and now the stable price is there, too
        vault.touch(weak.account);
    }

    function setPeople() private {
        people_[uint256(Role.Owner)] = owner;
        people_[uint256(Role.Steward)] = address(0x57e);
        people_[uint256(Role.Guardian)] = guardian;
        people_[uint256(Role.Provider)] = provider;
        people_[uint256(Role.Factory)] = address(factory);
        people_[uint256(Role.Agent)] = address(0xa9e);
        people_[uint256(Role.Emergency)] = address(0xe3e);
        people_[uint256(Role.Holder)] = holder.owner;
        people_[uint256(Role.Signer)] = address(0x519);
        people_[uint256(Role.Liquidator)] = liquidator.owner;
        people_[uint256(Role.Vault)] = address(vault);
        people_[uint256(Role.PendingOwner)] = address(0xbe9);
        people_[uint256(Role.Stranger)] = address(0xbad);
    }

    function person(Role role) internal view returns (address) {
        return people_[uint256(role)];
    }

    /// Ownership of `target` waits to be accepted.
    function offer(address target) internal {
        vm.prank(owner);
        IOwnable(target).transferOwnership(person(Role.PendingOwner));
    }

    // ---- the table

    function only(Role role) internal pure returns (uint256) {
        return 1 << uint256(role);
    }

    function either(Role one, Role other) internal pure returns (uint256) {
        return only(one) | only(other);
    }

    /// The same in every tier.
    function always(bytes4 outcome) internal pure returns (bytes4[5] memory outcomes) {
        for (uint256 tier = 0; tier < TIERS; tier++) {
            outcomes[tier] = outcome;
        }
    }

    /// Success below tier `first`, and `outcome` from there on.
    function from(uint256 first, bytes4 outcome) internal pure returns (bytes4[5] memory outcomes) {
        for (uint256 tier = first; tier < TIERS; tier++) {
            outcomes[tier] = outcome;
        }
    }

    function add(bytes memory data, uint256 roles, bytes4 denial, bytes4[5] memory outcomes) internal {
        table[bytes4(data)] = Entry(true, data, roles, denial, outcomes);
    }

    /// Succeeds for `roles` in every tier; everybody else meets `denial`.
    function allow(bytes memory data, uint256 roles, bytes4 denial) internal {
        add(data, roles, denial, always(0));
    }

    /// Succeeds for anyone in every tier.
    function open(bytes memory data) internal {
        allow(data, ANYONE, 0);
    }

    function addOwnable() internal {
        open(abi.encodeCall(IOwnable.owner, ()));
        open(abi.encodeCall(IOwnable.pendingOwner, ()));
        bytes memory transfer = abi.encodeCall(IOwnable.transferOwnership, (address(0xbe9)));
        allow(transfer, only(Role.Owner), IOwnable.NotOwner.selector);
        bytes memory accept = abi.encodeCall(IOwnable.acceptOwnership, ());
        allow(accept, only(Role.PendingOwner), IOwnable.NotPendingOwner.selector);
    }

    // ---- the calls

    /// Calls every function of the interface `name` at `target`.
    function checkAll(string memory name, address target) internal {
        string memory path = string.concat("out/forge/", name, ".sol/", name, ".json");
        string[] memory functions = vm.parseJsonKeys(vm.readFile(path), ".methodIdentifiers");
        vm.assertGt(functions.length, 2);
        for (uint256 tier = 0; tier < TIERS; tier++) {
            enter(tier);
            for (uint256 k = 0; k < functions.length; k++) {
                checkFunction(functions[k], target, tier);
            }
        }
        vm.assertEq(count, 0, string.concat(vm.toString(count), " differ from the matrix:", mistakes));
    }

    /// Sources that disagree make tiers, while the price stays what it is.
    function enter(uint256 tier) private {
        int256 price = perpetuals[ETH].price;
        int256[TIERS] memory secondary = [price, price * 102 / 100, price * 105 / 100, price * 115 / 100, int256(0)];
        setSources(ETH, tier == 4 ? int256(0) : price, secondary[tier]);
        IOracleGuard.Reading memory reading = guard.read(asset);
        vm.assertEq(uint256(reading.tier), tier == 4 ? 3 : tier);
        vm.assertEq(reading.mark, uint256(price) * 1e10);
    }

    function checkFunction(string memory signature, address target, uint256 tier) private {
        Entry memory entry = table[bytes4(keccak256(bytes(signature)))];
        if (!entry.exists) {
            mistake(string.concat(signature, " is not in the matrix"));
            return;
        }
        for (uint256 role = 0; role < ROLES; role++) {
            bytes4 expected = entry.roles >> role & 1 == 1 ? entry.outcomes[tier] : entry.denial;
            bytes4 found = outcomeOf(target, entry.data, role);
            if (found == expected) continue;
            mistake(
                string.concat(
                    signature,
                    " as role ",
                    vm.toString(role),
                    " in ",
                    tierNames[tier],
                    ": ",
                    vm.toString(abi.encodePacked(found)),
                    " instead of ",
                    vm.toString(abi.encodePacked(expected))
                )
            );
        }
    }

    /// What a call comes to: zero for success, or the selector of the error.
    function outcomeOf(address target, bytes memory data, uint256 role) internal returns (bytes4) {
        (bool success, bytes memory answer) = Node.call(people_[role], target, 0, data);
        if (success) return 0;
        return answer.length < 4 ? bytes4(0xffffffff) : bytes4(answer);
    }

    function mistake(string memory what) private {
        if (count++ < 40) mistakes = string.concat(mistakes, "\n", what);
    }
}
