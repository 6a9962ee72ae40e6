// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// How a wallet answers when it is asked about a signature.
enum Answer {
    Yes,
    No,
    Reverts,
    Nothing,
    Short, // the right four bytes, and no more
    Dirty, // the right four bytes, and more behind them
    Long, // the right word, and a second one
    BurnsEverything,
    Bomb, // the right word, and as much behind it as its gas pays for
    CallsBack
}

/// A contract that owns an account and answers about signatures as it is told to.
contract HostileWallet {
    Answer private answer;
    address private target;
    bytes32 private refused;
    bytes private data;

    function set(Answer answer_) external {
        answer = answer_;
    }

    /// Makes it refuse one signature, whatever else it is told.
    function refuse(bytes calldata signature) external {
        refused = keccak256(signature);
    }

    /// Makes it call `target` with `data` whenever it is asked, and then agree.
    function callBack(address target_, bytes calldata data_) external {
        (answer, target, data) = (Answer.CallsBack, target_, data_);
    }

    function isValidSignature(bytes32, bytes calldata signature) external returns (bytes4) {
        if (keccak256(signature) == refused) return 0xffffffff;
        bytes32 magic = IERC1271.isValidSignature.selector;
        if (answer == Answer.Reverts) revert("no");
        if (answer == Answer.No) return 0xffffffff;
        if (answer == Answer.BurnsEverything) while (true) {}
        if (answer == Answer.CallsBack) {
            (bool success,) = target.call(data);
            require(!success, "called back");
        }
        if (answer == Answer.Dirty) magic |= bytes32(uint256(1));
        uint256 size = 32;
        if (answer == Answer.Nothing) size = 0;
        if (answer == Answer.Short) size = 4;
        if (answer == Answer.Long) size = 64;
        if (answer == Answer.Bomb) size = 200_000;
        assembly ("memory-safe") {
            mstore(0, magic)
            mstore(32, 0)
            return(0, size)
        }
    }
}
