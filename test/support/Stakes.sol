// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {QuoteToken} from "../mocks/QuoteToken.sol";
import {vm} from "./Vm.sol";

/// How people come into a pool, and ask to leave it.
library Stakes {
    /// `who` deposits `amount` of freshly minted tokens.
    function join(IInsurancePool pool, QuoteToken token, address who, uint256 amount)
        internal
        returns (uint256 shares)
    {
        token.mint(who, amount);
        vm.prank(who);
        token.approve(address(pool), amount);
        vm.prank(who);
        return pool.deposit(amount, who);
    }

    /// `who` asks for its own `shares` to be redeemed.
    function request(IInsurancePool pool, address who, uint256 shares) internal {
        vm.prank(who);
        pool.requestRedeem(shares, who, who);
    }
}
