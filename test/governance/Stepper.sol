// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IRiskSteward} from "../../contracts/interfaces/IRiskSteward.sol";

/// An agent that wants to take two steps in one transaction.
contract Stepper {
    function stepTwice(
        IRiskSteward steward,
        IRiskSteward.Subject calldata subject,
        IRiskSteward.Change[] calldata first,
        IRiskSteward.Change[] calldata second
    ) external {
        steward.adjust(subject, first);
        steward.adjust(subject, second);
    }
}
