// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IOwnable} from "../../contracts/interfaces/IOwnable.sol";
import {Node} from "../support/Node.sol";
import {vm} from "../support/Vm.sol";
import {AbiReader} from "./AbiReader.sol";
import {Role} from "./Cast.sol";
import {WatchedTest} from "./Watched.sol";

/// What a function answers: nobody but `roles` gets further than `denial`; those come to what `outcomes` says of the tier, zero
/// for success. What `governs` changes parameters or who may change them; nothing else does.
struct Entry {
    bool exists;
    bool governs;
    bytes data;
    uint256 roles;
    bytes4 denial;
    bytes4[5] outcomes;
}

/// Every function of a contract's ABI, called as every role. A function that is not in the table fails the test. Calls are dry,
/// so that none changes what the next one sees.
abstract contract MatrixTest is WatchedTest, AbiReader {
    uint256 internal constant TIERS = 5; // the guard's four, and frozen
    uint256 internal constant NORMAL = 0;
    uint256 internal constant RESTRICTED = 2;
    uint256 internal constant HALTED = 3;
    string[TIERS] private tierNames = ["Normal", "Caution", "Restricted", "Halted", "frozen"];
    /// What a call comes to that reverts without an error's selector.
    bytes4 internal constant NO_ERROR = 0xffffffff;

    mapping(bytes4 selector => Entry) private table;
    string private mistakes;
    uint256 private count;

    // ---- the table

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
        table[bytes4(data)] = Entry(true, false, data, roles, denial, outcomes);
    }

    /// Succeeds for `roles` in every tier; everybody else meets `denial`.
    function allow(bytes memory data, uint256 roles, bytes4 denial) internal {
        add(data, roles, denial, always(0));
    }

    /// As `allow`, of what changes parameters or roles.
    function govern(bytes memory data, uint256 roles, bytes4 denial) internal {
        allow(data, roles, denial);
        table[bytes4(data)].governs = true;
    }

    /// Succeeds for anyone in every tier.
    function open(bytes memory data) internal {
        allow(data, ANYONE, 0);
    }

    /// In the state at hand whoever may call the function comes to `outcome`, whatever the tier.
    function except(bytes4 selector, bytes4 outcome) internal {
        table[selector].outcomes = always(outcome);
    }

    /// In the state at hand everybody meets `denial`.
    function deny(bytes4 selector, bytes4 denial) internal {
        (table[selector].roles, table[selector].denial) = (NOBODY, denial);
    }

    function addOwnable() internal {
        open(abi.encodeCall(IOwnable.owner, ()));
        open(abi.encodeCall(IOwnable.pendingOwner, ()));
        bytes memory transfer = abi.encodeCall(IOwnable.transferOwnership, (address(0xbad)));
        govern(transfer, only(Role.Owner), IOwnable.NotOwner.selector);
        bytes memory accept = abi.encodeCall(IOwnable.acceptOwnership, ());
        govern(accept, only(Role.PendingOwner), IOwnable.NotPendingOwner.selector);
    }

    // ---- the calls

    /// Calls every function of the interface `name` at `target` as every role in every tier.
    function checkTiers(string memory name, address target) internal {
        string[] memory functions = functionsOf(name);
        for (uint256 tier = 0; tier < TIERS; tier++) {
            enter(tier);
            for (uint256 k = 0; k < functions.length; k++) {
                checkFunction(functions[k], target, 0, tier, tierNames[tier]);
            }
        }
        report();
    }

    /// As above in the state at hand, in which the guard has `tier` for ETH. What only reads is called as a stranger.
    function checkState(string memory state, string memory name, address target, uint256 tier) internal {
        string[] memory functions = functionsOf(name);
        for (uint256 k = 0; k < functions.length; k++) {
            uint256 first = isView(name, functions[k]) ? uint256(Role.Stranger) : 0;
            checkFunction(functions[k], target, first, tier, state);
        }
        report();
    }

    /// Sends what anybody may do, as everybody who may, and takes it back: what governs changes a parameter, and nothing else
    /// does.
    function checkEffects(string memory name, address target) internal {
        string[] memory functions = functionsOf(name);
        bytes32 before = fingerprint();
        for (uint256 k = 0; k < functions.length; k++) {
            Entry memory entry = entryOf(functions[k]);
            if (!entry.exists || entry.outcomes[NORMAL] != 0 || isView(name, functions[k])) continue;
            for (uint256 role = 0; role < ROLES; role++) {
                if (!isAmong(role, entry.roles)) continue;
                string memory id = checkpoint();
                transact(people_[role], target, entry.data);
                bool changed = fingerprint() != before;
                restore(id);
                if (changed == entry.governs) continue;
                string memory what = changed ? " changes parameters as role " : " changes no parameter as role ";
                mistake(string.concat(functions[k], what, vm.toString(role)));
            }
        }
        report();
    }

    /// At a contract that nobody has set up nobody has a role: what governs is denied to all of `roles`, or refused as
    /// `unserved`, and what else succeeds is `harmless`, since it writes what concerns the caller alone. Whatever reverts, views too,
    /// says why.
    function checkUnowned(string memory name, address target, uint256 roles, bytes4 unserved, bytes4[] memory harmless)
        internal
    {
        string[] memory functions = functionsOf(name);
        for (uint256 k = 0; k < functions.length; k++) {
            Entry memory entry = entryOf(functions[k]);
            vm.assertTrue(entry.exists, functions[k]);
            bool reads = isView(name, functions[k]);
            bool maySucceed = reads || isIn(bytes4(entry.data), harmless);
            for (uint256 role = 0; role < ROLES; role++) {
                if (!isAmong(role, reads ? only(Role.Stranger) : roles)) continue;
                bytes4 found = outcomeOf(target, entry.data, role);
                if (found == 0 ? maySucceed : isRefusal(entry, found, unserved)) continue;
                mistake(string.concat(functions[k], " as role ", vm.toString(role), " at an unowned contract"));
            }
        }
        report();
    }

    /// Whether an error is one, and the one that is due for what governs.
    function isRefusal(Entry memory entry, bytes4 found, bytes4 unserved) private pure returns (bool) {
        if (found == NO_ERROR) return false;
        return !entry.governs || found == entry.denial || found == unserved;
    }

    /// Sources that disagree make tiers, while the price stays what it is.
    function enter(uint256 tier) internal {
        int256 price = perpetuals[ETH].price;
        int256[TIERS] memory secondary = [price, price * 102 / 100, price * 105 / 100, price * 115 / 100, int256(0)];
        setSources(ETH, tier == 4 ? int256(0) : price, secondary[tier]);
        expectTier(tier == 4 ? HALTED : tier);
        vm.assertEq(guard.read(asset).mark, uint256(price) * 1e10);
    }

    function expectTier(uint256 tier) internal view {
        vm.assertEq(uint256(guard.read(asset).tier), tier);
    }

    /// Calls a function as every role from `first` on.
    function checkFunction(string memory signature, address target, uint256 first, uint256 tier, string memory state)
        private
    {
        Entry memory entry = entryOf(signature);
        if (!entry.exists) {
            mistake(string.concat(signature, " is not in the matrix"));
            return;
        }
        for (uint256 role = first; role < ROLES; role++) {
            bytes4 expected = isAmong(role, entry.roles) ? entry.outcomes[tier] : entry.denial;
            bytes4 found = outcomeOf(target, entry.data, role);
            if (found == expected) continue;
            string memory what = string.concat(signature, " as role ", vm.toString(role), " in ", state, ": ");
            string memory answers = string.concat(
                vm.toString(abi.encodePacked(found)), " instead of ", vm.toString(abi.encodePacked(expected))
            );
            mistake(string.concat(what, answers));
        }
    }

    /// What a call comes to: zero for success, or the selector of the error.
    function outcomeOf(address target, bytes memory data, uint256 role) internal returns (bytes4) {
        (bool success, bytes memory answer) = Node.call(people_[role], target, 0, data);
        if (success) return 0;
        return answer.length < 4 ? NO_ERROR : bytes4(answer);
    }

    function isAmong(uint256 role, uint256 roles) private pure returns (bool) {
        return roles >> role & 1 == 1;
    }

    function isIn(bytes4 selector, bytes4[] memory selectors) private pure returns (bool) {
        for (uint256 k = 0; k < selectors.length; k++) {
            if (selectors[k] == selector) return true;
        }
        return false;
    }

    function mistake(string memory what) internal {
        if (count++ < 40) mistakes = string.concat(mistakes, "\n", what);
    }

    function report() internal view {
        vm.assertEq(count, 0, string.concat(vm.toString(count), " differ from the matrix:", mistakes));
    }

    /// A call of the function that the table has, from somebody who may; `succeeds` in Normal.
    function callOf(string memory signature) internal view returns (address caller, bytes memory data, bool succeeds) {
        Entry memory entry = entryOf(signature);
        uint256 role;
        while (role < ROLES - 1 && !isAmong(role, entry.roles)) {
            role++;
        }
        succeeds = entry.exists && isAmong(role, entry.roles) && entry.outcomes[NORMAL] == 0;
        return (people_[role], entry.data, succeeds);
    }

    function entryOf(string memory signature) private view returns (Entry memory) {
        return table[bytes4(keccak256(bytes(signature)))];
    }
}
