// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

/// One word of encoded arguments.
struct Field {
    /// Where it begins, in bytes of the calldata.
    uint256 place;
    /// What no value of its type may have: a bit for each; zero where every word is a value.
    uint256 forbidden;
    /// Whether its type is wide enough for the vault to call a larger number an overflow.
    bool isQuantity;
}

/// Where the words of a call are, from the function's signature: what its arguments are made of, down to the elements of arrays, and
/// what says where an array or `bytes` is, and how long.
library Layout {
    uint256 private constant WORD = 32;
    uint256 private constant SELECTOR = 4;
    /// More words than any call here has.
    uint256 private constant MOST = 512;
    /// An offset or a length with it is beyond all calldata.
    uint256 private constant TOO_FAR = 1 << 255;

    struct Found {
        Field[] fields;
        uint256 count;
    }

    /// The words of `data`, a call of the function with this signature, those of its arrays included.
    function fieldsOf(string memory signature, bytes memory data) internal pure returns (Field[] memory) {
        Found memory found = Found(new Field[](MOST), 0);
        bytes memory types = inside(bytes(signature));
        walk(types, SELECTOR, data, found);
        Field[] memory fields = found.fields;
        uint256 count = found.count;
        assembly ("memory-safe") {
            mstore(fields, count)
        }
        return fields;
    }

    /// Bytes that a call of the function has at least: its selector, and a word for each static part and each offset.
    function headSize(string memory signature) internal pure returns (uint256) {
        return SELECTOR + WORD * wordsOf(inside(bytes(signature)));
    }

    /// Records what a list of types is made of, which is encoded from `place` on. Returns where it ends.
    function walk(bytes memory types, uint256 place, bytes memory data, Found memory found)
        private
        pure
        returns (uint256)
    {
        uint256 at = 0;
        while (at < types.length) {
            bytes memory kind = next(types, at);
            at += kind.length + 1;
            place = record(kind, place, data, found);
        }
        return place;
    }

    function record(bytes memory kind, uint256 place, bytes memory data, Found memory found)
        private
        pure
        returns (uint256)
    {
        if (isArray(kind) || isBytes(kind)) {
            uint256 start = SELECTOR + word(data, place);
            uint256 length = word(data, start);
            found.fields[found.count++] = Field(place, TOO_FAR, false);
            if (start != place) found.fields[found.count++] = Field(start, TOO_FAR, false);
            if (isBytes(kind)) return place + WORD;
            bytes memory element = slice(kind, 0, kind.length - 2);
            uint256 at = start + WORD;
            for (uint256 k = 0; k < length; k++) {
                at = record(element, at, data, found);
            }
            return place + WORD;
        }
        if (kind[0] == "(") return walk(inside(kind), place, data, found);
        found.fields[found.count++] = Field(place, forbidden(kind), isType(kind, "uint128") || isType(kind, "int128"));
        return place + WORD;
    }

    /// Words of the head of a list of types.
    function wordsOf(bytes memory types) private pure returns (uint256 words) {
        uint256 at = 0;
        while (at < types.length) {
            bytes memory kind = next(types, at);
            at += kind.length + 1;
            words += kind[0] == "(" && !isArray(kind) ? wordsOf(inside(kind)) : 1;
        }
    }

    /// What no value of a type of one word has.
    function forbidden(bytes memory kind) private pure returns (uint256) {
        if (isType(kind, "bool")) return 1 << 1;
        if (isType(kind, "address")) return 1 << 160;
        if (begins(kind, "uint")) {
            uint256 bits = number(kind, 4);
            return bits == 256 ? 0 : 1 << bits;
        }
        // The highest bit alone is no sign.
        if (begins(kind, "int")) return number(kind, 3) == 256 ? 0 : 1 << 255;
        if (begins(kind, "bytes")) return number(kind, 5) == 32 ? 0 : 1;
        revert(string.concat("a type that the layout does not know: ", string(kind)));
    }

    // ---- text

    /// The type at a place of a list.
    function next(bytes memory types, uint256 from) private pure returns (bytes memory) {
        (uint256 at, uint256 depth) = (from, 0);
        while (at < types.length && (depth > 0 || types[at] != ",")) {
            if (types[at] == "(") depth++;
            if (types[at] == ")") depth--;
            at++;
        }
        return slice(types, from, at);
    }

    /// What is between the first parenthesis and the last.
    function inside(bytes memory text) private pure returns (bytes memory) {
        (uint256 first, uint256 last) = (0, text.length - 1);
        while (text[first] != "(") {
            first++;
        }
        while (text[last] != ")") {
            last--;
        }
        return slice(text, first + 1, last);
    }

    function isArray(bytes memory kind) private pure returns (bool) {
        return kind[kind.length - 1] == "]";
    }

    function isBytes(bytes memory kind) private pure returns (bool) {
        return isType(kind, "bytes") || isType(kind, "string");
    }

    function isType(bytes memory kind, string memory name) private pure returns (bool) {
        return keccak256(kind) == keccak256(bytes(name));
    }

    function begins(bytes memory kind, bytes memory prefix) private pure returns (bool) {
        return kind.length >= prefix.length && isType(slice(kind, 0, prefix.length), string(prefix));
    }

    function number(bytes memory kind, uint256 from) private pure returns (uint256 value) {
        for (uint256 k = from; k < kind.length; k++) {
            value = 10 * value + uint8(kind[k]) - uint8(bytes1("0"));
        }
    }

    function slice(bytes memory text, uint256 from, uint256 to) private pure returns (bytes memory part) {
        part = new bytes(to - from);
        for (uint256 k = 0; k < part.length; k++) {
            part[k] = text[from + k];
        }
    }

    function word(bytes memory data, uint256 place) private pure returns (uint256 value) {
        require(place + WORD <= data.length, "no such word");
        assembly ("memory-safe") {
            value := mload(add(data, add(32, place)))
        }
    }
}
