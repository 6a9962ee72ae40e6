// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {BulkheadToken} from "../../contracts/governance/BulkheadToken.sol";

/// Has votes for one transaction, as with a flash loan.
contract Borrower {
    BulkheadToken private immutable VOTES;

    constructor(BulkheadToken votes) {
        VOTES = votes;
    }

    /// Borrows all of the lender's tokens, delegates them to itself, makes the governor's call and gives them back.
    function act(address lender, IGovernor governor, bytes calldata call) external {
        uint256 amount = VOTES.balanceOf(lender);
        VOTES.transferFrom(lender, address(this), amount);
        VOTES.delegate(address(this));
        (bool success, bytes memory answer) = address(governor).call(call);
        if (!success) {
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
        VOTES.transfer(lender, amount);
    }
}
