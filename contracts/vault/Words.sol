// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

/// The vault's storage as its programs write it: `core/src/storage.rs` says where everything is, `core/src/packing` how it is packed.
/// Here is what the dispatcher reads of it.
library Words {
    /// Slots of the vault's own values are this and a `Field`.
    uint256 private constant FIELDS = 1 << 56;
    uint256 private constant QUOTE_TOKEN = FIELDS + 3;
    uint256 private constant GUARD = FIELDS + 4;
    uint256 private constant BACKING = FIELDS + 10;
    uint256 private constant CLAIMS = FIELDS + 11;
    uint256 private constant ENGINE = FIELDS + 15;
    /// Nobody's but the dispatcher's, which stores there as Solidity does.
    uint256 internal constant REPORTS = FIELDS + 20;

    /// Number of `Hashed::Account`.
    bytes1 private constant ACCOUNT = 0x01;

    /// The sign of V, which no vault's V has: it marks an abandoned one, whose share is where V and the sum of C were.
    uint256 private constant MARK = 1 << 111;
    /// The same in the order of bytes in which it is stored.
    uint256 private constant STORED_MARK = 1 << 23;
    /// The lowest of the bits beside: profit has no share.
    uint256 private constant SHORT = 1 << 112;

    /// Decimals that an amount has.
    uint256 private constant DECIMALS = 18;

    /// What accounts get of an abandoned vault: all of their capital and `part / whole` of their profit, or, if it `isShort`, that much
    /// of their capital alone.
    struct Share {
        bool isShort;
        uint256 part;
        uint256 whole;
    }

    /// Whether the vault is abandoned. One slot, which whatever moves money reads in any case.
    function isAbandoned() internal view returns (bool) {
        return load(BACKING) & STORED_MARK != 0;
    }

    /// Marks the vault as abandoned, at a share. V and the sum of C are gone with it.
    function abandon(Share memory share) internal {
        uint256 word = share.part << 128 | MARK | share.whole;
        store(BACKING, swap(share.isShort ? word | SHORT : word));
    }

    /// The share at which the vault was abandoned.
    function storedShare() internal view returns (Share memory) {
        uint256 word = swap(load(BACKING));
        return Share({isShort: word & SHORT != 0, part: uint112(word >> 128), whole: word & (MARK - 1)});
    }

    /// V, sum of C and sum of profits, of a vault that is not abandoned.
    function totals() internal view returns (uint256 tokens, uint256 capital, uint256 profit) {
        uint256 backing = swap(load(BACKING));
        return (uint112(backing), uint112(backing >> 128), uint112(swap(load(CLAIMS))));
    }

    /// The quote token, and the WAD value of one smallest unit.
    function quoteToken() internal view returns (address token, uint256 unit) {
        uint256 word = swap(load(QUOTE_TOKEN));
        return (address(uint160(word)), 10 ** (DECIMALS - uint8(word >> 160)));
    }

    function guard() internal view returns (address) {
        return address(uint160(swap(load(GUARD))));
    }

    function engine() internal view returns (address) {
        return address(uint160(swap(load(ENGINE))));
    }

    /// C, and P if it is positive.
    function balances(bytes32 account) internal view returns (uint256 capital, uint256 profit) {
        uint256 word = swap(load(accountSlot(account, 0)));
        int112 pnl = int112(uint112(word >> 128));
        return (uint112(word), pnl > 0 ? uint112(pnl) : 0);
    }

    /// Empties an account: its balances, and its list of legs. What else there is of it means nothing without them.
    function clear(bytes32 account) internal {
        store(accountSlot(account, 0), 0);
        store(accountSlot(account, 1), 0);
    }

    function accountSlot(bytes32 account, uint8 part) private pure returns (uint256) {
        return uint256(keccak256(abi.encodePacked(account, bytes32(0), part, ACCOUNT)));
    }

    function load(uint256 slot) internal view returns (uint256 word) {
        assembly ("memory-safe") {
            word := sload(slot)
        }
    }

    function store(uint256 slot, uint256 word) internal {
        assembly ("memory-safe") {
            sstore(slot, word)
        }
    }

    /// Reverses the bytes of each half of a word: halves are stored least significant byte first.
    function swap(uint256 word) internal pure returns (uint256) {
        word = (word >> 8 & 0x00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff)
            | (word & 0x00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff) << 8;
        word = (word >> 16 & 0x0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff)
            | (word & 0x0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff) << 16;
        word = (word >> 32 & 0x00000000ffffffff00000000ffffffff00000000ffffffff00000000ffffffff)
            | (word & 0x00000000ffffffff00000000ffffffff00000000ffffffff00000000ffffffff) << 32;
        return (word >> 64 & 0x0000000000000000ffffffffffffffff0000000000000000ffffffffffffffff)
            | (word & 0x0000000000000000ffffffffffffffff0000000000000000ffffffffffffffff) << 64;
    }
}
