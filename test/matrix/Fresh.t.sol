// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {IOwnable} from "../../contracts/interfaces/IOwnable.sol";
import {GuardLogs} from "../protocol/GuardLogs.sol";
import {Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";
import {VaultTable} from "./VaultTable.sol";

/// Which functions of a vault go by fresh marks: all that change anything, but for those that are named here with their reason.
contract FreshMarksTest is VaultTable {
    using GuardLogs for IOracleGuard;

    /// What a vault's function does with prices.
    mapping(bytes4 selector => bool) private unpriced;
    string private stale;
    /// The first day whose 08:00 is at least a week ahead.
    uint256 private constant CLOSES = 8;
    /// Comes into a higher bucket when ETH falls to 1,820.
    Trader private due = newTrader("due");

    function setUpNode() internal override {
        super.setUpNode();
        deposit(due, 2_000 * USD);
        trade(ETH, due, bob, 10e18, 1_880e18);
        // It settles nothing; what pays off a debt of an account with legs is a touch.
        unpriced[IMarginVault.deposit.selector] = true;
        unpriced[IMarginVault.depositWithPermit.selector] = true;
        // They concern orders and signers alone.
        unpriced[IMarginVault.cancel.selector] = true;
        unpriced[IMarginVault.setSigner.selector] = true;
        // They move what has no legs, at what it was settled at.
        unpriced[IMarginVault.distributeFees.selector] = true;
        unpriced[IMarginVault.recover.selector] = true;
        // They settle nobody.
        unpriced[IMarginVault.delist.selector] = true;
        unpriced[IMarginVault.initialize.selector] = true;
        // It says when a series settles, not at what.
        unpriced[IMarginVault.closeOption.selector] = true;
        unpriced[IMarginVault.setInstrument.selector] = true;
        unpriced[IMarginVault.setOptionRules.selector] = true;
        unpriced[IMarginVault.setParameters.selector] = true;
        unpriced[IMarginVault.setSteward.selector] = true;
        unpriced[IOwnable.transferOwnership.selector] = true;
        unpriced[IOwnable.acceptOwnership.selector] = true;
    }

    /// The feeds have said a new price and nobody has poked: whatever settles, trades, liquidates, deleverages, rebuckets or pays out
    /// leaves the guard poked.
    function test_every_function_that_goes_by_prices_has_the_guard_poked() public {
        string[] memory functions = functionsOf("IMarginVault");
        uint256 found;
        for (uint256 k = 0; k < functions.length; k++) {
            if (isView("IMarginVault", functions[k])) continue;
            string memory id = checkpoint();
            bool poked = pokes(functions[k]);
            restore(id);
            if (poked == unpriced[bytes4(keccak256(bytes(functions[k])))]) {
                stale = string.concat(stale, " ", functions[k]);
            }
            if (poked) found++;
        }
        vm.assertEq(bytes(stale).length, 0, stale);
        vm.assertEq(found, 12);
    }

    /// Whether the call of the table, or one that succeeds at the new price, pokes. One that fails does not.
    function pokes(string memory signature) private returns (bool) {
        bytes4 selector = bytes4(keccak256(bytes(signature)));
        (address caller, bytes memory data, bool succeeds) = callOf(signature);
        int256 price = 1_879;
        if (selector == IMarginVault.deleverage.selector) {
            (price, succeeds) = (1_780, true); // of which nobody knows that the weak account is in debt
        } else if (selector == IMarginVault.rebucket.selector) {
            data = abi.encodeCall(IMarginVault.rebucket, (due.account));
            (price, succeeds) = (1_820, true);
        } else if (selector == IMarginVault.settleOption.selector) {
            announceClosing(); // it goes by the settlement price, which this call settles
            completeSettlement();
            succeeds = true;
        }
        perpetuals[ETH].primary.push(price * FEED);
        perpetuals[ETH].secondary.push(price * FEED);
        if (!succeeds) return false;
        uint256 before = guard.pokes(asset);
        transact(caller, address(vault), data);
        return guard.pokes(asset) > before;
    }

    /// The option settles early, in a day.
    function announceClosing() private {
        vm.prank(owner);
        vault.closeOption(option);
        pass(expiryIn(CLOSES) - 1 days - block.timestamp);
    }

    /// The time has come at which it settles, and the half hour before it is counted, which nobody has stored.
    function completeSettlement() private {
        pass(1 days - 30 minutes);
        elapse(30 minutes);
    }

    /// Feeds that have said nothing new since the last poke are believed without another.
    function test_a_touch_stores_nothing_while_the_feeds_say_the_same() public {
        uint256 before = guard.pokes(asset);
        vault.touch(weak.account);
        elapse(30 minutes);
        vault.touch(weak.account);
        vm.assertEq(guard.pokes(asset), before);
        elapse(31 minutes); // the mark has become too old
        vault.touch(weak.account);
        vm.assertEq(guard.pokes(asset), before + 1);
    }
}
