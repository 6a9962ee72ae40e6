// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IRiskSteward} from "../../contracts/interfaces/IRiskSteward.sol";
import {Chain} from "../lib/Chain.sol";

/// The number that the owner's calls carry, so that they undo no emergency that comes after they were written.
library Emergencies {
    using Chain for Chain.Session;

    /// What the steward of a vault, a pool or the guard counts now; zero where there is none.
    function known(Chain.Session memory session, address target) internal returns (uint32) {
        bytes memory answer =
            session.call("ask who the steward is", target, 0, abi.encodeCall(IMarginVault.steward, ()));
        address steward = abi.decode(answer, (address));
        return steward == address(0) ? 0 : counted(session, steward);
    }

    /// What a steward counts now.
    function counted(Chain.Session memory session, address steward) internal returns (uint32) {
        bytes memory query = abi.encodeCall(IRiskSteward.emergencies, ());
        return abi.decode(session.call("count emergencies", steward, 0, query), (uint32));
    }
}
