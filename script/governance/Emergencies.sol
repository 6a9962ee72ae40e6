// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IRiskSteward} from "../../contracts/interfaces/IRiskSteward.sol";
import {Chain} from "../lib/Chain.sol";

/// The number that the owner's calls carry, so that they undo no emergency that comes after they were written.
library Emergencies {
    using Chain for Chain.Session;

    /// What a vault, a pool, the guard or a steward asks for.
    function known(Chain.Session memory session, address target) internal returns (uint32) {
        bytes memory query = abi.encodeCall(IRiskSteward.emergencies, ());
        return abi.decode(session.call("count emergencies", target, 0, query), (uint32));
    }
}
