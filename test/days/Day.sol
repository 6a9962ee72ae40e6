// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {VaultState} from "../protocol/Lens.sol";
import {ProtocolTest, Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";

/// A day that the vault must survive: its people, and what holds at any moment of it.
abstract contract DayTest is ProtocolTest {
    Trader[] internal people;

    /// Somebody new who has put `dollars` into the vault.
    function person(string memory name, uint256 dollars) internal returns (Trader memory created) {
        created = newTrader(name);
        people.push(created);
        if (dollars > 0) deposit(created, dollars * USD);
    }

    function look() internal view returns (VaultState memory) {
        return lens.look(vault, accountsOf(people), listed);
    }

    /// Dollars in WAD.
    function usd(uint256 dollars) internal pure returns (uint256) {
        return dollars * WAD;
    }

    /// What the profits of all of `state` lose together at its coverage ratio.
    function haircut(VaultState memory state) internal pure returns (uint256 sum) {
        for (uint256 k = 0; k < state.accounts.length; k++) {
            int256 pnl = state.accounts[k].pnl;
            if (pnl > 0) sum += uint256(pnl) - uint256(pnl) * state.coverage / WAD;
        }
    }

    /// Everybody's legs are settled by somebody else.
    function touchEverybody() internal {
        for (uint256 k = 0; k < people.length; k++) {
            vault.touch(people[k].account);
        }
    }

    function assertCapitalIsBacked() internal view {
        (uint256 tokens, uint256 capital,,) = vault.totals();
        vm.assertLe(capital, tokens, "capital is backed");
        vm.assertGe(token.balanceOf(address(vault)) * UNIT, tokens, "tokens are held");
    }

    /// Both signed orders of one trade, for tests of what is refused.
    function crossing(Trader memory buyer, Trader memory seller, uint256 size, uint256 price)
        internal
        returns (IMarginVault.Order memory maker, IMarginVault.Order memory taker)
    {
        maker = order(seller, -int256(size), price, true);
        taker = order(buyer, int256(size), price, false);
    }
}
